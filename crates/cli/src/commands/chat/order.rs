//! What a line asks for: something said, or a command behind a slash.

use beamline::nearest;

/// A line of a conversation.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Order {
    /// A message.
    Say(String),
    /// Another answer to the last message.
    Regen,
    /// The last message and its answer are taken back.
    Undo,
    /// All is taken back but what the model was told first.
    Reset,
    /// An option gets a value.
    Set(String, String),
    /// The options that are set are shown.
    Show,
    /// An option goes back to its default.
    Unset(String),
    /// The conversation is written to a file.
    Save(String),
    /// How much of the prompts was there already.
    Stats,
    /// The commands are listed.
    Help,
    /// The end.
    Quit,
}

/// The commands, with what each does.
const COMMANDS: [(&str, &str, &str); 10] = [
    ("regen", "", "answer the last message again"),
    ("undo", "", "take back the last message and its answer"),
    ("reset", "", "begin anew, with the same system message"),
    ("set", "NAME VALUE", "set a decoding option, such as: /set temperature 0.7; alone: show those that are set"),
    ("unset", "NAME", "take an option back to its default"),
    ("seed", "N", "draw by this seed"),
    ("save", "FILE", "write the conversation to a file; beamline chat --messages FILE goes on with it"),
    ("stats", "", "tell how many tokens of prompts were in memory already"),
    ("help", "", "list the commands"),
    ("quit", "", "end; so does Ctrl-D"),
];

/// The list of commands.
pub(super) fn help() -> String {
    let row = |(name, value, what): &(&str, &str, &str)| format!("/{:17} {what}\n", format!("{name} {value}").trim());
    let rows: String = COMMANDS.iter().map(row).collect();
    rows + "A message that begins with a slash begins with two. A line that ends with \\ goes on. Ctrl-C ends an answer.\n"
}

impl Order {
    /// Reads a line; an error says what is wrong with it.
    pub(super) fn read(line: &str) -> Result<Self, String> {
        let Some(command) = line.strip_prefix('/') else { return Ok(Self::Say(line.to_owned())) };
        if command.starts_with('/') {
            return Ok(Self::Say(command.to_owned()));
        }
        let (name, rest) = command.split_once(char::is_whitespace).unwrap_or((command, ""));
        let rest = rest.trim();
        let alone =
            |order: Self| if rest.is_empty() { Ok(order) } else { Err(format!("/{name} takes nothing behind it")) };
        let wanting = |what: &str, order: fn(String) -> Self| {
            if rest.is_empty() { Err(format!("/{name} wants {what} behind it")) } else { Ok(order(rest.to_owned())) }
        };
        match name {
            "regen" => alone(Self::Regen),
            "undo" => alone(Self::Undo),
            "reset" => alone(Self::Reset),
            "stats" => alone(Self::Stats),
            "help" => alone(Self::Help),
            "quit" | "exit" => alone(Self::Quit),
            "save" => wanting("a file", Self::Save),
            "unset" => wanting("the name of an option", Self::Unset),
            "seed" => wanting("a number", |seed| Self::Set("seed".to_owned(), seed)),
            "set" if rest.is_empty() => Ok(Self::Show),
            "set" => match rest.split_once(|c: char| c.is_whitespace() || c == '=') {
                Some((option, value)) => Ok(Self::Set(option.to_owned(), value.trim().to_owned())),
                None => Err("/set wants a name and a value, such as: /set temperature 0.7".to_owned()),
            },
            _ => {
                let near = nearest(name, COMMANDS.iter().map(|(name, ..)| *name));
                let near = near.map_or(String::new(), |near| format!("a similar one is /{near}; "));
                Err(format!("no command /{name}; {near}/help lists them"))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_messages_or_commands() {
        let read = |line: &str| Order::read(line).unwrap();
        assert_eq!(read("hello /quit"), Order::Say("hello /quit".to_owned()));
        assert_eq!(read("//etc"), Order::Say("/etc".to_owned()));
        assert_eq!(read("/set temperature 0.7"), Order::Set("temperature".to_owned(), "0.7".to_owned()));
        assert_eq!(read("/set top_k=3"), Order::Set("top_k".to_owned(), "3".to_owned()));
        assert_eq!(read("/seed 7"), Order::Set("seed".to_owned(), "7".to_owned()));
        assert_eq!((read("/set"), read("/quit ")), (Order::Show, Order::Quit));
        assert_eq!(read("/save my chat.json"), Order::Save("my chat.json".to_owned()));
    }

    #[test]
    fn wrong_commands_are_told_in_a_line() {
        for (line, said) in [
            ("/regan", "a similar one is /regen"),
            ("/undo 3", "takes nothing"),
            ("/save", "wants a file"),
            ("/set temperature", "a name and a value"),
            ("/", "/help lists them"),
        ] {
            let error = Order::read(line).unwrap_err();
            assert!(error.contains(said), "{error}");
        }
    }
}
