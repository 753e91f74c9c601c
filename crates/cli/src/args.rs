//! The command line: fixed arguments here, decoding options from their registry.

mod batch;
mod chat;
mod decoding;
mod help;
mod help_page;
mod learn;
mod plot;
mod refusal;
mod serve;
mod study;

pub(crate) use batch::{Batch, ProgressForm, RowFormat};
pub(crate) use chat::{Chat, MessageArgs, TemplateArgs};
pub(crate) use decoding::TokenTexts;
pub(crate) use help_page::Page;
pub(crate) use learn::Learn;
pub(crate) use plot::{CanvasArgs, Plot};
pub(crate) use serve::{Lab, LogForm, Serve};
pub(crate) use study::{Compare, Explain, Replay, ReportArgs};

use crate::failure::Failure;
use crate::tokens::Show;
use beamline::{ActivationFormat, Encoding, Options};
use clap::{Args, CommandFactory, FromArgMatches, Parser, Subcommand, ValueEnum, ValueHint};
use std::ffi::OsString;
use std::path::PathBuf;

/// What to do, with decoding options where the command has them.
pub(crate) struct Command {
    pub(crate) what: What,
    pub(crate) settings: Options,
    /// Options that are token ids and were given as texts.
    pub(crate) texts: TokenTexts,
}

/// Load a language model, turn its next-token logits into text, and see how each token came to be chosen.
#[derive(Parser)]
#[command(name = "beamline", version, disable_help_subcommand = true)]
struct Cli {
    #[command(subcommand)]
    what: What,
}

#[derive(Subcommand)]
pub(crate) enum What {
    /// Continue a prompt
    Generate(Generate),
    /// Talk with a model
    Chat(Chat),
    /// Show the best candidates of every step
    Inspect(Inspect),
    /// Continue the prompts of a file, row by row, and go on after an end
    Batch(Batch),
    /// Tell how probable a text is
    Score(Score),
    /// Run several decoding strategies side by side
    Compare(Compare),
    /// Explain a processor or a strategy, or which to choose
    Explain(Explain),
    /// Walk through the chapter: what each method does, scene by scene (also in Korean, Chinese, Japanese)
    Learn(Learn),
    /// Write a generation as one page of HTML
    Report(ReportArgs),
    /// Run a report's generation again, and compare token by token
    Replay(Replay),
    /// Draw what happened: probabilities, beams, attention
    Plot(Plot),
    /// Turn text into tokens, or tokens into text
    Tokenize(Tokenize),
    /// Look at models, fetch them
    #[command(subcommand)]
    Models(Models),
    /// Let others ask over HTTP: OpenAI's API, Ollama's, and more
    Serve(Serve),
    /// Open the lab in a browser: decoding to be seen and touched
    Lab(Lab),
    /// Measure how fast a model runs
    Bench(Bench),
    /// Print what a shell needs to complete commands and options
    Completions(Completions),
    /// Print the manual pages, or write them into a folder
    Man(Man),
    /// Print help on a command, or on all decoding options: help options
    Help(Help),
}

#[derive(Args)]
pub(crate) struct Completions {
    /// The shell
    #[arg(value_name = "SHELL", value_enum)]
    pub(crate) shell: clap_complete::Shell,
}

#[derive(Args)]
pub(crate) struct Man {
    /// A folder for a page a command; it is made where it is not there [default: all pages to standard output]
    #[arg(value_name = "DIR", value_hint = ValueHint::DirPath)]
    pub(crate) folder: Option<PathBuf>,
}

#[derive(Args)]
pub(crate) struct Help {
    /// A command, and all for all its options; or options, for all decoding options
    #[arg(value_name = "COMMAND")]
    pub(crate) topic: Vec<String>,
}

