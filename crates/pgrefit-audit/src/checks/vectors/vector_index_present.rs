//! Which columns are searched approximately.

use pgrefit_catalog::census::Source;
use pgrefit_report::{Cell, Status};

use crate::check::{Check, Example, Group};
use crate::facts::vectors::VectorIndex;
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
              An index may hold the column itself, a cast to halfvec, binary_quantize or a subvector of it, a generated \
              column that is computed from it, or a function of the whole row; a search by name or type finds only the \
              first, so it is told by what the index is made of.",
    cure: "None is needed. The contract of the project can say that a column must have such an index, or must not.",
    sources: &[Source::Columns, Source::Types, Source::Indexes, Source::IndexDependencies, Source::Defaults],
    example: Some(Example {
        bad: include_str!("vector_index_present/bad.sql"),
        good: include_str!("vector_index_present/good.sql"),
    }),
    judge,
};

fn judge(facts: &Facts<'_>, ruling: &mut Ruling) {
    ruling.saw_many(facts.vector_columns().count());
    let all = facts.vector_indexes();
    // The columns of one index stand together.
    for found in all.chunk_by(|one, other| one.index.oid == other.index.oid) {
        let (index, table) = (found[0].index, found[0].index.table);
        // Said of the index of the partitioned table.
        if !facts.parents(index.oid).is_empty() {
            continue;
        }
        let on = |it: &VectorIndex<'_>| format!("{}: {}", facts.column_name(table, it.column), it.form);
        let columns = found.iter().map(on).collect::<Vec<_>>().join("; ");
        ruling
            .info(facts.name(index.oid), format!("{} on {columns}{}", found[0].method, found[0].state()))
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
