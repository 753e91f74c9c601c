//! One file of a repository, from the hub into a blob.

use std::fs::{self, File, OpenOptions};
use std::io::{ErrorKind, Read, Write};
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use crate::cache::{RepoCache, make_parent};
use crate::http::{Http, Reply};
use crate::{HubError, Progress};

/// The buffer that every body goes through.
const BUFFER: usize = 128 << 10;
/// A stretch that brought this much was worth its connection, and does not count as a failure.
const PROGRESS: u64 = 1 << 20;

/// The most bytes of a file that comes without a length: configurations and vocabularies have no more, and a body without end would
/// fill the disk.
const MOST_UNPROMISED: u64 = 128 << 20;

/// What is fetched, and where it goes.
pub(crate) struct Download<'a> {
    pub(crate) http: &'a Http,
    pub(crate) cache: &'a RepoCache,
    /// The file's name, for progress and messages.
    pub(crate) file: &'a str,
    /// Its path at the hub.
    pub(crate) path: String,
    /// Turns an answer that is not the file into an error.
    pub(crate) refuse: &'a dyn Fn(&Reply) -> HubError,
}

/// What the hub says of the file.
struct Source {
    /// The blob's name.
    name: String,
    /// The checksum, where the etag is one.
    sha256: Option<String>,
    /// The whole length, where it is known yet.
    size: Option<u64>,
}

/// How one stretch ended.
enum Stretch {
    /// Every byte is there.
    Whole,
    /// It broke off; what came is kept, unless the server will not go on from there.
    Cut,
}

impl Download<'_> {
    /// Fetches the file, unless its blob is there, and gives the blob's name.
    pub(crate) fn run(&self, progress: &mut dyn Progress) -> Result<String, HubError> {
        let first = self.http.persist(|| self.ask(0))?;
        let mut source = Source::of(&first, &self.path)?;
        if self.is_here(&source) {
            return Ok(source.name);
        }
        let lock = self.cache.lock(&source.name)?;
        if lock.waited && self.is_here(&source) {
            return Ok(source.name);
        }
        let part = self.cache.part(&source.name);
        make_parent(&part)?;
        // What was put there by others could lead anywhere.
        if part.is_symlink() {
            remove(&part)?;
        }
        // The first answer starts at byte 0. With bytes on disk it has told the name and is not needed, and
        // after a wait for the lock it may have gone stale.
        let usable = length(&part)? == 0 && !lock.waited;
        self.fetch_with_retry(&mut source, usable.then_some(first), &part, progress)?;
        verify(&part, &source, self.file)?;
        let blob = self.cache.blob(&source.name);
        fs::rename(&part, &blob).map_err(|error| io(&blob, error))?;
        drop(lock);
        Ok(source.name)
    }

    /// The file from byte `start` on; statuses that bring none of it are errors.
    fn ask(&self, start: u64) -> Result<Reply, HubError> {
        let reply = self.http.get(&self.path, start)?;
        match reply.status() {
            200 => Ok(reply),
            206 | 416 if start > 0 => Ok(reply),
            _ => Err((self.refuse)(&reply)),
        }
    }

    /// Whether the blob is there and of the right length. One of another length is replaced.
    fn is_here(&self, source: &Source) -> bool {
        let found = fs::metadata(self.cache.blob(&source.name));
        found.is_ok_and(|data| data.is_file() && source.size.is_none_or(|size| size == data.len()))
    }

    /// Stretch after stretch, until the part is whole or the attempts are used up.
    fn fetch_with_retry(
        &self,
        source: &mut Source,
        mut first: Option<Reply>,
        part: &Path,
        progress: &mut dyn Progress,
    ) -> Result<(), HubError> {
        let mut failures = 0;
        // The furthest that the part has been. A server that starts over again and again never gets past it.
        let mut best = length(part)?;
        loop {
            let stretch = self.fetch_range(source, first.take(), part, progress);
            let got = length(part)?;
            let error = match stretch {
                Ok(Stretch::Whole) => return Ok(()),
                Ok(_) => HubError::CutShort { file: self.file.to_owned(), got, expected: source.size },
                Err(error) if error.is_passing() => error,
                Err(error) => return Err(error),
            };
            failures = if got >= best + PROGRESS { 0 } else { failures + 1 };
            if failures >= self.http.retry.attempts {
                return Err(error);
            }
            best = best.max(got);
            self.http.wait(failures)?;
        }
    }

    /// One stretch: from what is on disk to the end, or to where the connection breaks.
    fn fetch_range(
        &self,
        source: &mut Source,
        first: Option<Reply>,
        part: &Path,
        progress: &mut dyn Progress,
    ) -> Result<Stretch, HubError> {
        let here = length(part)?;
        if here > 0 && source.size == Some(here) {
            return Ok(Stretch::Whole);
        }
        if source.size.is_some_and(|size| here > size) {
            remove(part)?;
            return Ok(Stretch::Cut);
        }
        let mut reply = first.map_or_else(|| self.ask(here), Ok)?;
        if reply.status() == 416 || (reply.status() == 206 && range_start(&reply) != Some(here)) {
            remove(part)?;
            return Ok(Stretch::Cut);
        }
        let now = Source::of(&reply, &self.path)?;
        if now.name != source.name {
            return Err(bad(&reply, "the file changed while it was fetched"));
        }
        source.size = source.size.or(now.size);
        let start = if reply.status() == 206 { here } else { 0 };
        let file = OpenOptions::new().create(true).append(true).open(part).map_err(|error| io(part, error))?;
        // With 200 the whole file comes again, whatever was asked for.
        file.set_len(start).map_err(|error| io(part, error))?;
        progress.begin(self.file, start, source.size);
        let end = copy_body(&mut reply, &file, part, start, source.size, progress);
        progress.end();
        if matches!(end, Ok(Stretch::Whole)) {
            file.sync_all().map_err(|error| io(part, error))?;
        }
        end
    }
}