#[derive(Args, Clone)]
pub(crate) struct ModelArgs {
    /// The model
    #[arg(
        help = "builtin, a folder, a .gguf file, or on the hub org/name[@rev][:file.gguf]",
        long,
        short,
        env = "BEAMLINE_MODEL",
        hide_env_values = true,
        default_value = "builtin",
        value_name = "MODEL"
    )]
    pub(crate) model: String,
    /// Convert weights while loading: f32, f16, bf16, q8_0, q5_1, q5_0, q4_1 or q4_0 [default: as stored]
    #[arg(long, value_parser = dtype, value_name = "TYPE", hide_short_help = true, help_heading = "Model")]
    pub(crate) dtype: Option<Encoding>,
    /// Threads to compute with [default: the cores granted]
    #[arg(long, value_parser = clap::value_parser!(u16).range(1..=1024), value_name = "N", hide_short_help = true, help_heading = "Model")]
    pub(crate) threads: Option<u16>,
    /// Precision of activations in quantized matmuls: f32 (the reference), i16 or i8 (coarse; faster for prompts and batches) [default: i16]
    #[arg(long, value_parser = activations, value_name = "FORMAT", hide_short_help = true, help_heading = "Model")]
    pub(crate) activations: Option<ActivationFormat>,
    /// How text is split before byte-level BPE, by llama.cpp's name for it, such as llama-bpe [default: what the model's files say]
    #[arg(long, value_parser = pre, value_name = "NAME", hide_short_help = true, help_heading = "Model")]
    pub(crate) pre: Option<String>,
    /// Read all weights before the first token, instead of using them in the mapped file: for files that may change meanwhile
    #[arg(long, hide_short_help = true, help_heading = "Model")]
    pub(crate) no_map: bool,
    /// The most memory to take, such as 2GB, mapped files apart: what would take more ends with an error [default: 90 % of what is granted]
    #[arg(long, value_parser = serve::size, value_name = "SIZE", hide_short_help = true, help_heading = "Model")]
    pub(crate) max_memory: Option<usize>,
}

#[derive(Args)]
pub(crate) struct PromptArgs {
    /// The prompt, taken as it is; - for standard input
    #[arg(value_name = "PROMPT", hide_short_help = true)]
    pub(crate) argument: Option<String>,
    /// A prompt; several make a batch
    #[arg(long, allow_hyphen_values = true, value_name = "TEXT", hide_short_help = true, help_heading = "Prompts")]
    pub(crate) prompt: Vec<String>,
    /// A prompt as token ids, such as 1,2,3
    #[arg(long, value_name = "IDS", hide_short_help = true, help_heading = "Prompts")]
    pub(crate) prompt_ids: Vec<String>,
    /// A file whose whole text is a prompt; - for standard input
    #[arg(
        long,
        value_hint = ValueHint::FilePath,
        value_name = "FILE",
        hide_short_help = true,
        help_heading = "Prompts"
    )]
    pub(crate) prompt_file: Vec<PathBuf>,
}

#[derive(Args)]
#[allow(clippy::struct_excessive_bools)] // each is a flag
pub(crate) struct Generate {
    #[command(flatten)]
    pub(crate) prompts: PromptArgs,
    #[command(flatten)]
    pub(crate) model: ModelArgs,
    /// Print one JSON object with every token's numbers
    #[arg(long, conflicts_with_all = ["show", "table"])]
    pub(crate) json: bool,
    /// Colour each token of the text by its probability, its rank, or the entropy before it
    #[arg(long, value_enum, value_name = "NUMBER")]
    pub(crate) show: Option<Show>,
    /// Print a table of the tokens: p, log p, rank, entropy
    #[arg(long)]
    pub(crate) table: bool,
    /// Count in bits in the table [default: nats]
    #[arg(long, requires = "table")]
    pub(crate) bits: bool,
    /// Print the prompt before its text
    #[arg(long, conflicts_with = "json")]
    pub(crate) echo: bool,
    /// Write what the search considers to this file, a JSON object a line
    #[arg(long, value_hint = ValueHint::FilePath, value_name = "FILE", hide_short_help = true)]
    pub(crate) trace: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) chat: MessageArgs,
}

#[derive(Args)]
#[allow(clippy::struct_excessive_bools)] // each is a flag
pub(crate) struct Inspect {
    #[command(flatten)]
    pub(crate) prompts: PromptArgs,
    #[command(flatten)]
    pub(crate) model: ModelArgs,
    /// Steps to take
    #[arg(long, default_value_t = 8, value_parser = clap::value_parser!(u64).range(1..), value_name = "N")]
    pub(crate) steps: u64,
    /// Candidates to list
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u64).range(1..), value_name = "K")]
    pub(crate) top: u64,
    /// Show what each processor leaves, a column each
    #[arg(long)]
    pub(crate) stages: bool,
    /// Print one JSON object
    #[arg(long, conflicts_with_all = ["csv", "markdown"])]
    pub(crate) json: bool,
    /// Print CSV, a line for each candidate of each step
    #[arg(long, conflicts_with_all = ["markdown", "stages"])]
    pub(crate) csv: bool,
    /// Print the table as Markdown
    #[arg(long)]
    pub(crate) markdown: bool,
}

