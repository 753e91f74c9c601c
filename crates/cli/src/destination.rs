//! Files that results go to: checked before anything long begins, written beside and put in their place when they are whole.

use crate::failure::Failure;
use std::fs::{File, OpenOptions};
use std::io::{self, BufWriter, ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;
use tempfile::NamedTempFile;

/// A place that can be written to. Nothing is written until there is something whole to write, and what was there before stays
/// until then: a command that fails or is killed leaves the old file, or the new one.
#[derive(Debug)]
pub(crate) struct Destination {
    /// As it was given.
    given: PathBuf,
    place: Place,
}

/// What a path leads to.
#[derive(Debug)]
enum Place {
    /// A file, there or not, behind all links.
    File(PathBuf),
    /// A device, or a pipe that somebody reads: written to as it comes.
    Stream(File),
}

/// Files that are being written, which have no place yet; taken away where the command ends before they have.
static UNFINISHED: Mutex<Vec<PathBuf>> = Mutex::new(Vec::new());

fn unfinished() -> std::sync::MutexGuard<'static, Vec<PathBuf>> {
    UNFINISHED.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Takes away what is not finished: for who ends the command at once.
pub(crate) fn abandon() {
    unfinished().drain(..).for_each(|path| drop(std::fs::remove_file(path)));
}

/// The endings of the files that models are made of.
const OF_MODELS: [&str; 9] = ["bin", "gguf", "jinja", "json", "model", "safetensors", "tiktoken", "txt", "jsonl"];

impl Destination {
    /// Checks that a file can be written, and leaves it as it is. None of the model's own may be: `model` is its name.
    pub(crate) fn check(path: &Path, model: &str) -> Result<Self, Failure> {
        let wrong = |reason: &dyn std::fmt::Display| {
            Failure::usage(format!("{}: {reason}; give a file that can be written", path.display()))
        };
        if path.as_os_str() == "-" {
            return Err(wrong(&"standard output is not for files"));
        }
        let place = match std::fs::metadata(path) {
            Ok(there) if there.is_dir() => return Err(wrong(&"it is a folder")),
            Ok(there) if !there.is_file() => Place::Stream(stream(path).map_err(|error| wrong(&error))?),
            there => {
                let target = behind_links(path).map_err(|error| wrong(&error))?;
                if there.is_ok() {
                    OpenOptions::new().append(true).open(&target).map_err(|error| wrong(&error))?;
                    if is_of_model(&target, Path::new(model)) {
                        return Err(wrong(&"it is one of the model's own files"));
                    }
                }
                beside(&target).map_err(|error| wrong(&error))?;
                Place::File(target)
            }
        };
        Ok(Self { given: path.to_owned(), place })
    }

    /// The file's ending, in small letters.
    pub(crate) fn ending(&self) -> String {
        self.given.extension().map(|ending| ending.to_string_lossy().to_lowercase()).unwrap_or_default()
    }

    /// The path, as it was given.
    pub(crate) fn name(&self) -> String {
        self.given.display().to_string()
    }

    /// Begins to write; nothing is in its place until [`Unfinished::finish`].
    pub(crate) fn begin(&self) -> io::Result<Unfinished> {
        match &self.place {
            Place::Stream(file) => Ok(Unfinished { to: To::Stream(file.try_clone()?) }),
            Place::File(target) => {
                let file = beside(target)?;
                unfinished().push(file.path().to_owned());
                Ok(Unfinished { to: To::File(BufWriter::new(file), target.clone()) })
            }
        }
    }

    /// Writes all of it.
    pub(crate) fn write(&self, bytes: impl AsRef<[u8]>) -> Result<(), Failure> {
        let write = || {
            let mut file = self.begin()?;
            file.write_all(bytes.as_ref())?;
            file.finish()
        };
        write().map_err(|error| self.failed(&error))
    }

    /// Why it could not be written.
    pub(crate) fn failed(&self, error: &io::Error) -> Failure {
        let kept = match self.place {
            Place::File(_) => "; what was there before is as it was",
            Place::Stream(_) => "",
        };
        Failure { code: 1, message: Some(format!("{}: {error}{kept}", self.given.display())) }
    }
}

/// A file on its way, or what takes bytes as they come.
#[derive(Debug)]
pub(crate) struct Unfinished {
    to: To,
}

#[derive(Debug)]
enum To {
    File(BufWriter<NamedTempFile>, PathBuf),
    Stream(File),
}

impl Unfinished {
    /// Puts the whole file in its place, once all of it is on the disk.
    pub(crate) fn finish(self) -> io::Result<()> {
        let To::File(file, target) = self.to else { return Ok(()) };
        let file = file.into_inner().map_err(io::IntoInnerError::into_error)?;
        let path = file.path().to_owned();
        let placed = file.as_file().sync_all().and_then(|()| file.persist(&target).map_err(|error| error.error));
        unfinished().retain(|other| *other != path);
        placed?;
        // The name too, where the system can: a folder that cannot be synced still has the file.
        if let Some(folder) = target.parent().and_then(|folder| File::open(folder).ok()) {
            let _ = folder.sync_all();
        }
        Ok(())
    }
}

impl Write for Unfinished {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match &mut self.to {
            To::File(file, _) => file.write(bytes),
            To::Stream(file) => loop {
                match file.write(bytes) {
                    // A pipe that was opened without waiting for a reader, whose reader is slow.
                    Err(error) if error.kind() == ErrorKind::WouldBlock => std::thread::sleep(Duration::from_millis(2)),
                    written => return written,
                }
            },
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match &mut self.to {
            To::File(file, _) => file.flush(),
            To::Stream(file) => file.flush(),
        }
    }
}

/// Opens a device or a pipe without waiting: one that nobody reads is an error.
fn stream(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::custom_flags(&mut options, libc::O_NONBLOCK | libc::O_NOCTTY);
    options.open(path).map_err(|error| match error.raw_os_error() {
        #[cfg(unix)]
        Some(libc::ENXIO) => io::Error::other("it is a pipe that nobody reads from"),
        _ => error,
    })
}

/// Where a path leads, which need not be there yet.
fn behind_links(path: &Path) -> io::Result<PathBuf> {
    let mut path = path.to_owned();
    // As many as Linux follows.
    for _ in 0..40 {
        if !path.is_symlink() {
            return Ok(path);
        }
        path = path.parent().unwrap_or(Path::new("")).join(std::fs::read_link(&path)?);
    }
    Err(io::Error::other("it is a link that leads to itself"))
}

/// A new file beside another, with the rights that it has or will have.
fn beside(target: &Path) -> io::Result<NamedTempFile> {
    let folder = target.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    if target.file_name().is_none() {
        return Err(io::Error::other("it has no name"));
    }
    let mut builder = tempfile::Builder::new();
    builder.prefix(".beamline-").suffix(".unfinished");
    let old = std::fs::metadata(target).ok().map(|there| there.permissions());
    // Of a new file the system takes what the user's mask says.
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
    let made = builder.tempfile_in(folder)?;
    if let Some(old) = old {
        made.as_file().set_permissions(old)?;
    }
    Ok(made)
}

/// Whether a file is one that a model on this disk is made of.
fn is_of_model(file: &Path, model: &Path) -> bool {
    let same = |other: &Path| {
        let both = std::fs::canonicalize(file).ok().zip(std::fs::canonicalize(other).ok());
        both.is_some_and(|(file, other)| file == other) || is_hard_link(file, other)
    };
    if !model.is_dir() {
        return model.is_file() && same(model);
    }
    let ending = |path: &Path| path.extension().is_some_and(|ending| OF_MODELS.iter().any(|of| ending == *of));
    let entries = std::fs::read_dir(model).into_iter().flatten().filter_map(Result::ok);
    entries.map(|entry| entry.path()).any(|path| ending(&path) && same(&path))
}

#[cfg(unix)]
fn is_hard_link(file: &Path, other: &Path) -> bool {
    use std::os::unix::fs::MetadataExt;
    let number = |path: &Path| std::fs::metadata(path).ok().map(|there| (there.dev(), there.ino()));
    number(file).is_some_and(|number_of_file| number(other) == Some(number_of_file))
}

#[cfg(not(unix))]
fn is_hard_link(_: &Path, _: &Path) -> bool {
    false
}
