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
              form that pgvector accepts: the column itself, a cast to halfvec, binary_quantize, a subvector, of a part of the \
              rows, on a partition, and also one that is INVALID. What an index rests on is told by pg_depend, not by its \
              name.",
    cure: "DROP INDEX CONCURRENTLY, or take the promise out of the contract.",
    sources: &[Source::Relations, Source::Columns, Source::Indexes, Source::IndexDependencies],
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
            Ok(found) => found.iter().for_each(|index| tell(facts, promise, index, ruling)),
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

fn tell(facts: &Facts<'_>, promise: &NoVectorIndexPromise, found: &VectorIndex<'_>, ruling: &mut Ruling) {
    let name = facts.name(found.index.oid);
    let state = if found.is_usable() { "" } else { ", INVALID" };
    let message = format!("{} on {}.{}: {}{state}", found.method, promise.table, promise.column, found.form);
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
