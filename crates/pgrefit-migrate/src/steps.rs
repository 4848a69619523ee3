//! The steps, one file each.

pub(crate) mod adopt;
pub(crate) mod apply;
pub(crate) mod drift;
pub(crate) mod lint;
pub(crate) mod plan;
pub(crate) mod verify;
