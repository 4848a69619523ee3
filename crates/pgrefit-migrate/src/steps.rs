//! The steps of a run, one file each; `standing.rs` and `staging.rs` tell what they rest on.

pub(crate) mod adopt;
pub(crate) mod apply;
pub(crate) mod backup;
pub(crate) mod drift;
pub(crate) mod gate;
pub(crate) mod lint;
pub(crate) mod plan;
pub(crate) mod preflight;
pub(crate) mod rehearse;
pub(crate) mod settle;
pub(crate) mod staging;
pub(crate) mod standing;
pub(crate) mod verify;
