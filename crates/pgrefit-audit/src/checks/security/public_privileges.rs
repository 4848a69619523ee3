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
              later. Told as a warning where rows can be changed, as something to know where they can be read, \
              or where not everybody may use the schema. UPDATE on a sequence lets everybody set its value. \
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
        let letters = letters(relation);
        // A partition that only repeats what its parent has is told by the parent.
        let same = |oid: &u32| facts.relation(*oid).is_some_and(|it| self::letters(it) == letters);
        if letters.is_empty() || relation.is_partition && facts.parents(relation.oid).iter().any(same) {
            continue;
        }
        found(facts, relation, &letters, ruling);
    }
}

/// What everybody may do with it.
fn letters(relation: &Relation) -> String {
    Facts::public_privileges(relation.acl.as_ref())
}

fn found(facts: &Facts<'_>, relation: &Relation, letters: &str, ruling: &mut Ruling) {
    let is_sequence = relation.kind == RelationKind::Sequence;
    let writes =
        if is_sequence { letters.contains('w') } else { letters.contains(['a', 'w', 'd', 'D', 'm', 't']) };
    let schema = facts.namespace(relation.namespace);
    let reachable = schema.is_none_or(|it| Facts::public_privileges(it.acl.as_ref()).contains('U'));
    let status = if writes && reachable { Status::Warn } else { Status::Info };
    let (name, words) = (facts.name(relation.oid), Facts::privilege_words(letters));
    let who = if reachable { "everybody" } else { "whoever may use its schema" };
    let kind = if is_sequence { "SEQUENCE " } else { "" };
    let list = with_partitions(facts, relation, letters).join(", ");
    ruling.found(status, &name, format!("{who} has {words} on {name}")).sql(
        format!("REVOKE {words} ON {kind}{list} FROM PUBLIC;"),
        "",
        true,
    );
}

/// The names of a table and of the partitions that are told with it: a `REVOKE` does not go down to them.
fn with_partitions(facts: &Facts<'_>, relation: &Relation, letters: &str) -> Vec<String> {
    let partitions = facts.children(relation.oid).iter().filter_map(|oid| facts.relation(*oid));
    let same = partitions.filter(|it| it.is_partition && self::letters(it) == letters);
    let below = same.flat_map(|it| with_partitions(facts, it, letters));
    std::iter::once(facts.name(relation.oid)).chain(below).collect()
}

#[cfg(test)]
mod tests {
    use pgrefit_catalog::census::RelationKind;
    use pgrefit_report::Status;

    use super::CHECK;
    use crate::sample::Sample;

    fn granted(kind: RelationKind, acl: &str, schema: &str) -> Sample {
        let list = |item: &str| Some(vec![item.to_owned()]);
        let sample = Sample::new(18).with(|census| census.namespaces[0].acl = list(schema));
        sample.relation(100, kind, "t", |it| it.acl = list(acl))
    }

    #[test]
    fn writing_is_worse_than_reading() {
        let check = |kind: RelationKind, acl: &str, schema: &str, expected: Status| {
            assert_eq!(granted(kind, acl, schema).status(&CHECK), expected, "{acl} {schema}");
        };
        check(RelationKind::Table, "=r/app", "=U/app", Status::Info);
        check(RelationKind::Table, "=rw/app", "=U/app", Status::Warn);
        // Only those who may use the schema get there.
        check(RelationKind::Table, "=rw/app", "app=UC/app", Status::Info);
        check(RelationKind::Sequence, "=U/app", "=U/app", Status::Info);
        // setval() needs it.
        check(RelationKind::Sequence, "=w/app", "=U/app", Status::Warn);
    }
}
