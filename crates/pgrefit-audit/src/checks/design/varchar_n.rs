//! Columns of type varchar(n).

use pgrefit_catalog::census::{Relation, Source};
use pgrefit_catalog::quote_ident;
use pgrefit_report::Status;

use crate::check::{Check, Example, Group};
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
    sources: &[Source::Columns, Source::Types],
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
        let (name, count) = (facts.name(table.oid), limited.len());
        let change = |(column, _): &(String, i32)| format!("ALTER COLUMN {column} TYPE text");
        let sql =
            format!("ALTER TABLE {name} {};", limited.iter().map(change).collect::<Vec<_>>().join(", "));
        let list = limited.iter().map(|(column, most)| format!("{column} ({most})"));
        ruling
            .info(name, format!("varchar with a limit: {}", list.collect::<Vec<_>>().join(", ")))
            .number("columns", count)
            .sql(sql, "ACCESS EXCLUSIVE", true);
    }
}

/// Its columns with a limit, quoted, and how many characters they take.
fn limited(facts: &Facts<'_>, table: &Relation) -> Vec<(String, i32)> {
    let own = facts.columns(table.oid).iter().filter(|column| !column.inherited && column.typmod > 4);
    let is_varchar =
        |oid| facts.type_of(oid).is_some_and(|it| it.name == "varchar" && it.schema == "pg_catalog");
    let limited = own.filter(|column| is_varchar(column.type_oid));
    limited.map(|column| (quote_ident(&column.name), column.typmod - 4)).collect()
}
