//! Why something could not be drawn.

use beamline::Fault;

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

impl DrawError {
    /// Whose fault it is: where there is nothing to show, one can ask for something else.
    ///
    /// ```
    /// use beamline::Fault;
    /// use beamline_draw::DrawError;
    /// assert_eq!(DrawError::Nothing("no run has a token".to_owned()).fault(), Fault::Usage);
    /// assert_eq!(DrawError::Picture("no room".to_owned()).fault(), Fault::Run);
    /// ```
    pub fn fault(&self) -> Fault {
        match self {
            Self::Nothing(_) => Fault::Usage,
            Self::Picture(_) => Fault::Run,
        }
    }
}
