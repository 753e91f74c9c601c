//! Templates that mean harm, or are broken: one line each, in little time and memory.
#![allow(clippy::unwrap_used)] // tests may

use beamline_chat::{ChatError, ChatTemplate, Conversation, Message, TokenTexts};
use std::time::{Duration, Instant};

fn refused(source: &str) -> ChatError {
    let conversation = Conversation::new(vec![Message::user("Hello!")]);
    let begun = Instant::now();
    let result = ChatTemplate::new("t", source).and_then(|t| t.render(&conversation, &TokenTexts::new()));
    assert!(begun.elapsed() < Duration::from_secs(20), "{source}");
    let error = result.expect_err(source);
    assert!(!error.to_string().contains('\n'));
    error
}

#[test]
fn what_does_not_end_is_stopped() {
    for source in [
        "{% for i in range(100000) %}{% for j in range(100000) %}{% endfor %}{% endfor %}",
        "{% set n = namespace(x='ab') %}{% for i in range(99) %}{% set n.x = n.x ~ n.x %}{% endfor %}{{ n.x }}",
        "{% set x = 'aaaaaaaaaaaaaaaa' * 60000 %}{{ x.replace('a', x) }}",
        "{{ 'a' * 90000000 }}",
        "{% for i in range(100000) %}{{ 'a' * 100000 }}{% endfor %}",
    ] {
        assert!(matches!(refused(source), ChatError::Endless { line: 1, .. }), "{source}: {}", refused(source));
    }
}

#[test]
fn depth_has_a_bound() {
    refused("{% macro f() %}{{ f() }}{% endmacro %}{{ f() }}");
    refused("{% for x in [1] recursive %}{{ loop([1]) }}{% endfor %}");
    refused("{% set n = namespace(x=[]) %}{% for i in range(3000) %}{% set n.x = [n.x] %}{% endfor %}{{ n.x }}");
    refused(
        "{% set n = namespace(x=[]) %}{% for i in range(100000) %}{% set n.x = [n.x] %}{% endfor %}{{ n.x | tojson }}",
    );
    refused(&format!("{{{{ {}1{} }}}}", "(".repeat(100_000), ")".repeat(100_000)));
}

#[test]
fn errors_name_the_line_and_what_the_template_says() {
    let error = refused("\n\n{{ raise_exception('Roles must\nalternate!') }}");
    assert_eq!(error.to_string(), "the chat template t, line 3, refuses these messages: Roles must alternate!");
    let error = refused("{% for m in messages %}\n{{ m.content | nothing }}{% endfor %}").to_string();
    assert!(error.starts_with("the chat template t, line 2: ") && error.contains("nothing"), "{error}");
    let error = refused("a\n{% if").to_string();
    assert!(error.starts_with("the chat template t, line 2: "), "{error}");
    let error = refused(&" ".repeat(600_000)).to_string();
    assert_eq!(error, "the chat template t has 600000 bytes; at most 131072 are read");
    let error = refused("{{ strftime_now('%Y') }}").to_string();
    assert!(error.contains("strftime_now"), "{error}");
    let error = refused("{{ messages | tojson(indent=1000000000) }}").to_string();
    assert!(error.contains("up to 64"), "{error}");
}

/// A width is a number of a few letters, and what it fills could be any memory.
#[test]
fn what_is_filled_up_has_a_bound() {
    for source in [
        "{{ '{:>999999999}'.format(3) }}",
        "{{ '{:.99999999999999999999f}'.format(3.5) }}",
        "{{ '{0:05000}'.format(3) }}",
    ] {
        assert!(refused(source).to_string().contains("fills at most 4096 places"), "{source}: {}", refused(source));
    }
    refused("{{ '%999999999d' | format(3) }}");
    let conversation = Conversation::new(vec![Message::user("Hello!")]);
    let template = ChatTemplate::new("t", "{{ '5000 {:>6}'.format(3) }}").unwrap();
    assert_eq!(template.render(&conversation, &TokenTexts::new()).unwrap().text, "5000      3");
}
