//! A module in, the same without its comments out: readers of the source need them, browsers do not.

/// The module with an empty line in the place of each that is a comment and nothing else, so that places in errors are those of the source.
///
/// Comments are told by how a line begins; comments behind code stay. That a line which begins so is no part of a text holds for
/// the pages (`tests/unit/comments.test.js`).
pub(crate) fn without_comments(module: &str) -> String {
    let mut all = String::with_capacity(module.len());
    let mut within = false;
    for line in module.split_inclusive('\n') {
        let (begins, text) = (line.trim_start(), line.trim_end_matches(['\r', '\n']));
        let opens = !within && begins.starts_with("/*");
        let kept = if within || opens {
            match line.split_once("*/") {
                // A type beside the code that it is of.
                Some((_, rest)) if !rest.trim().is_empty() => {
                    if opens {
                        text
                    } else {
                        rest.trim_end()
                    }
                }
                _ => "",
            }
        } else if begins.starts_with("//") {
            ""
        } else {
            text
        };
        within = (within || opens) && !line.contains("*/");
        all.push_str(kept);
        if line.ends_with('\n') {
            all.push('\n');
        }
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_on_lines_of_their_own_go_and_lines_keep_their_numbers() {
        let module = "// What it is.\nimport x from \"x\"; // used below\n\n/** Doc. @param {number} a */\nexport const f = (a) => a; /* b */\n  /**\n   * Long.\n   */\n  // more\n\
            /** @type {any} */ (f)(1);\nconst url = \"https://a\";\nconst all = `a\n b`;\n/* to\n */ g();\nlast";
        let spare = "\nimport x from \"x\"; // used below\n\n\nexport const f = (a) => a; /* b */\n\n\n\n\n\
            /** @type {any} */ (f)(1);\nconst url = \"https://a\";\nconst all = `a\n b`;\n\n g();\nlast";
        assert_eq!(without_comments(module), spare);
        assert_eq!(without_comments(""), "");
        assert_eq!(without_comments("/* never closed\na"), "\n");
    }
}
