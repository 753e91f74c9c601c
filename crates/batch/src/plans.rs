//! Rows made into sessions: options over the run's, seeds, prompts, templates.

use crate::row::{Ask, Row, RowError};
use crate::seed::row_seed;
use crate::settings::Settings;
use beamline::{ChatTemplate, Conversation, Engine, Error, OptionValue, Options, Plan, Prompt, Session, chosen_seed};
use serde_json::Value;

/// Makes sessions of rows.
pub(crate) struct Plans {
    options: Options,
    seed: u64,
    /// The plan of rows with prompts that have no options of their own, and whether it draws.
    plain: (Plan, bool),
    given: Option<ChatTemplate>,
    /// The model's template for conversations without tools and with them, with the plan of rows that have no options of
    /// their own: made when the first such row comes.
    chats: [Option<Chat>; 2],
    /// Whether a template has asked for the date.
    dated: bool,
}

struct Chat {
    template: ChatTemplate,
    options: Options,
    plan: (Plan, bool),
}

impl Plans {
    /// Checks the run's options.
    pub(crate) fn new(engine: &Engine, settings: &Settings) -> Result<Self, Error> {
        let seed = settings.options.get("seed").and_then(|setting| setting.value.count());
        let mut options = settings.options.clone();
        options.remove("seed");
        let plain = plan(engine, &options)?;
        let seed = seed.unwrap_or_else(chosen_seed);
        Ok(Self { options, seed, plain, given: settings.template.clone(), chats: [None, None], dated: false })
    }

    /// The run's seed.
    pub(crate) fn seed(&self) -> u64 {
        self.seed
    }

    /// Whether a template has asked for the date: another day gives other prompts.
    pub(crate) fn is_dated(&self) -> bool {
        self.dated
    }

    /// Sequences of rows that have no options of their own.
    pub(crate) fn returned(&self) -> u64 {
        let returned = self.plain.0.options().get("num_return_sequences");
        returned.and_then(|setting| setting.value.count()).unwrap_or(1)
    }

    /// Whether rows draw that have no options of their own.
    pub(crate) fn draws(&self) -> bool {
        self.plain.1
    }

    /// The session of a row.
    pub(crate) fn session(&mut self, engine: &Engine, row: &Row) -> Result<Session, RowError> {
        let seed = row_seed(self.seed, row.key.as_deref(), row.number);
        let (prompt, (plan, draws), all) = match &row.ask {
            Ask::Prompt(prompt) => (prompt.clone(), &self.plain, &self.options),
            Ask::Conversation(conversation) => {
                let at = self.chat(engine, conversation)?;
                let chat = self.chats[at].as_ref().expect("it was made");
                let prompt = engine.chat_prompt(&chat.template, conversation)?;
                self.dated |= prompt.is_dated;
                (Prompt::Ids(prompt.token_ids), &chat.plan, &chat.options)
            }
        };
        let plan = match own(row)? {
            None if *draws => plan.clone().seeded(seed),
            None => plan.clone(),
            Some(own) => {
                let own = if own.get("seed").is_some() { own } else { own.seed(seed) };
                engine.plan(&own.beside(&all.as_defaults()))?
            }
        };
        Ok(engine.session(prompt, &plan)?)
    }

    /// Where the template of a conversation is.
    fn chat(&mut self, engine: &Engine, conversation: &Conversation) -> Result<usize, Error> {
        let at = usize::from(conversation.tools.is_some());
        let place = &mut self.chats[at];
        if place.is_none() {
            let template = match &self.given {
                Some(template) => template.clone(),
                None => engine.chat_templates().fitting(conversation)?,
            };
            let options = engine.chat_options(&template, &self.options);
            let plan = plan(engine, &options)?;
            *place = Some(Chat { template, options, plan });
        }
        Ok(at)
    }
}

/// A plan for many rows, and whether it draws.
fn plan(engine: &Engine, options: &Options) -> Result<(Plan, bool), Error> {
    let plan = engine.plan(options)?;
    let draws = plan.options().get("do_sample").is_some_and(|setting| setting.value == OptionValue::Flag(true));
    Ok((plan, draws))
}

/// A row's own options, where it has any.
fn own(row: &Row) -> Result<Option<Options>, Error> {
    if row.options.values().all(Value::is_null) {
        return Ok(None);
    }
    let mut options = Options::new();
    options.config(&Value::Object(row.options.clone()))?;
    Ok(Some(options))
}
