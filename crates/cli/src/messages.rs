//! Messages from arguments, files and standard input, and the prompts that a template makes of them.

use crate::args::{MessageArgs, PromptArgs, TemplateArgs};
use crate::failure::Failure;
use crate::output::note;
use crate::prompts;
use beamline::{
    ChatPrompt, ChatTemplate, ChatTemplates, Conversation, Date, Engine, Error, Message, Options, Prompt, Tokenizer,
};
use serde_json::{Map, Value};
use std::path::Path;

/// The conversations that are asked for in place of prompts; none where prompts are what is meant.
pub(crate) fn asked(args: &MessageArgs, given: &PromptArgs) -> Result<Option<Vec<Conversation>>, Failure> {
    if let Some(path) = &args.messages {
        let is_given =
            given.argument.is_some() || [given.prompt.len(), given.prompt_ids.len(), given.prompt_file.len()] != [0; 3];
        if is_given {
            return Err(Failure::usage("--messages has all that is said; leave the prompt out"));
        }
        return Ok(Some(vec![saved(path, &args.template)?]));
    }
    if !args.chat {
        return needless(&args.template, ASK).map(|()| None);
    }
    let message = |prompt| match prompt {
        Prompt::Text(text) => begun(vec![Message::user(&text)], &args.template),
        Prompt::Ids(_) => Err(Failure::usage("--chat makes a message of a text; --prompt-ids are tokens already")),
    };
    prompts::gather(given)?.into_iter().map(message).collect::<Result<_, _>>().map(Some)
}

/// The conversation that one text, or a file of messages, asks for; none where a text is what is meant.
pub(crate) fn asked_once(args: &MessageArgs, text: Option<&str>) -> Result<Option<Conversation>, Failure> {
    match (&args.messages, text) {
        (Some(_), Some(_)) => Err(Failure::usage("--messages has all that is said; leave the text out")),
        (Some(path), None) => saved(path, &args.template).map(Some),
        (None, Some(text)) if args.chat => begun(vec![Message::user(&prompts::text(text)?)], &args.template).map(Some),
        _ => needless(&args.template, ASK).map(|()| None),
    }
}

/// What makes messages of prompts.
const ASK: &str = "--chat, or --messages FILE";

/// Nothing of a template may be asked for in vain; `remedy` is what asks for messages.
pub(crate) fn needless(args: &TemplateArgs, remedy: &str) -> Result<(), Failure> {
    let given = [
        ("--system", args.system.is_some()),
        ("--chat-template", args.chat_template.is_some()),
        ("--chat-date", args.chat_date.is_some()),
        ("--chat-var", !args.chat_var.is_empty()),
    ];
    match given.into_iter().find(|(_, is_given)| *is_given) {
        Some((flag, _)) => Err(Failure::usage(format!("{flag} has no effect on a plain prompt; add {remedy}"))),
        None => Ok(()),
    }
}

/// A conversation from a file.
pub(crate) fn saved(path: &Path, args: &TemplateArgs) -> Result<Conversation, Failure> {
    let text = if path.as_os_str() == "-" { prompts::text("-")? } else { prompts::read(path)? };
    let named = |error| Failure::usage(format!("{}: {error}", path.display()));
    told(Conversation::read(&text).map_err(named)?, args)
}

/// A conversation of these messages.
pub(crate) fn begun(messages: Vec<Message>, args: &TemplateArgs) -> Result<Conversation, Failure> {
    told(Conversation::new(messages), args)
}

/// A conversation with what the flags tell besides.
fn told(mut conversation: Conversation, args: &TemplateArgs) -> Result<Conversation, Failure> {
    if let Some(system) = &args.system {
        conversation.begin_with(system).map_err(|error| Failure::usage(format!("--{error}")))?;
    }
    conversation.variables.append(&mut variables(args)?);
    conversation.date = Some(day(args));
    Ok(conversation)
}

/// The variables that are given to the template.
pub(crate) fn variables(args: &TemplateArgs) -> Result<Map<String, Value>, Failure> {
    let mut all = Map::new();
    for pair in &args.chat_var {
        let wrong = || {
            Failure::usage(format!(
                "--chat-var must be a name and a value, such as enable_thinking=false, got {pair:?}"
            ))
        };
        let (name, value) = pair.split_once('=').filter(|(name, _)| !name.is_empty()).ok_or_else(wrong)?;
        // A word that is no JSON is a text.
        let value = serde_json::from_str(value).unwrap_or_else(|_| Value::from(value));
        all.insert(name.to_owned(), value);
    }
    Ok(all)
}

/// The day that templates may write: as given, or today.
pub(crate) fn day(args: &TemplateArgs) -> Date {
    args.chat_date.unwrap_or_else(Date::today)
}

/// The template that is asked for, or the model's own.
pub(crate) fn template(
    args: &TemplateArgs,
    templates: &ChatTemplates,
    conversation: &Conversation,
) -> Result<ChatTemplate, Failure> {
    let Some(name) = &args.chat_template else { return Ok(templates.fitting(conversation)?) };
    let path = Path::new(name);
    if templates.names().any(|known| known == name) || !path.is_file() {
        return Ok(templates.named(name)?);
    }
    Ok(ChatTemplate::new(name, &prompts::read(path)?).map_err(Error::from)?)
}

/// A conversation as the model reads it. Where the day was not given and the template writes it, that is said: tomorrow's prompt
/// is another.
pub(crate) fn prompt(
    args: &TemplateArgs,
    (templates, template, tokenizer): (&ChatTemplates, &ChatTemplate, &Tokenizer),
    conversation: &Conversation,
) -> Result<ChatPrompt, Failure> {
    let prompt = templates.prompt(template, conversation, tokenizer)?;
    prompts::tell_of_written_begins(tokenizer, &prompt.text);
    if let Some(date) = conversation.date.filter(|_| prompt.is_dated && args.chat_date.is_none()) {
        note(&format!(
            "note: the template writes today's date; --chat-date {date} gives this prompt on other days too"
        ));
    }
    Ok(prompt)
}

/// Prompts for conversations, and options under which their answers end.
pub(crate) fn prompts(
    engine: &Engine,
    args: &TemplateArgs,
    conversations: &[Conversation],
    given: &Options,
) -> Result<(Vec<Prompt>, Options), Failure> {
    let mut all = Vec::new();
    let mut options = given.clone();
    for conversation in conversations {
        let template = template(args, engine.chat_templates(), conversation)?;
        options = engine.chat_options(&template, given);
        let parts = (engine.chat_templates(), &template, &**engine.tokenizer());
        all.push(Prompt::Ids(prompt(args, parts, conversation)?.token_ids));
    }
    Ok((all, options))
}
