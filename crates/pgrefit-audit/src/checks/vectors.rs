//! Vectors and documents: one line a check.

use crate::check::Check;

mod embedding_null;
mod full_text_index_unused;
mod full_text_without_index;
mod hnsw_memory;
mod ivfflat_lists;
mod jsonb_operator_mismatch;
mod reference_all_null;
mod row_count_unknown;
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
    &embedding_null::CHECK,
    &full_text_index_unused::CHECK,
    &full_text_without_index::CHECK,
    &hnsw_memory::CHECK,
    &ivfflat_lists::CHECK,
    &jsonb_operator_mismatch::CHECK,
    &reference_all_null::CHECK,
    &row_count_unknown::CHECK,
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
