//! Rows through the queue: the same results whatever the order, the bounds, the threads and the neighbours.
#![allow(clippy::unwrap_used)] // tests may

use beamline::{ChatTemplate, Conversation, Engine, Message, OpenOptions, Options, Prompt, TokenId};
use beamline_batch::{Ask, Bounds, Completed, Next, Queue, Row, Rows, Settings, row_seed};
use proptest::prelude::*;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock};

static ENGINE: LazyLock<Arc<Engine>> = LazyLock::new(|| Arc::new(Engine::open("builtin").unwrap()));

const PROMPTS: [&str; 9] = [
    "Once upon a time",
    "It was the best of times, it was the worst of times, it was the age of wisdom, it was the age of foolishness, it was",
    "She",
    "안녕하세요",
    "It was the best of times, it was the worst of times, it was the age of wisdom, it was the epoch",
    "\"Well,\" said the old man, who had been looking out of the window all the while,",
    "a",
    "He looked at",
    "In the year 1812",
];

fn options(value: &Value) -> Map<String, Value> {
    value.as_object().unwrap().clone()
}

/// Rows of every kind of search, of several lengths, some of them wrong.
fn rows() -> Vec<Row> {
    let own = [
        json!({}),
        json!({"max_new_tokens": 11}),
        json!({"temperature": 0.7, "top_p": 0.9}),
        json!({"do_sample": false, "num_beams": 3, "num_return_sequences": 2}),
        json!({"seed": 5}),
        json!({"num_return_sequences": 3}),
        json!({"temperature": -1}),
        json!({"do_sample": false, "repetition_penalty": 1.3}),
    ];
    let row = |number: u64| Row {
        key: (!number.is_multiple_of(3)).then(|| format!("key {number}")),
        options: options(&own[number as usize % own.len()]),
        ..Row::new(number, PROMPTS[number as usize % PROMPTS.len()])
    };
    let mut all: Vec<Row> = (0..24).map(row).collect();
    all.push(Row::new(24, Prompt::Ids(vec![TokenId(999_999)])));
    all.push(Row::new(25, "word ".repeat(3000)));
    all.push(Row { options: options(&json!({"num_beans": 3})), ..Row::new(26, "a") });
    all
}

fn settings(bounds: Bounds) -> Settings {
    let options = Options::new().do_sample(true).temperature(0.9).max_new_tokens(6).seed(7);
    Settings { options, template: None, bounds }
}

/// What a row came to, to the bit.
fn shown(row: &Completed) -> String {
    let sequences = |all: &Vec<beamline::Sequence>| {
        let one = |s: &beamline::Sequence| {
            format!("{:?} {:?} {:?} {:x}", s.text, s.token_ids, s.finish_reason, s.sum_logprob.to_bits())
        };
        all.iter().map(one).collect::<Vec<_>>().join("; ")
    };
    let outcome = row.outcome.as_ref().map(sequences);
    format!("{:?} {} {outcome:?}", row.key, row.prompt_tokens)
}

fn run(engine: &Arc<Engine>, settings: &Settings, rows: Vec<Row>) -> Vec<(u64, String)> {
    let all = Rows::new(Arc::clone(engine), settings, rows.into_iter()).unwrap();
    all.map(|row| row.unwrap()).map(|row| (row.number, shown(&row))).collect()
}

/// Each row by itself.
static ALONE: LazyLock<Vec<(u64, String)>> = LazyLock::new(|| {
    rows().into_iter().flat_map(|row| run(&ENGINE, &settings(Bounds::default()), vec![row])).collect()
});

#[test]
fn rows_are_what_they_are_alone_and_come_in_order() {
    assert_eq!(run(&ENGINE, &settings(Bounds::default()), rows()), *ALONE);
    let failed = |number: usize| ALONE[number].1.contains("Err(");
    assert!((0..27).all(|n| failed(n) == (n >= 24 || n % 8 == 6)), "{:#?}", *ALONE);
    for (number, words) in [(6, "temperature"), (24, "beyond the vocabulary"), (25, "leaves room"), (26, "num_beams")] {
        assert!(ALONE[number].1.contains(words), "{}", ALONE[number].1);
    }
    // Draws hang on keys: two rows that differ in nothing else differ.
    let two = |key: &str| Row { key: Some(key.to_owned()), ..Row::new(0, "Once upon a time") };
    let [a, b] = [two("a"), two("b")].map(|row| run(&ENGINE, &settings(Bounds::default()), vec![row]).remove(0).1);
    assert_ne!(
        a.split_once(' ').unwrap().1.split_once(' ').unwrap().1,
        b.split_once(' ').unwrap().1.split_once(' ').unwrap().1
    );
}

