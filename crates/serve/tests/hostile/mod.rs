//! Requests drawn from a seed, each wrong in one way or another.

mod framing;
mod grammars;

use crate::support::{Reply, Running, read};
use beamline::options;
use std::io::Write;

/// Numbers from a seed (splitmix64).
pub(crate) struct Draws(pub(crate) u64);

impl Draws {
    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    pub(crate) fn below(&mut self, n: usize) -> usize {
        (self.next() % n as u64) as usize
    }

    pub(crate) fn of<T: Clone>(&mut self, all: &[T]) -> T {
        all[self.below(all.len())].clone()
    }
}

/// A request.
pub(crate) struct Attack {
    pub(crate) kind: &'static str,
    bytes: Vec<u8>,
    /// Whether the other end is closed after so much was sent.
    hangs_up: bool,
    /// Whether it is no HTTP, so that no answer of ours can be expected.
    pub(crate) breaks_http: bool,
}

impl Attack {
    pub(crate) fn send(&self, server: &Running) -> Option<Reply> {
        let mut stream = server.connect();
        let sent = stream.write_all(&self.bytes);
        if self.hangs_up {
            return None;
        }
        if self.breaks_http && sent.is_ok() {
            // Nothing more comes, which the server should be told.
            let _ = stream.shutdown(std::net::Shutdown::Write);
        }
        read(&mut stream)
    }

    /// Whether it is for one of Ollama's routes.
    pub(crate) fn is_for_ollama(&self) -> bool {
        self.bytes.starts_with(b"POST /api/") || self.bytes.starts_with(b"GET /api/")
    }

    /// Its beginning and end.
    pub(crate) fn shown(&self) -> String {
        let text = String::from_utf8_lossy(&self.bytes);
        let (length, part) = (text.chars().count(), 600);
        if length < 2 * part {
            return text.into_owned();
        }
        let (first, last): (String, String) =
            (text.chars().take(part).collect(), text.chars().skip(length - part).collect());
        format!("{first} ... {length} characters ... {last}")
    }
}

/// Routes with a request that each of them takes, as fields of raw JSON.
const ROUTES: &[(&str, &[(&str, &str)])] = &[
    (
        "/v1/completions",
        &[
            ("prompt", "\"Once upon\""),
            ("max_tokens", "3"),
            ("logprobs", "1"),
            ("echo", "false"),
            ("n", "1"),
            ("seed", "1"),
            ("stop", "[\"x\"]"),
            ("stream", "false"),
            ("logit_bias", "{\"5\":1}"),
            ("temperature", "1"),
        ],
    ),
    (
        "/v1/chat/completions",
        &[
            ("messages", "[{\"role\":\"user\",\"content\":\"Hello\"}]"),
            ("max_tokens", "3"),
            ("logprobs", "true"),
            ("top_logprobs", "1"),
            ("n", "1"),
            ("seed", "1"),
            ("stop", "\"x\""),
            ("stream", "false"),
            ("stream_options", "{\"include_usage\":true}"),
            ("temperature", "1"),
        ],
    ),
    (
        "/v1/generate",
        &[
            ("prompt", "\"Once upon\""),
            ("max_new_tokens", "3"),
            ("events", "[\"token\"]"),
            ("stream", "true"),
            ("top", "2"),
            ("num_beams", "2"),
            ("seed", "1"),
        ],
    ),
    (
        "/v1/score",
        &[
            ("items", "[{\"prefix\":\"Once\",\"continuations\":[\" upon\",\" more\"]}]"),
            ("top", "2"),
            ("entropy", "true"),
            ("unconditional", "true"),
        ],
    ),
    (
        "/v1/inspect",
        &[("prompt", "\"Once upon\""), ("steps", "2"), ("top", "2"), ("stages", "true"), ("temperature", "1")],
    ),
    (
        "/v1/expand",
        &[
            ("prompt", "\"Once upon\""),
            ("depth", "2"),
            ("children", "2"),
            ("cover_p", "0.5"),
            ("min_mass", "0.1"),
            ("budget", "8"),
            ("processed", "false"),
            ("stream", "true"),
        ],
    ),
    (
        "/v1/responses",
        &[
            ("input", "\"Hello\""),
            ("instructions", "\"Be brief\""),
            ("max_output_tokens", "16"),
            ("temperature", "1"),
            ("stream", "false"),
        ],
    ),
    (
        "/api/generate",
        &[
            ("prompt", "\"Once upon\""),
            ("options", "{\"num_predict\":3,\"seed\":1}"),
            ("stream", "false"),
            ("raw", "true"),
        ],
    ),
    (
        "/api/chat",
        &[
            ("messages", "[{\"role\":\"user\",\"content\":\"Hello\"}]"),
            ("options", "{\"num_predict\":3}"),
            ("stream", "true"),
        ],
    ),
    ("/tokenize", &[("prompt", "\"Once upon\""), ("add_special_tokens", "true")]),
    ("/tokenize", &[("content", "\"Once upon\""), ("add_special", "true"), ("with_pieces", "true")]),
    ("/detokenize", &[("tokens", "[300, 400]"), ("model", "null")]),
    (
        "/apply-template",
        &[("messages", "[{\"role\":\"user\",\"content\":\"Hello\"}]"), ("add_generation_prompt", "true")],
    ),
];

