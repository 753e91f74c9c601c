//! Arguments of `plot`.

use super::{ModelArgs, PromptArgs};
use crate::failure::Failure;
use beamline::Options;
use beamline_draw::Unit;
use beamline_draw::kinds::Quantity;
use clap::{Args, ValueEnum, ValueHint};
use std::path::PathBuf;

/// A kind of picture.
#[derive(ValueEnum, Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum PlotKind {
    /// Next-token probabilities, and what each method makes of them
    Next,
    /// What each method makes of the next token, as a heat map
    Heat,
    /// Sorted token probabilities at several temperatures
    Temperature,
    /// How many tokens have which probability
    Histogram,
    /// The best tokens' probability together, with the cuts of top-k and top-p
    Cumulative,
    /// The tree of a beam search, or of any other
    Beams,
    /// Surprise, token by token, of the prompt and its continuation
    Surprisal,
    /// Token embeddings, positions, and their sum
    Embeddings,
    /// Where a head of a layer looks
    Attention,
    /// Surprisal or entropy of several runs over time
    Compare,
    /// Variety and probability against temperature or top-p
    Sweep,
}

/// What `compare` follows.
#[derive(ValueEnum, Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(crate) enum By {
    /// The surprise at each token
    #[default]
    Surprisal,
    /// The entropy before each token
    Entropy,
}

impl From<By> for Quantity {
    fn from(by: By) -> Self {
        match by {
            By::Surprisal => Self::Surprisal,
            By::Entropy => Self::Entropy,
        }
    }
}

/// How large a picture is, and in which colours.
#[derive(Args, Clone, Copy)]
pub(crate) struct CanvasArgs {
    /// Colours
    #[arg(long, value_enum, default_value = "light", value_name = "THEME")]
    pub(crate) theme: ThemeName,
    /// Pixels across
    #[arg(long, default_value_t = 800, value_parser = clap::value_parser!(u32).range(320..=8000), value_name = "N")]
    pub(crate) width: u32,
    /// Pixels down, at the least: what needs more room to be read gets it
    #[arg(long, default_value_t = 500, value_parser = clap::value_parser!(u32).range(240..=8000), value_name = "N")]
    pub(crate) height: u32,
}

impl CanvasArgs {
    pub(crate) fn canvas(self) -> beamline_draw::Canvas {
        let theme = match self.theme {
            ThemeName::Light => beamline_draw::Theme::Light,
            ThemeName::Dark => beamline_draw::Theme::Dark,
        };
        beamline_draw::Canvas { width: self.width, height: self.height, theme }
    }
}

/// Light or dark.
#[derive(ValueEnum, Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum ThemeName {
    /// Dark ink on white
    Light,
    /// Light ink on nearly black
    Dark,
}

/// What scales a picture has, and how its maps stand.
#[derive(Args, Clone, Copy)]
pub(crate) struct ScaleArgs {
    /// next: a scale for each panel [default: one for all]
    #[arg(long)]
    pub(crate) free_scales: bool,
    /// temperature, cumulative: linear axes [default: logarithmic ones]
    #[arg(long)]
    pub(crate) linear: bool,
    /// embeddings: the three maps side by side [default: where the picture is 1300 pixels wide]
    #[arg(long)]
    pub(crate) side_by_side: bool,
}

#[derive(Args)]
pub(crate) struct Plot {
    /// What to draw
    #[arg(value_name = "KIND", value_enum)]
    pub(crate) kind: PlotKind,
    #[command(flatten)]
    pub(crate) prompts: PromptArgs,
    /// Where to: .svg, .png or .html
    #[arg(long, short, value_hint = ValueHint::FilePath, value_name = "FILE")]
    pub(crate) output: PathBuf,
    /// The numbers behind the picture: .csv or .json
    #[arg(long, value_hint = ValueHint::FilePath, value_name = "FILE")]
    pub(crate) data: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) canvas: CanvasArgs,
    /// next, heat: tokens to show [default: 10]; beams: dropped candidates of each step [default: 3]; with --linear: the
    /// best tokens [default: temperature 50, cumulative 10000]
    #[arg(long, value_parser = count, value_name = "N")]
    pub(crate) top: Option<usize>,
    #[command(flatten)]
    pub(crate) scales: ScaleArgs,
    /// beams, surprisal, compare, sweep: count in bits [default: nats]
    #[arg(long)]
    pub(crate) bits: bool,
    /// temperature: temperatures, parted by commas [default: 0.5,1,2]
    #[arg(long, value_delimiter = ',', value_parser = positive, value_name = "T")]
    pub(crate) temperatures: Vec<f64>,
    /// attention: the layer, from 0 [default: 0]
    #[arg(long, value_name = "N")]
    pub(crate) layer: Option<usize>,
    /// attention: the head, from 0 [default: the mean of all]
    #[arg(long, value_name = "N")]
    pub(crate) head: Option<usize>,
    /// next, heat, compare: a decoding strategy by name, as in compare, or as "name=value" or "label: name=value"; repeatable
    #[arg(long, value_name = "OPTIONS")]
    pub(crate) run: Vec<String>,
    /// compare: what to follow [default: surprisal]
    #[arg(long, value_enum, value_name = "QUANTITY")]
    pub(crate) by: Option<By>,
    /// sweep: the option to sweep [default: temperature]
    #[arg(long, value_name = "OPTION")]
    pub(crate) over: Option<String>,
    /// sweep: its values, parted by commas
    #[arg(long = "values", allow_hyphen_values = true, value_parser = number, value_delimiter = ',', value_name = "X")]
    pub(crate) swept: Vec<f64>,
    /// sweep: texts at each value [default: 8]
    #[arg(long, value_parser = clap::value_parser!(u16).range(1..=1024), value_name = "N")]
    pub(crate) seeds: Option<u16>,
    #[command(flatten)]
    pub(crate) model: ModelArgs,
}

