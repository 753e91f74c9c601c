//! Why something could not be drawn.

/// What cannot be drawn.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DrawError {
    /// There is nothing to show.
    #[error("nothing to draw: {0}")]
    Nothing(String),
    /// The picture could not be made from the SVG.
    #[error("the picture could not be made: {0}")]
    Picture(String),
}