/// Fields that routes have besides.
const FIELDS: &[&str] = &[
    "model",
    "suffix",
    "prompt_logprobs",
    "return_tokens_as_token_ids",
    "max_completion_tokens",
    "use_beam_search",
    "ignore_eos",
    "stop_token_ids",
    "tools",
    "tool_choice",
    "parallel_tool_calls",
    "documents",
    "chat_template_kwargs",
    "add_generation_prompt",
    "response_format",
    "user",
    "min_tokens",
    "n_predict",
    "guided_json",
    "guided_regex",
    "guided_grammar",
    "best_of",
];

/// Values that few fields have, as raw JSON.
fn value(draws: &mut Draws) -> String {
    const PLAIN: &[&str] = &[
        "null",
        "true",
        "false",
        "0",
        "-1",
        "1",
        "2",
        "1e308",
        "-1e308",
        "1e400",
        "18446744073709551615",
        "18446744073709551616",
        "-9223372036854775809",
        "4294967296",
        "2147483648",
        "0.5",
        "1e-320",
        "-0",
        "\"\"",
        "\"a\"",
        "\"1\"",
        "\"\\u0000\"",
        "\"\\ud800\"",
        "\"\u{feff}\u{202e}\"",
        "[]",
        "{}",
        "[null]",
        "[[]]",
        "[[[]]]",
        "[{}]",
        "[\"\"]",
        "[\"\",\"a\"]",
        "[1,\"a\"]",
        "[-1]",
        "[1e9]",
        "[4294967295]",
        "[[0],[4294967295]]",
        "[1.5]",
        "{\"a\":1}",
        "{\"1\":\"a\"}",
        "{\"-1\":1}",
        "{\"99999999999\":1}",
        "{\"5\":1e30}",
        "{\"5\":null}",
        "NaN",
        "Infinity",
        "-Infinity",
        "nan",
        "undefined",
        "01",
        "+1",
        "1.",
        "'a'",
        "{\"type\":\"json_object\"}",
        "{\"type\":\"json_schema\"}",
        "{\"type\":\"json_schema\",\"json_schema\":{\"schema\":7}}",
        "[[1,2],[3]]",
        "[[[1],1e300]]",
        "[[[1],-5],[[1],5]]",
        "100",
        "128",
        "129",
        "1000000",
        "[{\"role\":\"user\"}]",
        "[{\"role\":1,\"content\":2}]",
        "[{\"role\":\"user\",\"content\":[{\"type\":\"image_url\"}]}]",
        "[{\"role\":\"user\",\"content\":[{\"type\":\"text\",\"text\":\"a\"}]}]",
        "{\"messages\":[]}",
    ];
    match draws.below(12) {
        0 => format!("\"{}\"", "a".repeat(draws.of(&[1000, 70_000, 1 << 20]))),
        1 => format!("\"{}\"", "\\u00e9\u{1f600} ".repeat(draws.of(&[10, 5000]))),
        2 => {
            let depth = draws.of(&[20, 126, 127, 128, 129, 5000, 200_000]);
            "[".repeat(depth) + &"]".repeat(depth)
        }
        3 => {
            let depth = draws.of(&[20, 100, 130, 5000, 100_000]);
            "{\"a\":".repeat(depth) + "1" + &"}".repeat(depth)
        }
        4 => format!("[{}0]", "0,".repeat(draws.of(&[31, 1023, 4000, 200_000]))),
        5 => format!("[{}\"b\"]", "\"a\",".repeat(draws.of(&[31, 33, 1024, 20_000]))),
        6 => draws.next().to_string(),
        7 => format!("{}e{}", draws.next() as i64, draws.below(400)),
        _ => draws.of(PLAIN).to_owned(),
    }
}

