//! Moments without a time zone.

use pgrefit_catalog::census::Source;
use pgrefit_catalog::quote_ident;
use pgrefit_report::Status;

use crate::check::{Check, Example, Group};
use crate::facts::design::RETYPE_HINT;
use crate::{Facts, Ruling};

/// The check.
pub(super) static CHECK: Check = Check {
    id: "timestamp-without-time-zone",
    code: "TYP-05",
    group: Group::Design,
    title: "A column is of type timestamp without time zone.",
    level: Status::Info,
    required: false,
    matters: "It holds what a clock showed, not a moment: now() is stored as TimeZone of the session has it, differences are wrong \
              over a change to summer time, and a comparison with timestamptz depends on the session. Where all of the \
              application is UTC, it works.",
    cure: "timestamptz, which is stored in UTC, in the same 8 bytes. Say in which zone the present values are. From 12 on, the \
           table is not rewritten if TimeZone of the session is UTC.",
    sources: &[
        Source::Columns,
        Source::Types,
        Source::PartitionKeys,
        Source::Defaults,
        Source::Policies,
        Source::Rules,
        Source::Triggers,
        Source::Constraints,
    ],
    example: Some(Example {
        bad: include_str!("timestamp_without_time_zone/bad.sql"),
        good: include_str!("timestamp_without_time_zone/good.sql"),
    }),
    judge,
};

fn judge(facts: &Facts<'_>, ruling: &mut Ruling) {
    ruling.saw_many(facts.declared_columns().count());
    for (table, column, held) in facts.columns_holding(&["timestamp"]) {
        let (name, column_name) = (facts.name(table.oid), quote_ident(&column.name));
        let to = held.as_type("timestamptz");
        let hint = match facts.retype_hindrance(table.oid, column) {
            Some(why) => format!("ALTER COLUMN … TYPE {to} is not enough: {why}"),
            None => format!(
                "if the values are UTC: SET TimeZone = 'UTC'; ALTER TABLE {name} ALTER COLUMN {column_name} TYPE {to}; \
                 {RETYPE_HINT}"
            ),
        };
        ruling
            .info(
                facts.column_name(table.oid, column.number),
                "which moment it means depends on who wrote it: timestamp without time zone",
            )
            .number("rows", facts.rows(table.oid))
            .hint(hint);
    }
}
