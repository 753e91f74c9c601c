//! Decoding options, and what else may stand in a body, as JSON schemas.

use beamline::{OptionKind, OptionSpec, options};
use beamline_openai::{ALIASES, HARMLESS};
use serde_json::{Value, json};

/// The schema of each decoding option, by name.
pub(crate) fn decoding_schemas() -> impl Iterator<Item = (String, Value)> {
    options().map(|option| (option.name.to_owned(), schema(option)))
}

/// The fields that may stand in every body that asks for text, each with its schema: options, what others call them, and what
/// is harmless.
pub(crate) fn names_of_options() -> impl Iterator<Item = (String, Value)> {
    let pointer = |name: &str| format!("#/components/schemas/{name}");
    let own = options().map(move |option| (option.name.to_owned(), json!({"$ref": pointer(option.name)})));
    let alias = move |(alias, name): &(&str, &str)| {
        let description = format!("The same as {name}.");
        ((*alias).to_owned(), json!({"$ref": pointer(name), "description": description}))
    };
    let harmless = |(name, why): &(&str, &str)| {
        ((*name).to_owned(), json!({"description": format!("Taken, and without effect: {why}.")}))
    };
    own.chain(ALIASES.iter().map(alias)).chain(HARMLESS.iter().map(harmless))
}

fn schema(option: &OptionSpec) -> Value {
    let mut schema = kind(option.kind);
    let needs = match option.needs {
        [] => String::new(),
        needs => format!("; only with {}", needs.join(" or ")),
    };
    let OptionSpec { short, range, default, .. } = option;
    schema["description"] = format!("{short}: {range}; by default {default}{needs}").into();
    // A default in words is a name, or a text, too.
    let is_words = matches!(option.kind, OptionKind::Names | OptionKind::Text);
    if let Some(default) = option.default_value().filter(|_| !is_words) {
        schema["default"] = default.json();
    }
    schema
}

/// Null stands for no value.
fn kind(kind: OptionKind) -> Value {
    let list = |items: Value| json!({"type": "array", "items": items});
    let ids = || list(json!({"type": "integer", "minimum": 0, "maximum": u32::MAX}));
    let any =
        |kinds: Vec<Value>| json!({"anyOf": kinds.into_iter().chain([json!({"type": "null"})]).collect::<Vec<_>>()});
    match kind {
        OptionKind::Flag => json!({"type": ["boolean", "null"]}),
        OptionKind::Count { least } => json!({"type": ["integer", "null"], "minimum": least, "maximum": u64::MAX}),
        OptionKind::Whole => json!({"type": ["integer", "null"], "minimum": i64::MIN, "maximum": i64::MAX}),
        OptionKind::Number => json!({"type": ["number", "null"]}),
        OptionKind::Choice(words) => {
            let flags = words.iter().filter_map(|word| word.parse::<bool>().ok()).map(Value::Bool);
            let words = words.iter().map(|&word| Value::from(word)).chain(flags).chain([Value::Null]);
            json!({"enum": words.collect::<Vec<_>>()})
        }
        OptionKind::Text => json!({"type": ["string", "null"]}),
        OptionKind::Texts | OptionKind::Names => any(vec![json!({"type": "string"}), list(json!({"type": "string"}))]),
        OptionKind::Ids => any(vec![json!({"type": "integer", "minimum": 0, "maximum": u32::MAX}), ids()]),
        OptionKind::Lists => any(vec![list(ids())]),
        OptionKind::Phrases => any(vec![list(json!({"anyOf": [ids(), list(ids())]}))]),
        OptionKind::Biases => {
            let pair = json!({
                "type": "array",
                "prefixItems": [ids(), {"type": "number"}],
                "minItems": 2,
                "maxItems": 2,
            });
            any(vec![list(pair)])
        }
        OptionKind::Decay => json!({
            "type": ["array", "null"],
            "prefixItems": [{"type": "integer", "minimum": 0}, {"type": "number"}],
            "minItems": 2,
            "maxItems": 2,
        }),
        OptionKind::Object => json!({"type": ["object", "string", "null"]}),
    }
}
