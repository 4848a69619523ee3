//! Activity and locks: one line a check.

use crate::check::Check;

pub(super) static CHECKS: &[&Check] = &[];
