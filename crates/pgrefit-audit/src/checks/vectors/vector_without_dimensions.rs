//! A column of vectors of any length.

use pgrefit_catalog::census::{Column, ColumnType, ConstraintKind, Relation, Source};
use pgrefit_catalog::quote_ident;
use pgrefit_report::Status;

use crate::check::{Check, Example, Group};
use crate::{Facts, Ruling};

/// The check.
pub(super) static CHECK: Check = Check {
    id: "vector-without-dimensions",
    code: "VEC-04",
    group: Group::Vectors,
    title: "A column of vectors does not say how many dimensions they have.",
    level: Status::Warn,
    required: false,
    matters: "It takes vectors of every model, and the first search that meets two lengths fails with \"different vector \
              dimensions\". It cannot be indexed as it is. A column with a CHECK on it, or with an approximate index on an \
              expression, was meant so; of domains, the length is not looked at.",
    cure: "Give the column the dimensions of the model: ALTER TABLE … ALTER COLUMN … TYPE vector(n), which rewrites the table.",
    sources: &[
        Source::Columns,
        Source::Types,
        Source::Constraints,
        Source::Indexes,
        Source::IndexDependencies,
    ],
    example: Some(Example {
        bad: include_str!("vector_without_dimensions/bad.sql"),
        good: include_str!("vector_without_dimensions/good.sql"),
    }),
    judge,
};

fn judge(facts: &Facts<'_>, ruling: &mut Ruling) {
    for (table, column, base) in facts.vector_columns() {
        ruling.saw();
        let is_domain = column.type_oid != base.oid;
        if column.typmod > 0 || is_domain || is_guarded(facts, table, column) {
            continue;
        }
        let name = facts.column_name(table.oid, column.number);
        ruling
            .warn(name, format!("{} without dimensions takes vectors of any length", base.name))
            .number("rows", facts.rows(table.oid))
            .hint(format!(
                "see what is there: SELECT {}, count(*) FROM {} GROUP BY 1; then ALTER COLUMN … TYPE",
                length(base, &quote_ident(&column.name)),
                facts.name(table.oid)
            ));
    }
}

/// What tells the dimensions of a value. pgvector has no function for those of a sparsevec, which is written `{…}/5`.
fn length(base: &ColumnType, column: &str) -> String {
    match base.name.as_str() {
        "sparsevec" => format!("split_part({column}::text, '/', 2)"),
        _ => format!("vector_dims({column})"),
    }
}

/// Whether a CHECK speaks of the column, or an approximate index does.
fn is_guarded(facts: &Facts<'_>, table: &Relation, column: &Column) -> bool {
    let speaks = facts
        .constraints(table.oid)
        .iter()
        .any(|it| it.kind == ConstraintKind::Check && it.columns.contains(&column.number));
    speaks || facts.has_vector_index(table.oid, column)
}

#[cfg(test)]
mod tests {
    use super::CHECK;
    use crate::sample::Sample;

    #[test]
    fn the_hint_asks_what_the_type_can_tell() {
        let check = |name: &str, expected: &str| {
            let sample = Sample::new(18)
                .relation(100, pgrefit_catalog::census::RelationKind::Table, "t", |_| {})
                .column(100, "c", name, |_| {});
            let hint = sample.verdict(&CHECK).findings[0].hint.clone().unwrap_or_default();
            assert!(hint.contains(expected), "{hint}");
        };
        check("vector", "SELECT vector_dims(c)");
        check("sparsevec", "SELECT split_part(c::text, '/', 2)");
    }
}
