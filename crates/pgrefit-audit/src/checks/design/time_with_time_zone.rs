//! Times of day with a time zone.

use pgrefit_catalog::census::Source;
use pgrefit_report::Status;

use crate::check::{Check, Example, Group};
use crate::{Facts, Ruling};

/// The check.
pub(super) static CHECK: Check = Check {
    id: "time-with-time-zone",
    code: "TYP-05b",
    group: Group::Design,
    title: "A column is of type time with time zone.",
    level: Status::Warn,
    required: false,
    matters: "Without a date, the distance to UTC is not known where there is summer time. PostgreSQL has the type because the SQL \
              standard asks for it, and its manual advises against it. It takes 12 bytes.",
    cure: "timestamptz for a moment; time, with the zone's name beside it, for a time of day.",
    sources: &[Source::Columns, Source::Types],
    example: Some(Example {
        bad: include_str!("time_with_time_zone/bad.sql"),
        good: include_str!("time_with_time_zone/good.sql"),
    }),
    judge,
};

fn judge(facts: &Facts<'_>, ruling: &mut Ruling) {
    ruling.saw_many(facts.declared_columns().count());
    for (table, column, _) in facts.columns_holding(&["timetz"]) {
        ruling
            .warn(
                facts.column_name(table.oid, column.number),
                "a time of day with a distance to UTC, but without the date that it depends on",
            )
            .number("rows", facts.rows(table.oid))
            .hint("timestamptz for a moment; time, with the zone's name beside it, for a time of day");
    }
}
