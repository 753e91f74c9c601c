//! How a language model writes, in scenes: what each method of decoding does, and the command that shows it.
//!
//! What goes in: the number of a scene and a language. What comes out: the scene's texts (a title, a few sentences, a question
//! and its answer) and the command lines whose output they speak of. This crate is data with a strict reader; it knows nothing
//! of models, terminals or files. `beamline learn` walks through it.
//!
//! ```
//! use beamline_chapter::{Lang, scenes, words};
//!
//! let scene = &scenes()[1];
//! let text = scene.text(Lang::from_locale("ja_JP.UTF-8").unwrap_or_default());
//! assert_eq!((scene.number(), scene.name(), text.title.as_str()), (2, "greedy-search", "貪欲法（グリーディサーチ）"));
//! assert_eq!(words(scene.commands().next().expect("a command"))[..2], ["beamline", "inspect"]);
//! ```
//!
//! # What is where
//!
//! A scene is a folder under `scenes/`: `commands.txt` has the command lines, `en.md`, `ko.md`, `zh.md` and `ja.md` the texts. The
//! built-in model's output of these commands is what the texts are true of.

mod lang;
mod scene;
mod scenes;
mod text;
mod words;

pub use lang::{Lang, Messages, UnknownLang};
pub use scene::Scene;
pub use scenes::scenes;
pub use text::{FormatError, Text};
pub use words::words;
