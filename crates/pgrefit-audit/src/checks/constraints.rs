//! Constraints and triggers: one line a check.

use crate::check::Check;

mod cascade_fan_out;
mod constraint_not_enforced;
mod constraint_not_valid;
mod deferrable_key;
mod duplicate_foreign_key;
mod foreign_key_cycle;
mod foreign_key_missing;
mod foreign_key_type_mismatch;
mod foreign_key_without_index;
mod no_replica_identity;
mod nullable_composite_foreign_key;
mod stored_column_rests_on_function;
mod table_without_primary_key;
mod trigger_disabled;
mod virtual_column;

pub(super) static CHECKS: &[&Check] = &[
    &cascade_fan_out::CHECK,
    &constraint_not_enforced::CHECK,
    &constraint_not_valid::CHECK,
    &deferrable_key::CHECK,
    &duplicate_foreign_key::CHECK,
    &foreign_key_cycle::CHECK,
    &foreign_key_missing::CHECK,
    &foreign_key_type_mismatch::CHECK,
    &foreign_key_without_index::CHECK,
    &no_replica_identity::CHECK,
    &nullable_composite_foreign_key::CHECK,
    &stored_column_rests_on_function::CHECK,
    &table_without_primary_key::CHECK,
    &trigger_disabled::CHECK,
    &virtual_column::CHECK,
];
