//! The design of tables: one line a check.

use crate::check::Check;

mod all_columns_nullable;
mod awkward_name;
mod boolean_as_integer;
mod char_n;
mod column_limit_near;
mod column_padding;
mod column_type_differs;
mod foreign_table;
mod json_instead_of_jsonb;
mod large_object;
mod missing_comment;
mod money;
mod name_truncated;
mod numbered_columns;
mod oid_column;
mod random_uuid_key;
mod reg_type;
mod rewrite_rule;
mod row_trigger;
mod serial_instead_of_identity;
mod table_inheritance;
mod table_without_columns;
mod time_with_time_zone;
mod timestamp_rounded;
mod timestamp_without_time_zone;
mod toast_compression;
mod toast_heavy_table;
mod unlogged_table;
mod updated_at_without_trigger;
mod uuid_as_text;
mod varchar_n;
mod wide_table;

pub(super) static CHECKS: &[&Check] = &[
    &all_columns_nullable::CHECK,
    &awkward_name::CHECK,
    &boolean_as_integer::CHECK,
    &char_n::CHECK,
    &column_limit_near::CHECK,
    &column_padding::CHECK,
    &column_type_differs::CHECK,
    &foreign_table::CHECK,
    &json_instead_of_jsonb::CHECK,
    &large_object::CHECK,
    &missing_comment::CHECK,
    &money::CHECK,
    &name_truncated::CHECK,
    &numbered_columns::CHECK,
    &oid_column::CHECK,
    &random_uuid_key::CHECK,
    &reg_type::CHECK,
    &rewrite_rule::CHECK,
    &row_trigger::CHECK,
    &serial_instead_of_identity::CHECK,
    &table_inheritance::CHECK,
    &table_without_columns::CHECK,
    &time_with_time_zone::CHECK,
    &timestamp_rounded::CHECK,
    &timestamp_without_time_zone::CHECK,
    &toast_compression::CHECK,
    &toast_heavy_table::CHECK,
    &unlogged_table::CHECK,
    &updated_at_without_trigger::CHECK,
    &uuid_as_text::CHECK,
    &varchar_n::CHECK,
    &wide_table::CHECK,
];
