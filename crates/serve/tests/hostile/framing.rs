//! Requests that are wrong as HTTP: methods, paths, lengths, chunks, headers, and connections that end.

use super::{Attack, Draws};

/// What is wrong is HTTP's.
pub(super) fn framed(draws: &mut Draws, path: &str, body: &[u8]) -> Attack {
    let ask = |kind, head: &str, body: &[u8]| Attack {
        kind,
        bytes: [head.as_bytes(), b"\r\nconnection: close\r\n\r\n", body].concat(),
        hangs_up: false,
        breaks_http: false,
    };
    let post = format!("POST {path} HTTP/1.1\r\nhost: localhost");
    let long = format!("{post}\r\ncontent-length: {}", body.len());
    let broken = |attack: Attack| Attack { breaks_http: true, ..attack };
    match draws.below(12) {
        0 => {
            let kinds =
                ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "\u{7f}", ""];
            let kind = draws.of(&kinds);
            let asked = ask("content type", &format!("{long}\r\ncontent-type: {kind}"), body);
            Attack { breaks_http: kind == "\u{7f}", ..asked }
        }
        1 => {
            let method = draws.of(&["GET", "PUT", "DELETE", "PATCH", "HEAD", "OPTIONS", "BREW"]);
            broken(ask("method", &format!("{method} {path} HTTP/1.1\r\nhost: localhost\r\ncontent-length: 0"), b""))
        }
        2 => {
            let paths = [
                "/v1/models/%ff",
                "/v1/models/",
                "/v2",
                "/%00",
                "//v1/completions",
                "/v1/models/..%2f..",
                "/v1/completions/",
            ];
            ask("path", &format!("GET {} HTTP/1.1\r\nhost: localhost", draws.of(&paths)), b"")
        }
        3 => {
            let chunks = format!("{:x}\r\n", body.len());
            let cut = [chunks.as_bytes(), &body[..body.len() / 2]].concat();
            broken(ask("chunks cut off", &format!("{post}\r\ntransfer-encoding: chunked"), &cut))
        }
        4 => broken(ask("bad chunks", &format!("{post}\r\ntransfer-encoding: chunked"), b"zz\r\nabc")),
        5 => Attack { hangs_up: true, breaks_http: true, ..ask("closed at once", &long, body) },
        6 => Attack { hangs_up: true, breaks_http: true, ..ask("closed before the body", &long, b"") },
        7 => {
            let filler = "x".repeat(draws.of(&[1000, 8000, 100_000, 1 << 20]));
            broken(ask("large header", &format!("{long}\r\nx-filler: {filler}"), body))
        }
        8 => {
            let headers: Vec<String> = (0..draws.of(&[50, 99, 101, 2000])).map(|i| format!("\r\nx-{i}: y")).collect();
            let headers = headers.concat();
            broken(ask("many headers", &format!("{long}{headers}"), body))
        }
        9 => {
            let length = draws.of(&["8388609", "99999999999", "18446744073709551615"]);
            broken(ask("beyond the limit", &format!("{post}\r\ncontent-length: {length}"), body))
        }
        10 => {
            let lengths = draws.of(&["-1", "a", "5, 6", "18446744073709551616", "0x10"]);
            broken(ask("length", &format!("{post}\r\ncontent-length: {lengths}"), body))
        }
        _ => broken(ask("no HTTP", &String::from_utf8_lossy(&body[..body.len() / 2]), b"\x16\x03\x01\x02\x00\x00")),
    }
}
