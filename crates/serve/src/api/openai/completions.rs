//! `POST /v1/completions`: prompts continued, with the prompt's own log-probabilities where they are asked for.

use super::models;
use crate::answer::{
    Answer, Choices, CompletionLogprobs, Delta, Events, Gone, Named, News, Recorded, Texts, Usage, choice_sequences,
    continuing, created, finish, from_beginning, id, prompt_logprobs, recorded, recorded_news, stream, usage,
};
use crate::api::body::{Body, telling};
use crate::api::generate::{self, Wanted, aside, heard};
use crate::api::score::{ScoreFields, score};
use crate::error::ApiError;
use crate::request::{Decoding, OneOrMany, OpenAi, Prompts, StreamOptions, read, within_limits};
use crate::scheduler::{ScoredText, TextToScore};
use crate::state::State as Server;
use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use beamline::{Engine, Prompt, TokenId};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::sync::Arc;
use tokio::sync::mpsc;
use utoipa::ToSchema;

/// Tokens where nobody says how many, as OpenAI has it.
pub(crate) const MAX_TOKENS: usize = 16;

/// What is asked for. Every decoding option of beamline may stand beside these, under its own name.
#[derive(Debug, Deserialize, ToSchema)]
pub(crate) struct CompletionRequest {
    /// The model; the one that there is where none is named.
    model: Option<String>,
    /// What to continue.
    prompt: Prompts,
    /// Refused: models here have no text after the place.
    suffix: Option<String>,
    /// Whether the prompt comes back in front of the text, with its log-probabilities where `logprobs` asks for them.
    echo: Option<bool>,
    /// How many of the best tokens to list at each place, up to the whole vocabulary.
    logprobs: Option<usize>,
    /// The same for the prompt alone, in vLLM's form.
    prompt_logprobs: Option<usize>,
    /// Name tokens by their ids.
    return_tokens_as_token_ids: Option<bool>,
    /// Choices for each prompt.
    n: Option<usize>,
    /// The most new tokens; 0 with `echo` gives the prompt back.
    max_tokens: Option<usize>,
    /// Where texts end, themselves left out.
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
    /// Tokens that end a text, besides the model's own.
    stop_token_ids: Option<Vec<u32>>,
}

/// The answer; a stream's events have the same form, with pieces of text.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct CompletionResponse {
    id: String,
    object: &'static str,
    created: u64,
    model: String,
    system_fingerprint: &'static str,
    choices: Vec<CompletionChoice>,
    #[serde(skip_serializing_if = "Option::is_none")]
    usage: Option<Usage>,
}

/// One continuation of one prompt.
#[derive(Debug, Serialize, ToSchema)]
struct CompletionChoice {
    index: usize,
    text: String,
    logprobs: Option<CompletionLogprobs>,
    /// `stop` or `length`; null while it goes on.
    finish_reason: Option<&'static str>,
    /// The stop string that ended it.
    stop_reason: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    prompt_logprobs: Option<Value>,
}

/// How the answer is to look.
struct Form {
    id: String,
    created: u64,
    model: String,
    engine: Arc<Engine>,
    texts: Texts,
    /// Whether tokens have numbers.
    logprobs: bool,
    choices: Choices,
    prompt_tokens: usize,
    /// The prompts that come back, with their numbers.
    echoes: Vec<Echo>,
    stream: StreamOptions,
}

/// A prompt that comes back.
#[derive(Default)]
struct Echo {
    text: String,
    logprobs: Option<CompletionLogprobs>,
    prompt_logprobs: Option<Value>,
    /// Characters of the text.
    characters: usize,
}

impl CompletionRequest {
    /// The fields that say how to decode, taken out.
    fn openai(&mut self) -> OpenAi {
        OpenAi {
            n: self.n,
            max_tokens: self.max_tokens.map(|tokens| tokens.max(1)),
            stop: self.stop.take().map(OneOrMany::all),
            logit_bias: self.logit_bias.take(),
            schema: None,
            use_beam_search: self.use_beam_search == Some(true),
            ignore_eos: self.ignore_eos == Some(true),
            stop_token_ids: self.stop_token_ids.take(),
        }
    }
}

