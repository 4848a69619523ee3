//! Sequences and the keys they fill: one line a check.

use crate::check::Check;

mod foreign_key_narrower;
mod key_near_limit;
mod sequence_behind;
mod sequence_exhaustion;
mod sequence_wider_than_column;

pub(super) static CHECKS: &[&Check] = &[
    &foreign_key_narrower::CHECK,
    &key_near_limit::CHECK,
    &sequence_behind::CHECK,
    &sequence_exhaustion::CHECK,
    &sequence_wider_than_column::CHECK,
];
