//! The beamline command.
