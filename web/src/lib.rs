//! From a path to a page: the lab in the browser, where decoding can be touched.
//!
//! What goes in: a path such as `views/play/play.js`. What comes out: the file of that name, with its type, its tag, and its bytes plain
//! and compressed. It knows nothing of servers, models or decoding: all that the pages show they ask of the server that hands
//! them out.
//!
//! The pages are plain modules, as a browser reads them: nothing is generated, and building the crate needs no Node. They
//! travel in the binary ([`Pages::own`]), modules without their comments; whoever writes them has them read from disk
//! ([`Pages::at`]), so that a page shows a change when it is loaded again.
//!
//! `spare` takes comments out of modules.
//!
//! ```
//! use beamline_lab::Pages;
//! let page = Pages::own().find("index.html").expect("the lab has a first page");
//! assert_eq!(page.kind, "text/html; charset=utf-8");
//! assert!(page.gzip.is_some_and(|packed| packed.len() < page.bytes.len()));
//! assert!(Pages::own().find("../Cargo.toml").is_none());
//! ```

mod spare;

use flate2::Compression;
use flate2::write::GzEncoder;
use include_dir::{Dir, include_dir};
use sha2::{Digest, Sha256};
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::Write as _;
use std::path::{Component, Path, PathBuf};
use std::sync::{Arc, LazyLock};

/// The pages that travel in the binary.
static OWN: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/pages");

/// The same, ready to be sent: made when the first one is asked for.
static READY: LazyLock<BTreeMap<String, Page>> = LazyLock::new(|| {
    let mut files = Vec::new();
    collect(&OWN, &mut files);
    let named = |(path, bytes): (&Path, &'static [u8])| {
        Some((path.to_str()?.replace('\\', "/"), Page::new(path, &sent(path, bytes))?))
    };
    files.into_iter().filter_map(named).collect()
});

/// The types of files that the lab is made of, by the ends of their names. A file of another type is no page.
const KINDS: [(&str, &str); 5] = [
    ("html", "text/html; charset=utf-8"),
    ("js", "text/javascript; charset=utf-8"),
    ("css", "text/css; charset=utf-8"),
    ("svg", "image/svg+xml"),
    ("json", "application/json"),
];

/// A file of the lab.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Page {
    /// Its media type, as the header `content-type` has it.
    pub kind: &'static str,
    /// A tag that differs where the bytes do, in the form of the header `etag`.
    pub tag: String,
    /// What it holds.
    pub bytes: Arc<[u8]>,
    /// The same, compressed by gzip; `None` where that is no shorter.
    pub gzip: Option<Arc<[u8]>>,
}

/// Where pages come from.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Pages {
    folder: Option<PathBuf>,
}

impl Pages {
    /// The pages of this crate, as they were when it was built.
    pub fn own() -> Self {
        Self { folder: None }
    }

    /// The pages of a folder, read anew each time: for who writes them.
    pub fn at(folder: impl Into<PathBuf>) -> Self {
        Self { folder: Some(folder.into()) }
    }

    /// The page at a path that is relative to the lab; the empty path is that of the first page. `None` where there is none: a path
    /// cannot leave the folder, and a file of a type that the lab has none of is no page.
    pub fn find(&self, path: &str) -> Option<Page> {
        let path = if path.is_empty() { "index.html" } else { path };
        let Some(folder) = &self.folder else { return READY.get(path).cloned() };
        let plain = |part| matches!(part, Component::Normal(_));
        if !Path::new(path).components().all(plain) || path.contains('\\') {
            return None;
        }
        let file = folder.join(path);
        // Links could lead out of the folder.
        if !file.canonicalize().ok()?.starts_with(folder.canonicalize().ok()?) {
            return None;
        }
        Page::new(&file, &std::fs::read(&file).ok()?)
    }
}

impl Page {
    fn new(path: &Path, bytes: &[u8]) -> Option<Self> {
        let end = path.extension()?.to_str()?;
        let (_, kind) = KINDS.into_iter().find(|(known, _)| *known == end)?;
        let packed = packed(bytes).filter(|packed| packed.len() < bytes.len());
        Some(Self { kind, tag: tag(bytes), bytes: bytes.into(), gzip: packed.map(Arc::from) })
    }
}

/// All files of a folder and of those in it.
fn collect<'a>(folder: &Dir<'a>, into: &mut Vec<(&'a Path, &'a [u8])>) {
    into.extend(folder.files().map(|file| (file.path(), file.contents())));
    folder.dirs().for_each(|inner| collect(inner, into));
}

/// What is sent of a file: modules of the lab's own go without their comments.
fn sent<'a>(path: &Path, bytes: &'a [u8]) -> Cow<'a, [u8]> {
    let is_own = path.extension().is_some_and(|end| end == "js") && !path.starts_with("vendor");
    match std::str::from_utf8(bytes) {
        Ok(module) if is_own => spare::without_comments(module).into_bytes().into(),
        _ => bytes.into(),
    }
}

/// Bytes compressed; writing into memory does not fail, and where it did they would be sent plain.
fn packed(bytes: &[u8]) -> Option<Vec<u8>> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(bytes).ok()?;
    encoder.finish().ok()
}

fn tag(bytes: &[u8]) -> String {
    let mut tag = String::from("\"");
    for byte in &Sha256::digest(bytes)[..12] {
        let _ = write!(tag, "{byte:02x}"); // into a string
    }
    tag + "\""
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_file_of_the_lab_is_a_page() {
        let mut files = Vec::new();
        collect(&OWN, &mut files);
        // Types of the vendored files are for who writes pages.
        files.retain(|(path, _)| !path.to_string_lossy().ends_with(".d.ts"));
        assert_eq!(files.len(), READY.len(), "a file has a type that browsers are not told of");
    }

    #[test]
    fn the_lab_is_light() {
        let sent: usize =
            READY.values().map(|page| page.gzip.as_ref().map_or(page.bytes.len(), |packed| packed.len())).sum();
        assert!(sent < 400_000, "{sent} bytes are sent for the whole lab, compressed");
    }

    #[test]
    fn a_folder_is_read_anew_and_not_left() {
        let outer = tempfile::tempdir().expect("a folder");
        let folder = outer.path().join("pages");
        std::fs::create_dir_all(folder.join("views")).expect("a folder");
        std::fs::write(folder.join("index.html"), "one").expect("a file");
        std::fs::write(folder.join("views/a.js"), "1").expect("a file");
        std::fs::write(folder.join("notes.txt"), "no page").expect("a file");
        std::fs::write(outer.path().join("secret.js"), "no").expect("a file");
        let pages = Pages::at(&folder);
        let first = pages.find("").expect("the first page");
        std::fs::write(folder.join("index.html"), "two").expect("a file");
        let second = pages.find("index.html").expect("the same page");
        assert_ne!(first.tag, second.tag);
        assert!(pages.find("views/a.js").is_some());
        for path in [
            "../secret.js",
            "views/../../secret.js",
            "/etc/passwd.js",
            "..\\secret.js",
            "notes.txt",
            "none.js",
            "views",
        ] {
            assert_eq!(pages.find(path), None, "{path}");
        }
        #[cfg(unix)]
        {
            std::os::unix::fs::symlink(outer.path().join("secret.js"), folder.join("link.js")).expect("a link");
            assert_eq!(pages.find("link.js"), None);
        }
    }
}
