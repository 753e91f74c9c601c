//! Conversations: prompts by templates, and `beamline chat` through a pipe and in a terminal.
#![allow(clippy::unwrap_used, clippy::print_stdout)] // tests may, and say what they skip

use assert_cmd::Command;
use std::fs::{read_to_string, write};
use std::path::Path;

const TEMPLATE: &str = "{% for m in messages %}{{ m.role }}: {{ m.content }}\n{% endfor %}{% if add_generation_prompt %}assistant:{% endif %}";

fn beamline(folder: &Path, args: &[&str]) -> Command {
    let mut command = Command::cargo_bin("beamline").unwrap();
    command.args(args).current_dir(folder).env_remove("BEAMLINE_MODEL");
    command
}

/// Exit code, standard output and standard error.
fn ran(folder: &Path, args: &[&str], input: &str) -> (i32, String, String) {
    let output = beamline(folder, args).write_stdin(input).output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (output.status.code().unwrap(), text(output.stdout), text(output.stderr))
}

fn with_template() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path().join("t.jinja"), TEMPLATE).unwrap();
    folder
}

#[test]
fn a_message_becomes_what_the_template_writes() {
    let folder = with_template();
    let args = ["tokenize", "--chat", "Hello!", "--system", "Be brief.", "--chat-template", "t.jinja", "--json"];
    let (code, out, err) = ran(folder.path(), &args, "");
    assert_eq!((code, err.as_str()), (0, ""), "{err}");
    let json: serde_json::Value = serde_json::from_str(&out).unwrap();
    assert_eq!(json["text"], "system: Be brief.\nuser: Hello!\nassistant:");
    let (_, shown, _) = ran(folder.path(), &["tokenize", "--chat", "Hello!", "--chat-template", "t.jinja"], "");
    assert!(shown.starts_with("user: Hello!\nassistant:\n\n"), "{shown}");
    write(folder.path().join("m.json"), r#"[{"role": "user", "content": "Hello!"}]"#).unwrap();
    let generated = |args: &[&str]| {
        ran(folder.path(), &[&["generate", "--chat-template", "t.jinja", "--max-new-tokens", "4"], args].concat(), "")
    };
    let (code, text, err) = generated(&["--chat", "Hello!"]);
    assert_eq!((code, err.as_str()), (0, ""));
    assert_eq!(generated(&["--messages", "m.json"]).1, text);
    let plain = ran(folder.path(), &["generate", "user: Hello!\nassistant:", "--max-new-tokens", "4"], "");
    assert_eq!(plain.1, text);
}

#[test]
fn what_cannot_be_is_refused_in_a_line() {
    let folder = with_template();
    write(folder.path().join("bad.json"), r#"[{"content": "a"}]"#).unwrap();
    write(folder.path().join("no.jinja"), "{{ raise_exception('not like this') }}").unwrap();
    write(
        folder.path().join("endless.jinja"),
        "{% for i in range(99999) %}{% for j in range(99999) %}{% endfor %}{% endfor %}",
    )
    .unwrap();
    for (args, code, said) in [
        (&["generate", "--chat", "a"][..], 2, "no chat template with builtin"),
        (&["generate", "--chat", "a", "--chat-template", "none"], 2, "no chat template \"none\""),
        (&["generate", "a", "--system", "b"], 2, "--system has no effect on a plain prompt; add --chat"),
        (&["generate", "a", "--messages", "bad.json"], 2, "leave the prompt out"),
        (&["generate", "--messages", "bad.json"], 2, "bad.json: message 1: role is missing"),
        (&["generate", "--chat", "a", "--chat-date", "today"], 2, "YYYY-MM-DD"),
        (&["generate", "--chat", "a", "--chat-template", "t.jinja", "--chat-var", "x"], 2, "a name and a value"),
        (
            &["tokenize", "--chat", "a", "--chat-template", "no.jinja"],
            2,
            "line 1, refuses these messages: not like this",
        ),
        (&["tokenize", "--chat", "a", "--chat-template", "endless.jinja"], 3, "does it end?"),
        (&["chat"], 2, "no chat template with builtin"),
        (&["chat", "--chat-template", "t.jinja", "--temperature", "2"], 2, "no effect on greedy search"),
    ] {
        let (was, out, err) = ran(folder.path(), args, "");
        assert!(
            was == code && err.contains(said) && err.lines().count() == 1 && out.is_empty(),
            "{args:?}: {was} {err}"
        );
    }
}

#[test]
fn a_date_that_is_not_given_is_said() {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path().join("d.jinja"), "{{ strftime_now('%d %B %Y') }}").unwrap();
    let args = ["tokenize", "--chat", "a", "--chat-template", "d.jinja"];
    let (code, _, err) = ran(folder.path(), &args, "");
    assert!(code == 0 && err.contains("note: the template writes today's date; --chat-date "), "{err}");
    let (_, out, err) = ran(folder.path(), &[&args[..], &["--chat-date", "2026-11-30"]].concat(), "");
    assert!(out.starts_with("30 November 2026\n") && err.is_empty(), "{out}{err}");
}

#[test]
fn a_conversation_goes_through_a_pipe() {
    let folder = with_template();
    let args = ["chat", "--chat-template", "t.jinja", "--max-new-tokens", "6"];
    let said = "Once upon a time there was a girl.\nAnd then?\n/stats\n/save c.json\n/undo\nAnd then?\n/save d.json\n/quit\nnever\n";
    let (code, out, err) = ran(folder.path(), &args, said);
    assert_eq!(code, 0, "{err}");
    let saved = read_to_string(folder.path().join("c.json")).unwrap();
    assert_eq!(saved, read_to_string(folder.path().join("d.json")).unwrap());
    let messages: serde_json::Value = serde_json::from_str(&saved).unwrap();
    let roles: Vec<&str> = messages.as_array().unwrap().iter().map(|m| m["role"].as_str().unwrap()).collect();
    assert_eq!(roles, ["user", "assistant", "user", "assistant"]);
    let answers = [1, 3, 3].map(|at| format!("{}\n", messages[at]["content"].as_str().unwrap()));
    assert_eq!(out, answers.concat());
    // The second prompt begins with the first one and its answer, which were read already.
    let words: Vec<&str> = err.split_whitespace().collect();
    assert_eq!(words[..2], ["4", "messages;"], "{err}");
    let hits: usize = words[7].parse().unwrap();
    assert!(hits >= 16, "{err}");
    let args = ["chat", "--chat-template", "t.jinja", "--messages", "c.json", "--max-new-tokens", "6"];
    let (_, again, err) = ran(folder.path(), &args, "/regen\n");
    assert_eq!(again, answers[1], "{err}");
}

#[test]
fn options_are_set_in_a_conversation() {
    let folder = with_template();
    let args = ["chat", "--chat-template", "t.jinja", "--max-new-tokens", "5"];
    let (code, drawn, err) = ran(folder.path(), &args, "/set temperature 0.7\n/seed 3\n/set\nHello!\n/regen\n");
    assert_eq!(code, 0, "{err}");
    assert!(
        err.contains("so do_sample is true now") && err.contains("temperature 0.7\n") && err.contains("seed 3\n"),
        "{err}"
    );
    assert!(err.contains("nothing new is drawn"), "{err}");
    let (first, second) = drawn.split_at(drawn.len() / 2);
    assert_eq!(first, second);
    for (line, said) in [
        ("/set top_p 7", "top_p must be in [0, 1]"),
        ("/set nothing 7", "nothing"),
        ("/regan", "a similar one is /regen"),
        ("/regen", "no answer yet"),
        ("/undo", "nothing was said yet"),
        ("/unset top_k", "top_k is not set"),
    ] {
        let (code, _, err) = ran(folder.path(), &args, &format!("{line}\nHello!\n"));
        assert!(code == 2 && err.contains(said) && err.lines().count() == 1, "{line}: {err}");
    }
}

#[test]
fn a_full_context_is_said() {
    let folder = with_template();
    let made = ["models", "random", "--vocab", "300", "--width", "32", "--layers", "1", "--context", "64", "-o", "m"];
    assert_eq!(ran(folder.path(), &made, "").0, 0);
    let args = ["chat", "--model", "m", "--chat-template", "t.jinja", "--eos-token-id", ""];
    let (code, _, err) = ran(folder.path(), &args, "Hello!\nAnd then?\n");
    assert!(err.contains("the context of 64 tokens is full"), "{err}");
    assert!(code == 2 && err.lines().last().unwrap().starts_with("error: the prompt has"), "{err}");
}

/// A terminal of Python's: types two lines, one in Korean that is mended, stops an answer, and ends by Ctrl-C at the prompt.
const TERMINAL: &str = r#"
import os, pty, re, select, sys, time
pid, fd = pty.fork()
if pid == 0:
    os.environ["TERM"] = "xterm"
    os.execv(sys.argv[1], sys.argv[1:])
seen = b""
def until(mark, seconds=60):
    global seen
    end = time.time() + seconds
    while mark not in seen:
        if time.time() > end:
            sys.exit(f"no {mark!r} in {seen!r}")
        if select.select([fd], [], [], 0.2)[0]:
            try:
                seen += os.read(fd, 65536)
            except OSError:
                break
    seen = seen[seen.find(mark) + len(mark):]
until(b"> ")
os.write(fd, "안녕하시\x7f세요\r".encode())
until(b"\n")
until(b"> ")
os.write(fd, b"/save k.json\r")
until(b"\n")
until(b"> ")
os.write(fd, b"/unset max_new_tokens\r")
until(b"\n")
until(b"> ")
os.write(fd, b"Tell me more.\r")
until(b"\n")
time.sleep(1.5)
os.write(fd, b"\x03")
until(b"(stopped)")
until(b"> ")
os.write(fd, b"\x03")
print(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
"#;

#[test]
fn a_terminal_edits_korean_and_ctrl_c_ends_the_answer_first() {
    let folder = with_template();
    let program = assert_cmd::cargo::cargo_bin("beamline");
    let args = ["chat", "--chat-template", "t.jinja", "--max-new-tokens", "3", "--eos-token-id", ""];
    let mut python = std::process::Command::new("python3");
    python.arg("-c").arg(TERMINAL).arg(program).args(args).current_dir(folder.path()).env_remove("BEAMLINE_MODEL");
    let Ok(output) = python.output() else {
        println!("SKIPPED: a terminal, since there is no python3");
        return;
    };
    let err = String::from_utf8_lossy(&output.stderr);
    assert_eq!(String::from_utf8_lossy(&output.stdout).trim(), "130", "{err}");
    let saved = read_to_string(folder.path().join("k.json")).unwrap();
    assert!(saved.contains("\"안녕하세요\""), "{saved}");
}
