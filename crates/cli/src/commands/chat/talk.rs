//! A conversation under way: what was said, and the answers.

use crate::args::TemplateArgs;
use crate::failure::{Failure, told};
use crate::interrupt::{self, OnInterrupt};
use crate::messages;
use crate::output::{note, print};
use beamline::{
    Budget, ChatTemplate, Conversation, Engine, Geometry, Message, OptionValue, Options, PrefixStore, Prompt, RawStats,
    TextDeltas, options,
};

/// How many contexts' keys and values are kept.
const CONTEXTS: usize = 2;

/// What was said, and what answers it.
pub(super) struct Talk<'a> {
    engine: &'a Engine,
    args: &'a TemplateArgs,
    template: ChatTemplate,
    conversation: Conversation,
    options: Options,
    store: PrefixStore,
}

impl<'a> Talk<'a> {
    pub(super) fn new(
        engine: &'a Engine,
        args: &'a TemplateArgs,
        conversation: Conversation,
        options: &Options,
    ) -> Result<Self, Failure> {
        let template = messages::template(args, engine.chat_templates(), &conversation)?;
        let geometry = engine.model().geometry();
        let blocks = geometry.context.div_ceil(Geometry::BLOCK) * CONTEXTS;
        let store = PrefixStore::new(engine, blocks * geometry.block_bytes());
        let talk = Self { engine, args, template, conversation, options: options.clone(), store };
        engine.plan(&talk.options)?;
        Ok(talk)
    }

    /// Says something, and prints the answer. What cannot be answered is taken back.
    pub(super) fn say(&mut self, text: &str) -> Result<bool, Failure> {
        self.conversation.messages.push(Message::user(text));
        let answered = self.answer();
        if !matches!(answered, Ok(true)) && self.last_is("user") {
            self.conversation.messages.pop();
        }
        answered
    }

    /// Answers the last message again.
    pub(super) fn regen(&mut self) -> Result<bool, Failure> {
        if !self.last_is("assistant") {
            return Err(Failure::usage("/regen: there is no answer yet"));
        }
        let plan = self.engine.plan(&self.options)?;
        let before = self.conversation.messages.pop();
        let draws = plan.options().get("do_sample").is_some_and(|setting| setting.value == OptionValue::Flag(true));
        if !draws || self.options.get("seed").is_some() {
            note("note: nothing new is drawn, so the answer is the same; /set do_sample true, or another /seed");
        }
        let answered = self.answer();
        if !matches!(answered, Ok(true)) && !self.last_is("assistant") {
            self.conversation.messages.extend(before);
        }
        answered
    }

    fn last_is(&self, role: &str) -> bool {
        self.conversation.messages.last().is_some_and(|message| message.role() == role)
    }

    /// Prints the answer as it comes; false where Ctrl-C ended it. What was said by then is kept.
    fn answer(&mut self) -> Result<bool, Failure> {
        let parts = (self.engine.chat_templates(), &self.template, &**self.engine.tokenizer());
        let prompt = messages::prompt(self.args, parts, &self.conversation)?;
        let mut given = self.engine.chat_options(&self.template, &self.options);
        let context = self.engine.model().geometry().context;
        let to_the_end = given.get("max_new_tokens").is_none() && given.get("max_length").is_none();
        if to_the_end {
            given = given.max_new_tokens(context.saturating_sub(prompt.token_ids.len()).max(1));
        }
        let plan = self.engine.plan(&given)?;
        let mut sessions = [self.store.session(self.engine, Prompt::Ids(prompt.token_ids), &plan)?];
        sessions[0].raw_stats(RawStats::Off);
        let mut deltas = TextDeltas::new(self.engine, &sessions[0]);
        let mut text = String::new();
        interrupt::set(OnInterrupt::AfterStep);
        let mut is_done = false;
        while !is_done && !interrupt::pressed() {
            is_done = !self.engine.step(&mut sessions, Budget::ALL, &mut ())?.more;
            for news in deltas.take(&sessions[0]).iter().filter(|news| news.sequence == 0) {
                print(&news.text)?;
                text += &news.text;
            }
        }
        interrupt::set(OnInterrupt::AtOnce);
        if is_done {
            // A session that failed says why.
            self.engine.run(&mut sessions, &mut ())?;
        }
        for news in deltas.finish(&sessions[0]).iter().filter(|news| news.sequence == 0) {
            print(&news.text)?;
            text += &news.text;
        }
        print("\n")?;
        self.store.keep(self.engine, &sessions[0]);
        let completion = self.engine.completion(&sessions);
        let is_full = |sequence: &beamline::Sequence| {
            sequence.context_full || (to_the_end && sequence.finish_reason == Some("length"))
        };
        if completion.sequences.first().is_some_and(is_full) {
            note(&format!(
                "note: the context of {context} tokens is full; the answer ends here; /undo takes the last turn back, /reset all of them"
            ));
        }
        if !text.is_empty() || is_done {
            self.conversation.messages.push(Message::assistant(&text));
        }
        Ok(is_done)
    }

