//! How a caller watches a download.

/// Told how a download goes. Every method has an empty body, so an implementation writes those it needs.
///
/// One stretch of one file is `begin`, any number of `advance`, `end`. A file that breaks off and goes on, or
/// starts over, gets a new `begin` with the bytes that are there by then; every `begin` is followed by an
/// `end`, in failure too. Files come one after another, never two at once. Nothing is called for a file that
/// was in the cache already.
///
/// ```
/// use beamline_hub::Progress;
///
/// #[derive(Default)]
/// struct Count(u64);
/// impl Progress for Count {
///     fn advance(&mut self, bytes: u64) {
///         self.0 += bytes;
///     }
/// }
/// let mut count = Count::default();
/// count.begin("model.safetensors", 0, Some(3));
/// count.advance(3);
/// count.end();
/// assert_eq!(count.0, 3);
/// ```
pub trait Progress {
    /// Something that a user should hear before the files arrive, in one line.
    fn notice(&mut self, line: &str) {
        let _ = line;
    }

    /// A file's bytes start to arrive. `done` bytes of it were on disk before; `total` is its whole length, or
    /// `None` where the server did not say.
    fn begin(&mut self, file: &str, done: u64, total: Option<u64>) {
        let _ = (file, done, total);
    }

    /// That many more bytes are on disk.
    fn advance(&mut self, bytes: u64) {
        let _ = bytes;
    }

    /// This stretch is over, whether or not the file is whole.
    fn end(&mut self) {}
}

/// Shows nothing.
impl Progress for () {}
