//! A command line in words.

/// The words of a command line, parted at spaces as a shell does it; double quotes keep a word together.
///
/// ```
/// assert_eq!(beamline_chapter::words("beamline generate \"Once upon\" --seed 1"), ["beamline", "generate", "Once upon", "--seed", "1"]);
/// ```
pub fn words(line: &str) -> Vec<String> {
    let (mut words, mut word, mut quoted) = (Vec::new(), None::<String>, false);
    for c in line.chars() {
        match c {
            '"' => {
                quoted = !quoted;
                word.get_or_insert_default();
            }
            ' ' if !quoted => words.extend(word.take()),
            _ => word.get_or_insert_default().push(c),
        }
    }
    words.extend(word);
    words
}

#[cfg(test)]
mod tests {
    use super::words;

    #[test]
    fn quotes_keep_words_together_and_may_be_empty() {
        assert_eq!(words("a  \"b c\" \"\" d"), ["a", "b c", "", "d"]);
        assert_eq!(words(""), [""; 0]);
    }
}
