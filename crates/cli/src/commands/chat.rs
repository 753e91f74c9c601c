//! `beamline chat`: a conversation in the terminal, or line by line through a pipe.

mod lines;
mod order;
mod talk;

use crate::args::Chat;
use crate::failure::Failure;
use crate::interrupt;
use crate::output::{note, print};
use crate::{messages, model};
use beamline::Options;
use lines::{Line, Lines};
use order::Order;
use talk::Talk;

pub(crate) fn run(args: &Chat, given: &Options) -> Result<(), Failure> {
    let conversation = match &args.messages {
        Some(path) if path.as_os_str() == "-" => {
            return Err(Failure::usage("--messages -: standard input is what is said; give it a file"));
        }
        Some(path) => messages::saved(path, &args.template)?,
        None => messages::begun(Vec::new(), &args.template)?,
    };
    // No weights are read for a model that cannot chat.
    messages::template(&args.template, model::quietly_found(&args.model)?.chat_templates(), &conversation)?;
    let mut engine = model::open(&args.model, given)?;
    super::generate::take_assistant(&mut engine, &args.model, given)?;
    let mut talk = Talk::new(&engine, &args.template, conversation, given)?;
    let mut lines = Lines::open()?;
    if lines.is_typed() {
        note(&format!("{}: /help lists the commands", engine.name()));
    }
    loop {
        let line = match lines.next()? {
            Line::Text(line) => line,
            Line::End => return Ok(()),
            Line::Interrupted => return Err(Failure::interrupted()),
        };
        if line.trim().is_empty() {
            continue;
        }
        let followed = Order::read(&line).map_err(Failure::usage).and_then(|order| follow(&mut talk, order));
        match followed {
            Ok(Then::Next) => {}
            Ok(Then::Stopped) if lines.is_typed() => {
                interrupt::forget();
                note("(stopped)");
            }
            Ok(Then::Stopped) => return Err(Failure::interrupted()),
            Ok(Then::End) => return Ok(()),
            // Nobody is there to mend what a pipe says, and a reader that is gone is gone.
            Err(failure) if lines.is_typed() && failure.code != 0 => failure.tell(),
            Err(failure) => return Err(failure),
        }
    }
}

/// What comes after an order.
enum Then {
    /// The next line.
    Next,
    /// The next line, but the answer was stopped.
    Stopped,
    /// Nothing.
    End,
}

/// Does what a line asks for.
fn follow(talk: &mut Talk<'_>, order: Order) -> Result<Then, Failure> {
    let answered = |is_done| if is_done { Then::Next } else { Then::Stopped };
    match order {
        Order::Say(text) => return talk.say(&text).map(answered),
        Order::Regen => return talk.regen().map(answered),
        Order::Undo => talk.undo()?,
        Order::Reset => talk.reset(),
        Order::Set(name, value) => talk.set(&name, &value)?,
        Order::Unset(name) => talk.unset(&name)?,
        Order::Show => note(&talk.settings()),
        Order::Save(file) => talk.save(&file)?,
        Order::Stats => note(talk.stats().trim_end()),
        Order::Help => print(&order::help())?,
        Order::Quit => return Ok(Then::End),
    }
    Ok(Then::Next)
}
