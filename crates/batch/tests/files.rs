//! Files in, files out: the same bytes whatever ended a run, whatever part it was, and nothing lost.
#![allow(clippy::unwrap_used)] // tests may

use beamline::{ChatTemplate, Engine, OpenOptions, Options};
use beamline_batch::{
    BatchError, BatchRun, Bounds, Columns, Format, Input, Journaling, Output, Progress, Settings, Summary, Talk, Watch,
};
use serde_json::{Value, json};
use std::fs::{read, read_dir, read_to_string, write};
use std::io::Cursor;
use std::path::{Path, PathBuf};
use std::sync::{Arc, LazyLock, Mutex};
use tempfile::TempDir;

static ENGINE: LazyLock<Arc<Engine>> = LazyLock::new(|| Arc::new(Engine::open("builtin").unwrap()));

fn settings() -> Settings {
    let options = Options::new().do_sample(true).max_new_tokens(6).seed(7);
    Settings { options, bounds: Bounds { sessions: 5, ..Bounds::default() }, ..Settings::default() }
}

/// A run that is ended before so many steps, and what it said.
#[derive(Default)]
struct Steps {
    left: Option<usize>,
    notes: Vec<String>,
    last: Progress,
}

impl Watch for Steps {
    fn note(&mut self, line: &str) {
        self.notes.push(line.to_owned());
    }
    fn progress(&mut self, progress: &Progress) {
        self.last = *progress;
    }
    fn goes_on(&mut self) -> bool {
        match &mut self.left {
            Some(0) => false,
            Some(left) => {
                *left -= 1;
                true
            }
            None => true,
        }
    }
}

struct Folder(TempDir);

impl Folder {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }
    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }
    fn with(self, name: &str, text: impl AsRef<[u8]>) -> Self {
        write(self.path(name), text).unwrap();
        self
    }
    fn run(&self, input: &str, output: &str) -> BatchRun {
        BatchRun::new(self.path(input), self.path(output))
    }
    fn names(&self) -> Vec<String> {
        let mut all: Vec<String> =
            read_dir(self.0.path()).unwrap().map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
        all.sort();
        all
    }
    fn lines(&self, name: &str) -> Vec<Value> {
        read_to_string(self.path(name)).unwrap().lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }
}

fn done(run: BatchRun) -> Result<Summary, BatchError> {
    run.prepare()?.run(&ENGINE, &settings(), &mut ())
}

fn failed(run: BatchRun) -> String {
    let error = done(run).unwrap_err().to_string();
    assert!(!error.contains('\n'), "{error}");
    error
}

/// Rows of many kinds, some of which are wrong.
fn rows(count: usize) -> String {
    let line = |number: usize| match number % 9 {
        3 => "{\"prompt\": \"a\", \"temperature\": -3}".to_owned(),
        5 => "{\"prompt\": ".to_owned(),
        7 => json!({"id": number, "prompt": "그녀는", "max_new_tokens": 14, "topic": ["x", 1.50]}).to_string(),
        8 => json!({"id": number, "prompt": "It", "options": {"num_return_sequences": 2, "top_k": 20}}).to_string(),
        _ => json!({"id": number, "prompt": format!("On day {number} she"), "text": "mine"}).to_string(),
    };
    (0..count).map(|number| line(number) + "\n" + if number % 4 == 0 { " \n" } else { "" }).collect()
}

