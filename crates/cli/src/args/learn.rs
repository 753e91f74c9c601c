//! Arguments of the walk through the chapter.

use beamline_chapter::Lang;
use clap::Args;

#[derive(Args)]
pub(crate) struct Learn {
    /// A scene's number, or all [default: a list of the scenes]
    #[arg(value_name = "SCENE")]
    pub(crate) scene: Option<String>,
    /// The language: en, ko, zh or ja [default: that of the locale, where it is one of them]
    #[arg(long, value_parser = lang, value_name = "LANG")]
    pub(crate) lang: Option<Lang>,
    /// The model that the commands run with [default: BEAMLINE_MODEL, or builtin]
    #[arg(long, short, value_name = "MODEL")]
    pub(crate) model: Option<String>,
    /// Print Markdown
    #[arg(long)]
    pub(crate) markdown: bool,
}

fn lang(code: &str) -> Result<Lang, String> {
    code.parse().map_err(|error: beamline_chapter::UnknownLang| error.to_string())
}
