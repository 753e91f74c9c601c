//! Calls of functions, read out of a text in the form that the model's template teaches.

use super::choices::id;
use serde::Serialize;
use serde_json::{Value, json};
use utoipa::ToSchema;

/// A form in which models write calls.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Calls {
    /// `<tool_call>{"name": ..., "arguments": ...}</tool_call>`, once for each call (Hermes, Qwen).
    Tagged,
    /// `[TOOL_CALLS][{"name": ..., "arguments": ...}]` (Mistral).
    Listed,
    /// A form that is not known: a call stays text.
    Unknown,
}

/// A call of a function.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct ToolCall {
    index: usize,
    id: String,
    r#type: &'static str,
    function: Function,
}

/// Which function, with what.
#[derive(Clone, Debug, Serialize, ToSchema)]
struct Function {
    name: String,
    /// JSON, as text.
    arguments: String,
}

const OPEN: &str = "<tool_call>";
const CLOSE: &str = "</tool_call>";
const LIST: &str = "[TOOL_CALLS]";

impl Calls {
    /// The form that a template teaches; none where it does not know functions at all.
    pub(crate) fn of(template: &str) -> Option<Self> {
        if !template.contains("tools") {
            return None;
        }
        Some(match () {
            () if template.contains(OPEN) => Self::Tagged,
            () if template.contains(LIST) => Self::Listed,
            () => Self::Unknown,
        })
    }

    /// The words of a text, and the calls in it. A call that is no JSON stays text.
    pub(crate) fn read(self, text: &str) -> (String, Vec<ToolCall>) {
        let found = match self {
            Self::Tagged => tagged(text),
            Self::Listed => listed(text),
            Self::Unknown => None,
        };
        let Some((words, calls)) = found else { return (text.to_owned(), Vec::new()) };
        let named =
            calls.iter().enumerate().map(|(index, call)| ToolCall::new(index, call)).collect::<Option<Vec<_>>>();
        match named {
            Some(calls) => (words, calls),
            None => (text.to_owned(), Vec::new()),
        }
    }
}

impl ToolCall {
    /// The call with its arguments as an object, as Ollama's clients read it.
    pub(crate) fn with_object(&self) -> Value {
        let arguments: Value = serde_json::from_str(&self.function.arguments).unwrap_or_else(|_| json!({}));
        json!({"function": {"name": self.function.name, "arguments": arguments}})
    }

    fn new(index: usize, call: &Value) -> Option<Self> {
        let name = call.get("name")?.as_str()?.to_owned();
        let arguments = match call.get("arguments").or_else(|| call.get("parameters")).unwrap_or(&json!({})) {
            Value::String(text) => text.clone(),
            other => other.to_string(),
        };
        Some(Self { index, id: id("call"), r#type: "function", function: Function { name, arguments } })
    }
}

fn tagged(text: &str) -> Option<(String, Vec<Value>)> {
    let (mut words, mut calls, mut rest) = (String::new(), Vec::new(), text);
    while let Some((before, after)) = rest.split_once(OPEN) {
        let (call, behind) = after.split_once(CLOSE).unwrap_or((after, ""));
        calls.push(serde_json::from_str(call.trim()).ok()?);
        words += before;
        rest = behind;
    }
    words += rest;
    Some((words, calls))
}

fn listed(text: &str) -> Option<(String, Vec<Value>)> {
    let (words, list) = text.split_once(LIST)?;
    Some((words.to_owned(), serde_json::from_str(list.trim()).ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(calls: &[ToolCall]) -> Vec<(&str, &str)> {
        calls.iter().map(|call| (call.function.name.as_str(), call.function.arguments.as_str())).collect()
    }

    #[test]
    fn tagged_calls_are_read() {
        let text = "Let me see.\n<tool_call>\n{\"name\": \"weather\", \"arguments\": {\"city\": \"Seoul\"}}\n</tool_call>\n\
                    <tool_call>{\"name\": \"time\", \"arguments\": {}}</tool_call>";
        let (words, calls) = Calls::Tagged.read(text);
        assert_eq!(names(&calls), [("weather", "{\"city\":\"Seoul\"}"), ("time", "{}")]);
        assert_eq!(words.trim(), "Let me see.");
    }

    #[test]
    fn listed_calls_are_read() {
        let (_, calls) = Calls::Listed.read("[TOOL_CALLS][{\"name\": \"a\", \"arguments\": {\"b\": 1}}]");
        assert_eq!(names(&calls), [("a", "{\"b\":1}")]);
    }

    #[test]
    fn what_is_no_call_stays_text() {
        for (form, text) in [
            (Calls::Tagged, "<tool_call>not JSON</tool_call>"),
            (Calls::Tagged, "<tool_call>{\"nom\": 1}</tool_call>"),
            (Calls::Tagged, "plain"),
            (Calls::Listed, "[TOOL_CALLS]"),
            (Calls::Unknown, "<tool_call>{\"name\": \"a\"}</tool_call>"),
        ] {
            let (words, calls) = form.read(text);
            assert!(calls.is_empty() && words == text, "{text}");
        }
    }

    #[test]
    fn forms_are_told_by_the_template() {
        assert_eq!(Calls::of("{% for m in messages %}{% endfor %}"), None);
        assert_eq!(Calls::of("{{ tools }} <tool_call>"), Some(Calls::Tagged));
        assert_eq!(Calls::of("{{ tools }} [TOOL_CALLS]"), Some(Calls::Listed));
        assert_eq!(Calls::of("{{ tools }}"), Some(Calls::Unknown));
    }
}
