//! Constraints and triggers: one line a check.

use crate::check::Check;

mod foreign_key_without_index;

pub(super) static CHECKS: &[&Check] = &[&foreign_key_without_index::CHECK];
