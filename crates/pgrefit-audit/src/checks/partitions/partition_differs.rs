//! A partition that is not what its table is.

use pgrefit_catalog::census::{Relation, RelationKind, Source};
use pgrefit_report::Status;

use crate::check::{Check, Example, Group};
use crate::{Facts, Ruling};

/// The check.
pub(super) static CHECK: Check = Check {
    id: "partition-differs",
    code: "PAR-09",
    group: Group::Partitions,
    title: "A partition differs from its table in what it does not inherit.",
    level: Status::Warn,
    required: false,
    matters: "Columns, constraints and indexes follow the table; the owner, privileges, row security, the replica identity and \
              UNLOGGED do not. An unlogged partition is emptied by a crash. Another owner can drop it, and keeps the \
              owner of the table from maintaining it. Without row security, whoever has privileges on the partition reads all rows \
              of it. Privileges that the table does not give, another replica identity and indexes of its own are \
              something to know.",
    cure: "Give the partition what the table has.",
    sources: &[Source::Relations, Source::Inheritance, Source::Indexes, Source::Roles],
    example: Some(Example {
        bad: include_str!("partition_differs/bad.sql"),
        good: include_str!("partition_differs/good.sql"),
    }),
    judge,
};

/// One difference: how bad, in words, and what cures it.
type Difference = (Status, String, Option<String>);

fn judge(facts: &Facts<'_>, ruling: &mut Ruling) {
    let is_partition = |it: &&Relation| it.is_partition && it.kind != RelationKind::Foreign;
    for partition in facts.tables().filter(is_partition) {
        let Some(parent) = facts.parents(partition.oid).first().and_then(|oid| facts.relation(*oid)) else {
            continue;
        };
        ruling.saw();
        let differences = differences(facts, partition, parent);
        let Some(worst) = differences.iter().map(|it| it.0).max() else { continue };
        let words: Vec<_> = differences.iter().map(|it| it.1.as_str()).collect();
        let sql: Vec<_> = differences.iter().filter_map(|it| it.2.as_deref()).collect();
        let message = format!("unlike {}, it {}", facts.name(parent.oid), words.join(", and "));
        let mut found = ruling.found(worst, facts.name(partition.oid), message);
        found.number("differences", differences.len());
        if sql.is_empty() {
            found.hint("see whether it is meant");
        } else {
            found.sql(sql.join("\n"), "ACCESS EXCLUSIVE", true);
        }
    }
}

fn differences(facts: &Facts<'_>, partition: &Relation, parent: &Relation) -> Vec<Difference> {
    let name = facts.name(partition.oid);
    let mut found: Vec<Difference> = Vec::new();
    let mut add = |status, words: String, sql: Option<String>| found.push((status, words, sql));
    if partition.persistence == 'u' && (parent.persistence == 'p' || is_alone(facts, partition, parent)) {
        add(Status::Warn, "is unlogged".to_owned(), Some(format!("ALTER TABLE {name} SET LOGGED;")));
    }
    if partition.owner != parent.owner {
        let (own, other) = (facts.role_name(partition.owner), facts.role_name(parent.owner));
        add(
            Status::Warn,
            format!("is owned by {own}"),
            Some(format!("ALTER TABLE {name} OWNER TO {other};")),
        );
    }
    let extra = extra_privileges(facts, partition, parent);
    if parent.row_security && !partition.row_security && has_readers(facts, partition) {
        let sql = format!("ALTER TABLE {name} ENABLE ROW LEVEL SECURITY;");
        add(Status::Warn, "has no row security".to_owned(), Some(sql));
    }
    if extra > 0 {
        add(Status::Info, format!("gives {extra} privileges of its own"), None);
    }
    if partition.replica_identity != parent.replica_identity {
        add(Status::Info, "has another replica identity".to_owned(), None);
    }
    let own = facts.indexes(partition.oid).iter().filter(|index| facts.parents(index.oid).is_empty());
    match own.filter(|index| Facts::is_usable(index)).count() {
        0 => {}
        count => add(Status::Info, format!("has {count} indexes of its own"), None),
    }
    found
}

/// Whether no other partition is unlogged: before 18 the table itself could be it, without effect.
fn is_alone(facts: &Facts<'_>, partition: &Relation, parent: &Relation) -> bool {
    let siblings = facts.children(parent.oid).iter().filter(|oid| **oid != partition.oid);
    siblings.into_iter().any(|oid| facts.relation(*oid).is_some_and(|it| it.persistence == 'p'))
}

/// Grantees of a relation, without its owner.
fn grants<'a>(facts: &Facts<'_>, relation: &'a Relation) -> impl Iterator<Item = (&'a str, &'a str)> {
    let owner = facts.role(relation.owner).map(|role| role.name.clone()).unwrap_or_default();
    let items = relation.acl.iter().flatten().filter_map(|item| {
        let (grantee, rest) = item.rsplit_once('=')?;
        Some((grantee, rest.split('/').next()?))
    });
    items.filter(move |(grantee, _)| grantee.trim_matches('"') != owner)
}

/// Grantees to whom the partition gives more than the table.
fn extra_privileges(facts: &Facts<'_>, partition: &Relation, parent: &Relation) -> usize {
    let given: Vec<_> = grants(facts, parent).collect();
    let owner = facts.role(parent.owner).map(|role| role.name.as_str()).unwrap_or_default();
    let covered = |grantee: &str, rights: &str| {
        let same = given.iter().find(|(other, _)| *other == grantee);
        grantee == owner || same.is_some_and(|(_, more)| rights.chars().all(|right| more.contains(right)))
    };
    grants(facts, partition).filter(|(grantee, rights)| !covered(grantee, rights)).count()
}

/// Whether anybody but its owner may read it.
fn has_readers(facts: &Facts<'_>, partition: &Relation) -> bool {
    grants(facts, partition).any(|(_, rights)| rights.contains(['r', 'w', 'd']))
}
