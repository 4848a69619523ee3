//! Which columns are searched approximately.

use pgrefit_catalog::census::Source;
use pgrefit_catalog::quote_ident;
use pgrefit_report::{Cell, Status};

use crate::check::{Check, Example, Group};
use crate::{Facts, Ruling};

/// The check.
pub(super) static CHECK: Check = Check {
    id: "vector-index-present",
    code: "VEC-02",
    group: Group::Vectors,
    title: "A column of vectors has an approximate index.",
    level: Status::Info,
    required: false,
    matters: "With an approximate index (hnsw, ivfflat) a search may miss neighbours, and a filter beside it may leave fewer \
              rows than were asked for. Without one, each search is exact and reads every vector. So it is told which it is. \
              An index may hold the column itself, a cast to halfvec, binary_quantize or a subvector of it; a search by \
              name or type finds only the first, so it is told by what the index depends on.",
    cure: "None is needed. The contract of the project can say that a column must have such an index, or must not.",
    sources: &[Source::Columns, Source::Types, Source::Indexes, Source::IndexDependencies],
    example: Some(Example {
        bad: include_str!("vector_index_present/bad.sql"),
        good: include_str!("vector_index_present/good.sql"),
    }),
    judge,
};

fn judge(facts: &Facts<'_>, ruling: &mut Ruling) {
    ruling.saw_many(facts.vector_columns().count());
    for found in facts.vector_indexes() {
        let (index, table) = (found.index, found.index.table);
        // Said of the index of the partitioned table.
        if !facts.parents(index.oid).is_empty() {
            continue;
        }
        let column = facts.column(table, found.column).map(|it| quote_ident(&it.name)).unwrap_or_default();
        let state = match (found.is_usable(), index.being_built) {
            (true, _) if index.predicate.is_some() => ", of a part of the rows",
            (true, _) => "",
            (false, true) => ", being built",
            (false, false) => ", INVALID",
        };
        let form = found.form;
        let message = format!("{} on {}.{column}: {form}{state}", found.method, facts.name(table));
        ruling
            .info(facts.name(index.oid), message)
            .number("index_bytes", Cell::Bytes(facts.bytes(index.oid)))
            .number("rows", facts.rows(table));
    }
}

#[cfg(test)]
mod tests {
    use super::CHECK;
    use crate::sample::Sample;

    #[test]
    fn each_form_is_told_apart() {
        let check = |class: &str, is_expression: bool, valid: bool, expected: &str| {
            let sample = Sample::new(18).documents(1_000.0, 3_072);
            let sample = sample.vector_index(200, "hnsw", class, is_expression, |index| index.valid = valid);
            let message = sample.verdict(&CHECK).findings[0].message.clone();
            assert_eq!(message, format!("hnsw on public.documents.embedding: {expected}"));
        };
        check("vector_l2_ops", false, true, "the column itself");
        check("vector_l2_ops", false, false, "the column itself, INVALID");
        check("halfvec_l2_ops", true, true, "the column as halfvec");
        check("bit_hamming_ops", true, true, "binary_quantize of the column");
        check("vector_l2_ops", true, true, "a subvector of the column");
        let btree = Sample::new(18).documents(1_000.0, 3).vector_index(200, "btree", "x", false, |_| {});
        assert!(btree.objects(&CHECK).is_empty());
    }
}
