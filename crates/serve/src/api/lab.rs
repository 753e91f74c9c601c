//! `/lab`: the pages in which decoding can be seen, and what the chapter says in them. All that they show they ask of the other routes.

use crate::error::ApiError;
use crate::state::State as Server;
use axum::body::{Body, Bytes};
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::get;
use axum::{Json, Router};
use beamline_chapter::{Lang, Scene, scenes};
use beamline_lab::{Page, Pages};
use serde::Serialize;
use std::sync::Arc;

/// What pages may do: load what this server has, and ask it. No script that stands in a page, nothing of another origin, no frame
/// around them.
const POLICY: &str = "default-src 'self'; img-src 'self' data: blob:; base-uri 'none'; form-action 'none'; \
                      frame-ancestors 'none'; object-src 'none'";

/// The lab's routes, of a server that shows it.
pub(crate) fn routes() -> Router<Arc<Server>> {
    Router::new()
        // Behind a proxy the lab may lie below another path: the way there is told from here.
        .route("/lab", get(|| async { Redirect::temporary("lab/") }))
        .route("/lab/", get(|server, headers| page(server, Ok(Path(String::new())), headers)))
        .route("/lab/chapter/{language}", get(chapter))
        .route("/lab/{*path}", get(page))
}

/// A part of a path, where it is text.
type Named = Result<Path<String>, PathRejection>;

fn none() -> ApiError {
    ApiError::new(StatusCode::NOT_FOUND, "the lab has no such page; it begins at /lab/")
}

/// A page.
async fn page(State(server): State<Arc<Server>>, path: Named, headers: HeaderMap) -> Response {
    let Ok(Path(path)) = path else { return none().into_response() };
    match server.settings.lab.as_ref().and_then(|pages: &Pages| pages.find(&path)) {
        Some(page) => sent(page, &headers),
        None => none().into_response(),
    }
}

/// A page as its client asks for it: nothing where it has it already, compressed where it can read that.
fn sent(page: Page, headers: &HeaderMap) -> Response {
    let asked = |name| headers.get(name).and_then(|value: &HeaderValue| value.to_str().ok()).unwrap_or_default();
    let mut answer = Response::builder()
        .header(header::ETAG, &page.tag)
        .header(header::CACHE_CONTROL, "no-cache") // it is asked each time whether it has changed
        .header(header::VARY, "accept-encoding")
        .header(header::CONTENT_SECURITY_POLICY, POLICY)
        .header(header::X_CONTENT_TYPE_OPTIONS, "nosniff")
        .header(header::REFERRER_POLICY, "no-referrer");
    let has = asked(header::IF_NONE_MATCH).split(',').any(|tag| tag.trim().trim_start_matches("W/") == page.tag);
    let body = if has {
        answer = answer.status(StatusCode::NOT_MODIFIED);
        Body::empty()
    } else {
        answer = answer.header(header::CONTENT_TYPE, page.kind);
        match page.gzip.filter(|_| reads_gzip(asked(header::ACCEPT_ENCODING))) {
            Some(packed) => {
                answer = answer.header(header::CONTENT_ENCODING, "gzip");
                Body::from(Bytes::from_owner(packed))
            }
            None => Body::from(Bytes::from_owner(page.bytes)),
        }
    };
    // Names and values are fixed, or a tag of hexadecimal digits.
    answer.body(body).unwrap_or_default()
}

/// Whether a client reads gzip: it names it, or all that it does not name, and not with a weight of nothing.
fn reads_gzip(accepted: &str) -> bool {
    let weighed = |coding: &str| {
        let mut parts = coding.split(';').map(str::trim);
        let name = parts.next().unwrap_or_default().to_ascii_lowercase();
        let weight = parts.find_map(|part| part.strip_prefix("q=")?.parse::<f32>().ok()).unwrap_or(1.0);
        (name, weight > 0.0)
    };
    let named: Vec<(String, bool)> = accepted.split(',').map(weighed).collect();
    let of = |wanted: &str| named.iter().find(|(name, _)| name == wanted).map(|(_, reads)| *reads);
    of("gzip").or_else(|| of("*")).unwrap_or(false)
}

/// What the chapter says in one language.
#[derive(Debug, Serialize)]
struct Chapter {
    title: &'static str,
    about: &'static str,
    question: &'static str,
    answer: &'static str,
    scenes: Vec<SceneText>,
}

/// A scene of it.
#[derive(Debug, Serialize)]
struct SceneText {
    number: usize,
    name: &'static str,
    commands: Vec<&'static str>,
    title: String,
    paragraphs: Vec<String>,
    question: String,
    answer: String,
}

impl SceneText {
    fn of(scene: &Scene, language: Lang) -> Self {
        let text = scene.text(language);
        Self {
            number: scene.number(),
            name: scene.name(),
            commands: scene.commands().collect(),
            title: text.title,
            paragraphs: text.paragraphs,
            question: text.question,
            answer: text.answer,
        }
    }
}

/// `GET /lab/chapter/ko`: the walk of `beamline learn`, for pages.
async fn chapter(language: Named) -> Result<Json<Chapter>, ApiError> {
    let Path(language) = language.map_err(|_| none())?;
    let language: Lang =
        language.parse().map_err(|error| ApiError::new(StatusCode::NOT_FOUND, format!("{language}: {error}")))?;
    let messages = language.messages();
    Ok(Json(Chapter {
        title: messages.title,
        about: messages.about,
        question: messages.question,
        answer: messages.answer,
        scenes: scenes().iter().map(|scene| SceneText::of(scene, language)).collect(),
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(headers: &[(header::HeaderName, &str)]) -> Response {
        let map = headers.iter().map(|(name, value)| (name.clone(), HeaderValue::from_str(value).expect("a value")));
        sent(Pages::own().find("").expect("a first page"), &map.collect())
    }

    #[test]
    fn a_page_is_compressed_for_those_who_read_that_and_sent_once() {
        let plain = asked(&[]);
        assert!(plain.headers().get(header::CONTENT_ENCODING).is_none());
        let tag = plain.headers()[header::ETAG].to_str().expect("a tag").to_owned();
        assert_eq!(asked(&[(header::ACCEPT_ENCODING, "br, gzip")]).headers()[header::CONTENT_ENCODING], "gzip");
        for (accepted, reads) in [
            ("*", true),
            ("GZIP", true),
            ("gzip;q=0, *", false),
            ("br, *;q=0", false),
            ("gzip; q=0.5", true),
            ("", false),
        ] {
            assert_eq!(reads_gzip(accepted), reads, "{accepted}");
        }
        assert!(asked(&[(header::ACCEPT_ENCODING, "gzip;q=0, br")]).headers().get(header::CONTENT_ENCODING).is_none());
        assert_eq!(asked(&[(header::IF_NONE_MATCH, &tag)]).status(), StatusCode::NOT_MODIFIED);
        assert_eq!(asked(&[(header::IF_NONE_MATCH, &format!("\"a\", W/{tag}"))]).status(), StatusCode::NOT_MODIFIED);
        assert_eq!(asked(&[(header::IF_NONE_MATCH, "\"a\"")]).status(), StatusCode::OK);
        assert!(
            plain.headers()[header::CONTENT_SECURITY_POLICY].to_str().is_ok_and(|policy| !policy.contains("unsafe"))
        );
    }
}
