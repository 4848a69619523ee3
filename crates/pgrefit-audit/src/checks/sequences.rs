//! Sequences and the keys they fill: one line a check.

use crate::check::Check;

mod sequence_exhaustion;

pub(super) static CHECKS: &[&Check] = &[&sequence_exhaustion::CHECK];
