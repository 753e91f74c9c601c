//! The body of a request in, what is asked for out: prompts, decoding options, and how the answer is to look.
//!
//! `body` parts the fields: those of the route's own type, decoding options, what is known to be harmless, and what nobody knows.
//! `fields` are types that several routes share, `decoding` turns OpenAI's words into options within the server's limits (the words
//! themselves are the crate `beamline-openai`'s), `schema` tells programs of both.

mod body;
mod decoding;
mod fields;
mod schema;

pub(crate) use beamline_openai::{Decoding, OneOrMany, OpenAi, Prompts, ResponseFormat};
pub(crate) use body::{object, read, read_plain};
pub(crate) use decoding::within_limits;
pub(crate) use fields::StreamOptions;
pub(crate) use schema::{decoding_schemas, names_of_options};
