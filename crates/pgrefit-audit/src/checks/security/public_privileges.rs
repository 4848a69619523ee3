//! Tables, views and sequences on which everybody has privileges.

use pgrefit_catalog::census::{Relation, RelationKind, Source};
use pgrefit_report::Status;

use crate::check::{Check, Example, Group};
use crate::{Facts, Ruling};

/// Kinds that hold or show rows, and sequences.
const KINDS: [RelationKind; 6] = [
    RelationKind::Table,
    RelationKind::Partitioned,
    RelationKind::Foreign,
    RelationKind::View,
    RelationKind::MaterializedView,
    RelationKind::Sequence,
];

/// The check.
pub(super) static CHECK: Check = Check {
    id: "public-privileges",
    code: "SEC-04",
    group: Group::Security,
    title: "Everybody may write to a table, or read it.",
    level: Status::Warn,
    required: false,
    matters: "What is granted to PUBLIC is granted to each role that can connect, and to those that are made \
              later. Told as a warning where rows can be changed, as something to know where they can be read. \
              Privileges on single columns are not looked at.",
    cure: "Revoke them, and grant to the roles that need them.",
    sources: &[Source::Relations],
    example: Some(Example {
        bad: include_str!("public_privileges/bad.sql"),
        good: include_str!("public_privileges/good.sql"),
    }),
    judge,
};

fn judge(facts: &Facts<'_>, ruling: &mut Ruling) {
    let relations = facts.census.relations.iter().filter(|it| !it.of_extension && it.persistence != 't');
    for relation in relations.filter(|relation| KINDS.contains(&relation.kind)) {
        ruling.saw();
        let letters = Facts::public_privileges(relation.acl.as_ref());
        // A partition that only repeats what its parent has is told by the parent.
        let same = |oid: &u32| {
            facts.relation(*oid).is_some_and(|it| Facts::public_privileges(it.acl.as_ref()) == letters)
        };
        if letters.is_empty() || relation.is_partition && facts.parents(relation.oid).iter().any(same) {
            continue;
        }
        found(facts, relation, &letters, ruling);
    }
}

fn found(facts: &Facts<'_>, relation: &Relation, letters: &str, ruling: &mut Ruling) {
    let writes = letters.contains(['a', 'w', 'd', 'D', 'm', 't']) && relation.kind != RelationKind::Sequence;
    let status = if writes { Status::Warn } else { Status::Info };
    let (name, words) = (facts.name(relation.oid), Facts::privilege_words(letters));
    let kind = if relation.kind == RelationKind::Sequence { "SEQUENCE " } else { "" };
    ruling.found(status, &name, format!("everybody has {words} on {name}")).sql(
        format!("REVOKE {words} ON {kind}{name} FROM PUBLIC;"),
        "",
        true,
    );
}