impl Plot {
    /// Refuses arguments that this kind of picture has no use for.
    pub(crate) fn check(&self, given: &Options) -> Result<(), Failure> {
        use PlotKind::{
            Attention, Beams, Compare, Cumulative, Embeddings, Heat, Histogram, Next, Surprisal, Sweep, Temperature,
        };
        let own: [(&str, bool, &[PlotKind]); 12] = [
            ("--top", self.top.is_some() && !self.scales.linear, &[Next, Heat, Beams]),
            ("--free-scales", self.scales.free_scales, &[Next]),
            ("--linear", self.scales.linear, &[Temperature, Cumulative]),
            ("--side-by-side", self.scales.side_by_side, &[Embeddings]),
            ("--bits", self.bits, &[Beams, Surprisal, Compare, Sweep]),
            ("--temperatures", !self.temperatures.is_empty(), &[Temperature]),
            ("--layer", self.layer.is_some(), &[Attention]),
            ("--head", self.head.is_some(), &[Attention]),
            ("--run", !self.run.is_empty(), &[Next, Heat, Compare]),
            ("--by", self.by.is_some(), &[Compare]),
            ("--over and --values", self.over.is_some() || !self.swept.is_empty(), &[Sweep]),
            ("--seeds", self.seeds.is_some(), &[Sweep]),
        ];
        let name =
            |kind: &PlotKind| kind.to_possible_value().map_or(String::new(), |value| value.get_name().to_owned());
        if let Some((flag, _, kinds)) = own.iter().find(|(_, is_given, kinds)| *is_given && !kinds.contains(&self.kind))
        {
            let kinds = kinds.iter().map(name).collect::<Vec<_>>().join(" and ");
            return Err(Failure::usage(format!(
                "{flag} belongs to plot {kinds}; leave it out of plot {}",
                name(&self.kind)
            )));
        }
        let raw = [Temperature, Histogram, Embeddings, Attention, Cumulative].contains(&self.kind);
        let cuts = |name: &str| self.kind == Cumulative && ["top_k", "top_p"].contains(&name);
        let idle = given.iter().map(|(name, _)| name).find(|name| raw && !cuts(name));
        match idle {
            Some(option) => Err(Failure::usage(format!(
                "{option} has no effect on plot {}, which shows the raw model; leave it out",
                name(&self.kind)
            ))),
            None => Ok(()),
        }
    }

    /// What surprisal, entropy and log-probabilities are counted in.
    pub(crate) fn unit(&self) -> Unit {
        if self.bits { Unit::Bits } else { Unit::Nats }
    }

    /// The values of a sweep.
    pub(crate) fn values(&self, option: &str) -> Result<Vec<f64>, Failure> {
        if !self.swept.is_empty() {
            return Ok(self.swept.clone());
        }
        match option.replace('-', "_").as_str() {
            "temperature" => Ok(vec![0.2, 0.4, 0.6, 0.8, 1.0, 1.2, 1.4, 1.6, 1.8, 2.0]),
            "top_p" => Ok(vec![0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 1.0]),
            other => Err(Failure::usage(format!("a sweep over {other} needs its values; give --values 1,2,3"))),
        }
    }
}

/// An integer from 1.
fn count(text: &str) -> Result<usize, String> {
    text.parse()
        .ok()
        .filter(|n| (1..=1_000_000).contains(n))
        .ok_or_else(|| "must be an integer in 1..=1000000".to_owned())
}

/// Any number.
fn number(text: &str) -> Result<f64, String> {
    let number = text.trim().parse().ok().filter(|x: &f64| x.is_finite());
    number.ok_or_else(|| "must be numbers parted by commas, such as 0.5,1,2".to_owned())
}

/// A number above zero.
fn positive(text: &str) -> Result<f64, String> {
    let number = text.trim().parse().ok().filter(|t: &f64| t.is_finite() && *t > 0.0);
    number.ok_or_else(|| "must be a number above 0".to_owned())
}
