//! Primary keys of random UUIDs.

use pgrefit_catalog::census::{ConstraintKind, Source};
use pgrefit_catalog::quote_ident;
use pgrefit_report::Status;

use crate::check::{Check, Example, Group};
use crate::{Facts, Ruling};

/// Functions that make random UUIDs.
const RANDOM: [&str; 3] = ["gen_random_uuid", "uuidv4", "uuid_generate_v4"];

/// The first version with `uuidv7()`.
const ORDERED_SINCE: u32 = 18;

/// The check.
pub(super) static CHECK: Check = Check {
    id: "random-uuid-key",
    code: "TYP-07b",
    group: Group::Design,
    title: "A primary key is a random UUID.",
    level: Status::Info,
    required: false,
    matters: "Each new row goes to another page of the index: once the index is larger than memory, each INSERT reads one, and \
              full_page_writes puts it into the WAL whole. On a small table that is nothing. uuidv7(), of PostgreSQL 18, \
              begins with the time, so that new rows go to its end; it tells when a row was made.",
    cure: "From 18 on, DEFAULT uuidv7(): old values stay as they are. Before, make them in the application, or use bigint.",
    sources: &[Source::Constraints, Source::Columns, Source::Types, Source::Defaults],
    example: Some(Example {
        bad: include_str!("random_uuid_key/bad.sql"),
        good: include_str!("random_uuid_key/good.sql"),
    }),
    judge,
};

fn judge(facts: &Facts<'_>, ruling: &mut Ruling) {
    for (table, column, _) in facts.columns_of_type(&["uuid"]) {
        let is_key = facts
            .constraints(table.oid)
            .iter()
            .any(|it| it.kind == ConstraintKind::PrimaryKey && it.columns.first() == Some(&column.number));
        if !is_key {
            continue;
        }
        ruling.saw();
        let is_random = |it: &String| RANDOM.contains(&it.rsplit('.').next().unwrap_or(it));
        let default = facts.default(table.oid, column.number);
        if !default.is_some_and(|it| it.functions.iter().any(is_random)) {
            continue;
        }
        let (name, column_name) = (facts.name(table.oid), quote_ident(&column.name));
        let told = &mut ruling.info(
            facts.column_name(table.oid, column.number),
            "each new row goes to another page of the index: the key is a random UUID",
        );
        told.number("rows", facts.rows(table.oid));
        if facts.major() >= ORDERED_SINCE {
            let sql = format!("ALTER TABLE {name} ALTER COLUMN {column_name} SET DEFAULT uuidv7();");
            told.sql(sql, "ACCESS EXCLUSIVE", true);
        } else {
            told.hint(
                "uuidv7() comes with PostgreSQL 18; until then the application can make UUIDs of version 7",
            );
        }
    }
}
