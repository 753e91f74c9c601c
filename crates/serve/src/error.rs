//! Why a request gets no answer, and as which status.

use crate::scheduler::{Ended, Refused};
use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use beamline::{Error, Fault, options};
use beamline_openai::FieldError;
use beamline_study::StudyError;
use serde::Serialize;
use serde_json::{Value, json};
use utoipa::ToSchema;

/// Why a request gets no answer: the client's fault (4xx), or the server's state (503). There is no other 5xx.
#[derive(Clone, Debug)]
pub(crate) struct ApiError {
    pub(crate) status: StatusCode,
    /// The field at fault.
    pub(crate) param: Option<String>,
    /// One line: the value, what it may be, the remedy.
    pub(crate) message: String,
    /// Seconds after which to ask again.
    pub(crate) retry_after: Option<u32>,
}

/// An error as OpenAI's clients read it.
#[derive(Serialize, ToSchema)]
pub(crate) struct ErrorBody<'a> {
    error: ErrorFields<'a>,
}

/// What is wrong.
#[derive(Serialize, ToSchema)]
struct ErrorFields<'a> {
    /// One line: the value, what it may be, the remedy.
    message: &'a str,
    /// The kind of error.
    r#type: &'static str,
    /// The field at fault.
    param: Option<&'a str>,
    /// The status.
    code: u16,
}

impl ApiError {
    pub(crate) fn new(status: StatusCode, message: impl Into<String>) -> Self {
        Self { status, param: None, message: one_line(&message.into()), retry_after: None }
    }

    /// A request that its author can mend.
    pub(crate) fn bad(message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, message)
    }

    /// A field that its author can mend.
    pub(crate) fn field(param: &str, message: impl Into<String>) -> Self {
        Self { param: Some(param.to_owned()), ..Self::bad(message) }
    }

    /// The server cannot answer now.
    pub(crate) fn unavailable(message: impl Into<String>) -> Self {
        Self { retry_after: Some(2), ..Self::new(StatusCode::SERVICE_UNAVAILABLE, message) }
    }

    /// The engine's thread has ended before it answered.
    pub(crate) fn engine_ended() -> Self {
        Self::unavailable("the engine has ended; the server must be started again")
    }

    /// OpenAI's name for the kind of error.
    fn kind(&self) -> &'static str {
        match self.status {
            StatusCode::UNAUTHORIZED => "authentication_error",
            StatusCode::FORBIDDEN => "permission_error",
            StatusCode::NOT_FOUND => "not_found_error",
            StatusCode::TOO_MANY_REQUESTS => "rate_limit_error",
            StatusCode::SERVICE_UNAVAILABLE => "unavailable_error",
            _ => "invalid_request_error",
        }
    }

    /// The error as OpenAI's clients read it.
    pub(crate) fn json(&self) -> Value {
        json!(ErrorBody {
            error: ErrorFields {
                message: &self.message,
                r#type: self.kind(),
                param: self.param.as_deref(),
                code: self.status.as_u16(),
            }
        })
    }

    /// An answer with this body in place of OpenAI's.
    pub(crate) fn response(&self, body: Value) -> Response {
        let mut response = (self.status, Json(body)).into_response();
        let headers = response.headers_mut();
        if let Some(seconds) = self.retry_after {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        if self.status == StatusCode::UNAUTHORIZED {
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        response
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        self.response(self.json())
    }
}

impl From<Error> for ApiError {
    fn from(error: Error) -> Self {
        Self::from(&error)
    }
}

impl From<&Error> for ApiError {
    fn from(error: &Error) -> Self {
        let message = error.to_string();
        // Messages about an option begin with its name.
        let first = message.split([' ', ':', '=']).next().unwrap_or_default();
        let param = options().find(|option| option.name == first).map(|option| option.name.to_owned());
        let answer = match error.fault() {
            Fault::Usage => Self::bad(message),
            // The search came to a state without a next token: what was asked for cannot be had.
            Fault::Run => Self::new(StatusCode::UNPROCESSABLE_ENTITY, message),
            Fault::Model => Self::unavailable(message),
        };
        Self { param, ..answer }
    }
}

impl From<FieldError> for ApiError {
    fn from(error: FieldError) -> Self {
        Self { param: error.field, ..Self::bad(error.message) }
    }
}

impl From<StudyError> for ApiError {
    fn from(error: StudyError) -> Self {
        match error {
            StudyError::Engine(error) => Self::from(*error),
            other => Self::bad(other.to_string()),
        }
    }
}

impl From<Refused> for ApiError {
    fn from(refused: Refused) -> Self {
        match refused {
            Refused::Busy { waiting } => Self {
                retry_after: Some(1),
                ..Self::new(
                    StatusCode::TOO_MANY_REQUESTS,
                    format!("{waiting} requests wait already, which is as many as may; try again in a second"),
                )
            },
            Refused::Draining => Self::unavailable("the server is about to end and takes no new requests"),
            Refused::TooLarge { needs, has } => Self::bad(format!(
                "the request may need {} of keys and values, and there are {} for requests; ask for fewer tokens, \
                 beams or sequences, or start the server with more --cache-memory",
                megabytes(needs),
                megabytes(has)
            )),
        }
    }
}

impl From<Ended> for ApiError {
    fn from(ended: Ended) -> Self {
        match ended {
            Ended::Stopped => Self::unavailable("the server ended before the answer was there"),
            Ended::Done | Ended::Late => {
                Self::unavailable("the time for a request was over before the answer was there (--deadline)")
            }
        }
    }
}

/// Characters of a message, at most. Some repeat the value that was sent, which may have megabytes.
const MESSAGE: usize = 600;

/// A message as one line. Of a long one the beginning, where the field is named, and the end, where the remedy is.
fn one_line(message: &str) -> String {
    let plain = |c: char| if c.is_control() { ' ' } else { c };
    let length = message.chars().count();
    if length <= MESSAGE {
        return message.chars().map(plain).collect();
    }
    let part = MESSAGE / 2;
    let (first, last) = (message.chars().take(part), message.chars().skip(length - part));
    first.chain(" ... ".chars()).chain(last).map(plain).collect()
}

/// Bytes in words.
fn megabytes(bytes: usize) -> String {
    let megabytes = bytes as f64 / f64::from(1 << 20);
    if megabytes < 10.0 { format!("{megabytes:.1} MiB") } else { format!("{megabytes:.0} MiB") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_is_one_line_that_can_be_read() {
        let long = format!("seed: got\n{}; give an integer", "é".repeat(100_000));
        let message = ApiError::bad(long).message;
        assert!(message.starts_with("seed: got é") && message.ends_with("é; give an integer"), "{message}");
        assert!(message.chars().count() < 700);
        assert_eq!(ApiError::bad("plain").message, "plain");
    }

    #[test]
    fn options_are_named() {
        let wrong = beamline::Options::new().config(&json!({"temperature": -1})).expect_err("a negative temperature");
        let error = ApiError::from(wrong);
        assert_eq!((error.status.as_u16(), error.param.as_deref()), (400, Some("temperature")));
    }
}
