//! A stored full text that is searched without an index.

use pgrefit_catalog::census::{Column, Index, Relation, Source};
use pgrefit_catalog::quote_ident;
use pgrefit_report::Status;

use crate::check::{Check, Example, Group};
use crate::{Facts, Ruling};

/// Below so many rows a search of all is fast.
const ROWS_MIN: f64 = 10_000.0;

/// What serves a search.
const METHODS: [&str; 3] = ["gin", "gist", "rum"];

/// The check.
pub(super) static CHECK: Check = Check {
    id: "full-text-without-index",
    code: "DOC-01b",
    group: Group::Vectors,
    title: "A column of type tsvector has no index that serves each search.",
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
        if facts.has_key_index(table.oid, column, &METHODS) {
            continue;
        }
        let mut told = ruling.warn(
            facts.column_name(table.oid, column.number),
            format!(
                "a full-text search may read all {rows:.0} rows: no usable GIN or GiST index is over the whole table"
            ),
        );
        told.number("rows", rows);
        if let Some(broken) = invalid(facts, table, column) {
            told.hint(broken);
            continue;
        }
        let (name, column_name) = (facts.name(table.oid), quote_ident(&column.name));
        let body = format!("USING gin ({column_name})");
        if facts.partition_key(table.oid).is_none() {
            let sql = format!("CREATE INDEX CONCURRENTLY ON {name} {body};");
            told.sql(sql, "SHARE UPDATE EXCLUSIVE", true);
            continue;
        }
        match facts.index_everywhere(table.oid, &[column.number], &body) {
            Some((sql, lock)) => told.sql(sql, lock, true),
            None => told.hint(facts.index_everywhere_hint(table.oid, &body)),
        };
    }
}

/// What to do of an index on the column that is there and not usable yet: of the table, or of a partition.
fn invalid(facts: &Facts<'_>, table: &Relation, column: &Column) -> Option<String> {
    let tables = facts.leaves(table.oid).into_iter().map(|it| it.oid).chain([table.oid]);
    let found = tables.filter_map(|it| Some((it, facts.column_named(it, &column.name)?)));
    let broken = found.flat_map(|(it, own)| {
        let of_column = move |index: &&&Index| {
            let is_search = METHODS.contains(&facts.access_method(index));
            is_search && index.predicate.is_none() && index.columns.contains(&own.number) && !index.valid
        };
        facts.indexes(it).iter().filter(of_column)
    });
    let index = broken.min_by_key(|it| it.oid)?;
    let name = facts.name(index.oid);
    Some(if index.being_built {
        format!("{name} is being built")
    } else if facts.partition_key(index.table).is_some() {
        format!("{name} is INVALID until each partition has an index that is attached to it")
    } else {
        format!("{name} is INVALID: REINDEX INDEX CONCURRENTLY {name}, or drop it and make it anew")
    })
}

#[cfg(test)]
mod tests {
    use pgrefit_catalog::census::RelationKind;

    use super::CHECK;
    use crate::sample::Sample;

    #[test]
    fn an_invalid_index_is_pointed_to() {
        let sample = |valid: bool| {
            Sample::new(18)
                .relation(100, RelationKind::Table, "documents", |it| it.rows = Some(20_000.0))
                .column(100, "words", "tsvector", |_| {})
                .vector_index(200, "gin", "tsvector_ops", false, |it| it.valid = valid)
        };
        assert!(sample(true).objects(&CHECK).is_empty());
        let found = sample(false).verdict(&CHECK).findings.remove(0);
        let hint = found.hint.unwrap_or_default();
        assert!(hint.starts_with("public.documents_200 is INVALID: REINDEX"), "{hint}");
        assert!(found.remediation.is_none());
    }
}