/// Copies the body to `file`, which holds `done` bytes, and no further than `size`.
fn copy_body(
    reply: &mut Reply,
    mut file: &File,
    part: &Path,
    mut done: u64,
    size: Option<u64>,
    progress: &mut dyn Progress,
) -> Result<Stretch, HubError> {
    let too_long = bad(reply, "more bytes than were promised");
    let endless = bad(reply, "more bytes than are taken of a file that comes without a length");
    let mut body = reply.body();
    let mut buffer = vec![0; BUFFER];
    loop {
        let count = match body.read(&mut buffer) {
            Ok(0) => break,
            Ok(count) => count as u64,
            Err(error) if error.kind() == ErrorKind::Interrupted => continue,
            Err(_) => return Ok(Stretch::Cut),
        };
        if size.is_some_and(|size| done + count > size) {
            drop(body);
            remove(part)?;
            return Err(too_long);
        }
        if size.is_none() && done + count > MOST_UNPROMISED {
            drop(body);
            remove(part)?;
            return Err(endless);
        }
        file.write_all(&buffer[..count as usize]).map_err(|error| io(part, error))?;
        done += count;
        progress.advance(count);
    }
    // Without a length the end of the body is the end of the file: `Source::of` let nothing else through.
    Ok(if size.is_none_or(|size| size == done) { Stretch::Whole } else { Stretch::Cut })
}

impl Source {
    fn of(reply: &Reply, path: &str) -> Result<Self, HubError> {
        if reply.header("content-encoding").is_some_and(|coding| !coding.eq_ignore_ascii_case("identity")) {
            return Err(bad(reply, "the file came encoded though it was asked for plain"));
        }
        let etag = reply.etag.clone().unwrap_or_default();
        let sha256 = Some(etag.to_ascii_lowercase())
            .filter(|sum| sum.len() == 64 && sum.bytes().all(|byte| byte.is_ascii_hexdigit()));
        let size = reply.linked_size.or_else(|| match reply.status() {
            200 => reply.header("content-length")?.parse().ok(),
            206 => reply.header("content-range")?.rsplit_once('/')?.1.parse().ok(),
            _ => None,
        });
        let chunked = reply.header("transfer-encoding").is_some();
        if size.is_none() && !chunked && sha256.is_none() && reply.status() != 416 {
            return Err(bad(reply, "the file came without a length, so its end cannot be told"));
        }
        Ok(Self { name: blob_name(&etag, path), sha256, size })
    }
}

