//! The form of Ollama's answers, and of its errors.

use crate::answer::{
    Answer, Calls, ChatLogprobs, ChatToken, Gone, Lines, News, Recorded, Texts, ToolCall, finish, lines, recorded,
    recorded_news,
};
use crate::api::generate::{self, Wanted};
use crate::error::ApiError;
use crate::limits::at_most;
use crate::state::State as Server;
use axum::Json;
use axum::response::{IntoResponse, Response};
use beamline::{Date, Engine, Options, Prompt};
use serde::Serialize;
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::{Instant, SystemTime, UNIX_EPOCH};
use tokio::sync::mpsc;
use utoipa::ToSchema;

/// Why a request gets no answer.
pub(crate) struct Failed(ApiError);

/// An error as Ollama's clients read it.
#[derive(Serialize, ToSchema)]
pub(crate) struct OllamaError {
    /// One line: the value, what it may be, the remedy.
    error: String,
}

impl From<ApiError> for Failed {
    fn from(error: ApiError) -> Self {
        Self(error)
    }
}

impl IntoResponse for Failed {
    fn into_response(self) -> Response {
        self.0.response(failure(&self.0))
    }
}

fn failure(error: &ApiError) -> Value {
    json!(OllamaError { error: error.message.clone() })
}

/// An answer, or a line of one: of `/api/generate` with a response, of `/api/chat` with a message.
#[derive(Debug, Default, Serialize, ToSchema)]
pub(crate) struct OllamaAnswer {
    model: String,
    created_at: String,
    /// Text.
    #[serde(skip_serializing_if = "Option::is_none")]
    response: Option<String>,
    /// What the model said.
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<OllamaMessage>,
    /// The numbers of the text's tokens, where they are asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    logprobs: Option<Vec<ChatToken>>,
    /// Whether it is the last line.
    done: bool,
    /// `stop` or `length`; `load` where nothing was asked.
    #[serde(skip_serializing_if = "Option::is_none")]
    done_reason: Option<&'static str>,
    /// Nanoseconds since the request came.
    #[serde(skip_serializing_if = "Option::is_none")]
    total_duration: Option<u64>,
    /// Nanoseconds that the model was loaded for: none, it is there.
    #[serde(skip_serializing_if = "Option::is_none")]
    load_duration: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    prompt_eval_count: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    prompt_eval_duration: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    eval_count: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    eval_duration: Option<u64>,
}

/// What the model said.
#[derive(Debug, Serialize, ToSchema)]
struct OllamaMessage {
    role: &'static str,
    content: String,
    /// Calls of functions, their arguments as objects.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(value_type = Vec<Object>)]
    tool_calls: Vec<Value>,
}

/// Which of the two an answer is.
#[derive(Clone, Copy)]
pub(super) enum Kind {
    Generate,
    /// With the form of calls, where there are functions.
    Chat(Option<Calls>),
}

/// How the answer is to look.
pub(super) struct Form {
    pub(super) model: String,
    pub(super) engine: Arc<Engine>,
    pub(super) begun: Instant,
    pub(super) logprobs: bool,
    pub(super) kind: Kind,
}

/// Continues a prompt, and gives what it came to, at once or in lines.
pub(super) async fn answered(
    server: &Arc<Server>,
    form: Form,
    (prompt, options): (Prompt, Options),
    top: usize,
    streamed: bool,
) -> Result<Response, ApiError> {
    let wanted = Wanted { prompts: vec![prompt], options, top, numbers: form.logprobs };
    let prepared = generate::prepare(server, wanted).await?;
    let most: usize = prepared.sessions.iter().map(beamline::Session::max_new_tokens).sum();
    at_most("top_logprobs", top.saturating_mul(most), server.limits().logprobs)?;
    if streamed {
        let news = generate::streamed(server, prepared, form.logprobs)?;
        return Ok(lines(move |out| async move { form.stream(out, news).await }));
    }
    let answer = generate::whole(server, prepared).await?;
    Ok(Json(form.whole(&answer)).into_response())
}

impl Form {
    /// An answer where nothing is asked: the model is there.
    pub(super) fn nothing(&self) -> Response {
        let answer = OllamaAnswer { done: true, done_reason: Some("load"), ..self.piece(String::new(), &[]) };
        Json(answer).into_response()
    }

    fn piece(&self, text: String, calls: &[ToolCall]) -> OllamaAnswer {
        let (response, message) = match self.kind {
            Kind::Generate => (Some(text), None),
            Kind::Chat(_) => {
                let tool_calls = calls.iter().map(ToolCall::with_object).collect();
                (None, Some(OllamaMessage { role: "assistant", content: text, tool_calls }))
            }
        };
        OllamaAnswer { model: self.model.clone(), created_at: now(), response, message, ..OllamaAnswer::default() }
    }

