//! The fields of a body, parted: nothing that is asked for is passed over in silence.

use crate::error::ApiError;
use beamline::{nearest, nearest_option};
use beamline_openai::{HARMLESS, option};
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};
use std::any::TypeId;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use utoipa::PartialSchema;
use utoipa::openapi::{RefOr, Schema};

/// What a body asks for.
pub(crate) struct Asked<T> {
    /// The route's own fields.
    pub(crate) own: T,
    /// Decoding options by their names. Null is no value.
    pub(crate) decoding: Map<String, Value>,
    /// Fields that nobody knows, passed over since the server is lenient.
    pub(crate) ignored: Vec<String>,
}

/// A body as a JSON object.
///
/// # Errors
/// When it is none.
pub(crate) fn object(body: &[u8]) -> Result<Map<String, Value>, ApiError> {
    match serde_json::from_slice(body) {
        Ok(Value::Object(fields)) => Ok(fields),
        Ok(_) => Err(ApiError::bad("the body must be a JSON object with the fields of the request")),
        Err(error) => Err(ApiError::bad(format!("the body is not valid JSON: {error}"))),
    }
}

/// Parts the fields of a body.
///
/// # Errors
/// When a field has a value that cannot be, or nobody knows it and the server is not lenient.
pub(crate) fn read<T>(fields: Map<String, Value>, lenient: bool) -> Result<Asked<T>, ApiError>
where
    T: DeserializeOwned + PartialSchema + 'static,
{
    let names = names::<T>();
    let (mut own, mut decoding, mut ignored) = (Map::new(), Map::new(), Vec::new());
    for (name, value) in fields {
        if names.contains(&name) {
            own.insert(name, value);
        } else if let Some(option) = option(&name) {
            if !value.is_null() && decoding.insert(option.to_owned(), value).is_some() {
                return Err(ApiError::field(&name, format!("{name} and {option} are the same; give one of them")));
            }
        } else if !(value.is_null() || HARMLESS.iter().any(|(harmless, _)| *harmless == name)) {
            if !lenient {
                return Err(unknown(&name, &names));
            }
            ignored.push(name);
        }
    }
    let own = serde_path_to_error::deserialize(Value::Object(own)).map_err(|error| {
        let path = error.path().to_string();
        ApiError::field(&path, format!("{path}: {}", error.into_inner()))
    })?;
    Ok(Asked { own, decoding, ignored })
}

/// The same for a route that makes no text: decoding options are unknown there.
///
/// # Errors
/// As for [`read`].
pub(crate) fn read_plain<T>(fields: Map<String, Value>, lenient: bool) -> Result<(T, Vec<String>), ApiError>
where
    T: DeserializeOwned + PartialSchema + 'static,
{
    let Asked { own, decoding, mut ignored } = read::<T>(fields, lenient)?;
    match decoding.keys().next() {
        Some(name) if !lenient => Err(ApiError::field(
            name,
            format!("{name} is a decoding option, which has no place among these fields; leave it out"),
        )),
        _ => {
            ignored.extend(decoding.into_iter().map(|(name, _)| name));
            Ok((own, ignored))
        }
    }
}

/// What to say of a field that nobody knows.
fn unknown(name: &str, names: &[String]) -> ApiError {
    let near = nearest(name, names.iter().map(String::as_str)).or_else(|| nearest_option(name));
    let remedy = match near {
        Some(near) => format!("did you mean {near}?"),
        None => "leave it out, or start the server with --lenient; /openapi.json lists all fields".to_owned(),
    };
    let name: String = name.chars().take(100).collect();
    ApiError::field(&name, format!("there is no field {name:?}; {remedy}"))
}

/// The names of a type's fields, as its schema has them. A schema is made once for each type, not for each request.
fn names<T: PartialSchema + 'static>() -> Arc<[String]> {
    static NAMES: Mutex<BTreeMap<TypeId, Arc<[String]>>> = Mutex::new(BTreeMap::new());
    let mut all = NAMES.lock().unwrap_or_else(PoisonError::into_inner);
    let made = || match T::schema() {
        RefOr::T(Schema::Object(object)) => object.properties.keys().cloned().collect(),
        _ => Arc::default(),
    };
    Arc::clone(all.entry(TypeId::of::<T>()).or_insert_with(made))
}
