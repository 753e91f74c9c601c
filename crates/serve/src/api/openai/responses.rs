//! `POST /v1/responses`: text in, text out, without anything that is kept between requests.

use super::models;
use crate::answer::{Answer, Events, Gone, News, created, finish, id, stream};
use crate::api::body::{Body, telling};
use crate::api::conversation::{Talk, rendered};
use crate::api::generate::{self, Wanted};
use crate::error::ApiError;
use crate::request::{Decoding, OpenAi, ResponseFormat, read, within_limits};
use crate::state::State as Server;
use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use beamline::{Engine, Prompt};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::sync::Arc;
use tokio::sync::mpsc;
use utoipa::ToSchema;

/// What is asked for. Every decoding option of beamline may stand beside these, under its own name.
#[derive(Debug, Deserialize, ToSchema)]
pub(crate) struct ResponsesRequest {
    /// The model; the one that there is where none is named.
    model: Option<String>,
    /// A text, or messages: objects with a role and a content of text.
    input: Value,
    /// What the model is told first.
    instructions: Option<String>,
    /// The most new tokens; as many as the context has room for where nobody says.
    max_output_tokens: Option<usize>,
    /// What form the text is held to.
    text: Option<TextForm>,
    /// Whether text comes as it is made.
    stream: Option<bool>,
    /// Taken and without effect: nothing is added that would hide the length of an event.
    #[schema(value_type = Option<Object>)]
    #[expect(dead_code, reason = "it is taken, and changes nothing")]
    stream_options: Option<Value>,
    /// Only `disabled`: a prompt that is too long is an error.
    truncation: Option<String>,
    /// `auto` or `none`; there are no tools.
    #[schema(value_type = Option<String>)]
    tool_choice: Option<Value>,
    /// Taken and without effect: there are no tools.
    #[expect(dead_code, reason = "it is taken, and changes nothing")]
    parallel_tool_calls: Option<bool>,
    /// Refused, unless it is empty.
    #[schema(value_type = Option<Vec<Object>>)]
    tools: Option<Value>,
    /// Refused: nothing is kept; give the whole conversation as input.
    #[schema(value_type = Option<String>)]
    previous_response_id: Option<Value>,
    /// Refused: nothing is kept.
    #[schema(value_type = Option<String>)]
    conversation: Option<Value>,
    /// Refused: nothing is kept.
    #[schema(value_type = Option<Object>)]
    prompt: Option<Value>,
    /// Only false.
    #[schema(value_type = Option<bool>)]
    background: Option<Value>,
    /// Refused, unless it is empty.
    #[schema(value_type = Option<Vec<String>>)]
    include: Option<Value>,
    /// Refused, unless it is empty.
    #[schema(value_type = Option<Object>)]
    reasoning: Option<Value>,
    /// Only 0: the chat route has log-probabilities.
    #[schema(value_type = Option<usize>)]
    top_logprobs: Option<Value>,
}

/// The form of a text.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct TextForm {
    /// Text, a JSON object, or JSON of a schema.
    format: Option<ResponseFormat>,
}

/// The answer. Fields of OpenAI's that nothing here sets are as there where they are not set.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct ResponsesAnswer {
    id: String,
    object: &'static str,
    created_at: u64,
    /// `in_progress`, `completed`, `incomplete` or `failed`.
    status: &'static str,
    #[schema(value_type = Option<Object>)]
    error: Option<Value>,
    /// Why it is incomplete: `max_output_tokens`.
    #[schema(value_type = Option<Object>)]
    incomplete_details: Option<Value>,
    instructions: Option<String>,
    max_output_tokens: Option<usize>,
    #[schema(value_type = Object)]
    metadata: Value,
    model: String,
    output: Vec<Item>,
    parallel_tool_calls: bool,
    previous_response_id: Option<String>,
    store: bool,
    temperature: Option<f64>,
    #[schema(value_type = Object)]
    text: Value,
    tool_choice: &'static str,
    #[schema(value_type = Vec<Object>)]
    tools: Vec<Value>,
    top_p: Option<f64>,
    truncation: &'static str,
    #[schema(value_type = Option<Object>)]
    usage: Option<Value>,
}

/// A message of the model's.
#[derive(Clone, Debug, Serialize, ToSchema)]
struct Item {
    id: String,
    r#type: &'static str,
    status: &'static str,
    role: &'static str,
    content: Vec<TextPart>,
}

/// Its text.
#[derive(Clone, Debug, Serialize, ToSchema)]
struct TextPart {
    r#type: &'static str,
    text: String,
    #[schema(value_type = Vec<Object>)]
    annotations: Vec<Value>,
    #[schema(value_type = Vec<Object>)]
    logprobs: Vec<Value>,
}

/// An event of a stream: its kind, and what it tells.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ResponsesEvent {
    r#type: &'static str,
    sequence_number: usize,
}

