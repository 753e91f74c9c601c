//! Arguments of the server.

use super::ModelArgs;
use clap::{Args, ValueEnum, ValueHint};
use std::path::PathBuf;

/// The form of the log's lines.
#[derive(ValueEnum, Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum LogForm {
    /// Words
    Text,
    /// A JSON object a line
    Json,
}

#[derive(Args)]
#[allow(clippy::struct_excessive_bools)] // each is a flag
pub(crate) struct Serve {
    #[command(flatten)]
    pub(crate) model: ModelArgs,
    /// The address to listen on; one that other machines reach needs a key
    #[arg(long, default_value = "127.0.0.1", value_name = "IP")]
    pub(crate) host: std::net::IpAddr,
    /// The port; 0 takes one that is free
    #[arg(long, default_value_t = 8080, value_name = "PORT")]
    pub(crate) port: u16,
    /// A key that requests must bring; repeatable
    #[arg(long, env = "BEAMLINE_API_KEY", hide_env_values = true, value_name = "KEY")]
    pub(crate) api_key: Vec<String>,
    /// Let anybody ask who reaches the address
    #[arg(long, conflicts_with = "api_key", hide_short_help = true, help_heading = "Access")]
    pub(crate) no_key: bool,
    /// Let pages of this origin ask from a browser, such as http://localhost:3000; * for all; repeatable
    #[arg(long, value_name = "ORIGIN", hide_short_help = true, help_heading = "Access")]
    pub(crate) cors: Vec<String>,
    /// A name under which the server is called besides its address, such as a proxy's; repeatable
    #[arg(long, value_name = "NAME", hide_short_help = true, help_heading = "Access")]
    pub(crate) allow_host: Vec<String>,
    /// The model's name in requests and answers; repeatable [default: its own]
    #[arg(long, value_name = "NAME", hide_short_help = true)]
    pub(crate) name: Vec<String>,
    /// Memory for keys and values, such as 2GB [default: a quarter of what is granted]
    #[arg(long, value_parser = size, value_name = "SIZE", hide_short_help = true, help_heading = "Load")]
    pub(crate) cache_memory: Option<usize>,
    /// Prompts that are continued together
    #[arg(long, default_value_t = 128, value_parser = at_least_one, value_name = "N", hide_short_help = true, help_heading = "Load")]
    pub(crate) max_running: usize,
    /// Requests that wait; further ones are told to come again (429)
    #[arg(long, default_value_t = 512, value_parser = at_least_one, value_name = "N", hide_short_help = true, help_heading = "Load")]
    pub(crate) max_waiting: usize,
    /// Tokens of a step: with fewer a long prompt holds others up less, with more it is read faster
    #[arg(long, default_value_t = 128, value_parser = at_least_one, value_name = "N", hide_short_help = true, help_heading = "Load")]
    pub(crate) step_tokens: usize,
    /// Seconds that a request may take
    #[arg(long, default_value_t = 600, value_parser = clap::value_parser!(u32).range(1..), value_name = "SECONDS", hide_short_help = true, help_heading = "Load")]
    pub(crate) deadline: u32,
    /// Seconds for what runs to finish when the server is told to end
    #[arg(long, default_value_t = 30, value_name = "SECONDS", hide_short_help = true, help_heading = "Load")]
    pub(crate) drain: u32,
    /// Bytes of a request's body, such as 8MB
    #[arg(long, value_parser = size, value_name = "SIZE", hide_short_help = true, help_heading = "Load")]
    pub(crate) max_body: Option<usize>,
    /// Pass over fields that nobody knows, and name them in the answer's header beamline-ignored
    #[arg(long, hide_short_help = true)]
    pub(crate) lenient: bool,
    /// Show the lab at /lab: decoding to be seen in a browser
    #[arg(long)]
    pub(crate) lab: bool,
    /// The lab's pages from a folder, read anew each time, for who works on them
    #[arg(long, value_hint = ValueHint::DirPath, value_name = "DIR", hide = true)]
    pub(crate) lab_pages: Option<PathBuf>,
    /// A file of Jinja in place of the model's chat template
    #[arg(long, value_hint = ValueHint::FilePath, value_name = "FILE", hide_short_help = true)]
    pub(crate) chat_template: Option<PathBuf>,
    /// The form of the log, a line a request on standard error
    #[arg(long, value_enum, default_value = "text", value_name = "FORM", hide_short_help = true, help_heading = "Log")]
    pub(crate) log: LogForm,
    /// Write prompts into the log
    #[arg(long, hide_short_help = true, help_heading = "Log")]
    pub(crate) log_prompts: bool,
}

/// The lab in a browser.
#[derive(Args)]
pub(crate) struct Lab {
    #[command(flatten)]
    pub(crate) model: ModelArgs,
    /// The port on this machine [default: one that is free]
    #[arg(long, default_value_t = 0, hide_default_value = true, value_name = "PORT")]
    pub(crate) port: u16,
    /// Print the address, and open no browser
    #[arg(long)]
    pub(crate) no_browser: bool,
    /// Memory for keys and values, such as 2GB [default: a quarter of what is granted]
    #[arg(long, value_parser = size, value_name = "SIZE", hide_short_help = true)]
    pub(crate) cache_memory: Option<usize>,
    /// The lab's pages from a folder, read anew each time, for who works on them
    #[arg(long = "lab-pages", value_hint = ValueHint::DirPath, value_name = "DIR", hide = true)]
    pub(crate) pages: Option<PathBuf>,
}

pub(super) fn at_least_one(text: &str) -> Result<usize, String> {
    text.parse().ok().filter(|&n| n > 0).ok_or_else(|| "it must be an integer, 1 or more".to_owned())
}

/// Bytes, with a unit or without.
pub(crate) fn size(text: &str) -> Result<usize, String> {
    let wrong = || "it must be a number of bytes, such as 512MB, 2GB or 1000000".to_owned();
    let number = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let unit: f64 = match text[number.len()..].to_ascii_lowercase().as_str() {
        "" | "b" => 1.0,
        "k" | "kb" | "kib" => 1024.0,
        "m" | "mb" | "mib" => 1_048_576.0,
        "g" | "gb" | "gib" => 1_073_741_824.0,
        _ => return Err(wrong()),
    };
    let bytes = number.trim().parse::<f64>().map_err(|_| wrong())? * unit;
    if (1.0..=1e15).contains(&bytes) { Ok(bytes as usize) } else { Err(wrong()) }
}

#[cfg(test)]
mod tests {
    use super::size;

    #[test]
    fn sizes_are_read() {
        assert_eq!(size("512MB"), Ok(512 << 20));
        assert_eq!(size("1.5g"), Ok(3 << 29));
        assert_eq!(size("1000"), Ok(1000));
        for wrong in ["", "MB", "-1GB", "0", "12 parsecs", "1e40", "nan", "inf"] {
            assert!(size(wrong).is_err(), "{wrong}");
        }
    }
}