#[derive(Args)]
pub(crate) struct Score {
    /// The text; - for standard input
    #[arg(
        allow_hyphen_values = false,
        required_unless_present_any = ["ids", "file"],
        conflicts_with_all = ["ids", "file"],
        value_name = "TEXT"
    )]
    pub(crate) text: Option<String>,
    /// Token ids in place of the text
    #[arg(long, value_name = "IDS")]
    pub(crate) ids: Option<String>,
    /// A file of texts, one a line, or .jsonl with objects of text and prefix: a row of numbers for each
    #[arg(long, conflicts_with_all = ["ids", "against"], value_hint = ValueHint::FilePath, value_name = "FILE")]
    pub(crate) file: Option<PathBuf>,
    /// What the text follows; its tokens are not summed
    #[arg(long, allow_hyphen_values = true, value_name = "TEXT")]
    pub(crate) prefix: Option<String>,
    /// Another text after the same prefix: what makes the difference between them
    #[arg(long, allow_hyphen_values = true, value_name = "TEXT")]
    pub(crate) against: Option<String>,
    #[command(flatten)]
    pub(crate) model: ModelArgs,
    /// With --file: print CSV
    #[arg(long, requires = "file", conflicts_with = "json")]
    pub(crate) csv: bool,
    /// Count in bits [default: nats]
    #[arg(long, conflicts_with_all = ["json", "csv"])]
    pub(crate) bits: bool,
    /// Print one JSON object
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Args)]
pub(crate) struct Tokenize {
    /// The text; - for standard input
    #[arg(required_unless_present_any = ["decode", "messages"], conflicts_with = "decode", value_name = "TEXT")]
    pub(crate) text: Option<String>,
    /// Token ids to turn into text
    #[arg(long, value_name = "IDS", conflicts_with_all = ["chat", "messages"])]
    pub(crate) decode: Option<String>,
    #[command(flatten)]
    pub(crate) chat: MessageArgs,
    #[command(flatten)]
    pub(crate) model: ModelArgs,
    /// Print one JSON object
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Subcommand)]
pub(crate) enum Models {
    /// Tell what a model is
    Info(ModelInfo),
    /// Fetch a model from the hub, and print where it lies
    Pull(ModelPull),
    /// List the models in the local cache of the hub
    List(ModelList),
    /// Write a model with random weights: one that has learned nothing
    Random(ModelRandom),
}

/// A network that can be made of random weights.
#[derive(ValueEnum, Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Architecture {
    /// Learned positions, LayerNorm
    Gpt2,
    /// Rotary positions, RMS norms
    Llama,
}

#[derive(Args)]
pub(crate) struct ModelRandom {
    /// The network
    #[arg(long, value_enum, default_value = "gpt2", value_name = "NAME")]
    pub(crate) architecture: Architecture,
    /// Tokens in the vocabulary; from 257 on they are bytes, so that any text can be read [default: 512]
    #[arg(long, value_name = "N")]
    pub(crate) vocab: Option<usize>,
    /// Words to make the vocabulary of, in place of --vocab, such as "hello world this is"
    #[arg(long, value_name = "WORDS")]
    pub(crate) words: Option<String>,
    /// Width of the residual stream; a multiple of the heads
    #[arg(long, default_value_t = 128, value_name = "N")]
    pub(crate) width: usize,
    /// Blocks
    #[arg(long, default_value_t = 4, value_name = "N")]
    pub(crate) layers: usize,
    /// Attention heads of a block
    #[arg(long, default_value_t = 4, value_name = "N")]
    pub(crate) heads: usize,
    /// The most tokens that it can look at
    #[arg(long, default_value_t = 128, value_name = "N")]
    pub(crate) context: usize,
    /// The seed of the weights: the same seed writes the same files
    #[arg(long, default_value_t = 0, value_name = "N")]
    pub(crate) seed: u64,
    /// The folder to write, which must be empty or new
    #[arg(long, short, value_hint = ValueHint::DirPath, value_name = "DIR")]
    pub(crate) output: PathBuf,
}

