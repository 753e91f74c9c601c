//! Prompts and options in, sessions done or on their way out: what every generating route has done.

use crate::answer::{Answer, Delta, News, Stream, Tops, Watching, Whole};
use crate::error::ApiError;
use crate::limits::at_most;
use crate::scheduler::{Ended, Generation, Listener, Work};
use crate::state::State;
use beamline::{Engine, Observer, Options, Plan, Prompt, RawStats, SearchMethod, Session};
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::{mpsc, oneshot};

/// How long a grammar may take to compile.
const COMPILE: Duration = Duration::from_secs(20);

/// Prompts to be continued.
pub(crate) struct Wanted {
    pub(crate) prompts: Vec<Prompt>,
    pub(crate) options: Options,
    /// How many of the best tokens to gather at each place.
    pub(crate) top: usize,
    /// Whether anybody will see the raw model's numbers.
    pub(crate) numbers: bool,
}

/// Sessions that have not begun.
pub(crate) struct Prepared {
    pub(crate) sessions: Vec<Session>,
    together: bool,
    top: usize,
    arrived: Instant,
}

impl Prepared {
    /// The most rows of logits that its searches choose from.
    pub(crate) fn rows(&self) -> usize {
        let of = |session: &Session| {
            let exact = SearchMethod::of(session.plan().options()) == SearchMethod::ExactSearch;
            let budget = || session.plan().effective_config()["node_budget"]["value"].as_u64();
            let beyond = if exact { budget().unwrap_or(u64::MAX) as usize } else { 0 };
            session.max_new_tokens().saturating_mul(session.most_branches()).saturating_add(beyond)
        };
        self.sessions.iter().map(of).fold(0, usize::saturating_add)
    }

    /// Sequences that each prompt comes to, at most: as the plan has it, with the model's own defaults.
    pub(crate) fn returned(&self) -> usize {
        let of = |session: &Session| session.plan().options().get("num_return_sequences")?.value.count();
        self.sessions.first().and_then(of).unwrap_or(1) as usize
    }

    /// Tokens of all prompts.
    pub(crate) fn prompt_tokens(&self) -> usize {
        self.sessions.iter().map(|session| session.prompt().len()).sum()
    }

    /// New tokens of one sequence of each prompt, at most.
    pub(crate) fn most_tokens(&self) -> usize {
        self.sessions.iter().map(Session::max_new_tokens).sum()
    }
}

/// Runs something that takes a while, such as tokenizing a long text, beside the threads that talk to clients.
pub(crate) async fn aside<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, ApiError> + Send + 'static,
) -> Result<T, ApiError> {
    match tokio::task::spawn_blocking(work).await {
        Ok(result) => result,
        // It panicked, or the server ends.
        Err(error) => Err(ApiError::unavailable(format!("the request could not be prepared: {error}"))),
    }
}

/// Tokenizes prompts, checks options, compiles grammars: sessions, which the scheduler may then begin.
///
/// # Errors
/// When a prompt or an option cannot be used, or a grammar takes too long.
pub(crate) async fn prepare(state: &Arc<State>, wanted: Wanted) -> Result<Prepared, ApiError> {
    prepare_by(state, wanted, |engine, options| Ok(engine.plan(options)?)).await
}

/// The same, with a plan that the route makes itself of the options.
///
/// # Errors
/// As for [`prepare`].
pub(crate) async fn prepare_by(
    state: &Arc<State>,
    wanted: Wanted,
    plan: impl FnOnce(&Engine, &Options) -> Result<Plan, ApiError> + Send + 'static,
) -> Result<Prepared, ApiError> {
    let arrived = Instant::now();
    state.limits().check(&wanted.options)?;
    if wanted.prompts.is_empty() {
        return Err(ApiError::field("prompt", "there is no prompt; give one at least"));
    }
    at_most("prompt", wanted.prompts.len(), state.limits().prompts)?;
    if state.settings.log_prompts {
        state.tell(&serde_json::json!({"prompts": wanted.prompts.iter().map(text).collect::<Vec<_>>()}).to_string());
    }
    let grammar = ["json_schema", "regex", "lark"].iter().any(|name| wanted.options.get(name).is_some());
    let engine = Arc::clone(&state.model()?.engine);
    let Wanted { prompts, options, top, numbers } = wanted;
    let made = aside(move || {
        let plan = plan(&engine, &options)?;
        let mut sessions = engine.sessions(&prompts, &plan)?;
        if !numbers && plan.options().get("best_of").is_none() {
            for session in &mut sessions {
                session.raw_stats(RawStats::Off);
            }
        }
        let together = plan.options().get("rng").is_some_and(|setting| setting.value.json() == "torch");
        Ok(Prepared { sessions, together: together && prompts.len() > 1, top, arrived })
    });
    if !grammar {
        return made.await;
    }
    let made = async {
        // Never closed.
        let _turn = state.grammars.acquire().await.map_err(|_| ApiError::engine_ended())?;
        made.await
    };
    tokio::time::timeout(COMPILE, made)
        .await
        .map_err(|_| ApiError::bad("the grammar took longer to compile than is allowed; give a simpler one"))?
}

