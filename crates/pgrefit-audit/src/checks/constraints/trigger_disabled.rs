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
    cure: "ENABLE TRIGGER; for a key, then look for rows that break it, drop it, add it NOT VALID and validate it.",
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
    let mut found = facts.constraint(trigger.constraint?)?;
    for _ in 0..32 {
        let Some(parent) = found.parent.and_then(|oid| facts.constraint(oid)) else { break };
        found = parent;
    }
    (found.kind != ConstraintKind::Trigger).then_some(found)
}

fn enable(facts: &Facts<'_>, trigger: &Trigger) -> String {
    format!("ALTER TABLE {} ENABLE TRIGGER {};", facts.name(trigger.relation), quote_ident(&trigger.name))
}

fn of_key(facts: &Facts<'_>, ruling: &mut Ruling, key: &Constraint, triggers: &[&Trigger]) {
    let mut tables: Vec<_> = triggers.iter().map(|it| facts.name(it.relation)).collect();
    tables.sort();
    tables.dedup();
    let message = format!("nothing keeps this key: its triggers on {} are disabled", tables.join(", "));
    let sql: Vec<_> = triggers.iter().map(|it| enable(facts, it)).collect();
    ruling
        .fail(facts.constraint_name(key), message)
        .number("disabled_triggers", triggers.len())
        .hint(
            "rows written meanwhile are not checked by that: drop the key, add it NOT VALID, and VALIDATE it",
        )
        .sql(sql.join("\n"), "SHARE ROW EXCLUSIVE", true);
}

fn of_user(facts: &Facts<'_>, ruling: &mut Ruling, trigger: &Trigger) {
    let parent = facts.census.triggers.iter().find(|it| Some(it.oid) == trigger.parent);
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
    use pgrefit_catalog::census::{RelationKind, Trigger};
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
    fn a_trigger_of_a_partition_is_told_with_its_parent() {
        let below = |enabled| Trigger { parent: Some(1), ..trigger(2, 101, "a", enabled) };
        check(vec![trigger(1, 100, "a", 'D'), below('D')], Status::Warn, &["public.t.a"]);
        check(vec![trigger(1, 100, "a", 'O'), below('D')], Status::Warn, &["public.t1.a"]);
    }
}
