//! Rehearsals on real servers.

mod alone;
mod canary;
mod place;
mod probes;
mod running;
mod sameness;
mod truth;
