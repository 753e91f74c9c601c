//! What was said, and what a template is told besides.

use crate::error::one_line;
use crate::{ChatError, Date};
use serde_json::{Map, Value, json};

/// One message of a conversation: an object with a `role`, mostly with a `content`, and whatever else the template of a model
/// reads (`reasoning_content`, `tool_calls`, `name`).
///
/// ```
/// use beamline_chat::Message;
/// let message = Message::user("Hello!");
/// assert_eq!((message.role(), message.text().as_str()), ("user", "Hello!"));
/// ```
#[derive(Clone, PartialEq, Debug)]
pub struct Message(Map<String, Value>);

impl Message {
    /// A message of a role.
    pub fn new(role: &str, content: &str) -> Self {
        let mut fields = Map::new();
        fields.insert("role".to_owned(), role.into());
        fields.insert("content".to_owned(), content.into());
        Self(fields)
    }

    /// What the model is told first.
    pub fn system(content: &str) -> Self {
        Self::new("system", content)
    }

    /// What a person says.
    pub fn user(content: &str) -> Self {
        Self::new("user", content)
    }

    /// What the model answers.
    pub fn assistant(content: &str) -> Self {
        Self::new("assistant", content)
    }

    /// Who says it.
    pub fn role(&self) -> &str {
        self.0.get("role").and_then(Value::as_str).unwrap_or_default()
    }

    /// What is said: the content, or the texts of its parts, one after another.
    pub fn text(&self) -> String {
        match self.0.get("content") {
            Some(Value::String(text)) => text.clone(),
            Some(Value::Array(parts)) => {
                parts.iter().filter_map(|part| part.get("text")).filter_map(Value::as_str).collect()
            }
            _ => String::new(),
        }
    }

    /// The object.
    pub fn json(&self) -> Value {
        Value::Object(self.0.clone())
    }

    /// Reads the message of this number, from 1.
    fn read(value: &Value, number: usize) -> Result<Self, ChatError> {
        let wrong =
            |reason: &str| ChatError::Messages { place: format!("message {number}"), reason: reason.to_owned() };
        let fields = value.as_object().ok_or_else(|| wrong("it must be an object with role and content"))?;
        match fields.get("role") {
            Some(Value::String(role)) if !role.is_empty() => {}
            Some(_) => return Err(wrong("role must be a text, such as user")),
            None => {
                return Err(wrong("role is missing; it is system, user or assistant, or what else the template knows"));
            }
        }
        match fields.get("content") {
            Some(Value::Array(parts)) if parts.iter().all(|part| part.is_object() || part.is_string()) => {}
            Some(Value::String(_) | Value::Null) | None => {}
            Some(_) => {
                return Err(wrong(
                    "content must be a text, or a list of parts such as {\"type\": \"text\", \"text\": \"Hello!\"}",
                ));
            }
        }
        Ok(Self(fields.clone()))
    }

    /// As transformers hands it to a template: without what is null, and with reasoning under each of its names.
    pub(crate) fn plain(&self) -> Value {
        const REASONING: [&str; 3] = ["reasoning_content", "thinking", "reasoning"];
        let mut fields: Map<String, Value> = self
            .0
            .iter()
            .filter(|(_, value)| !value.is_null())
            .map(|(name, value)| (name.clone(), value.clone()))
            .collect();
        if let Some(reasoning) = REASONING.iter().find_map(|name| fields.get(*name)).cloned() {
            if !fields.contains_key("thinking") {
                let mut first = Map::new();
                first.insert("thinking".to_owned(), reasoning.clone());
                first.append(&mut fields);
                fields = first;
            }
            fields.insert("reasoning_content".to_owned(), reasoning);
        }
        Value::Object(fields)
    }
}