#[test]
fn columns_come_through_and_bad_rows_end_nothing() {
    let folder = Folder::new().with("in.jsonl", rows(18));
    let mut watch = Steps::default();
    let summary = folder.run("in.jsonl", "out.jsonl").prepare().unwrap().run(&ENGINE, &settings(), &mut watch).unwrap();
    assert_eq!((summary.rows, summary.errors, summary.resumed), (18, 4, 0));
    assert_eq!((watch.last.rows, watch.last.total, watch.last.errors), (18, Some(18), 4));
    let out = folder.lines("out.jsonl");
    assert_eq!(out.len(), 18);
    assert_eq!(folder.names(), ["in.jsonl", "out.jsonl"], "neither journal nor part is left");
    let plain = &out[0];
    assert_eq!(plain["id"], 0);
    assert_eq!(plain["input_text"], "mine");
    assert!(plain["text"].is_string() && plain["error"].is_null() && plain["sum_logprob"].as_f64().unwrap() < 0.0);
    assert_eq!((plain["finish_reason"].as_str(), plain["token_ids"].as_array().unwrap().len()), (Some("length"), 6));
    let names: Vec<&String> = plain.as_object().unwrap().keys().collect();
    let expected = ["id", "prompt", "input_text", "text", "token_ids", "finish_reason", "sum_logprob", "error"];
    assert_eq!(names, expected);
    assert!(out[3]["error"].as_str().unwrap().contains("temperature must be"), "{}", out[3]);
    assert!(out[3]["text"].is_null() && out[3]["token_ids"].is_null() && out[3]["temperature"] == -3);
    assert!(out[5]["error"].as_str().unwrap().starts_with("line 8: not valid JSON"), "{}", out[5]);
    assert_eq!((&out[7]["topic"], out[7]["token_ids"].as_array().unwrap().len()), (&json!(["x", 1.5]), 14));
    assert_eq!(out[8]["sequences"].as_array().unwrap().len(), 2);
    assert_eq!(out[8]["sequences"][0]["text"], out[8]["text"]);
    let said = watch.notes.join("\n");
    for column in ["\"temperature\"", "\"max_new_tokens\"", "\"options\""] {
        assert!(said.contains(&format!("the column {column} is taken as each row's own")), "{said}");
    }
    assert!(said.contains("\"text\" is called \"input_text\"") && watch.notes.len() == 4, "{said}");
    // What a row came to is what `generate` gives for its seed.
    let seed = beamline_batch::row_seed(7, None, 0);
    let plan = ENGINE.plan(&Options::new().do_sample(true).max_new_tokens(6).seed(seed)).unwrap();
    assert_eq!(plain["text"], ENGINE.complete("On day 0 she", &plan).unwrap().sequences[0].text);
}

/// The output of rows in one go.
static WHOLE: LazyLock<Vec<u8>> = LazyLock::new(|| {
    let folder = Folder::new().with("in.jsonl", rows(60));
    done(folder.run("in.jsonl", "out.jsonl")).unwrap();
    read(folder.path("out.jsonl")).unwrap()
});

#[test]
fn a_run_that_is_ended_goes_on_and_computes_nothing_twice() {
    // Each time enough for the longest row.
    for every in [30, 41] {
        let folder = Folder::new().with("in.jsonl", rows(60));
        let (mut ends, mut here) = (0, 0);
        loop {
            let mut run = folder.run("in.jsonl", "out.jsonl");
            run.keep_journal = true;
            let mut settings = settings();
            // Neither changes a byte.
            settings.bounds.sessions = 1 + ends % 7;
            settings.bounds.step_tokens = 3 + ends;
            let mut watch = Steps { left: Some(every), ..Steps::default() };
            match run.prepare().unwrap().run(&ENGINE, &settings, &mut watch) {
                Ok(summary) => {
                    assert_eq!((summary.rows, summary.here.rows), (60, 60 - summary.resumed));
                    here += summary.here.rows;
                    break;
                }
                Err(BatchError::Interrupted { rows, journal }) => {
                    assert_eq!(journal, Some(folder.path("out.jsonl.journal")));
                    assert_eq!(rows, watch.last.rows);
                    here += watch.last.here.rows;
                    assert!(!folder.path("out.jsonl").exists());
                }
                Err(error) => panic!("{error}"),
            }
            ends += 1;
            assert!(ends < 200);
        }
        assert!(ends > 1, "{ends}");
        assert_eq!(here, 60, "rows were computed twice");
        assert_eq!(read(folder.path("out.jsonl")).unwrap(), *WHOLE);
        // The journal has each row once.
        let journal = read(folder.path("out.jsonl.journal")).unwrap();
        assert_eq!(beamline_batch::probe(&journal), Some(60));
        // Run again, the output comes out of the journal.
        std::fs::remove_file(folder.path("out.jsonl")).unwrap();
        let again = done(folder.run("in.jsonl", "out.jsonl")).unwrap();
        assert_eq!((again.resumed, again.here.rows), (60, 0));
        assert_eq!(read(folder.path("out.jsonl")).unwrap(), *WHOLE);
        assert_eq!(folder.names(), ["in.jsonl", "out.jsonl"]);
    }
}

