//! Arguments of `plot`.

use super::{ModelArgs, PromptArgs};
use beamline_draw::kinds::Quantity;
use beamline_plot::{PlotKind, PlotRequest};
use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};
use clap::{Args, ValueEnum, ValueHint};
use std::path::PathBuf;

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
    #[arg(value_name = "KIND", value_parser = kind())]
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
    #[arg(long, value_parser = quantity(), value_name = "QUANTITY")]
    pub(crate) by: Option<Quantity>,
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
    /// What is asked for, without where it goes to.
    pub(crate) fn request(&self) -> PlotRequest {
        PlotRequest {
            kind: self.kind,
            top: self.top,
            free_scales: self.scales.free_scales,
            linear: self.scales.linear,
            side_by_side: self.scales.side_by_side,
            bits: self.bits,
            temperatures: self.temperatures.clone(),
            layer: self.layer,
            head: self.head,
            run: self.run.clone(),
            by: self.by,
            over: self.over.clone(),
            values: self.swept.clone(),
            seeds: self.seeds.map(usize::from),
        }
    }
}

/// A kind of picture, by its name.
fn kind() -> impl TypedValueParser<Value = PlotKind> {
    let value = |kind: PlotKind| PossibleValue::new(kind.name()).help(kind.about());
    PossibleValuesParser::new(PlotKind::ALL.map(value)).try_map(|name| name.parse::<PlotKind>())
}

/// What `compare` follows, by its name.
fn quantity() -> impl TypedValueParser<Value = Quantity> {
    let value = |quantity: Quantity| PossibleValue::new(quantity.name()).help(quantity.about());
    PossibleValuesParser::new(Quantity::ALL.map(value)).try_map(|name| name.parse::<Quantity>())
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
