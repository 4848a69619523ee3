//! Triggers that are switched off, above all those behind foreign keys.

use std::collections::BTreeMap;

use pgrefit_catalog::census::{Constraint, ConstraintKind, Source, Trigger};
use pgrefit_catalog::quote_ident;
use pgrefit_report::Status;

use crate::check::{Check, Example, Group};
use crate::{Facts, Ruling};

/// The check.
pub(super) static CHECK: Check = Check {
    id: "trigger-disabled",
    code: "CON-05",
    group: Group::Constraints,
    title: "A trigger is disabled, and what it keeps up is not kept up.",
    level: Status::Fail,
    required: true,
    matters: "A foreign key is kept by triggers of the server on both tables, a deferrable unique key by one. DISABLE TRIGGER ALL, \
              often left behind by a bulk load, switches those off as well: the key still looks valid, VALIDATE CONSTRAINT \
              does nothing, and rows break it unseen. That is a failure. A disabled trigger of a user is a warning. Triggers \
              that are on only where session_replication_role is replica do not fire for applications either: of a key a \
              failure, of a user's trigger to know.",
    cure: "ENABLE TRIGGER; for a key, then look for rows that break it: drop a foreign key, add it NOT VALID and validate it; drop any \
           other key and add it again.",
    sources: &[Source::Triggers, Source::Constraints],
    example: Some(Example {
        bad: include_str!("trigger_disabled/bad.sql"),
        good: include_str!("trigger_disabled/good.sql"),
    }),
    judge,
};

/// The disabled triggers of each key, by the oid of the key that was declared.
type OfKeys<'a> = BTreeMap<u32, (&'a Constraint, Vec<&'a Trigger>)>;

fn judge(facts: &Facts<'_>, ruling: &mut Ruling) {
    let mut of_keys = OfKeys::new();
    for trigger in &facts.census.triggers {
        if facts.relation(trigger.relation).is_none_or(|it| it.of_extension) {
            continue;
        }
        ruling.saw();
        if !is_off(trigger) {
            continue;
        }
        match key(facts, trigger) {
            Some(key) => of_keys.entry(key.oid).or_insert((key, Vec::new())).1.push(trigger),
            None => of_user(facts, ruling, trigger),
        }
    }
    for (key, triggers) in of_keys.values() {
        of_key(facts, ruling, key, triggers);
    }
}

fn is_off(trigger: &Trigger) -> bool {
    matches!(trigger.enabled, 'D' | 'R')
}

/// The key that the trigger keeps, as it was declared: that of the partitioned table, not of a partition.
fn key<'a>(facts: &Facts<'a>, trigger: &Trigger) -> Option<&'a Constraint> {
    let found = facts.declared(facts.constraint(trigger.constraint?)?);
    (found.kind != ConstraintKind::Trigger).then_some(found)
}

fn enable(facts: &Facts<'_>, trigger: &Trigger) -> String {
    format!("ALTER TABLE {} ENABLE TRIGGER {};", facts.name(trigger.relation), quote_ident(&trigger.name))
}

fn of_key(facts: &Facts<'_>, ruling: &mut Ruling, key: &Constraint, triggers: &[&Trigger]) {
    let mut tables: Vec<_> = triggers.iter().map(|it| facts.name(it.relation)).collect();
    tables.sort();
    tables.dedup();
    let tables = tables.join(", ");
    // Those on the table referred to look at what is deleted and updated there.
    let of_referenced = |it: &&&Trigger| {
        let own = it.constraint.and_then(|oid| facts.constraint(oid)).map(|own| own.relation);
        key.kind == ConstraintKind::ForeignKey && own != Some(it.relation)
    };
    let message = if triggers.iter().filter(of_referenced).count() == triggers.len() {
        format!(
            "DELETE and UPDATE of {tables} do not look for rows that refer there: triggers of this key are disabled"
        )
    } else {
        format!("rows are written that this key does not check: its triggers on {tables} are disabled")
    };
    let sql: Vec<_> = triggers.iter().map(|it| enable(facts, it)).collect();
    ruling
        .fail(facts.constraint_name(key), message)
        .number("disabled_triggers", triggers.len())
        .hint(format!("rows written meanwhile are not checked by that: {}", again(facts, key)))
        .sql(sql.join("\n"), "SHARE ROW EXCLUSIVE", true);
}

