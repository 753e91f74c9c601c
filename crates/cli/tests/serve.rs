//! The server as a command: the same numbers as from the command and the library, whoever else asks; how it begins and ends.
#![allow(clippy::unwrap_used)] // tests may

use beamline::{Engine, Options, Prompt, TokenId};
use serde_json::{Map, Value, json};
use std::io::{BufRead, BufReader, Read};
use std::process::{Child, Command, Stdio};
use std::sync::LazyLock;
use std::time::{Duration, Instant};

static ENGINE: LazyLock<Engine> = LazyLock::new(|| Engine::open("builtin").unwrap());

const BEAMLINE: &str = env!("CARGO_BIN_EXE_beamline");

/// A server that ends with the test.
struct Serving {
    child: Child,
    url: String,
}

impl Serving {
    fn start(flags: &[&str]) -> Self {
        let mut child = Command::new(BEAMLINE)
            .args(["serve", "--port", "0"])
            .args(flags)
            .env_remove("BEAMLINE_API_KEY")
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stderr.take().unwrap());
        let mut url = String::new();
        loop {
            let mut line = String::new();
            assert!(lines.read_line(&mut line).unwrap() > 0, "it ended before it was ready");
            if let Some(address) = line.trim().strip_prefix("listening on ") {
                address.clone_into(&mut url);
            }
            if line.trim() == "ready" {
                break;
            }
        }
        // Somebody must read the log, or it fills its pipe.
        std::thread::spawn(move || std::io::copy(&mut lines, &mut std::io::sink()));
        Self { child, url }
    }

    fn post(&self, path: &str, body: &Value) -> (u16, String) {
        post(&format!("{}{path}", self.url), body)
    }

    fn metric(&self, name: &str) -> f64 {
        let text = ureq::get(format!("{}/metrics", self.url)).call().unwrap().body_mut().read_to_string().unwrap();
        let value = text.lines().find_map(|line| line.strip_prefix(name)?.trim().parse().ok());
        value.unwrap_or_else(|| panic!("no metric {name}"))
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn post(url: &str, body: &Value) -> (u16, String) {
    let config = ureq::Agent::config_builder().http_status_as_error(false).build();
    let mut answer = ureq::Agent::new_with_config(config).post(url).send(body.to_string()).unwrap();
    (answer.status().as_u16(), answer.body_mut().read_to_string().unwrap())
}

/// Numbers that depend on their seed alone.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, below: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % below
    }
    fn of<'a, T: ?Sized>(&mut self, all: &[&'a T]) -> &'a T {
        all[self.roll(all.len())]
    }
}

/// A request by its number: a prompt as text or ids, and options of any kind of search.
fn request(number: u64) -> (Value, Map<String, Value>) {
    let mut dice = Dice(number.wrapping_mul(0x9e37_79b9_7f4a_7c15) + 1);
    let texts = [
        "Once upon a time",
        "It was the best of times, it was the worst of times, it was the age of wisdom, it was the age of",
        "The sea was",
        "\u{201c}Where are you going?\u{201d} said",
        "He 안녕 and",
        "I",
    ];
    let prompt = if dice.roll(4) == 0 {
        json!((0..=dice.roll(40)).map(|_| 256 + dice.roll(7000)).collect::<Vec<_>>())
    } else {
        json!(dice.of(&texts))
    };
    let kinds = [
        json!({"do_sample": false}),
        json!({"do_sample": true, "seed": dice.roll(1000), "top_k": 0, "temperature": 0.8}),
        json!({"do_sample": true, "seed": dice.roll(1000), "top_k": 20, "top_p": 0.9, "num_return_sequences": 3}),
        json!({"do_sample": true, "seed": dice.roll(1000), "top_k": 0, "min_p": 0.05, "xtc_probability": 0.5}),
        json!({"do_sample": true, "seed": dice.roll(1000), "top_k": 0, "mirostat": 2}),
        json!({"do_sample": true, "seed": dice.roll(1000), "top_k": 0, "best_of": 3, "num_return_sequences": 2}),
        json!({"num_beams": 4, "num_return_sequences": 2, "length_penalty": 0.7}),
        json!({"num_beams": 4, "num_beam_groups": 2, "diversity_penalty": 0.5}),
        json!({"num_beams": 3, "do_sample": true, "seed": dice.roll(1000), "top_k": 0}),
        json!({"penalty_alpha": 0.6, "top_k": 4}),
        json!({"do_sample": false, "repetition_penalty": 1.3, "no_repeat_ngram_size": 2}),
        json!({"do_sample": false, "prompt_lookup_num_tokens": 4}),
        json!({"do_sample": false, "guidance_scale": 1.4}),
        json!({"do_sample": false, "regex": "[a-z ]{3,20}"}),
        json!({"do_sample": false, "stop_strings": [" the", "e "], "include_stop_str_in_output": false}),
        json!({"exact_search": true, "node_budget": 20}),
    ];
    let Value::Object(mut options) = kinds[dice.roll(kinds.len())].clone() else { unreachable!("an object") };
    options.insert(
        "max_new_tokens".into(),
        json!(if options.contains_key("exact_search") { 2 } else { 1 + dice.roll(14) }),
    );
    (prompt, options)
}

