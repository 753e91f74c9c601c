//! The tag `{% generation %}`, which marks what the model itself has said.
//!
//! It is an extension of transformers' for training: rendered, it is a block that shows its contents. Jinja has a block of that
//! kind, `{% with %}`, so the tags are renamed to it before the template is read; dashes that trim white space stay, and so do
//! line numbers. Comments, raw text and strings are left alone.

/// The template with `generation` written as `with`.
pub(crate) fn renamed(source: &str) -> String {
    if !source.contains("generation") {
        return source.to_owned();
    }
    let mut out = String::with_capacity(source.len());
    let mut rest = source;
    while let Some(at) = rest.find('{') {
        let (before, from) = rest.split_at(at);
        out += before;
        let end = match from.as_bytes().get(1) {
            Some(b'#') => from.find("#}").map_or(from.len(), |end| end + 2),
            Some(b'%') => after_tag(from, "%}"),
            Some(b'{') => after_tag(from, "}}"),
            _ => 1,
        };
        let tag = &from[..end];
        rest = &from[end..];
        match word(tag) {
            Some("generation") => out += &tag.replacen("generation", "with", 1),
            Some("endgeneration") => out += &tag.replacen("endgeneration", "endwith", 1),
            Some("raw") => {
                out += tag;
                let raw = end_of_raw(rest);
                out += &rest[..raw];
                rest = &rest[raw..];
            }
            _ => out += tag,
        }
    }
    out + rest
}

/// The word of a tag that has no other.
fn word(tag: &str) -> Option<&str> {
    let inside = tag.strip_prefix("{%")?.strip_suffix("%}")?;
    let inside = inside.strip_prefix(['-', '+']).unwrap_or(inside);
    Some(inside.strip_suffix(['-', '+']).unwrap_or(inside).trim())
}

/// Where a tag or an expression ends: strings in it may hold anything.
fn after_tag(from: &str, close: &str) -> usize {
    let mut quote = None;
    let mut is_escaped = false;
    for (at, c) in from.char_indices().skip(2) {
        match (quote, c) {
            (Some(_), _) if is_escaped => is_escaped = false,
            (Some(_), '\\') => is_escaped = true,
            (Some(open), _) if c == open => quote = None,
            (None, '"' | '\'') => quote = Some(c),
            (None, _) if from[at..].starts_with(close) => return at + close.len(),
            _ => {}
        }
    }
    from.len()
}

/// Where raw text ends: before its own tag.
fn end_of_raw(text: &str) -> usize {
    let is_end = |at: &usize| {
        let inside = text[at + 2..].trim_start_matches(['-', '+']).trim_start();
        inside.starts_with("endraw")
    };
    text.match_indices("{%").map(|(at, _)| at).find(is_end).unwrap_or(text.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_are_renamed_with_their_dashes() {
        let source = "{%- generation -%}a{% endgeneration%}\n{%+ generation %}b{%endgeneration-%}";
        assert_eq!(renamed(source), "{%- with -%}a{% endwith%}\n{%+ with %}b{%endwith-%}");
    }

    #[test]
    fn comments_raw_text_strings_and_names_stay() {
        for source in [
            "{# {% generation %} #}",
            "{% raw %}{% generation %}{% endraw %}",
            "{{ '{% generation %}' }}",
            "{% set x = \"%}{% generation %}\" %}",
            "{% if add_generation_prompt %}generation{% endif %}",
            "{ generation {% generation",
            "{% raw %} generation",
            "{{ 'it\\'s %} {% generation %}' }}",
        ] {
            assert_eq!(renamed(source), source);
        }
    }
}
