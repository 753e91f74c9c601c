//! PNG from the same SVG.

use crate::error::DrawError;
use resvg::{tiny_skia, usvg};
use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};

/// A picture.
#[derive(Clone, Debug, PartialEq)]
pub struct Picture {
    /// The PNG file.
    pub bytes: Vec<u8>,
    /// Characters that no font of this system has: boxes stand in their places.
    pub missing: Vec<char>,
}

/// Renders an SVG with the system's fonts.
///
/// # Errors
/// When the SVG is not valid, or so large that no picture can be made.
pub fn render(svg: &str) -> Result<Picture, DrawError> {
    let wrong = |error: &dyn std::fmt::Display| DrawError::Picture(error.to_string());
    let missing = Arc::new(Mutex::new(BTreeSet::new()));
    let mut options = usvg::Options::default();
    options.fontdb_mut().load_system_fonts();
    let (inner, lost) = (usvg::FontResolver::default_fallback_selector(), Arc::clone(&missing));
    options.font_resolver.select_fallback = Box::new(move |c, used, fonts| {
        let found = inner(c, used, fonts);
        if found.is_none() && !c.is_whitespace() {
            lost.lock().unwrap_or_else(PoisonError::into_inner).insert(c);
        }
        found
    });
    if options.fontdb.is_empty() {
        missing.lock().unwrap_or_else(PoisonError::into_inner).insert('A'); // not even letters
    }
    let tree = usvg::Tree::from_str(svg, &options).map_err(|error| wrong(&error))?;
    let size = tree.size().to_int_size();
    let mut pixels = tiny_skia::Pixmap::new(size.width(), size.height()).ok_or_else(|| wrong(&"it has no size"))?;
    resvg::render(&tree, tiny_skia::Transform::default(), &mut pixels.as_mut());
    let bytes = pixels.encode_png().map_err(|error| wrong(&error))?;
    let missing = missing.lock().unwrap_or_else(PoisonError::into_inner).iter().copied().collect();
    Ok(Picture { bytes, missing })
}
