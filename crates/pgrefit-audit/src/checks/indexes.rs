//! Indexes: one line a check.

use crate::check::Check;

mod collation_version_changed;
mod duplicate_index;
mod expression_index_unused;
mod gin_pending_list;
mod index_bloat;
mod invalid_index;
mod jsonb_without_gin;
mod leftover_index;
mod low_hot_ratio;
mod low_value_index;
mod mostly_null_index;
mod partitioned_index_incomplete;
mod redundant_index;
mod sequential_scans;
mod too_many_indexes;
mod unsuitable_index_column;
mod unused_index;

pub(super) static CHECKS: &[&Check] = &[
    &collation_version_changed::CHECK,
    &duplicate_index::CHECK,
    &expression_index_unused::CHECK,
    &gin_pending_list::CHECK,
    &index_bloat::CHECK,
    &invalid_index::CHECK,
    &jsonb_without_gin::CHECK,
    &leftover_index::CHECK,
    &low_hot_ratio::CHECK,
    &low_value_index::CHECK,
    &mostly_null_index::CHECK,
    &partitioned_index_incomplete::CHECK,
    &redundant_index::CHECK,
    &sequential_scans::CHECK,
    &too_many_indexes::CHECK,
    &unsuitable_index_column::CHECK,
    &unused_index::CHECK,
];
