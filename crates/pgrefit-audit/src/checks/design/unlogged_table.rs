//! Tables that a crash empties.

use pgrefit_catalog::census::{RelationKind, Source};
use pgrefit_report::Status;

use crate::check::{Check, Example, Group};
use crate::{Facts, Ruling};

/// The check.
pub(super) static CHECK: Check = Check {
    id: "unlogged-table",
    code: "TYP-14c",
    group: Group::Design,
    title: "A table is not in the WAL, and a crash empties it.",
    level: Status::Warn,
    required: false,
    matters: "An unlogged table is empty after a crash of the server or an immediate shutdown, cannot be read on a standby and is \
              empty after a failover, and a backup of the files does not have its rows. For a cache that can be filled again it \
              is right.",
    cure: "ALTER TABLE … SET LOGGED, which writes the whole table anew and into the WAL. Ignore it where the rows may be lost.",
    sources: &[Source::Relations],
    example: Some(Example {
        bad: include_str!("unlogged_table/bad.sql"),
        good: include_str!("unlogged_table/good.sql"),
    }),
    judge,
};

fn judge(facts: &Facts<'_>, ruling: &mut Ruling) {
    for table in facts.heaps().filter(|it| it.kind == RelationKind::Table && it.persistence != 't') {
        ruling.saw();
        if table.persistence == 'u' {
            let name = facts.name(table.oid);
            ruling
                .warn(&name, "a crash, a failover or a restore leaves it empty: it is unlogged")
                .number("rows", table.rows)
                .sql(format!("ALTER TABLE {name} SET LOGGED;"), "ACCESS EXCLUSIVE", true);
        }
    }
}
