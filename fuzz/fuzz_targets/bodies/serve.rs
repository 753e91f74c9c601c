//! What is done with the bytes of a request's body.

/// Reads a body as every route does.
pub fn requests(bytes: &[u8]) {
    let _ = beamline_serve::probe_body(bytes);
}