/// Texts, tokens and log-probabilities, by their bits.
type Bits = Vec<(String, Vec<u32>, Vec<u64>)>;

fn by_library(prompt: &Value, options: &Map<String, Value>) -> Bits {
    let mut given = Options::new();
    given.config(&Value::Object(options.clone())).unwrap();
    let prompt = match prompt {
        Value::String(text) => Prompt::Text(text.clone()),
        ids => Prompt::Ids(ids.as_array().unwrap().iter().map(|id| TokenId(id.as_u64().unwrap() as u32)).collect()),
    };
    let completion = ENGINE.complete(prompt, &ENGINE.plan(&given).unwrap()).unwrap();
    let logprobs = |s: &beamline::Sequence| s.tokens.iter().map(|token| token.logprob.to_bits()).collect();
    completion.sequences.iter().map(|s| (s.text.clone(), s.token_ids.clone(), logprobs(s))).collect()
}

fn by_command(prompt: &Value, options: &Map<String, Value>) -> Bits {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), Value::Object(options.clone()).to_string()).unwrap();
    let mut command = Command::new(BEAMLINE);
    command.args(["generate", "--json", "--config"]).arg(file.path());
    match prompt {
        Value::String(text) => command.args(["--prompt", text]),
        ids => command.args(["--prompt-ids", &ids.to_string().replace(['[', ']'], "")]),
    };
    let output = command.output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let completion: Value = serde_json::from_slice(&output.stdout).unwrap();
    let of = |s: &Value| {
        let ids = s["token_ids"].as_array().unwrap().iter().map(|id| id.as_u64().unwrap() as u32).collect();
        let logprobs =
            s["tokens"].as_array().unwrap().iter().map(|t| t["logprob"].as_f64().unwrap().to_bits()).collect();
        (s["text"].as_str().unwrap().to_owned(), ids, logprobs)
    };
    completion["sequences"].as_array().unwrap().iter().map(of).collect()
}

