//! The history of migrations: one line a check.

use crate::check::Check;

pub(super) static CHECKS: &[&Check] = &[];