    fn numbers(&self, tokens: &[Recorded]) -> Option<Vec<ChatToken>> {
        let vocabulary = self.engine.tokenizer().vocabulary();
        self.logprobs.then(|| ChatLogprobs::new(vocabulary, Texts::Text, tokens).tokens())
    }

    /// The functions that a text calls, and the rest of it.
    fn said(&self, text: &str) -> (String, Vec<ToolCall>) {
        match self.kind {
            Kind::Chat(Some(calls)) => {
                let (words, calls) = calls.read(text);
                (if calls.is_empty() { words } else { words.trim().to_owned() }, calls)
            }
            _ => (text.to_owned(), Vec::new()),
        }
    }

    /// The end, with counts.
    fn last(&self, answer: &Answer, piece: OllamaAnswer) -> OllamaAnswer {
        let completion = self.engine.completion(&answer.sessions);
        let reason = completion.sequences.first().and_then(|sequence| finish(sequence.finish_reason));
        let nanoseconds = |seconds: f64| (seconds * 1e9) as u64;
        let timings = answer.sessions.first().map(beamline::Session::timings);
        OllamaAnswer {
            done: true,
            done_reason: reason,
            total_duration: Some(nanoseconds(self.begun.elapsed().as_secs_f64())),
            load_duration: Some(0),
            prompt_eval_count: Some(completion.usage.prompt_tokens),
            prompt_eval_duration: timings.map(|timings| nanoseconds(timings.prefill_s)),
            eval_count: Some(completion.usage.new_tokens),
            eval_duration: timings.map(|timings| nanoseconds(timings.decode_s)),
            ..piece
        }
    }

    fn whole(&self, answer: &Answer) -> OllamaAnswer {
        let completion = self.engine.completion(&answer.sessions);
        let sequence = completion.sequences.first();
        let (text, calls) = self.said(sequence.map_or("", |sequence| &sequence.text));
        let logprobs = sequence.and_then(|sequence| self.numbers(&recorded(answer, sequence)));
        OllamaAnswer { logprobs, ..self.last(answer, self.piece(text, &calls)) }
    }

    /// Lines, as text comes. Where functions may be called, all text comes at the end: until then nobody knows whether it is a call.
    async fn stream(self, out: Lines, mut news: mpsc::Receiver<News>) -> Result<(), Gone> {
        let holds = matches!(self.kind, Kind::Chat(Some(_)));
        let (mut held, mut numbers) = (String::new(), Vec::new());
        loop {
            let (deltas, end) = generate::heard(&mut news).await;
            for delta in deltas {
                let tokens = self.numbers(&recorded_news(&delta));
                if holds {
                    held += &delta.news.text;
                    numbers.extend(tokens.unwrap_or_default());
                } else if !delta.news.text.is_empty() || tokens.as_ref().is_some_and(|tokens| !tokens.is_empty()) {
                    out.json(&OllamaAnswer { logprobs: tokens, ..self.piece(delta.news.text, &[]) }).await?;
                }
            }
            let answer = match end {
                None => continue,
                Some(Err(error)) => return out.json(&failure(&error)).await,
                Some(Ok(answer)) => answer,
            };
            if holds {
                let (text, calls) = self.said(&held);
                let logprobs = self.logprobs.then_some(numbers);
                out.json(&OllamaAnswer { logprobs, ..self.piece(text, &calls) }).await?;
            }
            return out.json(&self.last(&answer, self.piece(String::new(), &[]))).await;
        }
    }
}

/// The time in RFC 3339.
pub(super) fn now() -> String {
    moment(SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_millis())
}

/// A time since 1970, in milliseconds, in RFC 3339.
pub(super) fn moment(milliseconds: u128) -> String {
    let (seconds, rest) = ((milliseconds / 1000) as u64, milliseconds % 1000);
    let (days, second) = (seconds / 86400, seconds % 86400);
    let date = Date::since_1970(days).format("%Y-%m-%d").unwrap_or_default();
    format!("{date}T{:02}:{:02}:{:02}.{rest:03}Z", second / 3600, second / 60 % 60, second % 60)
}

#[cfg(test)]
mod tests {
    #[test]
    fn times_are_written_as_others_read_them() {
        assert_eq!(super::moment(0), "1970-01-01T00:00:00.000Z");
        assert_eq!(super::moment(1_796_055_296_007), "2026-11-30T16:14:56.007Z");
    }
}
