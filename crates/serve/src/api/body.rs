//! The body of a request, and where it comes back from: the fields that were passed over.

use crate::error::ApiError;
use crate::request::object;
use crate::state::State;
use axum::body::Bytes;
use axum::extract::{FromRequest, Request};
use axum::http::{HeaderName, HeaderValue, StatusCode};
use axum::response::Response;
use serde_json::{Map, Value};
use std::sync::Arc;

/// The fields of a JSON body.
pub(crate) struct Body(pub(crate) Map<String, Value>);

impl FromRequest<Arc<State>> for Body {
    type Rejection = ApiError;

    async fn from_request(request: Request, server: &Arc<State>) -> Result<Self, ApiError> {
        let bytes = Bytes::from_request(request, server).await.map_err(|rejection| {
            if rejection.status() == StatusCode::PAYLOAD_TOO_LARGE {
                let most = server.limits().body;
                ApiError::new(
                    StatusCode::PAYLOAD_TOO_LARGE,
                    format!("the body is larger than {most} bytes; send less at a time"),
                )
            } else {
                ApiError::bad(format!("the body could not be read: {rejection}"))
            }
        })?;
        object(&bytes).map(Self)
    }
}

/// Names the fields that were passed over, in the header `beamline-ignored`.
pub(crate) fn telling(mut response: Response, ignored: &[String]) -> Response {
    let plain: Vec<&str> =
        ignored.iter().map(String::as_str).filter(|name| name.bytes().all(|b| b.is_ascii_graphic())).collect();
    if let Ok(value) = HeaderValue::from_str(&plain.join(", "))
        && !ignored.is_empty()
    {
        response.headers_mut().insert(HeaderName::from_static("beamline-ignored"), value);
    }
    response
}
