//! `POST /v1/chat/completions`: conversations answered, by the model's own chat template.

use super::models;
use crate::answer::{
    Answer, Calls, ChatLogprobs, Choices, Delta, Events, Gone, News, Texts, ToolCall, Usage, choice_sequences, created,
    finish, id, recorded, recorded_news, stream, usage,
};
use crate::api::body::{Body, telling};
use crate::api::conversation::{Talk, rendered};
use crate::api::generate::{self, Wanted, heard};
use crate::error::ApiError;
use crate::request::{Decoding, OneOrMany, OpenAi, ResponseFormat, StreamOptions, read, within_limits};
use crate::state::State as Server;
use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use beamline::{Engine, Prompt};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::sync::Arc;
use tokio::sync::mpsc;
use utoipa::ToSchema;

/// What is asked for. Every decoding option of beamline may stand beside these, under its own name.
#[derive(Debug, Deserialize, ToSchema)]
pub(crate) struct ChatRequest {
    /// The model; the one that there is where none is named.
    model: Option<String>,
    /// What was said, the oldest first: objects with a role and a content, and what else the template reads.
    #[schema(value_type = Vec<Object>)]
    messages: Value,
    /// Functions that the model may call, for templates that know them.
    #[schema(value_type = Option<Vec<Object>>)]
    tools: Option<Vec<Value>>,
    /// `auto` or `none`.
    #[schema(value_type = Option<String>)]
    tool_choice: Option<Value>,
    /// Whether several functions may be called at once; only true, as the model decides.
    parallel_tool_calls: Option<bool>,
    /// Texts that the template may show.
    #[schema(value_type = Option<Vec<Object>>)]
    documents: Option<Vec<Value>>,
    /// What else the template reads, by name.
    #[schema(value_type = Option<Object>)]
    chat_template_kwargs: Option<Map<String, Value>>,
    /// Whether the prompt ends with the beginning of an answer.
    add_generation_prompt: Option<bool>,
    /// What form the answer is held to.
    response_format: Option<ResponseFormat>,
    /// Whether tokens come with their log-probabilities.
    logprobs: Option<bool>,
    /// How many of the best tokens to list at each place, up to the whole vocabulary.
    top_logprobs: Option<usize>,
    /// Name tokens by their ids.
    return_tokens_as_token_ids: Option<bool>,
    /// Choices.
    n: Option<usize>,
    /// The most new tokens; as many as the context has room for where nobody says.
    max_tokens: Option<usize>,
    /// The same, under its newer name.
    max_completion_tokens: Option<usize>,
    /// Where answers end, themselves left out.
    stop: Option<OneOrMany<String>>,
    /// What to add to the scores of tokens, by their ids.
    #[schema(value_type = Option<std::collections::BTreeMap<String, f64>>)]
    logit_bias: Option<Map<String, Value>>,
    /// Whether text comes as it is made.
    stream: Option<bool>,
    /// What a stream tells besides.
    stream_options: Option<StreamOptions>,
    /// vLLM's name for a beam search of `n` beams.
    use_beam_search: Option<bool>,
    /// Go on beyond end tokens.
    ignore_eos: Option<bool>,
    /// Tokens that end an answer, besides the model's own.
    stop_token_ids: Option<Vec<u32>>,
}

/// The answer.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ChatResponse<C> {
    id: String,
    object: &'static str,
    created: u64,
    model: String,
    system_fingerprint: &'static str,
    choices: Vec<C>,
    #[serde(skip_serializing_if = "Option::is_none")]
    usage: Option<Usage>,
}

/// One answer.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ChatChoice {
    index: usize,
    message: AnswerMessage,
    logprobs: Option<ChatLogprobs>,
    /// `stop`, `length` or `tool_calls`.
    finish_reason: Option<&'static str>,
    /// The stop string that ended it.
    stop_reason: Option<String>,
}

/// What the model said.
#[derive(Debug, Serialize, ToSchema)]
struct AnswerMessage {
    role: &'static str,
    content: Option<String>,
    refusal: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    tool_calls: Vec<ToolCall>,
}

/// A piece of an answer.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ChatPiece {
    index: usize,
    delta: PieceMessage,
    logprobs: Option<ChatLogprobs>,
    finish_reason: Option<&'static str>,
    stop_reason: Option<String>,
}

/// New text of an answer.
#[derive(Debug, Default, Serialize, ToSchema)]
struct PieceMessage {
    #[serde(skip_serializing_if = "Option::is_none")]
    role: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    content: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    tool_calls: Vec<ToolCall>,
}

