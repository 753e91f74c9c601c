//! Who may ask: keys, names of the host, origins of pages.

use crate::error::ApiError;
use crate::state::State as Server;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use std::sync::Arc;
use subtle::ConstantTimeEq;

/// Whether anybody may ask: load balancers have no key, and the lab's pages ask for it themselves.
fn is_public(path: &str) -> bool {
    path == "/health" || path == "/lab" || path.starts_with("/lab/")
}

/// Lets a request through, or says why not.
pub(crate) async fn guard(State(server): State<Arc<Server>>, request: Request, next: Next) -> Response {
    match check(&server, request.headers(), request.method(), request.uri().path()) {
        Ok(()) => next.run(request).await,
        Err(error) => error.into_response(),
    }
}

fn check(server: &Server, headers: &HeaderMap, method: &Method, path: &str) -> Result<(), ApiError> {
    let host = headers.get(header::HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
    if !is_known(server, host) {
        let message = "the Host header names another server; ask it by its address, or start it with --allow-host NAME";
        return Err(ApiError::new(StatusCode::FORBIDDEN, message));
    }
    if let Some(origin) = headers.get(header::ORIGIN) {
        let origin = origin.to_str().unwrap_or_default();
        let own = origin.split_once("://").is_some_and(|(_, named)| named == host);
        if !own && !server.settings.origins.iter().any(|allowed| allowed == "*" || allowed == origin) {
            let message = "pages of this origin may not ask; start the server with --cors ORIGIN to let them";
            return Err(ApiError::new(StatusCode::FORBIDDEN, message));
        }
    }
    if method == Method::OPTIONS || is_public(path) || server.settings.keys.is_empty() || has_key(server, headers) {
        return Ok(());
    }
    Err(ApiError::new(StatusCode::UNAUTHORIZED, "this server asks for a key: send Authorization: Bearer KEY"))
}

/// Whether a request brings one of the keys. Every key is compared whole, in a time that does not tell where they differ.
fn has_key(server: &Server, headers: &HeaderMap) -> bool {
    let bearer = headers.get(header::AUTHORIZATION).map(axum::http::HeaderValue::as_bytes).unwrap_or_default();
    let bearer = bearer.strip_prefix(b"Bearer ").or_else(|| bearer.strip_prefix(b"bearer ")).unwrap_or_default();
    let given = headers.get("x-api-key").map_or(bearer, |key| key.as_bytes());
    let same = server.settings.keys.iter().map(|key| key.as_bytes().ct_eq(given));
    same.fold(subtle::Choice::from(0), |any, one| any | one).into()
}

/// Whether a name is the server's own. On this machine alone it is a name of this machine: a page whose own name was made to
/// point here (DNS rebinding) has another. Elsewhere names are free, unless some are listed.
fn is_known(server: &Server, host: &str) -> bool {
    let settings = &server.settings;
    let name = name(host);
    if settings.hosts.iter().any(|known| known.eq_ignore_ascii_case(name) || known.eq_ignore_ascii_case(host)) {
        return true;
    }
    if settings.address.ip().is_loopback() {
        let local = name.eq_ignore_ascii_case("localhost") || name.to_ascii_lowercase().ends_with(".localhost");
        return local || name.parse::<std::net::IpAddr>().is_ok_and(|ip| ip.is_loopback());
    }
    settings.hosts.is_empty()
}

/// A host without its port.
fn name(host: &str) -> &str {
    if let Some(rest) = host.strip_prefix('[') {
        return rest.split_once(']').map_or(rest, |(name, _)| name);
    }
    host.rsplit_once(':').filter(|(_, port)| port.bytes().all(|b| b.is_ascii_digit())).map_or(host, |(name, _)| name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::Settings;
    use axum::http::HeaderValue;

    fn asked(settings: Settings, headers: &[(&'static str, &str)]) -> u16 {
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.insert(*name, HeaderValue::from_str(value).expect("a header"));
        }
        let server = Server::new(settings, Box::new(|_| {}));
        check(&server, &map, &Method::POST, "/v1/completions").map_or_else(|error| error.status.as_u16(), |()| 200)
    }

    #[test]
    fn on_this_machine_only_its_own_names_are_known() {
        for host in ["localhost", "localhost:8080", "127.0.0.1:8080", "[::1]:8080", "lab.localhost:1", "LOCALHOST"] {
            assert_eq!(asked(Settings::default(), &[("host", host)]), 200, "{host}");
        }
        for host in ["evil.example", "127.0.0.1.evil.example:8080", "", "192.168.0.7", "localhost.evil.example"] {
            assert_eq!(asked(Settings::default(), &[("host", host)]), 403, "{host}");
        }
        let proxied = || Settings { hosts: vec!["models.example".to_owned()], ..Settings::default() };
        assert_eq!(asked(proxied(), &[("host", "models.example")]), 200);
        assert_eq!(asked(proxied(), &[("host", "other.example")]), 403);
    }

    #[test]
    fn elsewhere_names_are_free_unless_some_are_listed() {
        let address = "0.0.0.0:80".parse().expect("an address");
        let anywhere = Settings { address, open: true, ..Settings::default() };
        assert_eq!(asked(anywhere.clone(), &[("host", "anything.example")]), 200);
        let listed = Settings { hosts: vec!["a.example".to_owned()], ..anywhere };
        assert_eq!(asked(listed, &[("host", "b.example")]), 403);
    }

    #[test]
    fn pages_of_other_origins_may_not_ask() {
        let host = ("host", "localhost:8080");
        assert_eq!(asked(Settings::default(), &[host, ("origin", "http://localhost:8080")]), 200);
        assert_eq!(asked(Settings::default(), &[host, ("origin", "http://evil.example")]), 403);
        assert_eq!(asked(Settings::default(), &[host, ("origin", "null")]), 403);
        let open = || Settings { origins: vec!["http://a.example".to_owned()], ..Settings::default() };
        assert_eq!(asked(open(), &[host, ("origin", "http://a.example")]), 200);
        assert_eq!(asked(open(), &[host, ("origin", "http://b.example")]), 403);
    }

    #[test]
    fn keys_are_asked_for() {
        let keyed = || Settings { keys: vec!["one".to_owned(), "two".to_owned()], ..Settings::default() };
        let host = ("host", "localhost");
        assert_eq!(asked(keyed(), &[host]), 401);
        assert_eq!(asked(keyed(), &[host, ("authorization", "Bearer three")]), 401);
        assert_eq!(asked(keyed(), &[host, ("authorization", "Bearer ")]), 401);
        assert_eq!(asked(keyed(), &[host, ("authorization", "Bearer two")]), 200);
        assert_eq!(asked(keyed(), &[host, ("x-api-key", "one")]), 200);
    }
}