#[test]
fn shards_joined_are_the_whole_and_streams_are_as_files() {
    for of in [1, 3, 4, 7, 61] {
        let folder = Folder::new().with("in.jsonl", rows(60));
        let mut all = Vec::new();
        for number in 1..=of {
            let mut run = folder.run("in.jsonl", &format!("out-{number}.jsonl"));
            run.shard = Some(format!("{number}/{of}").parse().unwrap());
            done(run).unwrap();
            all.extend(read(folder.path(&format!("out-{number}.jsonl"))).unwrap());
        }
        assert!(all == *WHOLE, "{of} parts");
    }
    let to = Shared::default();
    let input = Input::Stream(Box::new(Cursor::new(rows(60))));
    done(BatchRun::between(input, Output::Stream(Box::new(to.clone())))).unwrap();
    assert_eq!(*to.0.lock().unwrap(), *WHOLE);
}

/// A stream that can be looked at.
#[derive(Clone, Default)]
struct Shared(Arc<Mutex<Vec<u8>>>);

impl std::io::Write for Shared {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }
    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

const TABLE: &str = "\u{feff}id,글,temperature,text\r\n1,\"안녕, \"\"세계\"\"\",0.5,\"two\nlines\"\r\n2,plain,,x\r\n3,too few\r\n\r\n4,셋,hot,\r\n";

#[test]
fn tables_are_read_with_quotes_and_korean_and_written_so_that_they_are_read_again() {
    let folder = Folder::new().with("in.csv", TABLE);
    let mut run = folder.run("in.csv", "out.csv");
    run.columns.prompt = Some("{글} {{{id}}}".parse().unwrap());
    let summary = done(run).unwrap();
    assert_eq!((summary.rows, summary.errors), (4, 2));
    let mut out = csv::Reader::from_path(folder.path("out.csv")).unwrap();
    let head: Vec<String> = out.headers().unwrap().iter().map(str::to_owned).collect();
    let expected =
        ["id", "글", "temperature", "input_text", "text", "token_ids", "finish_reason", "sum_logprob", "error"];
    assert_eq!(head, expected);
    let rows: Vec<csv::StringRecord> = out.records().map(|row| row.unwrap()).collect();
    assert_eq!((&rows[0][1], &rows[0][3], &rows[1][3]), ("안녕, \"세계\"", "two\nlines", "x"));
    assert_eq!(serde_json::from_str::<Vec<u32>>(&rows[0][5]).unwrap().len(), 6);
    assert!(rows[2][8].contains("row 3: it has 2 values, and there are 4 columns"), "{}", &rows[2][8]);
    assert!(rows[3][8].contains("temperature must be"), "{}", &rows[3][8]);
    assert!(rows.iter().take(2).all(|row| row[8].is_empty() && !row[4].is_empty()));
    // The same rows as JSON, and with tabs.
    let mut run = folder.run("in.csv", "out.jsonl");
    run.columns.prompt = Some("{글} {{{id}}}".parse().unwrap());
    done(run).unwrap();
    assert_eq!(folder.lines("out.jsonl")[0]["text"], rows[0][4]);
    let mut run = folder.run("in.csv", "out.tsv");
    run.columns.prompt = Some("{글} {{{id}}}".parse().unwrap());
    done(run).unwrap();
    assert!(read_to_string(folder.path("out.tsv")).unwrap().starts_with("id\t글\ttemperature\t"));
    // Parts of a table have its head each.
    let mut joined = String::new();
    for number in 1..=2 {
        let mut run = folder.run("in.csv", "part.csv");
        run.columns.prompt = Some("{글} {{{id}}}".parse().unwrap());
        run.shard = Some(format!("{number}/2").parse().unwrap());
        done(run).unwrap();
        let part = read_to_string(folder.path("part.csv")).unwrap();
        joined += if number == 1 { &part } else { part.split_once('\n').unwrap().1 };
    }
    assert_eq!(joined, read_to_string(folder.path("out.csv")).unwrap());
}