/// How the rows of a key are checked again.
fn again(facts: &Facts<'_>, key: &Constraint) -> &'static str {
    let of_partitioned = facts.partition_key(key.relation).is_some();
    if key.kind != ConstraintKind::ForeignKey {
        "look for those that break it, drop the key, and add it again"
    } else if of_partitioned && facts.major() < 18 {
        "drop the key and add it again, which reads the tables under a lock"
    } else {
        "drop the key, add it NOT VALID, and VALIDATE it"
    }
}

fn of_user(facts: &Facts<'_>, ruling: &mut Ruling, trigger: &Trigger) {
    let parent = trigger.parent.and_then(|oid| facts.census.triggers.iter().find(|it| it.oid == oid));
    if parent.is_some_and(|parent| parent.enabled == trigger.enabled) {
        return;
    }
    let (status, message) = if trigger.enabled == 'D' {
        (Status::Warn, "it is disabled, and fires for nobody")
    } else {
        (Status::Info, "it fires only where session_replication_role is replica, not for applications")
    };
    ruling.found(status, facts.part_name(trigger.relation, &trigger.name), message).sql(
        enable(facts, trigger),
        "SHARE ROW EXCLUSIVE",
        true,
    );
}

#[cfg(test)]
mod tests {
    use pgrefit_catalog::census::{Constraint, ConstraintKind, PartitionKey, RelationKind, Trigger};
    use pgrefit_report::Status;

    use super::CHECK;
    use crate::sample::Sample;
    use crate::sample::constraints::{foreign_key, trigger};

    fn check(triggers: Vec<Trigger>, status: Status, objects: &[&str]) {
        let sample = Sample::new(16)
            .relation(100, RelationKind::Partitioned, "t", |_| {})
            .relation(101, RelationKind::Table, "t1", |_| {})
            .relation(102, RelationKind::Table, "of_extension", |it| it.of_extension = true);
        let sample = sample.with(|census| {
            census.constraints.push(foreign_key(1, 100, 100, 'a'));
            let mut follows = foreign_key(2, 101, 100, 'a');
            follows.parent = Some(1);
            census.constraints.push(follows);
            census.triggers = triggers;
        });
        assert_eq!(
            (sample.status(&CHECK), sample.objects(&CHECK)),
            (status, objects.iter().map(|it| (*it).to_owned()).collect())
        );
    }

    #[test]
    fn each_kind_has_its_level() {
        let of = |constraint, enabled| Trigger {
            internal: true,
            constraint: Some(constraint),
            ..trigger(1, 101, "RI", enabled)
        };
        check(vec![trigger(1, 100, "a", 'O'), trigger(2, 100, "b", 'A')], Status::Pass, &[]);
        check(vec![trigger(1, 100, "a", 'D')], Status::Warn, &["public.t.a"]);
        check(vec![trigger(1, 100, "a", 'R')], Status::Info, &["public.t.a"]);
        check(vec![trigger(1, 102, "a", 'D')], Status::Pass, &[]);
        check(vec![of(1, 'D')], Status::Fail, &["public.t.fk1"]);
        check(vec![of(2, 'R'), of(1, 'D')], Status::Fail, &["public.t.fk1"]);
    }

    #[test]
    fn it_says_what_is_not_checked() {
        let told = |relation: u32, major: u32, change: &dyn Fn(&mut Constraint)| {
            let of = Trigger { internal: true, constraint: Some(1), ..trigger(1, relation, "RI", 'D') };
            let sample = Sample::new(major)
                .relation(100, RelationKind::Partitioned, "t", |_| {})
                .relation(101, RelationKind::Table, "u", |_| {})
                .with(|census| {
                    let key = PartitionKey {
                        relation: 100,
                        strategy: 'r',
                        columns: vec![1],
                        default_partition: None,
                    };
                    census.partition_keys.push(key);
                    census.constraints.push(foreign_key(1, 100, 101, 'a'));
                    change(&mut census.constraints[0]);
                    census.triggers.push(of);
                });
            let found = sample.verdict(&CHECK).findings.remove(0);
            format!("{}; {}", found.message, found.hint.unwrap_or_default())
        };
        assert!(told(101, 18, &|_| {}).starts_with("DELETE and UPDATE of public.u do not look"));
        let referring = told(100, 18, &|_| {});
        assert!(referring.starts_with("rows are written") && referring.contains("NOT VALID"), "{referring}");
        assert!(!told(100, 17, &|_| {}).contains("NOT VALID"));
        let unique = told(100, 18, &|it| (it.kind, it.referenced) = (ConstraintKind::Unique, None));
        assert!(unique.starts_with("rows are written") && !unique.contains("NOT VALID"), "{unique}");
    }

    #[test]
    fn a_trigger_of_a_partition_is_told_with_its_parent() {
        let below = |enabled| Trigger { parent: Some(1), ..trigger(2, 101, "a", enabled) };
        check(vec![trigger(1, 100, "a", 'D'), below('D')], Status::Warn, &["public.t.a"]);
        check(vec![trigger(1, 100, "a", 'O'), below('D')], Status::Warn, &["public.t1.a"]);
    }
}
