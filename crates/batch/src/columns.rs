//! A record's columns made into a row: prompt, key, options.

use crate::error::BatchError;
use crate::read::Fields;
use crate::row::{Ask, Row, RowError};
use crate::template::{Template, missing};
use beamline::{Conversation, Date, Message, OptionSpec, Prompt, TokenId, options};
use serde_json::{Map, Value, json};

/// Which columns say what.
///
/// ```
/// use beamline_batch::Columns;
/// let columns = Columns { prompt: Some("Summarise: {text}".parse()?), key: Some("id".to_owned()), ..Columns::default() };
/// assert!(columns.options);
/// # Ok::<(), String>(())
/// ```
#[derive(Clone, PartialEq, Debug)]
pub struct Columns {
    /// The prompt, made of columns.
    pub prompt: Option<Template>,
    /// The column that is the prompt: a text, or a list of token ids. Where nothing says what the prompt is, it is `prompt`, or
    /// else `messages`.
    pub prompt_column: Option<String>,
    /// The column of messages to be answered.
    pub messages_column: Option<String>,
    /// The column that names each row; rows hang their draws on it.
    pub key: Option<String>,
    /// Whether columns that are named as decoding options, and a column `options` of several, are the row's own. They are carried
    /// through to the output as all others are.
    pub options: bool,
    /// How messages become a prompt.
    pub talk: Talk,
}

impl Default for Columns {
    /// The column `prompt` or `messages`, no keys, options where columns are named as they are.
    fn default() -> Self {
        let (prompt, prompt_column, messages_column, key) = (None, None, None, None);
        Self { prompt, prompt_column, messages_column, key, options: true, talk: Talk::default() }
    }
}

/// How messages become a prompt; the template itself is the run's ([`Settings::template`](crate::Settings)).
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Talk {
    /// Whether a prompt that is a text is a user's message, to be answered.
    pub is_chat: bool,
    /// What the model is told before all messages.
    pub system: Option<String>,
    /// Variables of the template.
    pub variables: Map<String, Value>,
    /// The day that templates may write.
    pub date: Option<Date>,
}

/// Where the prompt is.
enum Place {
    Template(Template),
    Prompt(String),
    Messages(String),
}

/// Makes rows of records.
pub(crate) struct Asking {
    place: Place,
    columns: Columns,
    /// Whether values are texts, as in a table.
    texts: bool,
}

impl Columns {
    /// Settles where the prompt is, given the columns that there are: of a table, or of the first record that could be read.
    pub(crate) fn settle(&self, there: Option<&[String]>, texts: bool) -> Result<Asking, BatchError> {
        let usage = |reason: String| BatchError::Usage { reason };
        let given = [self.prompt.is_some(), self.prompt_column.is_some(), self.messages_column.is_some()];
        if given.into_iter().filter(|&given| given).count() > 1 {
            return Err(usage(
                "a prompt's template, its column and a column of messages say the same; give one of them".to_owned(),
            ));
        }
        let has = |name: &str| there.is_none_or(|there| there.iter().any(|column| column == name));
        let place = match self {
            Self { prompt: Some(template), .. } => Place::Template(template.clone()),
            Self { prompt_column: Some(column), .. } => Place::Prompt(column.clone()),
            Self { messages_column: Some(column), .. } => Place::Messages(column.clone()),
            _ if !has("prompt") && has("messages") => Place::Messages("messages".to_owned()),
            _ => Place::Prompt("prompt".to_owned()),
        };
        let names: Vec<&str> = match &place {
            Place::Template(template) => template.columns().collect(),
            Place::Prompt(column) | Place::Messages(column) => vec![column],
        };
        if let Some(name) = names.into_iter().chain(self.key.as_deref()).find(|name| !has(name)) {
            return Err(usage(missing(name, there.into_iter().flatten().map(String::as_str))));
        }
        Ok(Asking { place, columns: self.clone(), texts })
    }

    /// Whether it says anything of where prompts and keys are.
    pub(crate) fn says(&self) -> bool {
        let Talk { is_chat, system, variables, .. } = &self.talk;
        let named = [&self.prompt_column, &self.messages_column, &self.key, system];
        self.prompt.is_some() || named.into_iter().any(Option::is_some) || *is_chat || !variables.is_empty()
    }

    /// As a journal keeps it.
    pub(crate) fn json(&self) -> Map<String, Value> {
        let Talk { is_chat, system, variables, date } = &self.talk;
        let fields = [
            ("prompt", json!(self.prompt.as_ref().map(Template::source))),
            ("prompt column", json!(self.prompt_column)),
            ("messages column", json!(self.messages_column)),
            ("key column", json!(self.key)),
            ("option columns", json!(self.options)),
            ("chat", json!(is_chat)),
            ("system", json!(system)),
            ("chat variables", json!(variables)),
            ("chat date", json!(date.map(|date| date.to_string()))),
        ];
        fields.map(|(name, value)| (name.to_owned(), value)).into_iter().collect()
    }
}

impl Asking {
    /// Whether rows have keys.
    pub(crate) fn has_keys(&self) -> bool {
        self.columns.key.is_some()
    }

