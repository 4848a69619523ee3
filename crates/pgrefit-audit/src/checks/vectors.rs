//! Vectors and documents: one line a check.

use crate::check::Check;

mod hnsw_memory;
mod ivfflat_lists;
mod vector_extension_outdated;
mod vector_index_present;
mod vector_library_outdated;
mod vector_not_indexable;
mod vector_operator_mismatch;
mod vector_scan_not_parallel;
mod vector_scan_over_budget;
mod vector_storage;
mod vector_without_dimensions;

pub(super) static CHECKS: &[&Check] = &[
    &hnsw_memory::CHECK,
    &ivfflat_lists::CHECK,
    &vector_extension_outdated::CHECK,
    &vector_index_present::CHECK,
    &vector_library_outdated::CHECK,
    &vector_not_indexable::CHECK,
    &vector_operator_mismatch::CHECK,
    &vector_scan_not_parallel::CHECK,
    &vector_scan_over_budget::CHECK,
    &vector_storage::CHECK,
    &vector_without_dimensions::CHECK,
];