impl ResponsesRequest {
    /// Refuses what would need something to be kept, or a tool to be called.
    fn check(&self) -> Result<(), ApiError> {
        let stateless = "nothing is kept between requests: give the whole conversation as input";
        let refused = [
            ("previous_response_id", &self.previous_response_id, stateless),
            ("conversation", &self.conversation, stateless),
            ("prompt", &self.prompt, stateless),
            ("background", &self.background, "nothing is kept between requests: wait for the answer, or stream it"),
            ("tools", &self.tools, "give them to /v1/chat/completions, which knows functions"),
            ("include", &self.include, "there is nothing to include; log-probabilities are at /v1/chat/completions"),
            ("reasoning", &self.reasoning, "the model writes text alone; leave it out"),
            ("top_logprobs", &self.top_logprobs, "log-probabilities are at /v1/chat/completions"),
        ];
        for (name, value, why) in refused {
            if value.as_ref().is_some_and(is_given) {
                return Err(ApiError::field(name, format!("{name} is not supported: {why}")));
            }
        }
        if !matches!(self.truncation.as_deref(), None | Some("disabled")) {
            let why = "truncation must be \"disabled\": a prompt that is too long is an error here";
            return Err(ApiError::field("truncation", why));
        }
        match self.tool_choice.as_ref() {
            None | Some(Value::Null) => Ok(()),
            Some(Value::String(choice)) if choice == "auto" || choice == "none" => Ok(()),
            Some(_) => Err(ApiError::field("tool_choice", "tool_choice must be auto or none: there are no tools here")),
        }
    }

    /// The conversation.
    fn messages(&mut self) -> Result<Value, ApiError> {
        let system = self.instructions.as_ref().map(|text| json!({"role": "system", "content": text}));
        let items = match self.input.take() {
            Value::String(text) => vec![json!({"role": "user", "content": text})],
            Value::Array(items) => items,
            _ => return Err(ApiError::field("input", "input must be a text, or a list of messages")),
        };
        let other = |item: &&Value| !matches!(item["type"].as_str(), None | Some("message"));
        if let Some(item) = items.iter().find(other) {
            let kind: String = item["type"].as_str().unwrap_or_default().chars().take(60).collect();
            let why = format!("an item of input is {kind:?}; only messages are read here");
            return Err(ApiError::field("input", why));
        }
        Ok(Value::Array(system.into_iter().chain(items.into_iter().map(message)).collect()))
    }
}

/// Whether a value says more than nothing.
fn is_given(value: &Value) -> bool {
    match value {
        Value::Null | Value::Bool(false) => false,
        Value::Number(number) => number.as_f64() != Some(0.0),
        Value::Array(list) => !list.is_empty(),
        Value::Object(fields) => fields.values().any(is_given),
        Value::Bool(true) | Value::String(_) => true,
    }
}

/// A message as templates read it: its parts are one text, and who develops is the system.
fn message(mut item: Value) -> Value {
    if item["role"] == "developer" {
        item["role"] = "system".into();
    }
    let texts = |parts: &Vec<Value>| parts.iter().map(|part| part["text"].as_str()).collect::<Option<String>>();
    // What is no text stays, and is refused with its type.
    if let Some(text) = item.get("content").and_then(Value::as_array).and_then(texts) {
        item["content"] = text.into();
    }
    if let Value::Object(fields) = &mut item {
        // Names of things that OpenAI keeps.
        for name in ["type", "id", "status"] {
            fields.remove(name);
        }
    }
    item
}

/// The route.
pub(crate) async fn respond(State(server): State<Arc<Server>>, Body(fields): Body) -> Result<Response, ApiError> {
    let metadata = fields.get("metadata").filter(|value| value.is_object()).cloned().unwrap_or_else(|| json!({}));
    let mut asked = read::<ResponsesRequest>(fields, server.settings.lenient)?;
    let engine = Arc::clone(&server.model()?.engine);
    let model = models::check(&server, &engine, asked.own.model.as_deref())?;
    asked.own.check()?;
    let messages = asked.own.messages()?;
    let own = asked.own;
    let number = |name: &str| asked.decoding.get(name).and_then(Value::as_f64);
    let (temperature, top_p) = (number("temperature"), number("top_p"));
    let schema = own.text.and_then(|text| text.format).and_then(ResponseFormat::schema);
    let form = json!({"format": format_of(schema.as_ref())});
    let Decoding { options, .. } = within_limits(
        OpenAi { max_tokens: own.max_output_tokens, schema, ..OpenAi::default() },
        asked.decoding,
        &engine,
        server.limits(),
        engine.model().geometry().context,
    )?;
    if options.get("num_return_sequences").and_then(|setting| setting.value.count()).is_some_and(|n| n > 1) {
        let why =
            "num_return_sequences is more than 1; this route has one answer: ask /v1/chat/completions for several";
        return Err(ApiError::field("num_return_sequences", why));
    }
    let prompt = rendered(&server, Talk::of(messages), options).await?;
    let prompts = vec![Prompt::Ids(prompt.token_ids)];
    let wanted = Wanted { prompts, options: prompt.options, top: 0, numbers: false };
    let prepared = generate::prepare(&server, wanted).await?;
    let answer = ResponsesAnswer {
        id: id("resp"),
        object: "response",
        created_at: created(),
        status: "in_progress",
        error: None,
        incomplete_details: None,
        instructions: own.instructions,
        max_output_tokens: own.max_output_tokens,
        metadata,
        model,
        output: Vec::new(),
        parallel_tool_calls: true,
        previous_response_id: None,
        store: false,
        temperature,
        text: form,
        tool_choice: "auto",
        tools: Vec::new(),
        top_p,
        truncation: "disabled",
        usage: None,
    };
    let form = Form { engine, answer, message: id("msg") };
    let response = if own.stream == Some(true) {
        let news = generate::streamed(&server, prepared, false)?;
        stream(move |events| async move { form.stream(Told { events, count: 0 }, news).await })
    } else {
        let answer = generate::whole(&server, prepared).await?;
        Json(form.done(&answer)).into_response()
    };
    Ok(telling(response, &asked.ignored))
}

