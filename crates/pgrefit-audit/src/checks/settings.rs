//! Settings of the server: one line a check.

use crate::check::Check;

mod activities_not_tracked;
mod cache_size_small;
mod checksum_failures;
mod checksums_off;
mod durability_off;
mod huge_pages_unused;
mod io_timing_off;
mod log_level_too_high;
mod logging_gaps;
mod memory_over_budget;
mod pending_restart;
mod planner_disabled;
mod preload_missing;
mod query_id_off;
mod random_page_cost;
mod replication_capacity;
mod setting_not_accepted;
mod shared_buffers_small;
mod slot_wal_unbounded;
mod timeout_missing;
mod version_outdated;
mod wal_level_minimal;
mod wal_not_archived;

pub(super) static CHECKS: &[&Check] = &[
    &activities_not_tracked::CHECK,
    &cache_size_small::CHECK,
    &checksum_failures::CHECK,
    &checksums_off::CHECK,
    &durability_off::CHECK,
    &huge_pages_unused::CHECK,
    &io_timing_off::CHECK,
    &log_level_too_high::CHECK,
    &logging_gaps::CHECK,
    &memory_over_budget::CHECK,
    &pending_restart::CHECK,
    &planner_disabled::CHECK,
    &preload_missing::CHECK,
    &query_id_off::CHECK,
    &random_page_cost::CHECK,
    &replication_capacity::CHECK,
    &setting_not_accepted::CHECK,
    &shared_buffers_small::CHECK,
    &slot_wal_unbounded::CHECK,
    &timeout_missing::CHECK,
    &version_outdated::CHECK,
    &wal_level_minimal::CHECK,
    &wal_not_archived::CHECK,
];
