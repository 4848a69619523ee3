//! An exact search that takes longer than it may.

use pgrefit_catalog::census::{Column, Relation, Source};
use pgrefit_catalog::quote_ident;
use pgrefit_report::{Cell, Status};

use crate::check::{Check, Group};
use crate::{Facts, Ruling, object};

/// Time for one vector of [`MEASURED_BYTES`] that is out of line and in memory, in one process.
const MEASURED_MS: f64 = 0.07;

/// A `vector(3072)`.
const MEASURED_BYTES: f64 = 12_296.0;

/// The check.
pub(super) static CHECK: Check = Check {
    id: "vector-scan-over-budget",
    code: "VEC-08",
    group: Group::Vectors,
    title: "An exact search of vectors is estimated to take longer than a query may.",
    level: Status::Warn,
    required: false,
    matters: "Without an approximate index, each search reads every vector. 70 µs were measured for a vector(3072), 12 kB out of \
              line and in memory, in one process; other lengths are taken in proportion, and disks are slower. The budget \
              is 2 s unless the project says otherwise. Only vectors above 2 kB are judged, by statistics that are fresh.",
    cure: "Search in parallel (vector-scan-not-parallel), filter first by an indexed column or a partition, or build an \
           approximate index, if missed neighbours are acceptable.",
    sources: &[
        Source::Columns,
        Source::Types,
        Source::Indexes,
        Source::IndexDependencies,
        Source::RelationStatistics,
    ],
    example: None,
    judge,
};

fn judge(facts: &Facts<'_>, ruling: &mut Ruling) {
    for (table, column, _) in facts.vector_columns() {
        ruling.saw();
        if facts.has_vector_index(table.oid, column) {
            continue;
        }
        let Some((rows, time_ms)) = estimate(facts, table, column) else { continue };
        let budget_ms = facts.options.budget_ms;
        if time_ms <= budget_ms {
            continue;
        }
        let cached = facts.setting_bytes("shared_buffers");
        ruling
            .warn(
                facts.column_name(table.oid, column.number),
                format!("an exact search of {rows:.0} vectors takes about {:.1} s", time_ms / 1_000.0),
            )
            .number("rows", rows)
            .number("estimated_ms", time_ms.round())
            .number("budget_ms", budget_ms)
            .number(
                "vectors_bytes",
                Cell::Bytes(facts.leaves(table.oid).iter().map(|it| facts.table_bytes(it.oid)).sum()),
            )
            .number("shared_buffers_bytes", cached.map_or(Cell::Missing, Cell::Bytes))
            .hint(advice(facts, table, column));
    }
}

/// Vectors, and the time to compare them all.
fn estimate(facts: &Facts<'_>, table: &Relation, column: &Column) -> Option<(f64, f64)> {
    let bytes = facts.vector_bytes(column).filter(|_| facts.is_out_of_line(column))?;
    let rows = facts.rows(table.oid).filter(|_| facts.are_leaves_analysed(table.oid))?;
    let nulls = facts.column_statistics(table.oid, column.number).map_or(0.0, |it| it.null_fraction);
    let vectors = rows * (1.0 - nulls);
    Some((vectors, vectors * MEASURED_MS * f64::from(bytes) / MEASURED_BYTES))
}

fn advice(facts: &Facts<'_>, table: &Relation, column: &Column) -> String {
    let (name, column_name) = (facts.name(table.oid), quote_ident(&column.name));
    let dimensions = column.typmod;
    // The extension may be in a schema that is not on the path.
    let schema = facts.base_type(column.type_oid).map_or("public", |it| it.schema.as_str());
    let (halfvec, class) =
        (object::qualified(schema, "halfvec"), object::qualified(schema, "halfvec_cosine_ops"));
    let body = format!("USING hnsw (({column_name}::{halfvec}({dimensions})) {class})");
    let how = if facts.partition_key(table.oid).is_some() {
        facts.index_everywhere_hint(table.oid, &body)
    } else {
        format!("CREATE INDEX CONCURRENTLY ON {name} {body}")
    };
    format!("if missed neighbours are acceptable and queries compare by <=>: {how}")
}

#[cfg(test)]
mod tests {
    use super::CHECK;
    use crate::sample::Sample;

    #[test]
    fn rows_and_length_make_the_time() {
        let check = |sample: Sample, expected: bool| {
            assert_eq!(sample.objects(&CHECK) == ["public.documents.embedding"], expected);
        };
        check(Sample::new(18).documents(100_000.0, 3_072), true);
        check(Sample::new(18).documents(20_000.0, 3_072), false);
        check(Sample::new(18).documents(1_000_000.0, 384), false);
        let stale = Sample::new(18).documents(100_000.0, 3_072);
        check(stale.counters(100, |it| it.changes_since_analyze = 90_000), false);
        let empty = Sample::new(18).documents(100_000.0, 3_072);
        check(empty.column_statistics(100, 1, 0.9), false);
        let indexed = Sample::new(18).documents(100_000.0, 3_072);
        check(indexed.vector_index(200, "hnsw", "halfvec_l2_ops", true, |_| {}), false);
        let invalid = Sample::new(18).documents(100_000.0, 3_072);
        check(invalid.vector_index(200, "hnsw", "halfvec_l2_ops", true, |it| it.valid = false), true);
    }

    #[test]
    fn the_index_that_is_advised_names_its_schema() {
        let found = Sample::new(18).documents(100_000.0, 3_072).verdict(&CHECK).findings.remove(0);
        let advice = "CREATE INDEX CONCURRENTLY ON public.documents USING hnsw ((embedding::public.halfvec(3072)) \
                      public.halfvec_cosine_ops)";
        assert!(found.hint.expect("a hint").ends_with(advice));
    }

    #[test]
    fn the_budget_is_the_projects() {
        let mut sample = Sample::new(15).documents(100_000.0, 3_072);
        sample.options.budget_ms = 10_000.0;
        assert!(sample.objects(&CHECK).is_empty());
    }
}