/// The etag where it is a checksum of the bytes, as the hub's are (SHA-256, and git's SHA-1): files that are alike share a blob then.
/// Any other etag tells versions of one file apart, and not files: a mirror may make it of time and size. Such a file is named by
/// etag and place together, as one without an etag is by its place; the path holds the commit.
fn blob_name(etag: &str, path: &str) -> String {
    if is_checksum(etag) {
        return etag.to_owned();
    }
    let etag = if etag.is_empty() { "no etag" } else { etag };
    hex(&Sha256::digest(format!("{etag}\n{path}")))
}

/// Whether an etag is what the hub names bytes by: hex digits, as many as SHA-256 has, or git's SHA-1.
fn is_checksum(etag: &str) -> bool {
    [64, 40].contains(&etag.len()) && etag.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// Where a 206 says that it starts.
fn range_start(reply: &Reply) -> Option<u64> {
    let range = reply.header("content-range")?.strip_prefix("bytes ")?;
    range.split_once('-')?.0.trim().parse().ok()
}

/// Holds what is on disk against the length and the checksum. What came in several stretches is read again
/// from the start: only the disk knows whether they fit together.
fn verify(part: &Path, source: &Source, file: &str) -> Result<(), HubError> {
    let got = length(part)?;
    if source.size.is_some_and(|size| size != got) {
        return Err(HubError::CutShort { file: file.to_owned(), got, expected: source.size });
    }
    let Some(expected) = &source.sha256 else { return Ok(()) };
    let mut reader = File::open(part).map_err(|error| io(part, error))?;
    let mut sum = Sha256::new();
    let mut buffer = vec![0; BUFFER];
    loop {
        match reader.read(&mut buffer).map_err(|error| io(part, error))? {
            0 => break,
            count => sum.update(&buffer[..count]),
        }
    }
    let got = hex(&sum.finalize());
    if got == *expected {
        return Ok(());
    }
    remove(part)?;
    Err(HubError::Checksum { file: file.to_owned(), expected: expected.clone(), got })
}

/// The bytes on disk; none when there is no such file.
fn length(path: &Path) -> Result<u64, HubError> {
    match fs::metadata(path) {
        Ok(data) => Ok(data.len()),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(0),
        Err(error) => Err(io(path, error)),
    }
}

fn remove(path: &Path) -> Result<(), HubError> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != ErrorKind::NotFound => Err(io(path, error)),
        _ => Ok(()),
    }
}

fn io(path: &Path, source: std::io::Error) -> HubError {
    HubError::Io { path: PathBuf::from(path), source }
}

fn bad(reply: &Reply, why: &str) -> HubError {
    HubError::BadReply { url: reply.url.clone(), why: why.to_owned() }
}

fn hex(bytes: &[u8]) -> String {
    bytes
        .iter()
        .flat_map(|byte| [byte >> 4, byte & 15])
        .filter_map(|digit| char::from_digit(digit.into(), 16))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_checksums_become_names() {
        for sum in ["0123456789abcdefABCD".repeat(2), "f".repeat(64)] {
            assert_eq!((blob_name(&sum, "p"), blob_name(&sum, "q")), (sum.clone(), sum));
        }
        let others =
            ["../x", "a/b", "..", ".hidden", "a b", "", "5f-66a1b2c3", "ab-C_1.0", &"a".repeat(63), &"g".repeat(40)];
        for etag in others.into_iter().chain([&*"a".repeat(200)]) {
            let name = blob_name(etag, "p");
            assert!(name.len() == 64 && name.bytes().all(|byte| byte.is_ascii_hexdigit()), "{etag}: {name}");
            assert_eq!(name, blob_name(etag, "p"));
            assert_ne!(name, blob_name(etag, "q"), "{etag}");
        }
        assert_eq!(hex(&[0, 0xa5, 0xff]), "00a5ff");
    }
}