fn by_server(url: &str, prompt: &Value, options: &Map<String, Value>, stream: bool) -> Bits {
    let mut body = options.clone();
    body.insert("prompt".into(), prompt.clone());
    body.insert("logprobs".into(), json!(0));
    body.insert("return_tokens_as_token_ids".into(), json!(true));
    body.insert("stream".into(), json!(stream));
    // The route's own default is to draw.
    body.entry("do_sample").or_insert(json!(false));
    let (status, text) = post(&format!("{url}/v1/completions"), &Value::Object(body));
    assert_eq!(status, 200, "{text}");
    let mut all: Bits = Vec::new();
    let mut take = |answer: &Value| {
        for choice in answer["choices"].as_array().unwrap() {
            let index = choice["index"].as_u64().unwrap() as usize;
            if all.len() <= index {
                all.resize_with(index + 1, Default::default);
            }
            let (text, ids, logprobs) = &mut all[index];
            *text += choice["text"].as_str().unwrap();
            let numbers = &choice["logprobs"];
            let names = numbers["tokens"].as_array().unwrap().iter().map(|name| name.as_str().unwrap());
            ids.extend(names.map(|name| name.strip_prefix("token_id:").unwrap().parse::<u32>().unwrap()));
            logprobs
                .extend(numbers["token_logprobs"].as_array().unwrap().iter().map(|p| p.as_f64().unwrap().to_bits()));
        }
    };
    if !stream {
        take(&serde_json::from_str(&text).unwrap());
        return all;
    }
    let events: Vec<&str> = text.lines().filter_map(|line| line.strip_prefix("data: ")).collect();
    let (last, events) = events.split_last().unwrap();
    assert_eq!(*last, "[DONE]");
    for event in events {
        take(&serde_json::from_str(event).unwrap());
    }
    all
}

/// How many random requests to try; `BEAMLINE_REQUESTS` asks for more.
fn requests() -> u64 {
    std::env::var("BEAMLINE_REQUESTS").ok().and_then(|n| n.parse().ok()).unwrap_or(64)
}

/// The same request through the library, the command and the server, alone and beside others, streamed and not: the same texts,
/// tokens and numbers, to the bit.
#[test]
fn whoever_is_asked_the_answer_is_the_same() {
    let serving = Serving::start(&["--step-tokens", "24"]);
    let all: Vec<_> = (0..requests()).map(request).collect();
    let expected: Vec<Bits> = all.iter().map(|(prompt, options)| by_library(prompt, options)).collect();
    for (number, ((prompt, options), expected)) in all.iter().zip(&expected).enumerate() {
        // Each process opens the model anew, so the command is asked of some.
        if number % 4 == 0 {
            assert_eq!(&by_command(prompt, options), expected, "{number}: by the command: {options:?}");
        }
        let alone = by_server(&serving.url, prompt, options, number % 2 == 0);
        assert_eq!(&alone, expected, "{number}: alone: {prompt} {options:?}");
    }
    let together: Vec<_> = all.iter().zip(&expected).enumerate().collect();
    std::thread::scope(|scope| {
        for part in 0..16 {
            let (url, together) = (&serving.url, &together);
            scope.spawn(move || {
                for (number, ((prompt, options), expected)) in together.iter().skip(part).step_by(16) {
                    let beside = by_server(url, prompt, options, number % 2 == 1);
                    assert_eq!(&&beside, expected, "{number}: beside others: {prompt} {options:?}");
                }
            });
        }
    });
    assert_eq!(serving.metric("beamline:num_requests_running"), 0.0);
    assert_eq!(serving.metric("beamline:kv_cache_usage_perc"), 0.0);
    assert!(serving.metric("beamline:prefix_cache_hits_total") > 0.0, "beginnings were shared");
}