#[test]
fn keys_hang_draws_on_names_and_not_on_places() {
    let line = |id: &str| format!("{{\"id\": {id}, \"prompt\": \"Once\"}}\n");
    let one = Folder::new().with("in.jsonl", [line("\"a\""), line("7"), line("\"b\"")].concat());
    let other = Folder::new().with(
        "in.jsonl",
        [line("\"b\""), line("\"7\""), line("\"x\""), line("\"a\""), line("\"b\""), line("null")].concat(),
    );
    let run = |folder: &Folder| {
        let mut run = folder.run("in.jsonl", "out.jsonl");
        run.columns.key = Some("id".to_owned());
        done(run).unwrap();
        folder.lines("out.jsonl")
    };
    let (one, other) = (run(&one), run(&other));
    for (here, there) in [(0, 3), (1, 1), (2, 0)] {
        assert_eq!(one[here]["token_ids"], other[there]["token_ids"]);
    }
    assert_ne!(one[0]["token_ids"], one[2]["token_ids"]);
    assert!(other[4]["error"].as_str().unwrap().contains("the key \"b\" is an earlier row's"), "{}", other[4]);
    assert!(other[5]["error"].as_str().unwrap().contains("the key \"id\" is null"), "{}", other[5]);
}

#[test]
fn messages_are_answered_by_a_template() {
    let source = "{% for m in messages %}{{ m.role }}: {{ m.content }}\n{% endfor %}assistant:{{ tone }}";
    let settings = Settings { template: Some(ChatTemplate::new("t", source).unwrap()), ..settings() };
    let rows = [
        json!({"messages": [{"role": "user", "content": "Hello!"}]}),
        json!({"messages": "no JSON"}),
        json!({"messages": [{"role": "system", "content": "twice"}, {"role": "user", "content": "a"}]}),
    ];
    let rows: String = rows.iter().map(|row| row.to_string() + "\n").collect();
    let folder = Folder::new()
        .with("in.jsonl", rows)
        .with("plain.jsonl", "\"Hello!\"\n")
        .with("p.jsonl", "{\"prompt\":\"system: Be brief.\\nuser: Hello!\\nassistant: kindly\"}\n");
    let talk = |is_chat| {
        let variables = json!({"tone": " kindly"}).as_object().unwrap().clone();
        Talk { is_chat, system: Some("Be brief.".to_owned()), variables, date: None }
    };
    let run = |input: &str, columns: Columns| {
        let run = BatchRun { columns, ..folder.run(input, "out.jsonl") };
        run.prepare().unwrap().run(&ENGINE, &settings, &mut ()).unwrap();
        folder.lines("out.jsonl")
    };
    let out = run("in.jsonl", Columns { talk: talk(false), ..Columns::default() });
    assert!(out[1]["error"].as_str().unwrap().contains("the column \"messages\""), "{}", out[1]);
    assert!(out[2]["error"].as_str().unwrap().contains("begin with a system message already"), "{}", out[2]);
    let chat = run("plain.jsonl", Columns { talk: talk(true), ..Columns::default() });
    let plain = run("p.jsonl", Columns::default());
    assert_eq!(out[0]["token_ids"], plain[0]["token_ids"]);
    assert_eq!(chat[0]["token_ids"], plain[0]["token_ids"]);
}