/// A conversation to be continued, with what its template is told besides.
///
/// ```
/// use beamline_chat::{Conversation, Message};
/// let conversation = Conversation::new(vec![Message::system("Be brief."), Message::user("Hello!")]);
/// assert!(conversation.add_generation_prompt);
/// let read = Conversation::read(r#"[{"role": "system", "content": "Be brief."}, {"role": "user", "content": "Hello!"}]"#)?;
/// assert_eq!(read, conversation);
/// # Ok::<(), beamline_chat::ChatError>(())
/// ```
#[derive(Clone, PartialEq, Debug)]
pub struct Conversation {
    /// What was said, the oldest first.
    pub messages: Vec<Message>,
    /// Functions that the model may call, each as JSON Schema describes it; none is not the same as an empty list to some templates.
    pub tools: Option<Vec<Value>>,
    /// Texts that the model may refer to.
    pub documents: Option<Vec<Value>>,
    /// What else a template asks for, by name, such as `enable_thinking` (transformers' `chat_template_kwargs`).
    pub variables: Map<String, Value>,
    /// Whether the text ends with the beginning of an answer.
    pub add_generation_prompt: bool,
    /// The day that templates may write; none where they must do without.
    pub date: Option<Date>,
}

/// The fields of a conversation that is an object.
const FIELDS: [&str; 5] = ["messages", "tools", "documents", "add_generation_prompt", "chat_template_kwargs"];

impl Conversation {
    /// Messages, to be answered.
    pub fn new(messages: Vec<Message>) -> Self {
        Self { messages, tools: None, documents: None, variables: Map::new(), add_generation_prompt: true, date: None }
    }

    /// Reads a list of messages, or an object with `messages` and, where they are wanted, `tools`, `documents`,
    /// `add_generation_prompt` and `chat_template_kwargs`, as requests to servers have them.
    ///
    /// # Errors
    /// When it is no JSON, no conversation, or has a field that is not read.
    pub fn read(text: &str) -> Result<Self, ChatError> {
        let wrong = |place: &str, reason: String| ChatError::Messages { place: place.to_owned(), reason };
        let value: Value =
            serde_json::from_str(text).map_err(|error| wrong("the messages", format!("not valid JSON: {error}")))?;
        Self::of(&value)
    }

    /// Takes a list of messages, or an object as for [`read`](Self::read), that is JSON already.
    ///
    /// # Errors
    /// When it is no conversation, or has a field that is not read.
    pub fn of(value: &Value) -> Result<Self, ChatError> {
        let wrong = |place: &str, reason: String| ChatError::Messages { place: place.to_owned(), reason };
        let mut conversation = Self::new(Vec::new());
        let messages = match value {
            Value::Array(messages) => messages,
            Value::Object(fields) => {
                if let Some(name) = fields.keys().find(|name| !FIELDS.contains(&name.as_str())) {
                    let reason = format!("it is not read; fields are {}", FIELDS.join(", "));
                    return Err(wrong(&format!("the field {:?}", one_line(name)), reason));
                }
                conversation.take(fields)?;
                let missing = || wrong("messages", "they must be a list of objects with role and content".to_owned());
                fields.get("messages").and_then(Value::as_array).ok_or_else(missing)?
            }
            _ => return Err(wrong("the messages", "they must be a list of objects with role and content".to_owned())),
        };
        if messages.is_empty() {
            return Err(wrong("the messages", "there are none; give one at least".to_owned()));
        }
        let read = messages.iter().zip(1..).map(|(message, number)| Message::read(message, number));
        conversation.messages = read.collect::<Result<_, _>>()?;
        Ok(conversation)
    }

    /// Puts a system message before all others.
    ///
    /// ```
    /// use beamline_chat::{Conversation, Message};
    /// let mut conversation = Conversation::new(vec![Message::user("Hello!")]);
    /// conversation.begin_with("Be brief.")?;
    /// assert_eq!(conversation.messages[0].role(), "system");
    /// assert!(conversation.begin_with("Be long.").is_err());
    /// # Ok::<(), beamline_chat::ChatError>(())
    /// ```
    ///
    /// # Errors
    /// When the messages begin with one already.
    pub fn begin_with(&mut self, system: &str) -> Result<(), ChatError> {
        if self.messages.first().is_some_and(|message| message.role() == "system") {
            let reason = "the messages begin with a system message already; leave one of both out".to_owned();
            return Err(ChatError::Messages { place: "system".to_owned(), reason });
        }
        self.messages.insert(0, Message::system(system));
        Ok(())
    }

