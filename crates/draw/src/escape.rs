//! Text made fit for HTML and XML: the one place where it is.

/// Text as it may stand in HTML and XML, and in attributes. Characters that neither may hold, however they are written, become
/// U+FFFD.
///
/// ```
/// assert_eq!(beamline_draw::html::escape("<a & \"b\">"), "&lt;a &amp; &quot;b&quot;&gt;");
/// ```
pub fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out += "&amp;",
            '<' => out += "&lt;",
            '>' => out += "&gt;",
            '"' => out += "&quot;",
            '\u{fffe}' | '\u{ffff}' => out.push('\u{fffd}'),
            c if c.is_control() && c != '\n' && c != '\t' => out.push('\u{fffd}'),
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The characters of XML 1.0, by its rule 2.
    fn is_xml(c: char) -> bool {
        matches!(c, '\t' | '\n' | '\r' | ' '..='\u{d7ff}' | '\u{e000}'..='\u{fffd}' | '\u{10000}'..)
    }

    #[test]
    fn nothing_comes_out_that_xml_may_not_hold() {
        for c in '\0'..=char::MAX {
            let escaped = escape(&c.to_string());
            assert!(escaped.chars().all(is_xml) && !escaped.contains(['<', '>', '"']), "{c:?}: {escaped:?}");
            assert!(is_xml(c) || escaped == "\u{fffd}", "{c:?}: {escaped:?}");
        }
    }
}
