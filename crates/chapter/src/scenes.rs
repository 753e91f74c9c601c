//! The scenes, in their order.

use crate::scene::Scene;

/// The scenes of these folders.
macro_rules! scenes {
    ($($folder:literal,)+) => {
        [$(Scene {
            folder: $folder,
            commands: include_str!(concat!("../scenes/", $folder, "/commands.txt")),
            sources: [
                include_str!(concat!("../scenes/", $folder, "/en.md")),
                include_str!(concat!("../scenes/", $folder, "/ko.md")),
                include_str!(concat!("../scenes/", $folder, "/zh.md")),
                include_str!(concat!("../scenes/", $folder, "/ja.md")),
            ],
        },)+]
    };
}

static SCENES: [Scene; 15] = scenes![
    "01-next-token",
    "02-greedy-search",
    "03-loops",
    "04-log-probability",
    "05-beam-search",
    "06-ngram-ban",
    "07-repetition-penalty",
    "08-temperature",
    "09-top-k",
    "10-top-p",
    "11-all-together",
    "12-sentence-probability",
    "13-token-by-token",
    "14-which-method",
    "15-exact-search",
];

/// All scenes, in the order in which they are told: scene 1 is the first.
pub fn scenes() -> &'static [Scene] {
    &SCENES
}
