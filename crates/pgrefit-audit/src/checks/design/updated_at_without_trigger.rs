//! A time of the last change that nobody keeps.

use pgrefit_catalog::census::{Relation, Source};
use pgrefit_report::Status;

use crate::check::{Check, Example, Group};
use crate::{Facts, Ruling};

/// Names of such columns.
const NAMES: [&str; 4] = ["updated_at", "modified_at", "changed_at", "last_modified"];

/// The check.
pub(super) static CHECK: Check = Check {
    id: "updated-at-without-trigger",
    code: "TYP-16b",
    group: Group::Design,
    title: "A table has a time of its last change and no trigger for it, unlike other tables.",
    level: Status::Info,
    required: false,
    matters: "Where most tables with such a column (updated_at and the like) have a trigger before UPDATE that sets it, the one \
              without is mostly forgotten, and whoever looks for changes since a moment misses its rows. Where no table has \
              one, the application sets it, and nothing is told.",
    cure: "The trigger that the other tables have.",
    sources: &[Source::Relations, Source::Columns, Source::Triggers],
    example: Some(Example {
        bad: include_str!("updated_at_without_trigger/bad.sql"),
        good: include_str!("updated_at_without_trigger/good.sql"),
    }),
    judge,
};

fn judge(facts: &Facts<'_>, ruling: &mut Ruling) {
    let dated = |table: &'_ Relation| NAMES.iter().find_map(|name| facts.column_named(table.oid, name));
    let tables: Vec<_> = facts.root_tables().filter_map(|table| Some((table, dated(table)?))).collect();
    let kept = tables.iter().filter(|(table, _)| is_kept(facts, table)).count();
    for (table, column) in &tables {
        ruling.saw();
        if kept * 2 <= tables.len() || is_kept(facts, table) {
            continue;
        }
        ruling
            .info(
                facts.column_name(table.oid, column.number),
                format!("no trigger sets it; {kept} of {} tables with such a column have one", tables.len()),
            )
            .number("tables", tables.len())
            .number("tables_with_trigger", kept)
            .hint("the trigger that the other tables have");
    }
}

/// Whether a row trigger runs before UPDATE.
fn is_kept(facts: &Facts<'_>, table: &Relation) -> bool {
    const ROW_BEFORE_UPDATE: i16 = 1 | 2 | 16;
    let keeps = |events: i16| events & ROW_BEFORE_UPDATE == ROW_BEFORE_UPDATE;
    facts.triggers(table.oid).iter().any(|it| !it.internal && it.enabled != 'D' && keeps(it.events))
}
