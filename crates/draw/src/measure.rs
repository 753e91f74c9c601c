//! How wide a text will be, before it is known which font a viewer has.

use unicode_segmentation::UnicodeSegmentation;
use unicode_width::UnicodeWidthChar;

/// Advances of the characters from the space to the tilde, in hundredths of the type's size: DejaVu Sans, the first font
/// that is asked for, and the widest.
const ASCII: [u8; 95] = [
    32, 40, 46, 84, 64, 95, 78, 27, 39, 39, 50, 84, 32, 36, 32, 34, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 34, 34, 84,
    84, 84, 53, 100, 68, 69, 70, 77, 63, 58, 77, 75, 29, 29, 66, 56, 86, 75, 79, 60, 79, 69, 63, 61, 73, 68, 99, 69,
    61, 69, 39, 34, 39, 84, 50, 50, 61, 63, 55, 63, 62, 35, 63, 63, 28, 28, 58, 28, 97, 63, 61, 63, 63, 41, 52, 39, 63,
    59, 82, 59, 59, 52, 64, 34, 64, 84,
];

/// The pixels that a text of this size takes, or a little more.
pub(crate) fn width(text: &str, size: f64) -> f64 {
    text.chars().map(advance).sum::<f64>() * size
}

/// A character's advance, in the type's size. Parts of a joined emoji count one by one: not every font joins them.
fn advance(c: char) -> f64 {
    let wide = match c {
        ' '..='~' => return f64::from(ASCII[c as usize - 32]) / 100.0,
        '␣' => 0.64,
        '·' => 0.32,
        '“' | '”' | '‹' | '›' => 0.53,
        '–' => 0.5,
        '—' | '…' => 1.0,
        '\u{2600}'..='\u{27bf}' | '\u{1f000}'.. => 1.32,
        '\u{2190}'..='\u{25ff}' => 0.96,
        c if c.width() == Some(2) => 1.0,
        _ => 0.74,
    };
    if c.width().unwrap_or(0) == 0 { 0.0 } else { wide }
}

/// A text cut to so many pixels, between characters as a reader sees them, with an ellipsis where something is lost.
pub(crate) fn fit(text: &str, size: f64, room: f64) -> String {
    if width(text, size) <= room {
        return text.to_owned();
    }
    let (mut out, mut used) = (String::new(), size);
    for part in text.graphemes(true) {
        used += width(part, size);
        if used > room {
            break;
        }
        out += part;
    }
    out + "…"
}

/// A text as lines of at most so many pixels, broken at spaces where there are any; the last of `most` lines is cut.
pub(crate) fn wrap(text: &str, size: f64, room: f64, most: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    let mut rest = text;
    while !rest.is_empty() {
        if lines.len() == most {
            let line = lines.pop().unwrap_or_default() + rest;
            lines.push(fit(&line, size, room));
            break;
        }
        let line = lines.last_mut().expect("there is always a line");
        let word_end = rest.find(' ').map_or(rest.len(), |at| at + 1);
        let word = &rest[..word_end];
        if width(&(line.clone() + word.trim_end()), size) <= room {
            *line += word;
            rest = &rest[word_end..];
        } else if line.is_empty() || width(word, size) > room {
            rest = &rest[fill(line, word, size, room)..];
            lines.push(String::new());
        } else {
            lines.push(String::new());
        }
    }
    if lines.len() > 1 && lines.last().is_some_and(String::is_empty) {
        lines.pop();
    }
    lines.iter().map(|line| line.trim_end().to_owned()).collect()
}

/// Adds as much of a word as the line has room for, one character at the least on an empty line; gives its bytes.
fn fill(line: &mut String, word: &str, size: f64, room: f64) -> usize {
    let mut taken = 0;
    for part in word.graphemes(true) {
        if !line.is_empty() && width(&(line.clone() + part), size) > room {
            break;
        }
        *line += part;
        taken += part.len();
    }
    taken
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cut_text_fits_and_joined_characters_stay_whole() {
        for text in ["the best thing about winter", "안녕하세요 여러분", "👨‍👩‍👧‍👦👨‍👩‍👧‍👦👨‍👩‍👧‍👦", "ééééééééééééé"]
        {
            for room in [30.0, 55.0, 80.0, 140.0] {
                let cut = fit(text, 10.0, room);
                assert!(width(&cut, 10.0) <= room, "{cut}");
                let kept = cut.trim_end_matches('…');
                assert!(
                    text.starts_with(kept)
                        && text.graphemes(true).take(kept.graphemes(true).count()).collect::<String>() == kept
                );
            }
        }
        assert_eq!(fit("abc", 10.0, 100.0), "abc");
    }

    #[test]
    fn wrapped_lines_fit_and_lose_nothing_but_what_is_cut() {
        let text = "When winter comes, thesnowthatfallsoverthehillsisverydeep and 눈이 아주 많이 내립니다 그래서";
        let lines = wrap(text, 10.0, 120.0, 99);
        assert!(lines.iter().all(|line| width(line, 10.0) <= 120.0), "{lines:?}");
        assert_eq!(lines.concat().replace(' ', ""), text.replace(' ', ""));
        let cut = wrap(text, 10.0, 120.0, 2);
        assert!(cut.len() == 2 && cut[1].ends_with('…'), "{cut:?}");
        assert_eq!(wrap("", 10.0, 50.0, 3), [""]);
    }
}