/// A prompt as the log has it.
fn text(prompt: &Prompt) -> serde_json::Value {
    match prompt {
        Prompt::Text(text) => text.as_str().into(),
        Prompt::Ids(ids) => ids.iter().map(|id| id.0).collect::<Vec<_>>().into(),
    }
}

/// Hands sessions in, with a listener that is made for them: it is told how many of the best tokens are wanted at each place.
///
/// # Errors
/// When there is no room for them.
pub(crate) fn hand_in(
    state: &State,
    prepared: Prepared,
    listener: impl FnOnce(&Arc<Engine>, &[Session], usize) -> Box<dyn Listener>,
) -> Result<(), ApiError> {
    let loaded = state.model()?;
    let Prepared { sessions, together, top, arrived } = prepared;
    let listener = listener(&loaded.engine, &sessions, top);
    let generation = Generation { sessions, together, listener, arrived, deadline: state.deadline() };
    Ok(loaded.scheduler.submit(Work::Generate(generation))?)
}

/// Has sessions run to their ends.
///
/// # Errors
/// When there is no room for them, or one of them failed.
pub(crate) async fn whole(state: &State, prepared: Prepared) -> Result<Answer, ApiError> {
    let (answer, received) = oneshot::channel();
    hand_in(state, prepared, |engine, _, top| Box::new(Whole { answer, tops: Tops::new(engine, top) }))?;
    let answer = received.await.map_err(|_| ApiError::engine_ended())?;
    sound(&answer)?;
    Ok(answer)
}

/// Has sessions run to their ends while an observer of the route's own watches.
///
/// # Errors
/// As for [`whole`].
pub(crate) async fn watched<O: Observer + Send + 'static>(
    state: &State,
    prepared: Prepared,
    observer: O,
) -> Result<(O, Vec<Session>), ApiError> {
    let (answer, received) = oneshot::channel();
    hand_in(state, prepared, |_, _, _| Box::new(Watching { answer, observer }))?;
    let (observer, sessions, ended) = received.await.map_err(|_| ApiError::engine_ended())?;
    all_sound(&sessions, ended)?;
    Ok((observer, sessions))
}

/// Has sessions run, and gives where their news can be read.
///
/// # Errors
/// When there is no room for them.
pub(crate) fn streamed(state: &State, prepared: Prepared, tokens: bool) -> Result<mpsc::Receiver<News>, ApiError> {
    let mut news = None;
    hand_in(state, prepared, |engine, sessions, top| {
        let tops = Tops::new(engine, top);
        let (stream, receiver) = Stream::new(engine, sessions, tops, tokens);
        news = Some(receiver);
        Box::new(stream)
    })?;
    news.ok_or_else(ApiError::engine_ended)
}

/// The next news of a stream; at its end also whether all went well.
pub(crate) async fn heard(news: &mut mpsc::Receiver<News>) -> (Vec<Delta>, Option<Result<Answer, ApiError>>) {
    match news.recv().await {
        Some(News::Text(deltas)) => (deltas, None),
        Some(News::End(deltas, answer)) => (deltas, Some(sound(&answer).map(|()| answer))),
        None => (Vec::new(), Some(Err(ApiError::engine_ended()))),
    }
}

/// Whether all went well.
///
/// # Errors
/// Why it did not.
pub(crate) fn sound(answer: &Answer) -> Result<(), ApiError> {
    all_sound(&answer.sessions, answer.ended)
}

/// The same, of sessions.
///
/// # Errors
/// Why it did not.
pub(crate) fn all_sound(sessions: &[Session], ended: Ended) -> Result<(), ApiError> {
    let cancelled = |session: &&Session| !matches!(session.error(), None | Some(beamline::Error::Cancelled));
    if let Some(error) = sessions.iter().find(cancelled).and_then(Session::error) {
        return Err(error.into());
    }
    if ended == Ended::Done { Ok(()) } else { Err(ended.into()) }
}
