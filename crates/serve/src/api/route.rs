//! One route: where it is, who answers, and what goes in and comes out.

use crate::error::ErrorBody;
use crate::state::State;
use axum::routing::MethodRouter;
use std::sync::Arc;
use utoipa::ToSchema;
use utoipa::openapi::{Object, Ref, RefOr, Schema};

/// Types that the document has, by name.
pub(crate) type Schemas = Vec<(String, RefOr<Schema>)>;

/// Puts a type into the document, and gives what points to it.
pub(crate) type Shape = fn(&mut Schemas) -> RefOr<Schema>;

/// The shape of a type.
pub(crate) fn of<T: ToSchema>(schemas: &mut Schemas) -> RefOr<Schema> {
    T::schemas(schemas);
    let name = T::name().into_owned();
    schemas.push((name.clone(), T::schema()));
    RefOr::Ref(Ref::from_schema_name(name))
}

/// The shape of a type that is made with another: `T` has a parameter, which is `P`.
pub(crate) fn of_part<T: ToSchema, P: ToSchema>(schemas: &mut Schemas) -> RefOr<Schema> {
    of::<P>(schemas);
    T::schemas(schemas);
    let name = format!("{}_{}", T::name(), P::name());
    schemas.push((name.clone(), T::schema()));
    RefOr::Ref(Ref::from_schema_name(name))
}

/// An object that the library's documentation describes.
pub(crate) fn object(_: &mut Schemas) -> RefOr<Schema> {
    Object::new().into()
}

/// What a body may hold.
#[derive(Clone, Copy)]
pub(crate) struct Takes {
    pub(crate) shape: Shape,
    /// Whether every decoding option may stand beside the type's own fields.
    pub(crate) decoding: bool,
}

/// What an answer is.
#[derive(Clone, Copy)]
pub(crate) enum Gives {
    /// JSON.
    Json(Shape),
    /// Plain text.
    Text,
    /// Bytes that are no text.
    Bytes,
}

/// A route. The router and `/openapi.json` are made of a list of these.
#[derive(Clone, Copy)]
pub(crate) struct Route {
    pub(crate) path: &'static str,
    /// `get` or `post`.
    pub(crate) method: &'static str,
    pub(crate) answer: fn() -> MethodRouter<Arc<State>>,
    /// One line.
    pub(crate) about: &'static str,
    pub(crate) takes: Option<Takes>,
    pub(crate) gives: Gives,
    /// The type of a stream's content, and of each of its events.
    pub(crate) streams: Option<(&'static str, Shape)>,
    pub(crate) fails: Shape,
}

/// Lines of JSON.
pub(crate) const LINES: &str = "application/x-ndjson";
/// Server-sent events.
pub(crate) const EVENTS: &str = "text/event-stream";

impl Route {
    /// A route that takes nothing and gives text.
    pub(crate) const fn get(path: &'static str, answer: fn() -> MethodRouter<Arc<State>>, about: &'static str) -> Self {
        let fails = of::<ErrorBody>;
        Self { path, method: "get", answer, about, takes: None, gives: Gives::Text, streams: None, fails }
    }

    /// A route that takes a body of a type's fields.
    pub(crate) const fn post(
        path: &'static str,
        answer: fn() -> MethodRouter<Arc<State>>,
        about: &'static str,
        shape: Shape,
    ) -> Self {
        let takes = Some(Takes { shape, decoding: false });
        Self { method: "post", takes, ..Self::get(path, answer, about) }
    }

    /// It takes decoding options beside its own fields.
    pub(crate) const fn decoding(mut self) -> Self {
        if let Some(takes) = &mut self.takes {
            takes.decoding = true;
        }
        self
    }

    /// Its errors have this form.
    pub(crate) const fn fails(self, shape: Shape) -> Self {
        Self { fails: shape, ..self }
    }

    /// It gives bytes.
    pub(crate) const fn gives_bytes(self) -> Self {
        Self { gives: Gives::Bytes, ..self }
    }

    /// It gives JSON of this type.
    pub(crate) const fn gives(self, shape: Shape) -> Self {
        Self { gives: Gives::Json(shape), ..self }
    }

    /// It may give a stream in place of that.
    pub(crate) const fn streams(self, content: &'static str, event: Shape) -> Self {
        Self { streams: Some((content, event)), ..self }
    }
}
