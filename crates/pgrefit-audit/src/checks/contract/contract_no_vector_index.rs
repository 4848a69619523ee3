//! A column that must have no approximate vector index, and has one.

use pgrefit_catalog::census::Source;
use pgrefit_report::Status;

use crate::check::{Check, Group};
use crate::contract::NoVectorIndexPromise;
use crate::facts::vectors::VectorIndex;
use crate::{Facts, Ruling};

/// The check.
pub(super) static CHECK: Check = Check {
    id: "contract-no-vector-index",
    code: "CTR-04",
    group: Group::Contract,
    title: "A column that the contract wants searched exactly has an approximate vector index.",
    level: Status::Fail,
    required: true,
    matters: "An approximate index changes which rows a search finds, slows each write, and needs memory. It is found in each \
              form that pgvector accepts: the column itself, a cast to halfvec, binary_quantize, a subvector, a generated column \
              that is computed from it, an expression over the whole row (which may hold it), of a part of the rows, on a \
              partition, and also one that is INVALID. What an index rests on is told by its expressions, not by its name; a \
              function that reads the table by itself, and a copy in another table, are not seen.",
    cure: "DROP INDEX CONCURRENTLY, or take the promise out of the contract.",
    sources: &[
        Source::Relations,
        Source::Columns,
        Source::Indexes,
        Source::IndexDependencies,
        Source::Defaults,
    ],
    example: None,
    judge,
};

fn judge(facts: &Facts<'_>, ruling: &mut Ruling) {
    if facts.options.contract.no_vector_index.is_empty() {
        return ruling.skip("the contract names no column");
    }
    for promise in &facts.options.contract.no_vector_index {
        ruling.saw();
        match indexes(facts, promise) {
            Err(fault) => drop(ruling.fail(format!("{}.{}", promise.table, promise.column), fault)),
            Ok(found) => found.iter().for_each(|index| tell(facts, index, ruling)),
        }
    }
}

/// The indexes on the column, of the table and of all that descends from it.
fn indexes<'a>(facts: &Facts<'a>, promise: &NoVectorIndexPromise) -> Result<Vec<VectorIndex<'a>>, String> {
    let table = facts.promised_table(&promise.table)?;
    facts.promised_columns(table, std::slice::from_ref(&promise.column))?;
    let (mut found, mut open) = (Vec::new(), vec![table.oid]);
    while let Some(oid) = open.pop() {
        if let Some(column) = facts.column_named(oid, &promise.column) {
            found.extend(facts.vector_indexes_of(oid, column.number));
        }
        open.extend(facts.children(oid));
    }
    Ok(found)
}

fn tell(facts: &Facts<'_>, found: &VectorIndex<'_>, ruling: &mut Ruling) {
    let name = facts.name(found.index.oid);
    let column = facts.column_name(found.index.table, found.column);
    let message = format!("{} on {column}: {}{}", found.method, found.form, found.state());
    let attached = !facts.parents(found.index.oid).is_empty();
    let mut told = ruling.fail(name.as_str(), message);
    if attached {
        told.hint("it goes with the index of the partitioned table");
    } else if facts.partition_key(found.index.table).is_some() {
        told.sql(format!("DROP INDEX {name};"), "ACCESS EXCLUSIVE", true);
    } else {
        told.sql(format!("DROP INDEX CONCURRENTLY {name};"), "SHARE UPDATE EXCLUSIVE", true);
    }
}

#[cfg(test)]
mod tests {
    use pgrefit_catalog::census::{ColumnDefault, Node, RelationKind};
    use pgrefit_report::Status;

    use super::CHECK;
    use crate::contract::NoVectorIndexPromise;
    use crate::sample::Sample;

    fn messages(mut sample: Sample, table: &str) -> Vec<String> {
        let promise = NoVectorIndexPromise { table: table.to_owned(), column: "embedding".to_owned() };
        sample.options.contract.no_vector_index.push(promise);
        sample.verdict(&CHECK).findings.into_iter().map(|it| it.message).collect()
    }

    #[test]
    fn each_form_is_found() {
        let check = |sample: Sample, expected: &[&str]| assert_eq!(messages(sample, "documents"), expected);
        let plain = || Sample::new(18).documents(1_000.0, 3);
        check(plain(), &[]);
        let partial = plain().vector_index(200, "hnsw", "vector_l2_ops", false, |it| {
            it.predicate = Some(Node::new("{A}"));
        });
        check(partial, &["hnsw on public.documents.embedding: the column itself, of a part of the rows"]);
        let generated = plain()
            .column(100, "g", "halfvec", |it| it.generated = Some('s'))
            .vector_index(200, "hnsw", "halfvec_l2_ops", false, |it| it.columns = vec![2])
            .with(|census| {
                let expression = Some(Node::new("{FUNCEXPR :args ({VAR :varno 1 :varattno 1})}"));
                let generated = ColumnDefault { relation: 100, number: 2, functions: Vec::new(), expression };
                census.defaults.push(generated);
            });
        check(
            generated,
            &["hnsw on public.documents.embedding: a generated column that is computed from it"],
        );
        let row = plain().vector_index(200, "hnsw", "vector_l2_ops", true, |it| {
            it.expressions = Some(Node::new("({FUNCEXPR :funcid 5 :args ({VAR :varno 1 :varattno 0})})"));
        });
        check(
            row,
            &["hnsw on public.documents.embedding: an expression over the whole row, which may hold it"],
        );
    }

    #[test]
    fn a_materialized_view_is_a_table_of_the_contract() {
        let view = || {
            Sample::new(18).relation(100, RelationKind::MaterializedView, "emv", |_| {}).column(
                100,
                "embedding",
                "vector",
                |it| it.typmod = 3,
            )
        };
        assert!(messages(view(), "emv").is_empty());
        let indexed = view().vector_index(200, "hnsw", "vector_l2_ops", false, |_| {});
        assert_eq!(messages(indexed, "emv"), ["hnsw on public.emv.embedding: the column itself"]);
        assert_eq!(messages(view(), "other"), ["there is no table other"]);
        assert_eq!(view().status(&CHECK), Status::Skip);
    }
}
