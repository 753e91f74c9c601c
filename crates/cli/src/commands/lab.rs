//! `beamline lab`: a server of this machine alone, and a browser at its pages.

use super::serve::{load, opened, pages};
use crate::args::Lab;
use crate::failure::Failure;
use crate::interrupt;
use crate::output::note;
use beamline_serve::{Server, Settings};
use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

pub(crate) fn run(args: &Lab) -> Result<(), Failure> {
    let settings = Settings {
        address: SocketAddr::new(Ipv4Addr::LOCALHOST.into(), args.port),
        cache_memory: args.cache_memory,
        drain: Duration::from_secs(1), // whoever closes the lab does not wait for its texts
        opened: opened(&args.model),
        lab: Some(pages(args.pages.as_deref())),
        ..Settings::default()
    };
    // The log's lines are for those who serve others.
    let server = Server::bind(settings, |_| {})?;
    let stopper = server.stopper();
    interrupt::tell(move || stopper.stop());
    let address = format!("http://{}/lab/", server.address());
    note(&format!("the lab is at {address} (Ctrl-C ends it)"));
    if !args.no_browser
        && let Err(error) = open::that_detached(&address)
    {
        note(&format!("no browser could be opened ({error}); open the address in one"));
    }
    let model = args.model.clone();
    server.run(move || load(&model)).map_err(Failure::from)
}
