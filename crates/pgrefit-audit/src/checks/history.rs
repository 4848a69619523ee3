//! The history of migrations: one line a check.

use crate::check::Check;

mod history_missing;
mod history_out_of_step;
mod interrupted_migration;
mod migration_edited;
mod schema_drift;

pub(super) static CHECKS: &[&Check] = &[
    &history_missing::CHECK,
    &history_out_of_step::CHECK,
    &interrupted_migration::CHECK,
    &migration_edited::CHECK,
    &schema_drift::CHECK,
];
