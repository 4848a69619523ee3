//! Activity and locks: one line a check.

use crate::check::Check;

mod blocked_sessions;
mod cache_hit_ratio;
mod connection_saturation;
mod database_connection_limit;
mod deadlocks;
mod idle_in_transaction;
mod long_transaction;
mod old_prepared_transaction;
mod recovery_conflicts;
mod role_connection_limit;
mod rollback_ratio;
mod sessions_abandoned;
mod sessions_short_lived;
mod slow_statement;
mod statement_reads_too_much;
mod temp_file_spill;
mod transactions_mostly_idle;
mod unbounded_statement;

pub(super) static CHECKS: &[&Check] = &[
    &blocked_sessions::CHECK,
    &cache_hit_ratio::CHECK,
    &connection_saturation::CHECK,
    &database_connection_limit::CHECK,
    &deadlocks::CHECK,
    &idle_in_transaction::CHECK,
    &long_transaction::CHECK,
    &old_prepared_transaction::CHECK,
    &recovery_conflicts::CHECK,
    &role_connection_limit::CHECK,
    &rollback_ratio::CHECK,
    &sessions_abandoned::CHECK,
    &sessions_short_lived::CHECK,
    &slow_statement::CHECK,
    &statement_reads_too_much::CHECK,
    &temp_file_spill::CHECK,
    &transactions_mostly_idle::CHECK,
    &unbounded_statement::CHECK,
];