    /// Takes over what stands beside the messages.
    fn take(&mut self, fields: &Map<String, Value>) -> Result<(), ChatError> {
        let wrong =
            |place: &str, reason: &str| ChatError::Messages { place: place.to_owned(), reason: reason.to_owned() };
        let list = |name: &str| match fields.get(name) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::Array(items)) if items.iter().all(Value::is_object) => Ok(Some(items.clone())),
            Some(_) => Err(wrong(name, "it must be a list of objects")),
        };
        self.tools = list("tools")?;
        self.documents = list("documents")?;
        match fields.get("add_generation_prompt") {
            None | Some(Value::Null) => {}
            Some(Value::Bool(on)) => self.add_generation_prompt = *on,
            Some(_) => return Err(wrong("add_generation_prompt", "it must be true or false")),
        }
        match fields.get("chat_template_kwargs") {
            None | Some(Value::Null) => {}
            Some(Value::Object(variables)) => self.variables.clone_from(variables),
            Some(_) => return Err(wrong("chat_template_kwargs", "it must be an object")),
        }
        Ok(())
    }

    /// The conversation as [`read`](Self::read) reads it: a list where messages are all there is, and else an object.
    ///
    /// ```
    /// use beamline_chat::{Conversation, Message};
    /// let conversation = Conversation::new(vec![Message::user("Hello!")]);
    /// assert_eq!(Conversation::read(&conversation.json().to_string())?, conversation);
    /// # Ok::<(), beamline_chat::ChatError>(())
    /// ```
    pub fn json(&self) -> Value {
        let messages: Vec<Value> = self.messages.iter().map(Message::json).collect();
        let mut fields = Map::new();
        let mut put = |name: &str, value: Option<Value>| value.map(|value| fields.insert(name.to_owned(), value));
        put("tools", self.tools.clone().map(Value::Array));
        put("documents", self.documents.clone().map(Value::Array));
        put("add_generation_prompt", (!self.add_generation_prompt).then_some(Value::Bool(false)));
        put("chat_template_kwargs", (!self.variables.is_empty()).then(|| Value::Object(self.variables.clone())));
        if fields.is_empty() {
            return Value::Array(messages);
        }
        let mut all = Map::new();
        all.insert("messages".to_owned(), json!(messages));
        all.append(&mut fields);
        Value::Object(all)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_conversation_is_named() {
        for (text, named) in [
            ("[", "not valid JSON"),
            ("3", "list of objects"),
            ("[]", "there are none"),
            (r#"[{"role": "user"}, 3]"#, "message 2: it must be an object"),
            (r#"[{"content": "a"}]"#, "message 1: role is missing"),
            (r#"[{"role": 3}]"#, "role must be a text"),
            (r#"[{"role": "user", "content": 3}]"#, "content must be a text"),
            (r#"{"messages": 3}"#, "messages: they must be a list"),
            (r#"{"messages": [], "model": "m"}"#, "the field \"model\": it is not read"),
            (r#"{"messages": [], "tools": {}}"#, "tools: it must be a list of objects"),
            (r#"{"messages": [], "chat_template_kwargs": []}"#, "chat_template_kwargs: it must be an object"),
        ] {
            let error = Conversation::read(text).unwrap_err().to_string();
            assert!(error.contains(named), "{text}: {error}");
        }
    }

    #[test]
    fn reasoning_has_each_of_its_names_and_null_is_left_out() {
        let text = r#"[{"role": "assistant", "content": "b", "reasoning": "a", "tool_calls": null}]"#;
        let plain = Conversation::read(text).unwrap().messages[0].plain().to_string();
        assert_eq!(
            plain,
            r#"{"thinking":"a","role":"assistant","content":"b","reasoning":"a","reasoning_content":"a"}"#
        );
    }

    #[test]
    fn everything_beside_the_messages_comes_back() {
        let text = r#"{"messages":[{"role":"user","content":[{"type":"text","text":"a"},{"type":"text","text":"b"}]}],"tools":[{}],"add_generation_prompt":false,"chat_template_kwargs":{"enable_thinking":false}}"#;
        let read = Conversation::read(text).unwrap();
        assert_eq!((read.json().to_string().as_str(), read.messages[0].text().as_str()), (text, "ab"));
    }
}