/// Numbers that ask for much.
fn extreme(draws: &mut Draws) -> (String, String) {
    let names = [
        "n",
        "best_of",
        "num_beams",
        "logprobs",
        "prompt_logprobs",
        "top_logprobs",
        "num_return_sequences",
        "max_tokens",
        "num_beam_groups",
        "top_k",
        "no_repeat_ngram_size",
        "prompt_lookup_num_tokens",
        "max_length",
        "min_new_tokens",
        "max_time",
        "penalty_alpha",
        "num_assistant_tokens",
        "seed",
    ];
    let numbers = [
        "0",
        "-1",
        "1",
        "2",
        "64",
        "127",
        "128",
        "129",
        "1024",
        "100000",
        "4294967295",
        "9223372036854775807",
        "0.0001",
    ];
    (draws.of(&names).to_owned(), draws.of(&numbers).to_owned())
}

/// Variables for a template.
fn kwargs(draws: &mut Draws) -> (String, String) {
    let variables = [
        "{\"messages\":[]}",
        "{\"add_generation_prompt\":[[[]]]}",
        "{\"bos_token\":{\"a\":1}}",
        "{\"range\":1}",
        "{\"raise_exception\":\"x\"}",
        "{\"\":1}",
        "{\"a b\":1}",
        "{\"self\":1,\"loop\":2,\"namespace\":3}",
        "{\"tools\":7,\"documents\":7}",
        "{\"eos_token\":null}",
    ];
    ("chat_template_kwargs".to_owned(), draws.of(&variables).to_owned())
}

fn json(fields: &[(String, String)]) -> Vec<u8> {
    let fields: Vec<String> =
        fields.iter().map(|(name, value)| format!("{}:{value}", serde_json::json!(name))).collect();
    format!("{{{}}}", fields.join(",")).into_bytes()
}

/// Puts a field in, in place of one of that name.
fn set(fields: &mut Vec<(String, String)>, (name, value): (String, String)) {
    fields.retain(|(known, _)| *known != name);
    fields.push((name, value));
}

/// One request that something is wrong with.
pub(crate) fn attack(draws: &mut Draws) -> Attack {
    // Most of the work is done behind the first two.
    let (path, all) = if draws.below(2) == 0 { draws.of(&ROUTES[..2]) } else { draws.of(ROUTES) };
    let needed = all.iter().filter(|(name, _)| ["prompt", "max_tokens", "messages", "items", "budget"].contains(name));
    let mut fields: Vec<(String, String)> =
        all.iter().filter(|_| draws.below(4) > 0).map(|&(n, v)| (n.to_owned(), v.to_owned())).collect();
    if fields.is_empty() {
        fields.push((all[0].0.to_owned(), all[0].1.to_owned()));
    }
    // Without these it would be refused for what is missing.
    for &(name, value) in needed {
        set(&mut fields, (name.to_owned(), value.to_owned()));
    }
    let plain = |kind, body: Vec<u8>| Attack {
        kind,
        bytes: crate::support::request(path, &body),
        hangs_up: false,
        breaks_http: false,
    };
    match draws.below(20) {
        0 => plain("bytes", (0..draws.below(400)).map(|_| draws.next() as u8).collect()),
        1 => {
            let mut body = json(&fields);
            body.truncate(draws.below(body.len()));
            plain("truncated", body)
        }
        2..=6 => {
            let own = draws.below(fields.len());
            fields[own].1 = value(draws);
            plain("value of a field", json(&fields))
        }
        7 => {
            set(&mut fields, (draws.of(FIELDS).to_owned(), value(draws)));
            plain("value of another field", json(&fields))
        }
        8 | 9 => {
            let all: Vec<&str> = options().map(|option| option.name).collect();
            set(&mut fields, (draws.of(&all).to_owned(), value(draws)));
            plain("value of an option", json(&fields))
        }
        10 => {
            let name = draws.of(&["temprature", "", "\u{0}", "messages2", "__proto__", "päth", "a\nb", "prompt "]);
            let times = draws.of(&[1, 1, 1, 100_000]);
            fields.push((name.repeat(times), value(draws)));
            plain("unknown field", json(&fields))
        }
        11 => {
            let mut body = json(&fields);
            for _ in 0..=draws.below(5) {
                let at = draws.below(body.len());
                body[at] = draws.next() as u8;
            }
            plain("changed bytes", body)
        }
        12 => {
            for _ in 0..=draws.below(2) {
                set(&mut fields, extreme(draws));
            }
            plain("extreme", json(&fields))
        }
        13 | 14 => {
            set(&mut fields, grammars::grammar(draws));
            if draws.below(2) == 0 {
                set(&mut fields, ("stream".to_owned(), "true".to_owned()));
            }
            plain("grammar", json(&fields))
        }
        15 => {
            set(&mut fields, kwargs(draws));
            plain("variables", json(&fields))
        }
        _ => framing::framed(draws, path, &json(&fields)),
    }
}
