//! Vectors and documents: one line a check.

use crate::check::Check;

pub(super) static CHECKS: &[&Check] = &[];
