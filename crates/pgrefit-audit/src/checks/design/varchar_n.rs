//! Columns of type varchar(n).

use pgrefit_catalog::census::{Column, Relation, Source};
use pgrefit_catalog::quote_ident;
use pgrefit_report::Status;

use crate::check::{Check, Example, Group};
use crate::facts::design::RETYPE_HINT;
use crate::{Facts, Ruling};

/// The check.
pub(super) static CHECK: Check = Check {
    id: "varchar-n",
    code: "TYP-03",
    group: Group::Design,
    title: "Columns are of type varchar(n).",
    level: Status::Info,
    required: false,
    matters: "The limit costs nothing and gains no speed, but a value that is longer fails, and to make the limit smaller rewrites \
              the table. Where the number means something it is right; where it is 255 by habit, text says the same. To make \
              it larger, or text, rewrites nothing. Told once a table.",
    cure: "text, with a CHECK where a limit is meant. This is a matter of taste.",
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
        bad: include_str!("varchar_n/bad.sql"),
        good: include_str!("varchar_n/good.sql"),
    }),
    judge,
};

fn judge(facts: &Facts<'_>, ruling: &mut Ruling) {
    for table in facts.root_tables() {
        ruling.saw();
        let limited = limited(facts, table);
        if limited.is_empty() {
            continue;
        }
        let name = facts.name(table.oid);
        let list = limited.iter().map(|it| format!("{} ({})", quote_ident(&it.name), it.typmod - 4));
        let list = list.collect::<Vec<_>>().join(", ");
        let mut told = ruling.info(name.as_str(), format!("varchar with a limit: {list}"));
        told.number("columns", limited.len());
        let is_free = |it: &&&Column| facts.retype_hindrance(table.oid, it).is_none();
        let change = |it: &&Column| format!("ALTER COLUMN {} TYPE text", quote_ident(&it.name));
        let changes: Vec<String> = limited.iter().filter(is_free).map(change).collect();
        if changes.is_empty() {
            told.hint("other things rest on the type of each: generated columns, policies, a partition key, foreign keys");
        } else {
            told.sql(format!("ALTER TABLE {name} {};", changes.join(", ")), "ACCESS EXCLUSIVE", true)
                .hint(RETYPE_HINT);
        }
    }
}

/// Its columns with a limit.
fn limited<'a>(facts: &Facts<'a>, table: &Relation) -> Vec<&'a Column> {
    let own = facts.columns(table.oid).iter().filter(|column| !column.inherited && column.typmod > 4);
    let is_varchar =
        |oid| facts.type_of(oid).is_some_and(|it| it.name == "varchar" && it.schema == "pg_catalog");
    own.filter(|column| is_varchar(column.type_oid)).copied().collect()
}