#[test]
fn what_cannot_be_is_said_before_anything_is_computed() {
    let folder = Folder::new().with("in.jsonl", rows(9)).with("in.csv", "a,b\n1,2\n").with("twice.csv", "a,a\n1,2\n");
    let run = |input: &str, output: &str| folder.run(input, output);
    let mut unknown = run("in.csv", "out.csv");
    unknown.columns.prompt = Some("{c}".parse().unwrap());
    let mut two = run("in.csv", "out.csv");
    two.columns.prompt = Some("{a}".parse().unwrap());
    two.columns.messages_column = Some("b".to_owned());
    let mut stream =
        BatchRun::between(Input::Stream(Box::new(Cursor::new(rows(3)))), Output::File(folder.path("out.jsonl")));
    stream.journaling = Journaling::At(folder.path("j"));
    let mut part =
        BatchRun::between(Input::Stream(Box::new(Cursor::new(rows(3)))), Output::File(folder.path("out.jsonl")));
    part.shard = Some("1/2".parse().unwrap());
    let mut beside = run("in.jsonl", "out.jsonl");
    beside.journaling = Journaling::At(folder.path("in.csv"));
    let mut over = run("in.jsonl", "out.jsonl");
    over.journaling = Journaling::At(folder.path("in.jsonl"));
    for (run, words) in [
        (run("in.jsonl", "./in.jsonl"), "the output and the input are one file"),
        (over, "the journal and the input are one file"),
        (run("in.csv", "out.csv"), "there is no column \"prompt\"; columns are a, b"),
        (unknown, "there is no column \"c\"; columns are a, b"),
        (two, "say the same"),
        (run("twice.csv", "out.csv"), "the column \"a\" is there twice"),
        (run("none.jsonl", "out.jsonl"), "No such file"),
        (run("in.jsonl", "out.csv"), "write .jsonl"),
        (run("in.jsonl", "no/such/out.jsonl"), "No such file"),
        (run("in.jsonl", "."), "it is a folder"),
        (stream, "a journal needs an input that can be read again"),
        (part, "a shard is a part of a file"),
        (beside, "no journal"),
    ] {
        let error = failed(run);
        assert!(error.contains(words), "{words}: {error}");
    }
    assert_eq!(folder.names(), ["in.csv", "in.jsonl", "twice.csv"], "nothing is left behind");
}

#[test]
fn a_run_goes_on_only_as_it_was_begun() {
    let folder = Folder::new().with("in.jsonl", rows(20));
    let begun = |settings: &Settings, engine: &Arc<Engine>| {
        let mut watch = Steps { left: Some(8), ..Steps::default() };
        folder
            .run("in.jsonl", "out.jsonl")
            .prepare()
            .unwrap()
            .run(engine, settings, &mut watch)
            .unwrap_err()
            .to_string()
    };
    assert!(begun(&settings(), &ENGINE).contains("run the same command again"));
    let journal = read(folder.path("out.jsonl.journal")).unwrap();
    let other = Settings { options: settings().options.top_k(3), ..settings() };
    assert!(begun(&other, &ENGINE).contains("top_k was not given, and is 3 now"));
    let other = Settings { options: settings().options.seed(8), ..settings() };
    assert!(begun(&other, &ENGINE).contains("seed was 7, and is 8 now"));
    let converted = Arc::new(OpenOptions::new().dtype("q4_0".parse().unwrap()).open("builtin").unwrap());
    assert!(begun(&settings(), &converted).contains("opened in another way"));
    let mut keyed = folder.run("in.jsonl", "out.jsonl");
    keyed.columns.key = Some("id".to_owned());
    assert!(failed(keyed).contains("key column was not given, and is \"id\" now"));
    write(folder.path("in.jsonl"), rows(21)).unwrap();
    assert!(begun(&settings(), &ENGINE).contains("the input is another: it has 21 rows now, had 20"));
    write(folder.path("in.jsonl"), rows(20)).unwrap();
    assert_eq!(read(folder.path("out.jsonl.journal")).unwrap(), journal, "nothing of it was touched");
    // A seed that was drawn is the journal's.
    let unseeded = Settings { options: Options::new().do_sample(true).max_new_tokens(6), ..settings() };
    done(folder.run("in.jsonl", "out.jsonl")).unwrap();
    let seeded = read(folder.path("out.jsonl")).unwrap();
    let one = Folder::new().with("in.jsonl", rows(20));
    for left in [Some(8), None] {
        let mut watch = Steps { left, ..Steps::default() };
        let ended = one.run("in.jsonl", "out.jsonl").prepare().unwrap().run(&ENGINE, &unseeded, &mut watch);
        assert_eq!(ended.is_err(), left.is_some());
    }
    assert_ne!(read(one.path("out.jsonl")).unwrap(), seeded);
    assert_eq!(one.lines("out.jsonl").len(), 20);
}