/// The route.
pub(crate) async fn complete(State(server): State<Arc<Server>>, Body(fields): Body) -> Result<Response, ApiError> {
    let asked = read::<CompletionRequest>(fields, server.settings.lenient)?;
    let engine = Arc::clone(&server.model()?.engine);
    let mut own = asked.own;
    let model = models::check(&server, &engine, own.model.as_deref())?;
    if own.suffix.as_deref().is_some_and(|suffix| !suffix.is_empty()) {
        return Err(ApiError::field("suffix", "suffix is not supported: models here continue a text; leave it out"));
    }
    let Decoding { options, copies } =
        within_limits(own.openai(), asked.decoding, &engine, server.limits(), MAX_TOKENS)?;
    let prompts = own.prompt.all();
    let echo = own.echo == Some(true);
    let only_echo = own.max_tokens == Some(0);
    if only_echo && !echo {
        return Err(ApiError::field("max_tokens", "max_tokens is 0; it must be 1 or more, or give echo too"));
    }
    let returned = options.get("num_return_sequences").and_then(|setting| setting.value.count()).unwrap_or(1) as usize;
    let texts = if own.return_tokens_as_token_ids == Some(true) { Texts::Ids } else { Texts::Text };
    let choices = Choices { copies, returned };
    let mut asked_echo =
        AskedEcho { echo, logprobs: own.logprobs, prompt_logprobs: own.prompt_logprobs, texts, times: choices.each() };
    let mut form = Form {
        id: id("cmpl"),
        created: created(),
        model,
        engine,
        texts,
        logprobs: own.logprobs.is_some(),
        choices,
        prompt_tokens: 0,
        echoes: Vec::new(),
        stream: own.stream_options.unwrap_or_default(),
    };
    let streamed = own.stream == Some(true);
    if only_echo {
        let response = only_echoed(&server, form, prompts, asked_echo, streamed).await?;
        return Ok(telling(response, &asked.ignored));
    }
    // Refused before the prompt is scored, if it is to be.
    let wanted = Wanted { prompts: prompts.clone(), options, top: own.logprobs.unwrap_or(0), numbers: form.logprobs };
    let prepared = generate::prepare(&server, wanted).await?;
    form.prompt_tokens = prepared.prompt_tokens();
    form.choices.returned = prepared.returned();
    let numbers = own.logprobs.unwrap_or(0).saturating_mul(prepared.most_tokens()).saturating_mul(form.choices.each());
    server.limits().numbers("logprobs", numbers)?;
    asked_echo.times = form.choices.each();
    let tokens: Vec<Vec<TokenId>> = prepared.sessions.iter().map(|session| session.prompt().to_vec()).collect();
    form.echoes = echoes(&server, &prompts, &tokens, asked_echo).await?;
    let response = if streamed {
        let news = generate::streamed(&server, prepared, form.logprobs)?;
        stream(move |events| async move { form.stream(events, news).await })
    } else {
        let answer = generate::whole(&server, prepared).await?;
        form.whole(&answer)
    };
    Ok(telling(response, &asked.ignored))
}

/// What is to be told of prompts.
#[derive(Clone, Copy)]
struct AskedEcho {
    echo: bool,
    logprobs: Option<usize>,
    prompt_logprobs: Option<usize>,
    texts: Texts,
    /// How often each prompt stands in the answer.
    times: usize,
}

/// The prompts alone, with their numbers where they are asked for.
async fn only_echoed(
    server: &Arc<Server>,
    mut form: Form,
    prompts: Vec<Prompt>,
    asked: AskedEcho,
    streamed: bool,
) -> Result<Response, ApiError> {
    let engine = Arc::clone(&form.engine);
    let (prompts, tokens) = aside(move || {
        let tokens = prompts.iter().map(|prompt| engine.encode_prompt(prompt)).collect::<Result<Vec<_>, _>>()?;
        Ok((prompts, tokens))
    })
    .await?;
    form.echoes = echoes(server, &prompts, &tokens, asked).await?;
    Ok(form.echoed(tokens.iter().map(Vec::len).sum(), streamed))
}

/// The prompts that come back, scored where numbers are asked for.
async fn echoes(
    server: &Server,
    prompts: &[Prompt],
    tokens: &[Vec<TokenId>],
    asked: AskedEcho,
) -> Result<Vec<Echo>, ApiError> {
    let AskedEcho { echo, logprobs, prompt_logprobs: own, texts, times } = asked;
    let numbers = if echo { logprobs.max(own) } else { own };
    if !echo && numbers.is_none() {
        return Ok(prompts.iter().map(|_| Echo::default()).collect());
    }
    let engine = &server.model()?.engine;
    let vocab = engine.model().geometry().vocab;
    let count = tokens.iter().map(Vec::len).sum::<usize>();
    // A token's own text and number beside those of the best.
    let each = numbers.unwrap_or(0).min(vocab) + 1;
    let all = each.saturating_mul(count).saturating_mul(times);
    server.limits().numbers(if echo { "echo" } else { "prompt_logprobs" }, all)?;
    let scored = match numbers {
        Some(top) => {
            let text = |tokens: &Vec<TokenId>| TextToScore { tokens: tokens.clone(), from: 1, after: None };
            score(server, tokens.iter().map(text).collect(), top, ScoreFields { texts: "prompt", top: "logprobs" })
                .await?
        }
        None => vec![ScoredText::default(); prompts.len()],
    };
    let echo = |((prompt, tokens), mut scored): ((&Prompt, &Vec<TokenId>), ScoredText)| {
        let text = if echo { engine.prompt_text(prompt) } else { String::new() };
        let with_numbers =
            |top: usize, scored: &mut ScoredText| scored.top.iter_mut().for_each(|best| best.truncate(top));
        let prompt_logprobs = own.map(|top| {
            let mut cut = scored.clone();
            with_numbers(top, &mut cut);
            prompt_logprobs(engine.tokenizer().vocabulary(), tokens, &cut)
        });
        let logprobs = logprobs.filter(|_| echo).map(|top| {
            with_numbers(top, &mut scored);
            let recorded = Recorded::scored(tokens, &scored);
            from_beginning(engine.tokenizer(), texts, &text, &recorded)
        });
        Echo { characters: text.chars().count(), text, logprobs, prompt_logprobs }
    };
    Ok(prompts.iter().zip(tokens).zip(scored).map(echo).collect())
}

