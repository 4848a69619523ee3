//! The index of a partitioned table that a partition has no part of.

use pgrefit_catalog::census::{Index, RelationKind, Source};
use pgrefit_report::Status;

use crate::check::{Check, Example, Group};
use crate::{Facts, Ruling};

/// The check.
pub(super) static CHECK: Check = Check {
    id: "partitioned-index-incomplete",
    code: "IDX-14",
    group: Group::Indexes,
    title: "An index of a partitioned table is invalid: not every partition has its part.",
    level: Status::Fail,
    required: true,
    matters: "Made ON ONLY the partitioned table, an index is invalid until each partition has one of the same form that is \
              attached. Until then the partitions without are read from end to end, and a unique one keeps nothing apart in them: \
              that is a failure. A foreign key cannot refer to it.",
    cure: "CREATE INDEX CONCURRENTLY on each partition that has none, and ALTER INDEX … ATTACH PARTITION.",
    sources: &[Source::Relations, Source::Indexes, Source::Inheritance],
    example: Some(Example {
        bad: include_str!("partitioned_index_incomplete/bad.sql"),
        good: include_str!("partitioned_index_incomplete/good.sql"),
    }),
    judge,
};

fn judge(facts: &Facts<'_>, ruling: &mut Ruling) {
    for index in facts.declared_indexes() {
        if facts.relation(index.oid).is_none_or(|it| it.kind != RelationKind::PartitionedIndex) {
            continue;
        }
        ruling.saw();
        if index.valid {
            continue;
        }
        let lacking = lacking(facts, index);
        let status = if index.unique { Status::Fail } else { Status::Warn };
        let message = match lacking.len() {
            0 => "it is invalid, though each partition has its part".to_owned(),
            count => {
                let all = facts.leaves(index.table).len();
                format!("it is invalid: partitions without their part are {count} of {all}")
            }
        };
        let mut found = ruling.found(status, facts.name(index.oid), message);
        found.number("partitions_without", lacking.len());
        match cure(facts, index, &lacking) {
            Some(sql) => found.sql(sql, "SHARE UPDATE EXCLUSIVE", true),
            None => found.hint("make the same index CONCURRENTLY on each partition, and attach it"),
        };
    }
}

/// The partitions on which no index is attached to it, directly or by way of one between.
fn lacking(facts: &Facts<'_>, index: &Index) -> Vec<u32> {
    let parts = facts.leaf_indexes(index.oid).into_iter().filter_map(|leaf| facts.index(leaf));
    let served: Vec<u32> = parts.map(|part| part.table).collect();
    let mut leaves: Vec<u32> = facts.leaves(index.table).iter().map(|it| it.oid).collect();
    leaves.retain(|leaf| !served.contains(leaf));
    leaves.sort_by_key(|leaf| facts.name(*leaf));
    leaves
}

/// Ready to run; none where the form is not in the census, a constraint wants its own, or there are tables between.
fn cure(facts: &Facts<'_>, index: &Index, lacking: &[u32]) -> Option<String> {
    let body = facts.index_body(index)?;
    let direct = lacking.iter().all(|leaf| facts.parents(*leaf) == [index.table]);
    if lacking.is_empty() || !direct || facts.constraint_of_index(index).is_some() {
        return None;
    }
    let unique = if index.unique { "UNIQUE " } else { "" };
    let (whole, own) = (facts.name(index.oid), &facts.relation(index.oid)?.name);
    let statements = lacking.iter().enumerate().map(|(at, leaf)| {
        let part = facts.relation(*leaf)?;
        let short: String = own.chars().take(50).collect();
        let name = format!("{short}_part{}", at + 1);
        let new = pgrefit_catalog::quote_ident(&name);
        let qualified = crate::object::qualified(facts.schema_of(part), &name);
        Some(format!(
            "CREATE {unique}INDEX CONCURRENTLY {new} ON {} {body};\nALTER INDEX {whole} ATTACH PARTITION {qualified};",
            facts.name(*leaf)
        ))
    });
    statements.collect::<Option<Vec<_>>>().map(|statements| statements.join("\n"))
}
