//! Settings of the server: one line a check.

use crate::check::Check;

mod fsync_off;

pub(super) static CHECKS: &[&Check] = &[&fsync_off::CHECK];
