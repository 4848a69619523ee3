//! Rehearsals on real servers.

mod alone;
mod place;
mod truth;
