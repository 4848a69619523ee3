//! Vacuum and statistics: one line a check.

use crate::check::Check;

mod autovacuum_off;
mod autovacuum_saturated;
mod dead_rows;
mod insert_only_not_vacuumed;
mod multixact_wraparound;
mod never_analysed;
mod partitioned_table_never_analysed;
mod stale_statistics;
mod statements_evicted;
mod statistics_window_short;
mod table_autovacuum_off;
mod table_bloat;
mod vacuum_buffer_limit;
mod vacuum_running_long;
mod vacuum_truncate_lock;
mod xid_wraparound;
mod xmin_held_back;

pub(super) static CHECKS: &[&Check] = &[
    &autovacuum_off::CHECK,
    &autovacuum_saturated::CHECK,
    &dead_rows::CHECK,
    &insert_only_not_vacuumed::CHECK,
    &multixact_wraparound::CHECK,
    &never_analysed::CHECK,
    &partitioned_table_never_analysed::CHECK,
    &stale_statistics::CHECK,
    &statements_evicted::CHECK,
    &statistics_window_short::CHECK,
    &table_autovacuum_off::CHECK,
    &table_bloat::CHECK,
    &vacuum_buffer_limit::CHECK,
    &vacuum_running_long::CHECK,
    &vacuum_truncate_lock::CHECK,
    &xid_wraparound::CHECK,
    &xmin_held_back::CHECK,
];
