//! What to do about characters that no font of this system has.

/// A line of warning: how many there are, which, and the packages that have them.
pub(crate) fn warning(missing: &[char]) -> String {
    let some: String = missing.iter().take(12).collect();
    let more = if missing.len() > 12 { " ..." } else { "" };
    let needed = |has: fn(char) -> bool| missing.iter().any(|c| has(*c));
    let packages = [
        ("fonts-noto-cjk", needed(is_cjk)),
        ("fonts-noto-color-emoji", needed(is_emoji)),
        ("fonts-noto-core", needed(|c| !is_cjk(c) && !is_emoji(c))),
    ];
    let packages: Vec<&str> = packages.into_iter().filter(|(_, is_needed)| *is_needed).map(|(name, _)| name).collect();
    format!(
        "warning: no font here has these characters ({} in all), so boxes stand in their places: {some}{more}; install one that has them (Debian: {}), or write .svg, which leaves fonts to the viewer",
        missing.len(),
        packages.join(", ")
    )
}

/// Chinese characters, kana, hangul, and the punctuation between them.
fn is_cjk(c: char) -> bool {
    matches!(c, '\u{1100}'..='\u{11ff}' | '\u{2e80}'..='\u{a4cf}' | '\u{a960}'..='\u{a97f}' | '\u{ac00}'..='\u{d7ff}'
        | '\u{f900}'..='\u{faff}' | '\u{fe30}'..='\u{fe4f}' | '\u{ff00}'..='\u{ffef}' | '\u{20000}'..='\u{3ffff}')
}

/// Emoji, and the signs that have become some.
fn is_emoji(c: char) -> bool {
    matches!(c, '\u{2600}'..='\u{27bf}' | '\u{1f000}'..='\u{1faff}' | '\u{e0000}'..='\u{e007f}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_are_counted_and_each_script_has_its_package() {
        let korean = warning(&['안', '녕', '하', '세', '요']);
        assert!(korean.contains("(5 in all)") && korean.contains("안녕하세요; "), "{korean}");
        assert!(korean.contains("Debian: fonts-noto-cjk)"), "{korean}");
        assert!(warning(&['🙂']).contains("Debian: fonts-noto-color-emoji)"));
        let all = warning(&['今', '\u{915}', '\u{1f642}']);
        assert!(all.contains("fonts-noto-cjk, fonts-noto-color-emoji, fonts-noto-core"), "{all}");
    }
}
