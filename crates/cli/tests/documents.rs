//! Command lines of the documents: each must be one that the command understands.
#![allow(clippy::unwrap_used)] // tests may

use assert_cmd::Command;
use std::fs::read_to_string;
use std::path::Path;

/// A line's words as a shell would part them, up to a comment: quotes of either kind keep words together.
fn words(line: &str) -> Vec<String> {
    let (mut words, mut word, mut quote) = (Vec::new(), None::<String>, None);
    for c in line.chars() {
        match (quote, c) {
            (Some(open), _) if c == open => quote = None,
            (None, '"' | '\'') => {
                quote = Some(c);
                word.get_or_insert_default();
            }
            (None, '#') if word.is_none() => break,
            (None, ' ') => words.extend(word.take()),
            _ => word.get_or_insert_default().push(c),
        }
    }
    words.extend(word);
    words
}

/// Asking for help after all else reads what stands before it, flags and their values, and runs nothing.
#[test]
fn command_lines_of_documents_are_understood() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let mut seen = 0;
    for page in ["README.md", "docs/chapter/en.md", "docs/gallery.md", "crates/cli/README.md"] {
        let text = read_to_string(root.join(page)).unwrap();
        let blocks = text.split("```sh\n").skip(1).filter_map(|block| block.split_once("```"));
        for line in blocks.flat_map(|(block, _)| block.lines()).filter(|line| line.starts_with("beamline ")) {
            let mut command = Command::cargo_bin("beamline").unwrap();
            let output = command.args(&words(line)[1..]).arg("--help").env_remove("BEAMLINE_MODEL").output().unwrap();
            let error = String::from_utf8(output.stderr).unwrap();
            assert!(output.status.success() && error.is_empty(), "{page}: {line}\n{error}");
            seen += 1;
        }
    }
    assert!(seen >= 35, "only {seen} command lines were found");
}

#[test]
fn words_are_parted_as_by_a_shell() {
    assert_eq!(words(r#"a "b c" 'd "e"' "" # f"#), ["a", "b c", "d \"e\"", ""]);
}