#[test]
fn threads_change_nothing() {
    let one = Arc::new(OpenOptions::new().threads(1).open("builtin").unwrap());
    let three = Arc::new(OpenOptions::new().threads(3).open("builtin").unwrap());
    assert_eq!(run(&one, &settings(Bounds::default()), rows()), *ALONE);
    assert_eq!(run(&three, &settings(Bounds::default()), rows()), *ALONE);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]
    #[test]
    fn neither_order_nor_bounds_change_a_row(
        order in Just((0..27_usize).collect::<Vec<_>>()).prop_shuffle(),
        sessions in 1..9_usize,
        blocks in 30..400_usize,
        step_tokens in 1..80_usize,
        window in 1..40_usize,
    ) {
        let cache_bytes = blocks * ENGINE.model().geometry().block_bytes();
        let settings = settings(Bounds { sessions, cache_bytes, step_tokens, window });
        let all = rows();
        let shuffled: Vec<Row> = order.iter().map(|&at| all[at].clone()).collect();
        let done = run(&ENGINE, &settings, shuffled);
        prop_assert_eq!(done.iter().map(|(number, _)| *number as usize).collect::<Vec<_>>(), order);
        for (number, shown) in done {
            prop_assert_eq!(&shown, &ALONE[number as usize].1);
        }
    }
}

/// A row's draws are those of its seed, wherever that comes from.
#[test]
fn a_row_is_what_its_seed_gives() {
    let engine = &*ENGINE;
    let options = || Options::new().do_sample(true).max_new_tokens(8);
    let of = |seed: u64| engine.complete("She said", &engine.plan(&options().seed(seed)).unwrap()).unwrap();
    let settings = Settings { options: options().seed(3), ..Settings::default() };
    let keyed = Row { key: Some("가".to_owned()), ..Row::new(8, "She said") };
    let own = Row { options: self::options(&json!({"seed": 11})), ..keyed.clone() };
    let torch = Row { options: self::options(&json!({"seed": 11, "rng": "torch"})), ..keyed.clone() };
    let rows = vec![keyed, own, Row::new(9, "She said"), torch];
    let done: Vec<Completed> =
        Rows::new(Arc::clone(engine), &settings, rows.into_iter()).unwrap().map(|row| row.unwrap()).collect();
    let ids = |row: usize| &done[row].outcome.as_ref().unwrap()[0].token_ids;
    assert_eq!(*ids(0), of(row_seed(3, Some("가"), 8)).sequences[0].token_ids);
    assert_eq!(*ids(1), of(11).sequences[0].token_ids);
    assert_eq!(*ids(2), of(row_seed(3, None, 9)).sequences[0].token_ids);
    let torch = engine.complete("She said", &engine.plan(&options().seed(11).with("rng", "torch").unwrap()).unwrap());
    assert_eq!(*ids(3), torch.unwrap().sequences[0].token_ids);
}

#[test]
fn a_row_that_could_never_fit_is_told_so_and_no_other() {
    let cache_bytes = 8 * ENGINE.model().geometry().block_bytes();
    let settings = settings(Bounds { cache_bytes, ..Bounds::default() });
    let large = Row { options: options(&json!({"max_new_tokens": 400})), ..Row::new(1, "a") };
    let done = run(&ENGINE, &settings, vec![Row::new(0, "a"), large, Row::new(2, "b")]);
    assert!(done[1].1.contains("of keys and values, and there are"), "{}", done[1].1);
    assert!(!done[0].1.contains("Err(") && !done[2].1.contains("Err("));
}