/// The form of an answer, as answers tell it.
fn format_of(schema: Option<&Value>) -> Value {
    match schema {
        Some(schema) => json!({"type": "json_schema", "name": "answer", "schema": schema}),
        None => json!({"type": "text"}),
    }
}

/// How the answer is to look.
struct Form {
    engine: Arc<Engine>,
    /// Without its text.
    answer: ResponsesAnswer,
    /// The message's name.
    message: String,
}

/// Events, numbered.
struct Told {
    events: Events,
    count: usize,
}

impl Told {
    async fn tell(&mut self, kind: &'static str, mut event: Value) -> Result<(), Gone> {
        event["type"] = kind.into();
        event["sequence_number"] = self.count.into();
        let number = self.count as u64;
        self.count += 1;
        self.events.named(kind, number, event.to_string()).await
    }
}

fn part(text: String) -> TextPart {
    TextPart { r#type: "output_text", text, annotations: Vec::new(), logprobs: Vec::new() }
}

impl Form {
    fn item(&self, status: &'static str, content: Vec<TextPart>) -> Item {
        Item { id: self.message.clone(), r#type: "message", status, role: "assistant", content }
    }

    /// The answer with its text.
    fn done(&self, answer: &Answer) -> ResponsesAnswer {
        let completion = self.engine.completion(&answer.sessions);
        let sequence = completion.sequences.first();
        let is_cut = sequence.and_then(|sequence| finish(sequence.finish_reason)) == Some("length");
        let status = if is_cut { "incomplete" } else { "completed" };
        let text = sequence.map(|sequence| sequence.text.clone()).unwrap_or_default();
        let (input, output) = (completion.usage.prompt_tokens, completion.usage.new_tokens);
        let cached: usize = answer.sessions.iter().map(beamline::Session::reused_tokens).sum();
        ResponsesAnswer {
            status,
            incomplete_details: is_cut.then(|| json!({"reason": "max_output_tokens"})),
            output: vec![self.item(status, vec![part(text)])],
            usage: Some(json!({
                "input_tokens": input,
                "input_tokens_details": {"cached_tokens": cached},
                "output_tokens": output,
                "output_tokens_details": {"reasoning_tokens": 0},
                "total_tokens": input + output,
            })),
            ..self.answer.clone()
        }
    }

    /// Events in the order in which OpenAI's clients expect them.
    async fn stream(self, mut told: Told, mut news: mpsc::Receiver<News>) -> Result<(), Gone> {
        let at = || json!({"item_id": self.message, "output_index": 0, "content_index": 0});
        let with = |name: &str, value: Value| {
            let mut event = at();
            event[name] = value;
            event
        };
        told.tell("response.created", json!({"response": self.answer})).await?;
        told.tell("response.in_progress", json!({"response": self.answer})).await?;
        let item = self.item("in_progress", Vec::new());
        told.tell("response.output_item.added", json!({"output_index": 0, "item": item})).await?;
        told.tell("response.content_part.added", with("part", json!(part(String::new())))).await?;
        let answer = loop {
            let (deltas, end) = generate::heard(&mut news).await;
            for delta in deltas.into_iter().filter(|delta| !delta.news.text.is_empty()) {
                let mut event = with("delta", delta.news.text.into());
                event["logprobs"] = json!([]);
                told.tell("response.output_text.delta", event).await?;
            }
            match end {
                None => {}
                Some(Ok(answer)) => break self.done(&answer),
                Some(Err(error)) => {
                    let error = json!({"code": "server_error", "message": error.message});
                    let failed = ResponsesAnswer { status: "failed", error: Some(error), ..self.answer.clone() };
                    return told.tell("response.failed", json!({"response": failed})).await;
                }
            }
        };
        let item = &answer.output[0];
        let mut event = with("text", item.content[0].text.clone().into());
        event["logprobs"] = json!([]);
        told.tell("response.output_text.done", event).await?;
        told.tell("response.content_part.done", with("part", json!(item.content[0]))).await?;
        told.tell("response.output_item.done", json!({"output_index": 0, "item": item})).await?;
        let kind = if answer.status == "completed" { "response.completed" } else { "response.incomplete" };
        told.tell(kind, json!({"response": answer})).await
    }
}
