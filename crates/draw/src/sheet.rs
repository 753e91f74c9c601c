//! What all charts draw with: a font, text at a place, boxes and lines.

use crate::error::DrawError;
use plotters::coord::Shift;
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};

/// Where charts are drawn.
pub(crate) type Area<'a> = DrawingArea<SVGBackend<'a>, Shift>;

/// Fonts in order of preference; the list stays in the SVG, so that a viewer finds one for every script.
pub(crate) const FONTS: &str = "DejaVu Sans, Noto Sans, Helvetica, Arial, Noto Sans CJK KR, Noto Sans CJK JP, \
                                Apple SD Gothic Neo, Malgun Gothic, Microsoft YaHei, sans-serif";

/// Text from its left upper corner.
pub(crate) fn text(area: &Area<'_>, text: &str, at: (i32, i32), size: u32, colour: RGBColor) -> Result<(), DrawError> {
    area.draw_text(text, &style(size, colour), at).map_err(DrawError::chart)
}

/// Text whose middle (up and down) is at a place, and whose left, middle or right.
pub(crate) fn anchored(
    area: &Area<'_>,
    text: &str,
    at: (i32, i32),
    size: u32,
    colour: RGBColor,
    side: HPos,
) -> Result<(), DrawError> {
    let style = style(size, colour).pos(Pos::new(side, VPos::Center));
    area.draw_text(text, &style, at).map_err(DrawError::chart)
}

/// Text that reads upwards and ends at a place.
pub(crate) fn upright(
    area: &Area<'_>,
    text: &str,
    at: (i32, i32),
    size: u32,
    colour: RGBColor,
) -> Result<(), DrawError> {
    let font = (FONTS, size).into_font().transform(FontTransform::Rotate270);
    let style = TextStyle { font, ..style(size, colour) }.pos(Pos::new(HPos::Right, VPos::Center));
    area.draw_text(text, &style, at).map_err(DrawError::chart)
}

/// A text's look; its place is its left upper corner unless a `pos` follows.
pub(crate) fn style(size: u32, colour: RGBColor) -> TextStyle<'static> {
    let mut style = TextStyle::from((FONTS, size).into_font());
    style.color = colour.to_backend_color();
    style
}

/// A filled box.
pub(crate) fn block(area: &Area<'_>, from: (i32, i32), to: (i32, i32), colour: RGBColor) -> Result<(), DrawError> {
    area.draw(&Rectangle::new([from, to], colour.filled())).map_err(DrawError::chart)
}

/// The outline of a box.
pub(crate) fn frame(area: &Area<'_>, from: (i32, i32), to: (i32, i32), colour: RGBColor) -> Result<(), DrawError> {
    area.draw(&Rectangle::new([from, to], colour.stroke_width(2))).map_err(DrawError::chart)
}

/// A line through points.
pub(crate) fn line(area: &Area<'_>, points: Vec<(i32, i32)>, colour: RGBColor, width: u32) -> Result<(), DrawError> {
    area.draw(&PathElement::new(points, colour.stroke_width(width))).map_err(DrawError::chart)
}
