//! PNG from the same SVG.

use crate::error::DrawError;
use crate::sheet::FONTS;
use resvg::usvg::fontdb::{Database, Family, ID, Query};
use resvg::{tiny_skia, usvg};
use skrifa::{FontRef, MetadataProvider};
use std::collections::BTreeSet;

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
    let mut options = usvg::Options::default();
    options.fontdb_mut().load_system_fonts();
    let missing = missing(svg, &options.fontdb);
    let usual = usvg::FontResolver::default_fallback_selector();
    options.font_resolver.select_fallback =
        Box::new(move |c, used, fonts| preferred(c, used, fonts).or_else(|| usual(c, used, fonts)));
    let tree = usvg::Tree::from_str(&parted(svg), &options).map_err(|error| wrong(&error))?;
    let size = tree.size().to_int_size();
    let mut pixels = tiny_skia::Pixmap::new(size.width(), size.height()).ok_or_else(|| wrong(&"it has no size"))?;
    resvg::render(&tree, tiny_skia::Transform::default(), &mut pixels.as_mut());
    let bytes = pixels.encode_png().map_err(|error| wrong(&error))?;
    Ok(Picture { bytes, missing })
}

/// A text in which joined emoji stand side by side, without the colour of their skin. usvg takes a second font's signs one by
/// one, so it has boxes in place of those that the font has only as a whole.
fn parted(svg: &str) -> String {
    let mut chars = svg.chars().peekable();
    let mut out = String::with_capacity(svg.len());
    while let Some(c) = chars.next() {
        let joins_emoji = c == '\u{200d}' && chars.peek().is_some_and(|next| *next >= '\u{2600}');
        if !joins_emoji && !matches!(c, '\u{fe0f}' | '\u{1f3fb}'..='\u{1f3ff}') {
            out.push(c);
        }
    }
    out
}

/// The first font of the list in every picture that has a character.
fn preferred(c: char, used: &[ID], fonts: &Database) -> Option<ID> {
    FONTS.split(", ").find_map(|family| {
        let query = Query { families: &[Family::Name(family)], ..Query::default() };
        let id = fonts.query(&query).filter(|id| !used.contains(id))?;
        has(fonts, id, c).then_some(id)
    })
}

fn has(fonts: &Database, id: ID, c: char) -> bool {
    let mapped =
        |data: &[u8], index| FontRef::from_index(data, index).is_ok_and(|font| font.charmap().map(c).is_some());
    fonts.with_face_data(id, mapped).unwrap_or(false)
}

/// The characters of an SVG's texts that no font has, each once.
fn missing(svg: &str, fonts: &Database) -> Vec<char> {
    let texts: String = svg.split('<').filter_map(|part| part.split_once('>')).map(|(_, text)| text).collect();
    let shown = |c: &char| !c.is_whitespace() && !c.is_control() && !joins(*c);
    let mut wanted: BTreeSet<char> = texts.chars().filter(shown).collect();
    for face in fonts.faces() {
        if wanted.is_empty() {
            break;
        }
        let _ = fonts.with_face_data(face.id, |data, index| {
            if let Ok(font) = FontRef::from_index(data, index) {
                let map = font.charmap();
                wanted.retain(|&c| map.map(c).is_none());
            }
        });
    }
    wanted.into_iter().collect()
}

/// Whether a character only says how its neighbours are drawn: joiners, and selectors of variants.
fn joins(c: char) -> bool {
    matches!(c, '\u{200b}'..='\u{200f}' | '\u{2060}' | '\u{fe00}'..='\u{fe0f}' | '\u{e0100}'..='\u{e01ef}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn joined_emoji_are_parted_and_other_scripts_keep_their_joiners() {
        assert_eq!(
            parted("a\u{1f468}\u{200d}\u{1f469}\u{1f3fd}\u{200d}\u{2764}\u{fe0f}b"),
            "a\u{1f468}\u{1f469}\u{2764}b"
        );
        let sinhala = "\u{0dc1}\u{0dca}\u{200d}\u{0dbb}";
        assert_eq!(parted(sinhala), sinhala);
    }
}
