//! `beamline serve`: an engine that others can call, over HTTP.

use crate::args::{LogForm, Serve};
use crate::failure::Failure;
use crate::interrupt;
use crate::model;
use crate::output::note;
use beamline::{ChatTemplate, Engine, Error, Options};
use beamline_lab::Pages;
use beamline_serve::{Limits, OpenedAs, ServeError, Server, Settings};
use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;

pub(crate) fn run(args: &Serve) -> Result<(), Failure> {
    let server = Server::bind(settings(args)?, note)?;
    // The first Ctrl-C lets requests finish, the second ends at once.
    let stopper = server.stopper();
    interrupt::tell(move || stopper.stop());
    note(&format!("listening on http://{}", server.address()));
    let model = args.model.clone();
    server.run(move || load(&model)).map_err(Failure::from)
}

/// How the model is opened, as bundles have it.
pub(super) fn opened(args: &crate::args::ModelArgs) -> OpenedAs {
    let usual = OpenedAs::default();
    OpenedAs {
        converted: args.dtype.map(|dtype| dtype.to_string()),
        activations: args.activations.unwrap_or(usual.activations),
    }
}

/// The lab's pages: the command's own, or those of a folder.
pub(super) fn pages(folder: Option<&Path>) -> Pages {
    folder.map_or_else(Pages::own, Pages::at)
}

pub(super) fn load(args: &crate::args::ModelArgs) -> Result<Engine, Error> {
    model::load(args, &Options::default())
}

fn settings(args: &Serve) -> Result<Settings, Failure> {
    let limits = Limits { body: args.max_body.unwrap_or(Limits::default().body), ..Limits::default() };
    Ok(Settings {
        address: SocketAddr::new(args.host, args.port),
        keys: args.api_key.iter().filter(|key| !key.is_empty()).cloned().collect(),
        open: args.no_key,
        origins: args.cors.clone(),
        hosts: args.allow_host.clone(),
        names: args.name.clone(),
        cache_memory: args.cache_memory,
        max_running: args.max_running,
        max_waiting: args.max_waiting,
        step_tokens: args.step_tokens,
        deadline: Duration::from_secs(args.deadline.into()),
        drain: Duration::from_secs(args.drain.into()),
        lenient: args.lenient,
        log_prompts: args.log_prompts,
        log_json: args.log == LogForm::Json,
        opened: opened(&args.model),
        lab: (args.lab || args.lab_pages.is_some()).then(|| pages(args.lab_pages.as_deref())),
        chat_template: args.chat_template.as_deref().map(template).transpose()?,
        limits,
    })
}

/// The template of a file.
fn template(path: &Path) -> Result<ChatTemplate, Failure> {
    let wrong = |error| Failure::usage(format!("{}: {error}; give --chat-template a file of Jinja", path.display()));
    let source = crate::given_file::text(path).map_err(wrong)?;
    Ok(ChatTemplate::new(&path.display().to_string(), &source).map_err(Error::from)?)
}

impl From<ServeError> for Failure {
    fn from(error: ServeError) -> Self {
        match error {
            ServeError::Model(error) => Self::from(error),
            ServeError::Open { .. } | ServeError::Key | ServeError::Origin { .. } | ServeError::Bind { .. } => {
                Self::usage(error.to_string())
            }
            other => Self { code: 1, message: Some(other.to_string()) },
        }
    }
}
