//! The rules: one line each; a test sees that none is forgotten.

use crate::rule::Rule;

mod attach_builds_index;
mod attach_without_check;
mod batches_in_one_transaction;
mod btree_on_long_text;
mod check_without_not_valid;
mod concurrent_index_if_not_exists;
mod concurrently_in_transaction;
mod concurrently_on_partitioned;
mod constrained_domain_column;
mod contract_with_expand;
mod default_partition_scan;
mod dependent_object;
mod detach_without_concurrently;
mod directive;
mod disable_triggers;
mod domain_constraint_scan;
mod drop_cascade;
mod drop_column;
mod drop_index_without_concurrently;
mod drop_primary_key;
mod drop_schema;
mod drop_table;
mod duplicate_index;
mod enum_value_used_at_once;
mod exclusion_constraint;
mod explicit_lock;
mod foreign_key_without_index;
mod foreign_key_without_not_valid;
mod function_uses_dropped;
mod identity_on_existing_table;
mod if_not_exists_hides_difference;
mod index_cannot_be_key;
mod index_without_concurrently;
mod narrowing_type_change;
mod needs_psql;
mod non_repeatable_change;
mod not_null_without_default;
mod not_valid_on_partitioned;
mod partition_of_locks_parent;
mod primary_key_on_nullable;
mod primary_key_without_index;
mod raised_lock_timeout;
mod refresh_without_concurrently;
mod reindex_without_concurrently;
mod rename_column;
mod rename_table;
mod rewriting_maintenance;
mod row_security_without_policy;
mod search_path_change;
mod security_definer_search_path;
mod set_local_in_steps;
mod set_not_null_scan;
mod several_strong_locks;
mod storage_rewrite;
mod stored_generated_column;
mod syntax_error;
mod transaction_control;
mod truncate;
mod type_change_breaks_prepared;
mod type_change_checks_again;
mod type_change_rewrite;
mod unbatched_change;
mod unique_over_existing_rows;
mod unique_without_index;
mod unnamed_concurrent_index;
mod unused_allow;
mod validate_in_same_transaction;
mod vector_index_too_wide;
mod volatile_default;
mod work_under_lock;

/// Every rule, by name.
pub static RULES: &[&Rule] = &[
    &attach_builds_index::RULE,
    &attach_without_check::RULE,
    &batches_in_one_transaction::RULE,
    &btree_on_long_text::RULE,
    &check_without_not_valid::RULE,
    &concurrent_index_if_not_exists::RULE,
    &concurrently_in_transaction::RULE,
    &concurrently_on_partitioned::RULE,
    &constrained_domain_column::RULE,
    &contract_with_expand::RULE,
    &default_partition_scan::RULE,
    &dependent_object::RULE,
    &detach_without_concurrently::RULE,
    &directive::RULE,
    &disable_triggers::RULE,
    &domain_constraint_scan::RULE,
    &drop_cascade::RULE,
    &drop_column::RULE,
    &drop_index_without_concurrently::RULE,
    &drop_primary_key::RULE,
    &drop_schema::RULE,
    &drop_table::RULE,
    &duplicate_index::RULE,
    &enum_value_used_at_once::RULE,
    &exclusion_constraint::RULE,
    &explicit_lock::RULE,
    &foreign_key_without_index::RULE,
    &foreign_key_without_not_valid::RULE,
    &function_uses_dropped::RULE,
    &identity_on_existing_table::RULE,
    &if_not_exists_hides_difference::RULE,
    &index_cannot_be_key::RULE,
    &index_without_concurrently::RULE,
    &narrowing_type_change::RULE,
    &needs_psql::RULE,
    &non_repeatable_change::RULE,
    &not_null_without_default::RULE,
    &not_valid_on_partitioned::RULE,
    &partition_of_locks_parent::RULE,
    &primary_key_on_nullable::RULE,
    &primary_key_without_index::RULE,
    &raised_lock_timeout::RULE,
    &refresh_without_concurrently::RULE,
    &reindex_without_concurrently::RULE,
    &rename_column::RULE,
    &rename_table::RULE,
    &rewriting_maintenance::RULE,
    &row_security_without_policy::RULE,
    &search_path_change::RULE,
    &security_definer_search_path::RULE,
    &set_local_in_steps::RULE,
    &set_not_null_scan::RULE,
    &several_strong_locks::RULE,
    &storage_rewrite::RULE,
    &stored_generated_column::RULE,
    &syntax_error::RULE,
    &transaction_control::RULE,
    &truncate::RULE,
    &type_change_breaks_prepared::RULE,
    &type_change_checks_again::RULE,
    &type_change_rewrite::RULE,
    &unbatched_change::RULE,
    &unique_over_existing_rows::RULE,
    &unique_without_index::RULE,
    &unnamed_concurrent_index::RULE,
    &unused_allow::RULE,
    &validate_in_same_transaction::RULE,
    &vector_index_too_wide::RULE,
    &volatile_default::RULE,
    &work_under_lock::RULE,
];

/// The rule of this id.
#[must_use]
pub fn rule(id: &str) -> Option<&'static Rule> {
    RULES.iter().copied().find(|rule| rule.id == id)
}
