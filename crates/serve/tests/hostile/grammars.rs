//! Grammars that are wrong, or that ask for much.

use super::Draws;

/// Grammars that are wrong, or large, as a field.
pub(super) fn grammar(draws: &mut Draws) -> (String, String) {
    let text = |text: &str| serde_json::Value::from(text).to_string();
    let nested = |open: &str, inner: &str, close: &str, depth: usize| open.repeat(depth) + inner + &close.repeat(depth);
    let depth = draws.of(&[10, 60, 500, 3000]);
    let regex = [
        "(a{1000}){1000}",
        "((a{100}){100}){100}",
        "(((((a*)*)*)*)*)*b",
        "(",
        "[z-a]",
        "a{999999999}",
        "(?=a)b",
        "\\p{Nope}",
        "(a|aa)*b{5000}",
        ".{0,60000}",
        "(a?){500}a{500}",
        "[\\s\\S]*(x|y|z)*[^a-z]{2000}",
        "\\b",
        "(?i)\u{130}*",
        "",
        "$^",
        "a{5,2}",
        "((((((((((a{10}){10}){10}){10}){10}){10}){10}){10}){10}){10}",
    ];
    let lark = [
        "start: start \"a\" | \"b\"",
        "start: start",
        "start: a\na: b\nb: a",
        "start: \"a\"{1000000}",
        "start: /(/",
        "start:",
        "stat: \"a\"",
        "start: x",
        "start: \"\"",
        "%import common.WORD\nstart: WORD",
        "start: a a a a\na: b b b b\nb: c c c c\nc: \"x\"~1000",
        "start: start start | \"a\" | \"\"",
        "\u{0}",
        "start: \"a\" | (start start start)*",
    ];
    let schema = [
        "{\"$ref\":\"#\"}",
        "{\"$ref\":\"#/nope\"}",
        "{\"$ref\":\"http://localhost/x\"}",
        "{\"$ref\":\"file:///etc/passwd\"}",
        "{\"type\":\"string\",\"pattern\":\"(a{1000}){1000}\"}",
        "{\"type\":\"string\",\"minLength\":1000000000}",
        "{\"type\":\"array\",\"minItems\":1000000,\"items\":{\"type\":\"integer\"}}",
        "{\"type\":7}",
        "false",
        "[]",
        "7",
        "{\"enum\":[]}",
        "{\"allOf\":[{\"type\":\"string\"},{\"type\":\"integer\"}]}",
        "{\"type\":\"integer\",\"minimum\":10,\"maximum\":1}",
        "{\"type\":\"integer\",\"multipleOf\":0}",
        "{\"type\":\"number\",\"minimum\":1e308,\"maximum\":1e309}",
        "{\"not\":{}}",
        "{\"definitions\":{\"a\":{\"$ref\":\"#/definitions/a\"}},\"$ref\":\"#/definitions/a\"}",
        "{\"anyOf\":[{\"$ref\":\"#\"},{\"$ref\":\"#\"},{\"$ref\":\"#\"}]}",
        "{\"type\":\"object\",\"patternProperties\":{\"(\":{}}}",
        "{\"type\":\"string\",\"format\":\"nonsense\"}",
        "{\"type\":\"object\",\"required\":[\"a\",7]}",
    ];
    match draws.below(8) {
        0 | 1 => ("regex".to_owned(), text(draws.of(&regex))),
        2 => ("regex".to_owned(), text(&nested("(", "a", ")*", depth))),
        3 => ("lark".to_owned(), text(draws.of(&lark))),
        4 => ("lark".to_owned(), text(&("start: ".to_owned() + &nested("(", "\"a\"", ")", depth)))),
        5 => {
            let inner = nested("{\"type\":\"array\",\"items\":", "{\"type\":\"string\"}", "}", depth);
            ("json_schema".to_owned(), text(&inner))
        }
        6 => {
            let all: Vec<String> = (0..depth)
                .map(|i| format!("\"p{i}\":{{\"type\":\"string\",\"pattern\":\"^(a|b){{{i}}}$\"}}"))
                .collect();
            ("json_schema".to_owned(), format!("{{\"type\":\"object\",\"properties\":{{{}}}}}", all.join(",")))
        }
        _ => ("json_schema".to_owned(), draws.of(&schema).to_owned()),
    }
}
