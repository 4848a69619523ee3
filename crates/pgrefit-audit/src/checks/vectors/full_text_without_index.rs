//! A stored full text that is searched without an index.

use pgrefit_catalog::census::Source;
use pgrefit_catalog::quote_ident;
use pgrefit_report::Status;

use crate::check::{Check, Example, Group};
use crate::{Facts, Ruling};

/// Below so many rows a search of all is fast.
const ROWS_MIN: f64 = 10_000.0;

/// The check.
pub(super) static CHECK: Check = Check {
    id: "full-text-without-index",
    code: "DOC-01b",
    group: Group::Vectors,
    title: "A column of type tsvector has no index.",
    level: Status::Warn,
    required: false,
    matters: "Each search by @@ reads the column of every row, mostly from TOAST. A GIN, GiST or RUM index serves it, if it is \
              valid and covers all rows. Told from 10,000 rows on.",
    cure: "CREATE INDEX CONCURRENTLY … USING gin on the column.",
    sources: &[Source::Columns, Source::Types, Source::Indexes],
    example: Some(Example {
        bad: include_str!("full_text_without_index/bad.sql"),
        good: include_str!("full_text_without_index/good.sql"),
    }),
    judge,
};

fn judge(facts: &Facts<'_>, ruling: &mut Ruling) {
    for (table, column, _) in facts.columns_of_type(&["tsvector"]) {
        ruling.saw();
        let Some(rows) = facts.rows(table.oid).filter(|rows| *rows >= ROWS_MIN) else { continue };
        if facts.has_key_index(table.oid, column, &["gin", "gist", "rum"]) {
            continue;
        }
        let (name, column_name) = (facts.name(table.oid), quote_ident(&column.name));
        let body = format!("USING gin ({column_name})");
        let mut found = ruling.warn(
            facts.column_name(table.oid, column.number),
            format!("a full-text search reads all {rows:.0} rows: no index is on the column"),
        );
        found.number("rows", rows);
        if facts.partition_key(table.oid).is_none() {
            let sql = format!("CREATE INDEX CONCURRENTLY ON {name} {body};");
            found.sql(sql, "SHARE UPDATE EXCLUSIVE", true);
            continue;
        }
        match facts.index_everywhere(table.oid, &[column.number], &body) {
            Some((sql, lock)) => found.sql(sql, lock, true),
            None => found.hint(facts.index_everywhere_hint(table.oid, &body)),
        };
    }
}