    /// Takes the last message and its answer back.
    pub(super) fn undo(&mut self) -> Result<(), Failure> {
        let messages = &mut self.conversation.messages;
        let last = messages.iter().rposition(|message| message.role() == "user");
        let last = last.ok_or_else(|| Failure::usage("/undo: nothing was said yet"))?;
        messages.truncate(last);
        Ok(())
    }

    /// Takes all back but what the model was told first.
    pub(super) fn reset(&mut self) {
        let is_first = |message: &Message| ["system", "developer"].contains(&message.role());
        let kept = self.conversation.messages.iter().take_while(|message| is_first(message)).count();
        self.conversation.messages.truncate(kept);
    }

    /// Sets an option. One that only drawing has a use for turns drawing on.
    pub(super) fn set(&mut self, name: &str, value: &str) -> Result<(), Failure> {
        let mut changed = self.options.clone();
        changed.set(name, value)?;
        if let Err(error) = self.engine.plan(&changed) {
            let name = name.replace('-', "_");
            let is_for_draws = options().any(|option| option.name == name && option.needs.contains(&"do_sample"))
                && changed.get("do_sample").is_none();
            let drawing = changed.clone().do_sample(true);
            if !is_for_draws || self.engine.plan(&drawing).is_err() {
                return Err(Failure::usage(told(&error)));
            }
            note(&format!("note: {name} is for drawing tokens, so do_sample is true now"));
            changed = drawing;
        }
        self.options = changed;
        Ok(())
    }

    /// Takes an option back to its default.
    pub(super) fn unset(&mut self, name: &str) -> Result<(), Failure> {
        let name = name.replace('-', "_");
        let mut changed = self.options.clone();
        if changed.get(&name).is_none() {
            return Err(Failure::usage(format!("/unset: {name} is not set")));
        }
        changed.remove(&name);
        self.engine.plan(&changed)?;
        self.options = changed;
        Ok(())
    }

    /// The options that are set, a line each.
    pub(super) fn settings(&self) -> String {
        let row = |(name, setting): (&str, &beamline::Setting)| format!("{name} {}", setting.value.json());
        let rows = self.options.iter().map(row).collect::<Vec<_>>().join("\n");
        if rows.is_empty() { "nothing is set; beamline help options lists what can be".to_owned() } else { rows }
    }

    /// Writes the conversation to a file.
    pub(super) fn save(&self, file: &str) -> Result<(), Failure> {
        let text = serde_json::to_string_pretty(&self.conversation.json()).unwrap_or_default() + "\n";
        std::fs::write(file, text)
            .map_err(|error| Failure::usage(format!("{file}: {error}; give /save a file that can be written")))
    }

    /// How much of the prompts was in memory already.
    pub(super) fn stats(&self) -> String {
        let stats = self.store.stats();
        let messages = self.conversation.messages.len();
        format!(
            "{messages} messages; of {} tokens of prompts {} were in memory already; {} blocks of keys and values, {:.1} MB\n",
            stats.asked,
            stats.hits,
            stats.blocks,
            stats.bytes as f64 / 1e6
        )
    }
}
