//! Moments that are rounded when they are stored.

use pgrefit_catalog::census::Source;
use pgrefit_report::Status;

use crate::check::{Check, Example, Group};
use crate::{Facts, Ruling};

/// The check.
pub(super) static CHECK: Check = Check {
    id: "timestamp-rounded",
    code: "TYP-05c",
    group: Group::Design,
    title: "A column rounds moments to the second.",
    level: Status::Info,
    required: false,
    matters: "timestamp(0) and timestamptz(0) round and do not cut off: now() may be stored half a second in the future, so that a \
              row that was just written is not found by a query for all until now.",
    cure: "The type without a precision, and date_trunc('second', …) where it is shown. The table is not rewritten.",
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
        bad: include_str!("timestamp_rounded/bad.sql"),
        good: include_str!("timestamp_rounded/good.sql"),
    }),
    judge,
};

fn judge(facts: &Facts<'_>, ruling: &mut Ruling) {
    ruling.saw_many(facts.declared_columns().count());
    for (table, column, held) in facts.columns_holding(&["timestamp", "timestamptz"]) {
        if held.typmod != 0 {
            continue;
        }
        let mut told = ruling.info(
            facts.column_name(table.oid, column.number),
            format!("{}(0) rounds up to half a second into the future", held.base.name),
        );
        told.number("rows", facts.rows(table.oid));
        let to = held.as_type(&held.base.name);
        facts.tell_retype(&mut told, (table.oid, column), &to, (false, true));
    }
}