impl Form {
    fn response(&self, choices: Vec<CompletionChoice>, usage: Option<Usage>) -> CompletionResponse {
        CompletionResponse {
            id: self.id.clone(),
            object: "text_completion",
            created: self.created,
            model: self.model.clone(),
            system_fingerprint: concat!("beamline-", env!("CARGO_PKG_VERSION")),
            choices,
            usage,
        }
    }

    /// Numbers of tokens behind a prompt, from its first on or from where another piece ended.
    fn named(&self, place: usize) -> Named<'_> {
        let characters = self.echoes[place].characters;
        Named::new(self.engine.tokenizer(), self.texts, continuing(self.engine.tokenizer()), characters)
    }

    /// An answer that is there.
    fn whole(&self, answer: &Answer) -> Response {
        let completion = self.engine.completion(&answer.sessions);
        let choice = |(index, sequence): (usize, &beamline::Sequence)| {
            let echo = &self.echoes[sequence.prompt];
            let logprobs = self.logprobs.then(|| {
                let own = self.named(sequence.prompt).next(&recorded(answer, sequence));
                match echo.logprobs.clone() {
                    Some(echoed) => echoed.then(own),
                    None => own,
                }
            });
            CompletionChoice {
                index,
                text: echo.text.clone() + &sequence.text,
                logprobs,
                finish_reason: finish(sequence.finish_reason),
                stop_reason: sequence.stop_string.clone(),
                prompt_logprobs: echo.prompt_logprobs.clone(),
            }
        };
        let choices = choice_sequences(&completion, self.choices.copies).into_iter().enumerate().map(choice).collect();
        let tokens = completion.usage.new_tokens * self.choices.copies;
        Json(self.response(choices, Some(usage(answer.sessions.iter(), tokens)))).into_response()
    }

    /// The prompts alone.
    fn echoed(self, tokens: usize, streamed: bool) -> Response {
        let choices = self.beginnings(Some("length"));
        let response = self.response(choices, Some(Usage::of(tokens, 0)));
        if !streamed {
            return Json(response).into_response();
        }
        stream(|events| async move {
            events.json(&response).await?;
            events.done().await
        })
    }

    /// The prompts that come back, as choices of their own.
    fn beginnings(&self, finish_reason: Option<&'static str>) -> Vec<CompletionChoice> {
        let all = |(place, echo): (usize, &Echo)| {
            let choice = |index| CompletionChoice {
                index,
                text: echo.text.clone(),
                logprobs: echo.logprobs.clone(),
                finish_reason,
                stop_reason: None,
                prompt_logprobs: echo.prompt_logprobs.clone(),
            };
            (0..self.choices.returned)
                .flat_map(|sequence| self.choices.of(place, sequence))
                .map(choice)
                .collect::<Vec<_>>()
        };
        self.echoes.iter().enumerate().flat_map(all).collect()
    }

    /// Events, as text comes.
    async fn stream(self, events: Events, mut news: mpsc::Receiver<News>) -> Result<(), Gone> {
        if self.echoes.iter().any(|echo| !echo.text.is_empty() || echo.prompt_logprobs.is_some()) {
            events.json(&self.response(self.beginnings(None), None)).await?;
        }
        let mut named: Vec<Vec<Named<'_>>> = (0..self.echoes.len())
            .map(|place| (0..self.choices.returned).map(|_| self.named(place)).collect())
            .collect();
        let mut tokens = 0;
        loop {
            let (deltas, end) = heard(&mut news).await;
            for delta in deltas {
                tokens += delta.news.token_ids.len() * self.choices.copies;
                let choices = self.chunk(&delta, &mut named[delta.place][delta.news.sequence]);
                let counted = self.stream.continuous_usage_stats == Some(true);
                events.json(&self.response(choices, counted.then(|| Usage::of(self.prompt_tokens, tokens)))).await?;
            }
            let answer = match end {
                Some(Ok(answer)) => answer,
                Some(Err(error)) => return events.json(&error.json()).await,
                None => continue,
            };
            if self.stream.include_usage == Some(true) {
                events.json(&self.response(Vec::new(), Some(usage(answer.sessions.iter(), tokens)))).await?;
            }
            return events.done().await;
        }
    }

    fn chunk(&self, delta: &Delta, named: &mut Named<'_>) -> Vec<CompletionChoice> {
        let logprobs = self.logprobs.then(|| named.next(&recorded_news(delta)));
        let choice = |index| CompletionChoice {
            index,
            text: delta.news.text.clone(),
            logprobs: logprobs.clone(),
            finish_reason: finish(delta.news.finish.map(beamline::FinishReason::name)),
            stop_reason: delta.news.stop_string.clone(),
            prompt_logprobs: None,
        };
        self.choices.of(delta.place, delta.news.sequence).map(choice).collect()
    }
}
