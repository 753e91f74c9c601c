//! What the fuzz targets of options and traces do with their texts; a stable test replays the seeds through the same functions.

use beamline::{Options, replay};

/// Reads options as `name=value,name=value`.
pub fn settings_list(text: &str) {
    if let Ok(settings) = Options::list(text) {
        assert!(settings.iter().count() <= text.matches('=').count(), "each option was named");
    }
}

/// Puts the sequences of a trace together again.
pub fn trace(text: &str) {
    let _ = replay(text);
}