/// A prompt that comes back with its numbers, before a token that is generated: those of `score`.
#[test]
fn prompts_come_back_with_the_numbers_of_score() {
    let serving = Serving::start(&[]);
    let text = "It was the best of times, it was the worst of times";
    let report = beamline_study::score(&ENGINE, None, &Prompt::Text(text.into())).unwrap();
    for max_tokens in [0, 1] {
        let body = json!({"prompt": text, "max_tokens": max_tokens, "temperature": 0, "logprobs": 3, "echo": true});
        let (status, answer) = serving.post("/v1/completions", &body);
        assert_eq!(status, 200, "{answer}");
        let answer: Value = serde_json::from_str(&answer).unwrap();
        let choice = &answer["choices"][0];
        let numbers = &choice["logprobs"];
        let logprobs: Vec<Option<u64>> =
            numbers["token_logprobs"].as_array().unwrap().iter().map(|p| p.as_f64().map(f64::to_bits)).collect();
        let expected: Vec<Option<u64>> = report.tokens.iter().map(|t| t.logprob.map(f64::to_bits)).collect();
        assert_eq!(logprobs[..expected.len()], expected);
        assert_eq!(logprobs.len(), expected.len() + max_tokens);
        // Every token begins where its offset says, and the chosen number stands among the best.
        let whole = choice["text"].as_str().unwrap();
        let tokens: Vec<&str> = numbers["tokens"].as_array().unwrap().iter().map(|t| t.as_str().unwrap()).collect();
        for (i, token) in tokens.iter().enumerate() {
            let at = numbers["text_offset"][i].as_u64().unwrap() as usize;
            assert!(whole.chars().skip(at).collect::<String>().starts_with(token), "{token:?} at {at} of {whole:?}");
            let best = &numbers["top_logprobs"][i];
            assert_eq!(best[*token].as_f64().map(f64::to_bits), logprobs[i]);
            assert_eq!(best.as_object().map_or(0, Map::len), if i == 0 { 0 } else { best.as_object().unwrap().len() });
        }
    }
}

/// Told to end, it finishes what runs, takes nothing new, and ends well.
#[cfg(unix)]
#[test]
fn told_to_end_it_finishes_what_runs() {
    let mut serving = Serving::start(&["--drain", "20"]);
    let url = serving.url.clone();
    let body =
        json!({"prompt": "Once upon a time", "max_tokens": 300, "temperature": 0, "stream": true, "ignore_eos": true});
    let answer = ureq::post(format!("{url}/v1/completions")).send(body.to_string()).unwrap();
    let mut reader = answer.into_body().into_reader();
    let mut first = [0; 200];
    reader.read_exact(&mut first).unwrap();
    let id = serving.child.id().to_string();
    assert!(Command::new("kill").args(["-TERM", &id]).status().unwrap().success());
    let mut rest = String::new();
    reader.read_to_string(&mut rest).unwrap();
    assert!(rest.trim_end().ends_with("data: [DONE]"), "{}", &rest[rest.len().saturating_sub(300)..]);
    let begun = Instant::now();
    while serving.child.try_wait().unwrap().is_none() {
        assert!(begun.elapsed() < Duration::from_secs(30), "it does not end");
        std::thread::sleep(Duration::from_millis(20));
    }
    assert!(serving.child.wait().unwrap().success());
    assert!(ureq::get(format!("{url}/health")).call().is_err());
}

/// What cannot be is said before a model is loaded, in one line.
#[test]
fn what_cannot_be_is_refused_in_one_line() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    let cases: [(&[&str], i32, &str); 6] = [
        (&["--host", "0.0.0.0", "--port", "0"], 2, "give --api-key KEY (or BEAMLINE_API_KEY), or --no-key"),
        (&["--port", &port], 2, "give another --port, or 0 for one that is free"),
        (&["--port", "0", "--cors", "localhost"], 2, "is no origin; give one such as"),
        (&["--port", "0", "--cache-memory", "much"], 2, "it must be a number of bytes, such as 512MB"),
        (&["--port", "0", "--api-key", "two words"], 2, "an API key must be"),
        (&["--port", "0", "--model", "no/such/folder"], 3, "no/such/folder"),
    ];
    for (flags, code, words) in cases {
        let output = Command::new(BEAMLINE)
            .arg("serve")
            .args(flags)
            .env_remove("BEAMLINE_API_KEY")
            .env("HF_HUB_OFFLINE", "1")
            .output()
            .unwrap();
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(code), "{flags:?}: {said}");
        let errors: Vec<&str> = said.lines().filter(|line| line.starts_with("error: ")).collect();
        assert!(errors.len() == 1 && errors[0].contains(words), "{flags:?}: {said}");
    }
}
