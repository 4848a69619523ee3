//! How a column of vectors is stored.

use pgrefit_catalog::census::{Column, Source};
use pgrefit_catalog::quote_ident;
use pgrefit_report::{Cell, Status};

use crate::check::{Check, Example, Group};
use crate::{Facts, Ruling};

/// The largest row that a page of 8 kB takes, in bytes.
const ROW_MAX: u32 = 8_160;

/// The check.
pub(super) static CHECK: Check = Check {
    id: "vector-storage",
    code: "VEC-09",
    group: Group::Vectors,
    title: "A column of vectors is stored in a way that does not suit it.",
    level: Status::Warn,
    required: false,
    matters: "PLAIN keeps a value within its row, and a row within a page of 8 kB: an INSERT of a larger vector fails. \
              EXTENDED and MAIN try to compress, which costs time at each write and gains nothing on floating-point numbers; \
              vector columns that were made before pgvector 0.6.0 are so. EXTERNAL, the default since, suits large vectors, and \
              PLAIN small ones.",
    cure: "SET STORAGE EXTERNAL. It changes how new values are stored; those that are there stay as they are.",
    sources: &[Source::Columns, Source::Types],
    example: Some(Example {
        bad: include_str!("vector_storage/bad.sql"),
        good: include_str!("vector_storage/good.sql"),
    }),
    judge,
};

fn judge(facts: &Facts<'_>, ruling: &mut Ruling) {
    for (table, column, _) in facts.vector_columns() {
        ruling.saw();
        let Some((status, message)) = fault(facts, column) else { continue };
        let (name, column_name) = (facts.name(table.oid), quote_ident(&column.name));
        let bytes = facts.vector_bytes(column).map_or(Cell::Missing, |it| Cell::Bytes(it.into()));
        ruling
            .found(status, facts.column_name(table.oid, column.number), message)
            .number("value_bytes", bytes)
            .sql(
                format!("ALTER TABLE {name} ALTER COLUMN {column_name} SET STORAGE EXTERNAL;"),
                "ACCESS EXCLUSIVE",
                true,
            );
    }
}

fn fault(facts: &Facts<'_>, column: &Column) -> Option<(Status, &'static str)> {
    match column.storage {
        'p' if facts.vector_bytes(column)? > ROW_MAX => {
            Some((Status::Warn, "no value fits: STORAGE PLAIN keeps it within a page of 8 kB"))
        }
        'x' | 'm' => Some((Status::Info, "each write tries to compress the vectors, which gains nothing")),
        _ => None,
    }
}
