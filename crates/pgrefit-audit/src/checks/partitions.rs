//! Partitions: one line a check.

use crate::check::Check;

mod default_partition;
mod detach_pending;
mod foreign_key_to_partitioned;
mod partition_candidate;
mod partition_differs;
mod partition_gap;
mod partition_left_behind;
mod partition_missing_ahead;
mod partition_not_pruned;
mod too_many_partitions;

pub(super) static CHECKS: &[&Check] = &[
    &default_partition::CHECK,
    &detach_pending::CHECK,
    &foreign_key_to_partitioned::CHECK,
    &partition_candidate::CHECK,
    &partition_differs::CHECK,
    &partition_gap::CHECK,
    &partition_left_behind::CHECK,
    &partition_missing_ahead::CHECK,
    &partition_not_pruned::CHECK,
    &too_many_partitions::CHECK,
];
