//! What happens in a session, told to the request that it belongs to.

use super::running::Running;
use beamline::{Event, Interest, Observer};

/// Passes events on: the session at place `i` of the step belongs to request `of[i].0`, at place `of[i].1` in it.
pub(super) struct Dispatch<'a> {
    pub(super) requests: &'a mut [Running],
    pub(super) of: &'a [(usize, usize)],
}

impl Observer for Dispatch<'_> {
    fn wants(&self, session: usize, interest: Interest) -> bool {
        let (request, place) = self.of[session];
        self.requests[request].listener.wants(place, interest)
    }

    fn event(&mut self, event: &Event<'_>) {
        let (request, place) = self.of[event.session];
        self.requests[request].listener.event(&Event { session: place, ..event.clone() });
    }
}