#[derive(Args)]
pub(crate) struct ModelInfo {
    /// The model; --model does as well
    #[arg(value_name = "MODEL")]
    pub(crate) name: Option<String>,
    #[command(flatten)]
    pub(crate) model: ModelArgs,
    /// Print one JSON object
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Args)]
pub(crate) struct ModelPull {
    /// The model's name on the hub
    #[arg(help = "org/name[@rev][:file.gguf]")]
    pub(crate) name: String,
}

#[derive(Args)]
pub(crate) struct ModelList {
    /// Print one JSON object
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Args)]
pub(crate) struct Bench {
    #[command(flatten)]
    pub(crate) model: ModelArgs,
    /// Tokens in each prompt
    #[arg(long, default_value_t = 16, value_name = "P")]
    pub(crate) prompt_len: usize,
    /// New tokens for each prompt
    #[arg(long, default_value_t = 64, value_name = "N")]
    pub(crate) new_tokens: usize,
    /// Prompts run together
    #[arg(long, default_value_t = 1, value_name = "B")]
    pub(crate) batch: usize,
    /// Beams of each prompt; 1 is greedy search
    #[arg(long, default_value_t = 1, value_name = "W")]
    pub(crate) beams: usize,
    /// Other decoding options, as "name=value,name=value": do_sample=true,top_k=50
    #[arg(long, value_name = "OPTIONS")]
    pub(crate) run: Option<String>,
    /// Times to repeat; medians are printed
    #[arg(long, default_value_t = 5, value_name = "R")]
    pub(crate) repeat: usize,
    /// Print one JSON object
    #[arg(long)]
    pub(crate) json: bool,
}

/// A weight format that can be written.
pub(crate) fn activations(name: &str) -> Result<ActivationFormat, String> {
    name.parse().map_err(|error: beamline::UnknownActivations| error.to_string())
}

/// A name for how text is split.
fn pre(name: &str) -> Result<String, String> {
    let mut known = beamline::pre_tokenizers();
    if known.any(|known| known == name) {
        return Ok(name.to_owned());
    }
    Err(match beamline::nearest(name, beamline::pre_tokenizers()) {
        Some(near) => format!("a similar one is '{near}'"),
        None => format!("known are {}", beamline::pre_tokenizers().collect::<Vec<_>>().join(", ")),
    })
}

pub(crate) fn dtype(name: &str) -> Result<Encoding, String> {
    let encoding: Encoding = name.parse().map_err(|error: beamline::UnknownEncoding| error.to_string())?;
    if Encoding::WRITABLE.contains(&encoding) {
        return Ok(encoding);
    }
    Err(format!("cannot convert to it; choose one of {}", Encoding::WRITABLE.map(Encoding::name).join(", ")))
}

/// The commands that take decoding options.
const OPTIONED: [&str; 7] = ["batch", "chat", "compare", "generate", "inspect", "plot", "report"];

/// The whole command line: every command, and every decoding option where the command takes them.
fn tree(page: Page) -> clap::Command {
    let optioned = |command: &clap::Command| OPTIONED.contains(&command.get_name());
    Cli::command().mut_subcommands(
        |command| {
            if optioned(&command) { decoding::with_options(command, page) } else { command }
        },
    )
}

/// The whole command line, every option shown.
pub(crate) fn complete() -> clap::Command {
    help::dressed(tree(Page::All), Page::All, help::WIDE)
}

/// Reads the command line. Help and version are printed here, and end it well.
pub(crate) fn parse() -> Result<Command, Failure> {
    read(&std::env::args_os().collect::<Vec<_>>())
}

/// Reads a command line in words, of which the first is the command's own name.
pub(crate) fn read(words: &[OsString]) -> Result<Command, Failure> {
    let page = Page::asked(words);
    let command = help::dressed(tree(page), page, help::width());
    refusal::parted_switch(words)?;
    let refused = |error: clap::Error| refusal::refused(&error, &command, words);
    let matches = command.clone().try_get_matches_from(words).map_err(refused)?;
    let cli = Cli::from_arg_matches(&matches).map_err(refused)?;
    if let What::Help(args) = &cli.what {
        crate::output::print(&help::page(&args.topic, help::width())?)?;
        return Err(Failure::quiet());
    }
    let (settings, texts) = match matches.subcommand() {
        Some((name, matches)) if OPTIONED.contains(&name) => (decoding::settings(matches)?, TokenTexts::of(matches)),
        _ => Default::default(),
    };
    Ok(Command { what: cli.what, settings, texts })
}
