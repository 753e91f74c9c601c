//! What a record asks, by its columns or as a request of OpenAI's, and what is kept of it for its line of output.

use crate::columns::{Asking, OPTIONS};
use crate::openai::{self, Form};
use crate::read::Fields;
use crate::row::{Completed, Row, RowError};
use crate::settings::Settings;
use crate::write::{Layout, carried};
use beamline::{Date, Engine};
use serde_json::Value;

/// How records become rows.
#[derive(Clone, Copy)]
pub(super) enum Asked<'a> {
    Columns(&'a Asking),
    OpenAi { engine: &'a Engine, settings: &'a Settings, date: Option<Date> },
}

/// What is kept of a record until its row is done.
#[derive(Clone, Debug)]
pub(super) enum Carried {
    Columns(Fields),
    OpenAi(Form),
}

/// A row, or why there is none, with what is kept of its record.
pub(super) type Given = (Carried, Result<Row, (Option<String>, RowError)>);

impl Asked<'_> {
    /// Whether rows have keys, which must differ.
    pub(super) fn has_keys(self) -> bool {
        match self {
            Self::Columns(asking) => asking.has_keys(),
            Self::OpenAi { .. } => true,
        }
    }

    /// A row's key.
    pub(super) fn key(self, fields: &Fields) -> Result<Option<String>, RowError> {
        match self {
            Self::Columns(asking) => asking.key(fields),
            Self::OpenAi { .. } => openai::key(fields).map(Some),
        }
    }

    /// The row of a record.
    pub(super) fn row(self, number: u64, key: Option<String>, fields: Fields) -> Given {
        match self {
            Self::Columns(asking) => {
                let row = asking.row(number, key.clone(), &fields).map_err(|error| (key, error));
                (Carried::Columns(fields), row)
            }
            Self::OpenAi { engine, settings, date } => match openai::row((engine, settings, date), number, &fields) {
                Ok((row, form)) => (Carried::OpenAi(form), Ok(row)),
                Err((form, error)) => (Carried::OpenAi(form), Err((key, error))),
            },
        }
    }

    /// A record of which no row can be made.
    pub(super) fn refused(self, key: Option<String>, fields: Fields, error: RowError) -> Given {
        let kept = match self {
            Self::Columns(_) => Carried::Columns(fields),
            Self::OpenAi { .. } => Carried::OpenAi(Form::named(key.clone())),
        };
        (kept, Err((key, error)))
    }

    /// What is not to be seen in the output, by what it is said of.
    pub(super) fn notes(self, fields: &Fields) -> Vec<(String, String)> {
        let asking = match self {
            Self::Columns(asking) => asking,
            Self::OpenAi { engine, .. } => {
                let model = fields.get("body").and_then(|body| body.get("model")).and_then(Value::as_str);
                let other = model.filter(|model| *model != engine.name());
                let note =
                    |model: &str| format!("note: requests for the model {model:?} are answered by {}", engine.name());
                return other.map(|model| (model.to_owned(), note(model))).into_iter().collect();
            }
        };
        let taken = |name: &str| fields.contains_key(name);
        let mut notes = Vec::new();
        for name in fields.keys() {
            let renamed = carried(name, taken);
            if asking.option(name).is_some() || (name == OPTIONS && asking.reads_options()) {
                notes.push((
                    name.clone(),
                    format!("note: the column {name:?} is taken as each row's own decoding option"),
                ));
            }
            if renamed != *name {
                notes.push((
                    name.clone(),
                    format!("note: the input's column {name:?} is called {renamed:?} in the output"),
                ));
            }
        }
        notes
    }
}

impl Carried {
    /// The row's line of output.
    pub(super) fn line(&self, model: &str, layout: &Layout, row: &Completed) -> Vec<u8> {
        match self {
            Self::Columns(fields) => layout.row(fields, row),
            Self::OpenAi(form) => openai::answer(model, form, row),
        }
    }
}
