//! Searches on their way: steps, news of texts as they come, and what came out.

use crate::completion::Completion;
use crate::failure::raised;
use crate::interrupt::Raised;
use crate::kept::{Kept, Wish};
use beamline::{Budget, Engine, Session, TextDeltas};
use pyo3::exceptions::PyRuntimeError;
use pyo3::prelude::*;
use std::sync::{Arc, Mutex, MutexGuard, TryLockError};

/// Tokens of a step: long prompts are read in pieces, so that a call can be interrupted meanwhile. No result depends on it.
const STEP: usize = 512;

/// Searches of one or more prompts.
#[pyclass(frozen, module = "beamline._beamline")]
pub(crate) struct Run {
    engine: Arc<Engine>,
    process: u32,
    state: Mutex<State>,
    /// Exceptions of the user's own functions, then of interruptions.
    raised: [Raised; 2],
    /// How the model was opened; none where the user's own functions take part, so that nobody else could run it again.
    opened_as: Option<(Option<String>, String)>,
}

struct State {
    sessions: Vec<Session>,
    deltas: Vec<TextDeltas>,
    kept: Kept,
}

/// News of a text: prompt, sequence, new text, new tokens, why it ended, the stop string that ended it.
type News = (usize, usize, String, Vec<u32>, Option<&'static str>, Option<String>);

impl Run {
    pub(crate) fn new(
        engine: Arc<Engine>,
        sessions: Vec<Session>,
        wish: Wish,
        raised: [Raised; 2],
        opened_as: Option<(Option<String>, String)>,
    ) -> Self {
        let kept = Kept::new(wish, engine.model().geometry().vocab, sessions.len());
        let deltas = sessions.iter().map(|session| TextDeltas::new(&engine, session)).collect();
        let state = Mutex::new(State { sessions, deltas, kept });
        Self { engine, process: std::process::id(), state, raised, opened_as }
    }

    fn state(&self) -> PyResult<MutexGuard<'_, State>> {
        if self.process != std::process::id() {
            return Err(PyRuntimeError::new_err(
                "this generation began in another process, whose threads are not here; begin it again",
            ));
        }
        match self.state.try_lock() {
            Ok(state) => Ok(state),
            Err(TryLockError::Poisoned(state)) => Ok(state.into_inner()),
            Err(TryLockError::WouldBlock) => {
                Err(PyRuntimeError::new_err("this generation is being stepped by another thread; give each its own"))
            }
        }
    }

    /// Takes a step without the interpreter; whether there is more to come.
    fn step_on(&self, py: Python<'_>, state: &mut State) -> PyResult<bool> {
        let State { sessions, kept, .. } = state;
        let stepped = py.detach(|| self.engine.step(sessions, Budget::tokens(STEP), kept));
        if let Some(error) = self.raised.iter().find_map(Raised::take) {
            return Err(error);
        }
        let more = stepped.map_err(|error| raised(&error))?.more;
        match sessions.iter().find_map(Session::error) {
            Some(error) => Err(raised(error)),
            None => Ok(more),
        }
    }
}

#[pymethods]
impl Run {
    /// Takes all searches a step on; False when all are done.
    fn step(&self, py: Python<'_>) -> PyResult<bool> {
        let mut state = self.state()?;
        self.step_on(py, &mut state)
    }

    /// Takes all searches to their ends.
    fn finish(&self, py: Python<'_>) -> PyResult<()> {
        let mut state = self.state()?;
        while self.step_on(py, &mut state)? {}
        Ok(())
    }

    /// What has come since the last time, in order of prompts and sequences.
    fn news(&self) -> PyResult<Vec<News>> {
        let mut state = self.state()?;
        let State { sessions, deltas, .. } = &mut *state;
        let mut all = Vec::new();
        for (prompt, (session, deltas)) in sessions.iter().zip(deltas).enumerate() {
            for news in deltas.take(session) {
                let ids = news.token_ids.iter().map(|id| id.0).collect();
                let finish = news.finish.map(beamline::FinishReason::name);
                all.push((prompt, news.sequence, news.text, ids, finish, news.stop_string));
            }
        }
        Ok(all)
    }

    /// Whether texts come token by token: those of a beam search come when it ends.
    #[getter]
    fn streams(&self) -> PyResult<bool> {
        Ok(self.state()?.sessions.iter().all(Session::streams))
    }

    /// Whether nothing is left to be done.
    #[getter]
    fn is_done(&self) -> PyResult<bool> {
        Ok(self.state()?.sessions.iter().all(Session::is_done))
    }

    /// What has come out so far. Rows that were kept go with it.
    fn completion(&self) -> PyResult<Completion> {
        let mut state = self.state()?;
        let prompts = state.sessions.len();
        let kept = Kept::new(state.kept.wish, state.kept.vocab, prompts);
        let kept = std::mem::replace(&mut state.kept, kept);
        Ok(Completion::new(&self.engine, &state.sessions, kept, self.opened_as.as_ref()))
    }
}