    /// Whether rows may have options of their own.
    pub(crate) fn reads_options(&self) -> bool {
        self.columns.options
    }

    /// Sets the day that templates may write.
    pub(crate) fn date(&mut self, date: Option<Date>) {
        self.columns.talk.date = date;
    }

    /// The row's key, where rows have keys.
    pub(crate) fn key(&self, fields: &Fields) -> Result<Option<String>, RowError> {
        let Some(column) = &self.columns.key else { return Ok(None) };
        match fields.get(column) {
            Some(Value::String(key)) => Ok(Some(key.clone())),
            Some(value @ (Value::Number(_) | Value::Bool(_))) => Ok(Some(value.to_string())),
            Some(Value::Null) => {
                Err(RowError::usage(format!("the key {column:?} is null; give the row one of its own")))
            }
            Some(_) => Err(RowError::usage(format!("the key {column:?} must be a text or a number"))),
            None => Err(RowError::usage(missing(column, fields.keys().map(String::as_str)))),
        }
    }

    /// The row.
    pub(crate) fn row(&self, number: u64, key: Option<String>, fields: &Fields) -> Result<Row, RowError> {
        let ask = self.ask(fields).map_err(RowError::usage)?;
        let options = if self.columns.options { self.options(fields)? } else { Map::new() };
        Ok(Row { number, key, ask, options })
    }

    fn ask(&self, fields: &Fields) -> Result<Ask, String> {
        let value = |column: &String| match fields.get(column) {
            Some(value) => Ok(value),
            None => Err(missing(column, fields.keys().map(String::as_str))),
        };
        match &self.place {
            Place::Template(template) => self.text(&template.fill(fields)?),
            Place::Prompt(column) => match value(column)? {
                Value::String(text) => self.text(text),
                Value::Array(ids) if !self.columns.talk.is_chat => {
                    let id = |id: &Value| id.as_u64().and_then(|id| u32::try_from(id).ok()).map(TokenId);
                    let ids: Option<Vec<TokenId>> = ids.iter().map(id).collect();
                    let ids =
                        ids.ok_or_else(|| format!("the column {column:?} is a list, and not all of it are token ids"))?;
                    Ok(Ask::Prompt(Prompt::Ids(ids)))
                }
                Value::Null => Err(format!("the column {column:?} is null, and it is the prompt")),
                _ => Err(format!("the column {column:?} must be a text, or a list of token ids")),
            },
            Place::Messages(column) => match value(column)? {
                Value::String(text) => {
                    let read = Conversation::read(text).map_err(|error| format!("the column {column:?}: {error}"))?;
                    self.told(read)
                }
                value => self.told(Conversation::of(value).map_err(|error| format!("the column {column:?}: {error}"))?),
            },
        }
    }

    fn text(&self, text: &str) -> Result<Ask, String> {
        if self.columns.talk.is_chat {
            return self.told(Conversation::new(vec![Message::user(text)]));
        }
        Ok(Ask::Prompt(Prompt::Text(text.to_owned())))
    }

    /// A conversation with what holds for all of them; a variable of its own wins.
    fn told(&self, mut conversation: Conversation) -> Result<Ask, String> {
        let Talk { system, variables, date, .. } = &self.columns.talk;
        if let Some(system) = system {
            conversation.begin_with(system).map_err(|error| error.to_string())?;
        }
        for (name, value) in variables {
            conversation.variables.entry(name.clone()).or_insert_with(|| value.clone());
        }
        conversation.date = *date;
        Ok(Ask::Conversation(conversation))
    }

    /// The decoding option that a column is, if it is one.
    pub(crate) fn option(&self, column: &str) -> Option<&'static OptionSpec> {
        let Columns { key, prompt_column, messages_column, .. } = &self.columns;
        let is_other = [key, prompt_column, messages_column].into_iter().any(|name| name.as_deref() == Some(column));
        options().find(|option| option.name == column).filter(|_| self.columns.options && !is_other)
    }

    fn options(&self, fields: &Fields) -> Result<Map<String, Value>, RowError> {
        let mut all = Map::new();
        for (name, value) in fields {
            let Some(option) = self.option(name) else { continue };
            let value = match value {
                Value::String(text) if self.texts && text.is_empty() => continue,
                Value::String(text) if self.texts => option.parse(text).map_err(beamline::Error::from)?.json(),
                Value::Null => continue,
                value => value.clone(),
            };
            all.insert(name.clone(), value);
        }
        let several = match fields.get(OPTIONS) {
            None | Some(Value::Null) => return Ok(all),
            Some(Value::String(text)) if self.texts && text.trim().is_empty() => return Ok(all),
            Some(Value::String(text)) if self.texts => serde_json::from_str(text).ok(),
            Some(value) => Some(value.clone()),
        };
        let Some(Value::Object(several)) = several else {
            return Err(RowError::usage("the column \"options\" must be a JSON object of decoding options"));
        };
        for (name, value) in several {
            if all.contains_key(&name) {
                return Err(RowError::usage(format!("{name} is a column and one of the options; give it once")));
            }
            all.insert(name, value);
        }
        Ok(all)
    }
}

/// The column of several options.
pub(crate) const OPTIONS: &str = "options";