/// How the answer is to look.
struct Form {
    id: String,
    created: u64,
    model: String,
    engine: Arc<Engine>,
    texts: Texts,
    logprobs: bool,
    choices: Choices,
    calls: Option<Calls>,
    prompt_tokens: usize,
    stream: StreamOptions,
}

impl ChatRequest {
    /// Refuses what says two things, or what is the model's to decide.
    fn check(&self) -> Result<(), ApiError> {
        if self.parallel_tool_calls == Some(false) {
            let why =
                "parallel_tool_calls is false; how many functions are called is the model's to decide: leave it out";
            return Err(ApiError::field("parallel_tool_calls", why));
        }
        if self.max_tokens.is_some()
            && self.max_completion_tokens.is_some()
            && self.max_tokens != self.max_completion_tokens
        {
            let why = "max_tokens and max_completion_tokens are the same; give one of them";
            return Err(ApiError::field("max_completion_tokens", why));
        }
        if self.top_logprobs.is_some_and(|top| top > 0) && self.logprobs != Some(true) {
            return Err(ApiError::field("top_logprobs", "top_logprobs needs logprobs: true"));
        }
        Ok(())
    }

    /// The conversation; the other fields stay.
    fn talk(mut self) -> (Talk, Self) {
        let talk = Talk {
            messages: self.messages.take(),
            tools: self.tools.take(),
            tool_choice: self.tool_choice.take(),
            documents: self.documents.take(),
            variables: self.chat_template_kwargs.take().unwrap_or_default(),
            add_generation_prompt: self.add_generation_prompt.unwrap_or(true),
        };
        (talk, self)
    }
}

/// The route.
pub(crate) async fn complete(State(server): State<Arc<Server>>, Body(fields): Body) -> Result<Response, ApiError> {
    let asked = read::<ChatRequest>(fields, server.settings.lenient)?;
    let engine = Arc::clone(&server.model()?.engine);
    let own = asked.own;
    let model = models::check(&server, &engine, own.model.as_deref())?;
    own.check()?;
    let (talk, own) = own.talk();
    let words = OpenAi {
        n: own.n,
        max_tokens: own.max_completion_tokens.or(own.max_tokens),
        stop: own.stop.map(OneOrMany::all),
        logit_bias: own.logit_bias,
        schema: own.response_format.and_then(ResponseFormat::schema),
        use_beam_search: own.use_beam_search == Some(true),
        ignore_eos: own.ignore_eos == Some(true),
        stop_token_ids: own.stop_token_ids,
    };
    let context = engine.model().geometry().context;
    let Decoding { options, copies } = within_limits(words, asked.decoding, &engine, server.limits(), context)?;
    let prompt = rendered(&server, talk, options).await?;
    let logprobs = own.logprobs == Some(true);
    let top = own.top_logprobs.unwrap_or(0);
    let prompts = vec![Prompt::Ids(prompt.token_ids)];
    let prepared =
        generate::prepare(&server, Wanted { prompts, options: prompt.options, top, numbers: logprobs }).await?;
    let choices = Choices { copies, returned: prepared.returned() };
    let numbers = top.saturating_mul(prepared.most_tokens()).saturating_mul(choices.each());
    server.limits().numbers("top_logprobs", numbers)?;
    let form = Form {
        id: id("chatcmpl"),
        created: created(),
        model,
        engine,
        texts: if own.return_tokens_as_token_ids == Some(true) { Texts::Ids } else { Texts::Text },
        logprobs,
        choices,
        calls: prompt.calls,
        prompt_tokens: prepared.prompt_tokens(),
        stream: own.stream_options.unwrap_or_default(),
    };
    let response = if own.stream == Some(true) {
        let news = generate::streamed(&server, prepared, logprobs)?;
        stream(move |events| async move { form.stream(events, news).await })
    } else {
        let answer = generate::whole(&server, prepared).await?;
        form.whole(&answer)
    };
    Ok(telling(response, &asked.ignored))
}

impl Form {
    fn response<C>(&self, object: &'static str, choices: Vec<C>, usage: Option<Usage>) -> ChatResponse<C> {
        ChatResponse {
            id: self.id.clone(),
            object,
            created: self.created,
            model: self.model.clone(),
            system_fingerprint: concat!("beamline-", env!("CARGO_PKG_VERSION")),
            choices,
            usage,
        }
    }

