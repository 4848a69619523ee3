//! A table that is published, and whose updates cannot be.

use std::collections::BTreeMap;

use pgrefit_catalog::census::{Publication, Relation, RelationKind, Source};
use pgrefit_catalog::quote_ident;
use pgrefit_report::Status;

use crate::check::{Check, Example, Group};
use crate::{Facts, Ruling};

/// The check.
pub(super) static CHECK: Check = Check {
    id: "no-replica-identity",
    code: "CON-11",
    group: Group::Constraints,
    title: "A published table has no replica identity, so each UPDATE and DELETE fails.",
    level: Status::Fail,
    required: false,
    matters: "A publication that sends updates or deletes must say which row is meant: by the primary key, a unique index, or the \
              whole row. Where it cannot, the server refuses the UPDATE itself, on whatever wal_level. Of a table that was \
              updated before, that is a failure; of one that only takes rows in, a warning. A deferrable key does not count. \
              Partitions need one each, and are told with their root.",
    cure: "Add a primary key, or name a unique index by REPLICA IDENTITY USING INDEX; REPLICA IDENTITY FULL works at once, and \
           makes the subscriber look for each row.",
    sources: &[Source::Publications, Source::Relations, Source::Indexes, Source::Inheritance],
    example: Some(Example {
        bad: include_str!("no_replica_identity/bad.sql"),
        good: include_str!("no_replica_identity/good.sql"),
    }),
    judge,
};

fn judge(facts: &Facts<'_>, ruling: &mut Ruling) {
    let senders: Vec<_> = facts.census.publications.iter().filter(|it| it.updates_or_deletes).collect();
    if senders.is_empty() {
        ruling.skip("no publication sends updates or deletes");
        return;
    }
    let mut roots: BTreeMap<u32, (&Publication, Vec<&Relation>)> = BTreeMap::new();
    for table in facts.tables().filter(|it| it.kind == RelationKind::Table && it.persistence == 'p') {
        let Some(sender) = senders.iter().find(|it| sends(facts, it, table)) else { continue };
        ruling.saw();
        if !is_identified(facts, table) {
            let root = if table.is_partition { facts.topmost(table.oid) } else { table.oid };
            roots.entry(root).or_insert((sender, Vec::new())).1.push(table);
        }
    }
    for (root, (sender, tables)) in roots {
        report(facts, ruling, root, sender, &tables);
    }
}

/// Whether the publication names the table, what it is a partition of, or the schema of one of them.
fn sends(facts: &Facts<'_>, publication: &Publication, table: &Relation) -> bool {
    let named =
        publication.relations.contains(&table.oid) || publication.namespaces.contains(&table.namespace);
    let above = if table.is_partition { facts.parents(table.oid) } else { &[] };
    let above = above.iter().filter_map(|oid| facts.relation(*oid));
    publication.all_tables || named || above.into_iter().any(|it| sends(facts, publication, it))
}

fn is_identified(facts: &Facts<'_>, table: &Relation) -> bool {
    match table.replica_identity {
        'f' => true,
        'd' => facts.usable_primary_key(table.oid).is_some(),
        'i' => facts.indexes(table.oid).iter().any(|it| it.replica_identity && it.valid),
        _ => false,
    }
}

fn report(facts: &Facts<'_>, ruling: &mut Ruling, root: u32, sender: &Publication, tables: &[&Relation]) {
    let changed = |it: &&Relation| facts.statistics(it.oid).is_some_and(|it| it.updates + it.deletes > 0);
    let status = if tables.iter().any(changed) { Status::Fail } else { Status::Warn };
    let whose =
        if tables[0].oid == root { "it".to_owned() } else { format!("{} of its partitions", tables.len()) };
    let verb = if tables.len() == 1 { "has" } else { "have" };
    let message = format!(
        "publication {} sends its updates, and {whose} {verb} no replica identity: each UPDATE and DELETE fails",
        quote_ident(&sender.name)
    );
    let sql: Vec<_> = tables.iter().map(|it| identify(facts, it)).collect();
    ruling.found(status, facts.name(root), message).number("tables", tables.len()).sql(
        sql.join("\n"),
        "ACCESS EXCLUSIVE",
        true,
    );
}

/// The best identity that the table has already.
fn identify(facts: &Facts<'_>, table: &Relation) -> String {
    let columns = facts.columns(table.oid).iter().filter(|it| it.not_null);
    let certain: Vec<i16> = columns.map(|it| it.number).collect();
    let index = facts.unique_index_within(table.oid, &certain).and_then(|it| facts.relation(it.oid));
    let identity = match index {
        _ if facts.usable_primary_key(table.oid).is_some() => "DEFAULT".to_owned(),
        Some(index) => format!("USING INDEX {}", quote_ident(&index.name)),
        None => "FULL".to_owned(),
    };
    format!("ALTER TABLE {} REPLICA IDENTITY {identity};", facts.name(table.oid))
}

#[cfg(test)]
mod tests {
    use pgrefit_catalog::census::{Publication, RelationKind, RelationStatistics};
    use pgrefit_report::Status;

    use super::CHECK;
    use crate::sample::Sample;

    fn sample(updates_or_deletes: bool, persistence: char, updates: i64) -> Sample {
        Sample::new(16).relation(100, RelationKind::Table, "t", |it| it.persistence = persistence).with(
            |census| {
                census.publications.push(Publication {
                    name: "all".to_owned(),
                    all_tables: true,
                    updates_or_deletes,
                    relations: Vec::new(),
                    namespaces: Vec::new(),
                });
                census.relation_statistics.push(RelationStatistics {
                    relation: 100,
                    updates,
                    ..Default::default()
                });
            },
        )
    }

    #[test]
    fn it_is_worse_where_rows_are_updated() {
        let check = |sample: Sample, expected: Status| assert_eq!(sample.status(&CHECK), expected);
        check(sample(true, 'p', 0), Status::Warn);
        check(sample(true, 'p', 1), Status::Fail);
        check(sample(true, 'u', 1), Status::Pass);
        check(sample(false, 'p', 1), Status::Skip);
        check(Sample::new(16), Status::Skip);
    }
}
