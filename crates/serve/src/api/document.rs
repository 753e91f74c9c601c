//! `GET /openapi.json`: all routes, as programs read them.

use super::route::{Gives, Route, Schemas, Shape, Takes};
use crate::request::{decoding_schemas, names_of_options};
use crate::settings::Settings;
use serde_json::{Map, Value, json};
use utoipa::openapi::{RefOr, Schema};

/// Statuses of answers that tell of an error, in words.
const ERRORS: [(&str, &str); 9] = [
    ("400", "A field is unknown, or has a value that cannot be; the message names it."),
    ("401", "The server asks for a key."),
    ("403", "The host or the page's origin may not ask."),
    ("404", "There is no such model, or no such route."),
    ("405", "The route takes another method."),
    ("413", "The body is too large."),
    ("422", "What was asked for cannot be had: the search came to an end without an answer."),
    ("429", "Too many requests wait; Retry-After says when to come again."),
    ("503", "The model is being loaded, or the server is about to end, or the time for the request was over."),
];

/// The routes that anybody may ask.
const PUBLIC: &str = "/health";

/// The document of a server with these routes.
pub(crate) fn document(routes: &[Route], settings: &Settings) -> Value {
    let mut paths = Map::new();
    let mut schemas = Map::new();
    for route in routes {
        let operation = operation(route, settings, &mut schemas);
        let path = paths.entry(path(route.path)).or_insert_with(|| json!({}));
        path[route.method] = operation;
    }
    schemas.extend(decoding_schemas());
    // Without keys anybody may ask.
    let keyed = json!([{"bearer": []}, {"header": []}]);
    let security = if settings.keys.is_empty() { json!([]) } else { keyed };
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "beamline",
            "version": env!("CARGO_PKG_VERSION"),
            "description": "Text generation that shows its work: OpenAI's API, Ollama's, and beamline's own.",
            "license": {"name": "MIT OR Apache-2.0", "identifier": "MIT OR Apache-2.0"},
        },
        "paths": paths,
        "components": {
            "schemas": schemas,
            "securitySchemes": {
                "bearer": {"type": "http", "scheme": "bearer"},
                "header": {"type": "apiKey", "in": "header", "name": "x-api-key"},
            },
        },
        "security": security,
    })
}

/// A path with parameters as OpenAPI writes them.
fn path(path: &str) -> String {
    path.replace("{*", "{")
}

/// The names between braces.
fn parameters(path: &str) -> Vec<Value> {
    let names = path.split('{').skip(1).filter_map(|rest| rest.split_once('}')).map(|(name, _)| name);
    names.map(|name| json!({"name": name, "in": "path", "required": true, "schema": {"type": "string"}})).collect()
}

fn operation(route: &Route, settings: &Settings, schemas: &mut Map<String, Value>) -> Value {
    let name: String = route.path.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '_' }).collect();
    let mut operation = json!({
        "operationId": format!("{}{name}", route.method),
        "summary": route.about,
        "responses": responses(route, schemas),
    });
    let parameters = parameters(&path(route.path));
    if !parameters.is_empty() {
        operation["parameters"] = Value::Array(parameters);
    }
    if let Some(takes) = route.takes {
        let schema = body(takes, settings.lenient, schemas);
        operation["requestBody"] = json!({"required": true, "content": {"application/json": {"schema": schema}}});
    }
    if route.path == PUBLIC {
        operation["security"] = json!([]);
    }
    operation
}

fn responses(route: &Route, schemas: &mut Map<String, Value>) -> Value {
    let mut content = match route.gives {
        Gives::Json(shape) => json!({"application/json": {"schema": put(shape, schemas)}}),
        Gives::Bytes => json!({"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}}),
        Gives::Text => json!({"text/plain": {"schema": {"type": "string"}}}),
    };
    if let Some((kind, event)) = route.streams {
        content[kind] = json!({"schema": put(event, schemas)});
    }
    let mut all = json!({"200": {"description": "The answer.", "content": content}});
    let error = put(route.fails, schemas);
    for (status, description) in ERRORS {
        all[status] = json!({"description": description, "content": {"application/json": {"schema": error}}});
    }
    all
}

/// A type, and those that it is made of, put among the schemas; and what points to it.
fn put(shape: Shape, schemas: &mut Map<String, Value>) -> Value {
    let mut found = Schemas::new();
    let pointer = shape(&mut found);
    schemas.extend(found.into_iter().map(|(name, schema)| (name, value(&schema))));
    value(&pointer)
}

/// A schema of plain data can always be written.
fn value(schema: &RefOr<Schema>) -> Value {
    serde_json::to_value(schema).unwrap_or_default()
}

/// The schema of a body: that of its type, with decoding options beside where it takes them, and no other field.
fn body(takes: Takes, lenient: bool, schemas: &mut Map<String, Value>) -> Value {
    let pointer = put(takes.shape, schemas);
    let name = pointer["$ref"].as_str().and_then(|at| at.rsplit('/').next()).unwrap_or_default();
    let Some(schema) = schemas.get_mut(name) else { return pointer };
    if takes.decoding {
        for (name, option) in names_of_options() {
            if schema["properties"].get(&name).is_none() {
                schema["properties"][&name] = option;
            }
        }
    }
    if schema.get("properties").is_some() {
        schema["additionalProperties"] = Value::Bool(lenient);
    }
    pointer
}

#[cfg(test)]
mod tests {
    use crate::api::{ROUTES, openapi};
    use crate::settings::Settings;

    #[test]
    fn every_route_is_there() {
        let document = openapi(&Settings::default());
        for route in ROUTES {
            let operation = &document["paths"][super::path(route.path)][route.method];
            assert!(operation["responses"]["200"].is_object(), "{} {}", route.method, route.path);
            assert_eq!(operation["requestBody"].is_object(), route.takes.is_some(), "{}", route.path);
        }
    }
}