#[test]
fn two_runs_at_once_on_one_output_are_told_apart() {
    let folder = Folder::new().with("in.jsonl", rows(9));
    let first = folder.run("in.jsonl", "out.jsonl").prepare().unwrap();
    assert!(failed(folder.run("in.jsonl", "out.jsonl")).contains("another run is at work on it"));
    first.run(&ENGINE, &settings(), &mut ()).unwrap();
    assert_eq!(folder.lines("out.jsonl").len(), 9);
}

#[test]
fn what_was_there_before_stays_until_the_output_is_whole() {
    let folder = Folder::new().with("in.jsonl", rows(9)).with("out.jsonl", "before\n");
    let mut watch = Steps { left: Some(3), ..Steps::default() };
    folder.run("in.jsonl", "out.jsonl").prepare().unwrap().run(&ENGINE, &settings(), &mut watch).unwrap_err();
    assert_eq!(read_to_string(folder.path("out.jsonl")).unwrap(), "before\n");
    done(folder.run("in.jsonl", "out.jsonl")).unwrap();
    assert_eq!(folder.lines("out.jsonl").len(), 9);
}

#[test]
fn empty_inputs_have_empty_outputs() {
    let folder = Folder::new().with("in.jsonl", " \n\n").with("in.csv", "prompt\n");
    assert_eq!(done(folder.run("in.jsonl", "out.jsonl")).unwrap().rows, 0);
    assert_eq!(read(folder.path("out.jsonl")).unwrap(), b"");
    assert_eq!(done(folder.run("in.csv", "out.csv")).unwrap().rows, 0);
    assert_eq!(
        read_to_string(folder.path("out.csv")).unwrap(),
        "prompt,text,token_ids,finish_reason,sum_logprob,error\n"
    );
}

/// A disk that is full: `/dev/full` takes nothing.
#[cfg(target_os = "linux")]
#[test]
fn a_disk_that_is_full_loses_nothing() {
    let folder = Folder::new().with("in.jsonl", rows(9));
    let full = Path::new("/dev/full");
    // An output that takes nothing: what is finished is in the journal.
    let mut run = BatchRun::new(folder.path("in.jsonl"), full);
    run.journaling = Journaling::At(folder.path("kept"));
    let error = failed(run);
    assert!(error.contains("No space left on device") && error.contains("kept in"), "{error}");
    let mut run = folder.run("in.jsonl", "out.jsonl");
    run.journaling = Journaling::At(folder.path("kept"));
    let summary = done(run).unwrap();
    assert_eq!((summary.resumed, summary.here.rows), (9, 0));
    // And without a journal it is at least said.
    let error = failed(BatchRun::new(folder.path("in.jsonl"), full));
    assert!(error.contains("/dev/full: No space left on device"), "{error}");
}

#[test]
fn formats_are_told_by_endings_and_by_name() {
    let folder = Folder::new().with("in.txt", "prompt\nOnce\n");
    let mut run = folder.run("in.txt", "out.txt");
    run.input_format = Some(Format::Csv);
    done(run).unwrap();
    assert!(read_to_string(folder.path("out.txt")).unwrap().starts_with("prompt,text,"));
}
