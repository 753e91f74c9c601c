//! Text in, token ids out, and back.

use crate::failure::{raised, usage};
use crate::prompts::{numbers, tokens};
use beamline::{Beginning, Special, TokenId, TokensError};
use numpy::PyArray1;
use pyo3::prelude::*;
use pyo3::types::PyBytes;
use std::sync::Arc;

/// A model's tokenizer.
#[pyclass(frozen, module = "beamline._beamline")]
pub(crate) struct Tokenizer {
    pub(crate) tokenizer: Arc<beamline::Tokenizer>,
}

impl Tokenizer {
    fn known(&self, id: u32) -> PyResult<TokenId> {
        let vocab = self.tokenizer.vocabulary().len();
        if (id as usize) < vocab { Ok(TokenId(id)) } else { Err(raised(&beamline::Error::UnknownToken { id, vocab })) }
    }
}

/// The exception of a text without tokens.
fn failed(error: TokensError) -> PyErr {
    raised(&error.into())
}

#[pymethods]
impl Tokenizer {
    /// The token ids of a text: with the model's own begin token where its tokenizer adds one, unless `as_written`.
    #[pyo3(signature = (text, as_written = false))]
    fn encode<'py>(&self, py: Python<'py>, text: &str, as_written: bool) -> PyResult<Bound<'py, PyArray1<i64>>> {
        let found =
            py.detach(|| if as_written { self.tokenizer.encode_as_written(text) } else { self.tokenizer.encode(text) });
        Ok(PyArray1::from_vec(py, numbers(found.map_err(failed)?.iter().map(|token| &token.id))))
    }

    /// The token ids of several texts.
    #[allow(clippy::needless_pass_by_value)] // so that Python's lists are taken
    fn encode_batch<'py>(&self, py: Python<'py>, texts: Vec<String>) -> PyResult<Vec<Bound<'py, PyArray1<i64>>>> {
        let all = py.detach(|| texts.iter().map(|text| self.tokenizer.ids(text)).collect::<Result<Vec<_>, _>>());
        Ok(all.map_err(failed)?.iter().map(|ids| PyArray1::from_vec(py, numbers(ids))).collect())
    }

    /// The text of token ids.
    #[pyo3(signature = (ids, skip_special_tokens = false))]
    fn decode(&self, ids: Vec<u32>, skip_special_tokens: bool) -> PyResult<String> {
        for &id in &ids {
            self.known(id)?;
        }
        let special = if skip_special_tokens { Special::Drop } else { Special::Write };
        Ok(self.tokenizer.decode(&tokens(ids), special, Beginning::Text))
    }

    /// The bytes of a token.
    fn token_bytes<'py>(&self, py: Python<'py>, id: u32) -> PyResult<Bound<'py, PyBytes>> {
        Ok(PyBytes::new(py, self.tokenizer.vocabulary().bytes(self.known(id)?)))
    }

    /// The bytes of a token as text; U+FFFD where they are part of a character.
    fn token_text(&self, id: u32) -> PyResult<String> {
        Ok(self.tokenizer.vocabulary().text(self.known(id)?))
    }

    /// Whether a token is special.
    fn is_special(&self, id: u32) -> PyResult<bool> {
        Ok(self.tokenizer.vocabulary().is_special(self.known(id)?))
    }

    /// The token with which an empty prompt begins.
    #[getter]
    fn begin(&self) -> Option<u32> {
        self.tokenizer.begin().map(|id| id.0)
    }

    /// What was made of the model's files in another way than they have it.
    #[getter]
    fn warnings(&self) -> Vec<String> {
        self.tokenizer.warnings().to_vec()
    }

    fn __len__(&self) -> usize {
        self.tokenizer.vocabulary().len()
    }

    /// The id of a token whose bytes are exactly this text.
    fn id_of(&self, text: &str) -> PyResult<u32> {
        let vocabulary = self.tokenizer.vocabulary();
        let found = (0..vocabulary.len() as u32).find(|&id| vocabulary.bytes(TokenId(id)) == text.as_bytes());
        found.ok_or_else(|| usage(format!("no token is {text:?}")))
    }
}
