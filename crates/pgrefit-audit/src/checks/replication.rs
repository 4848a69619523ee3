//! Replication, WAL and I/O: one line a check.

use crate::check::Check;

pub(super) static CHECKS: &[&Check] = &[];