#[test]
fn an_interrupted_run_goes_on_where_it_was() {
    let mut all = Rows::new(Arc::clone(&ENGINE), &settings(Bounds::default()), rows().into_iter()).unwrap();
    let (mut asked, mut done) = (0, Vec::new());
    loop {
        let next = all.next_while(&mut |_| {
            asked += 1;
            asked % 3 != 0
        });
        match next.unwrap() {
            Next::Row(row) => done.push((row.number, shown(&row))),
            Next::Interrupted => {}
            Next::End => break,
        }
    }
    assert!(asked > 6);
    assert_eq!(done, *ALONE);
    assert_eq!(all.queue().counts().rows, 27);
    assert_eq!(all.queue().counts().errors, 6);
}

#[test]
fn the_window_bounds_what_is_taken_out_of_the_iterator() {
    let taken = std::cell::Cell::new(0_u64);
    let rows = (0..).map(|number| {
        taken.set(taken.get() + 1);
        // The first is by far the longest.
        let tokens = if number == 0 { 60 } else { 1 };
        Row { options: options(&json!({"max_new_tokens": tokens})), ..Row::new(number, "She") }
    });
    let bounds = Bounds { window: 50, sessions: 4, ..Bounds::default() };
    let mut all = Rows::new(Arc::clone(&ENGINE), &settings(bounds), rows).unwrap();
    assert_eq!(all.next().unwrap().unwrap().number, 0);
    assert!(taken.get() <= 51, "{}", taken.get());
    assert!(all.take(200).all(|row| row.unwrap().outcome.is_ok()));
    assert!(taken.get() <= 270, "{}", taken.get());
}

#[test]
fn beginnings_that_rows_share_are_read_once() {
    let template = "It was the best of times, it was the worst of times, it was the age of wisdom, it was the age of \
                    foolishness, it was the epoch of belief, it was the epoch of incredulity, it was the season of Light, ";
    let rows = (0..40).map(|number| Row::new(number, format!("{template}{number}")));
    let bounds = Bounds { sessions: 8, ..Bounds::default() };
    let mut queue = Queue::new(Arc::clone(&ENGINE), &settings(bounds)).unwrap();
    let mut rows = rows.peekable();
    let (mut steps, mut done) = (0, BTreeMap::new());
    while rows.peek().is_some() || !queue.is_empty() {
        while queue.wants() {
            let Some(row) = rows.next() else { break };
            queue.push(row);
        }
        queue.step().unwrap();
        steps += 1;
        while let Some(row) = queue.pop_any() {
            done.insert(row.number, shown(&row));
        }
    }
    assert_eq!(done.len(), 40);
    let stats = queue.shared_beginnings();
    assert!(stats.hits * 10 > stats.asked * 6, "{stats:?}");
    // Six tokens each, eight rows at a time, and a step in which the first reads alone.
    assert!(steps <= 40, "{steps}");
}

#[test]
fn messages_go_through_a_template() {
    let source = "{% for m in messages %}{{ m.role }}: {{ m.content }}\n{% endfor %}assistant:";
    let template = Some(ChatTemplate::new("mine", source).unwrap());
    let conversation = Conversation::new(vec![Message::user("Hello!")]);
    let row = |number| Row { ask: Ask::Conversation(conversation.clone()), ..Row::new(number, "") };
    let with = Settings { template, ..settings(Bounds::default()) };
    let chat = run(&ENGINE, &with, vec![row(0)]);
    let plain = run(&ENGINE, &with, vec![Row::new(0, "user: Hello!\nassistant:")]);
    assert_eq!(chat, plain);
    let without = run(&ENGINE, &settings(Bounds::default()), vec![row(0), Row::new(1, "a")]);
    assert!(without[0].1.contains("no chat template") && !without[1].1.contains("Err("), "{without:?}");
}

fn can_go_to_another_thread<T: Send + 'static>() {}

#[test]
fn wrong_options_of_the_run_are_found_at_once() {
    let settings = Settings { options: Options::new().temperature(0.5), ..Settings::default() };
    let error = Queue::new(Arc::clone(&ENGINE), &settings).unwrap_err();
    assert!(error.to_string().contains("temperature has no effect"), "{error}");
    can_go_to_another_thread::<Queue>();
    can_go_to_another_thread::<Row>();
    can_go_to_another_thread::<Completed>();
}
