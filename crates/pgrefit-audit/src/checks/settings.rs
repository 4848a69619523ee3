//! Settings of the server: one line a check.

use crate::check::Check;

mod durability_off;

pub(super) static CHECKS: &[&Check] = &[&durability_off::CHECK];