    fn numbers(&self, tokens: &[crate::answer::Recorded]) -> ChatLogprobs {
        ChatLogprobs::new(self.engine.tokenizer().vocabulary(), self.texts, tokens)
    }

    /// What a text is: words, or calls of functions.
    fn said(&self, text: &str, finish: Option<&'static str>) -> (Option<String>, Vec<ToolCall>, Option<&'static str>) {
        let (words, calls) = self.calls.map_or((text.to_owned(), Vec::new()), |calls| calls.read(text));
        if calls.is_empty() {
            return (Some(text.to_owned()), calls, finish);
        }
        let words = words.trim();
        ((!words.is_empty()).then(|| words.to_owned()), calls, Some("tool_calls"))
    }

    /// An answer that is there.
    fn whole(&self, answer: &Answer) -> Response {
        let completion = self.engine.completion(&answer.sessions);
        let choice = |(index, sequence): (usize, &beamline::Sequence)| {
            let (content, tool_calls, finish_reason) = self.said(&sequence.text, finish(sequence.finish_reason));
            ChatChoice {
                index,
                message: AnswerMessage { role: "assistant", content, refusal: None, tool_calls },
                logprobs: self.logprobs.then(|| self.numbers(&recorded(answer, sequence))),
                finish_reason,
                stop_reason: sequence.stop_string.clone(),
            }
        };
        let choices = choice_sequences(&completion, self.choices.copies).into_iter().enumerate().map(choice).collect();
        let tokens = completion.usage.new_tokens * self.choices.copies;
        let usage = usage(answer.sessions.iter(), tokens);
        Json(self.response::<ChatChoice>("chat.completion", choices, Some(usage))).into_response()
    }

    fn piece(&self, choices: Vec<ChatPiece>, usage: Option<Usage>) -> ChatResponse<ChatPiece> {
        self.response("chat.completion.chunk", choices, usage)
    }

    /// Events, as text comes. Where functions may be called, a text is told when it has ended: until then nobody knows whether it
    /// is a call.
    async fn stream(self, events: Events, mut news: mpsc::Receiver<News>) -> Result<(), Gone> {
        let counted = self.stream.continuous_usage_stats == Some(true);
        let role = |index| ChatPiece {
            index,
            delta: PieceMessage { role: Some("assistant"), content: Some(String::new()), tool_calls: Vec::new() },
            logprobs: None,
            finish_reason: None,
            stop_reason: None,
        };
        let first = (0..self.choices.returned).flat_map(|sequence| self.choices.of(0, sequence)).map(role).collect();
        events.json(&self.piece(first, None)).await?;
        let (mut tokens, mut held) = (0, vec![String::new(); self.choices.returned]);
        loop {
            let (deltas, end) = heard(&mut news).await;
            for delta in deltas {
                tokens += delta.news.token_ids.len() * self.choices.copies;
                let usage = counted.then(|| Usage::of(self.prompt_tokens, tokens));
                events.json(&self.piece(self.pieces(&delta, &mut held), usage)).await?;
            }
            let answer = match end {
                Some(Ok(answer)) => answer,
                Some(Err(error)) => return events.json(&error.json()).await,
                None => continue,
            };
            if self.stream.include_usage == Some(true) {
                events.json(&self.piece(Vec::new(), Some(usage(answer.sessions.iter(), tokens)))).await?;
            }
            return events.done().await;
        }
    }

    fn pieces(&self, delta: &Delta, held: &mut [String]) -> Vec<ChatPiece> {
        let news = &delta.news;
        let reason = finish(news.finish.map(beamline::FinishReason::name));
        let (content, tool_calls, finish_reason) = if self.calls.is_none() {
            (Some(news.text.clone()), Vec::new(), reason)
        } else {
            held[news.sequence] += &news.text;
            match news.finish {
                Some(_) => self.said(&std::mem::take(&mut held[news.sequence]), reason),
                None => (Some(String::new()), Vec::new(), None),
            }
        };
        let logprobs = self.logprobs.then(|| self.numbers(&recorded_news(delta)));
        let piece = |index| ChatPiece {
            index,
            delta: PieceMessage { role: None, content: content.clone(), tool_calls: tool_calls.clone() },
            logprobs: logprobs.clone(),
            finish_reason,
            stop_reason: news.stop_string.clone(),
        };
        self.choices.of(delta.place, news.sequence).map(piece).collect()
    }
}
