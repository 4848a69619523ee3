//! References to large objects that nobody cleans up.

use pgrefit_catalog::census::{Column, Relation, Source, Trigger};
use pgrefit_catalog::quote_ident;
use pgrefit_report::Status;

use crate::check::{Check, Example, Group};
use crate::{Facts, Ruling};

/// Bits of `tgtype`.
const ROW: i16 = 1;
const DELETE: i16 = 8;
const UPDATE: i16 = 16;
const BOTH: i16 = DELETE | UPDATE;

/// The check.
pub(super) static CHECK: Check = Check {
    id: "large-object",
    code: "TYP-08",
    group: Group::Design,
    title: "A column refers to large objects, and nothing removes those that are no longer referred to.",
    level: Status::Warn,
    required: false,
    matters: "A large object lives on when the row that refers to it is deleted or refers to another: pg_largeobject only grows. \
              The trigger lo_manage of the extension lo unlinks it, for one column, at the events it is made for. Told of columns \
              of type lo that no such trigger looks after at both UPDATE and DELETE; where a trigger of yours fires at DELETE, \
              it may do the same, and it is something to know.",
    cure: "The trigger lo_manage, and vacuumlo once for those that are lost already; or bytea instead of large objects.",
    sources: &[Source::Columns, Source::Types, Source::Triggers, Source::Routines, Source::Extensions],
    example: Some(Example {
        bad: include_str!("large_object/bad.sql"),
        good: include_str!("large_object/good.sql"),
    }),
    judge,
};

fn judge(facts: &Facts<'_>, ruling: &mut Ruling) {
    let Some(extension) = facts.census.extensions.iter().find(|it| it.name == "lo") else {
        ruling.skip("the extension lo is not installed");
        return;
    };
    for (table, column, _) in facts.declared_columns() {
        let Some(is_array) = holds_large_objects(facts, column.type_oid) else { continue };
        ruling.saw();
        let care = Care::of(facts, table, column);
        if care.missing == 0 && !is_array {
            continue;
        }
        let advice = care.advice(facts, (table, column), is_array, &extension.schema);
        let mut told = ruling.found(
            advice.status,
            facts.column_name(table.oid, column.number),
            format!("a large object {} when its row is {}", advice.stays, when(care.missing)),
        );
        told.number("rows", facts.rows(table.oid)).hint(advice.hint);
        if let Some(sql) = advice.sql {
            told.sql(sql, "SHARE ROW EXCLUSIVE", true);
        }
    }
}

/// Whether a type is lo, or a domain over it, and whether an array is in between; none if it is neither.
fn holds_large_objects(facts: &Facts<'_>, oid: u32) -> Option<bool> {
    let (mut oid, mut is_array) = (oid, false);
    for _ in 0..32 {
        let found = facts.type_of(oid)?;
        let is_list = found.category == 'A' && found.element != 0;
        if found.extension.as_deref() == Some("lo") {
            return Some(is_array || is_list);
        }
        is_array |= is_list;
        oid = if found.kind == 'd' { found.base } else { found.element };
    }
    None
}

/// Who looks after the large objects of a column.
struct Care<'a> {
    /// Events at which nobody does: [`DELETE`], [`UPDATE`].
    missing: i16,
    /// Partitions differ.
    is_uneven: bool,
    /// Triggers for the column that do not fire.
    asleep: Vec<&'a Trigger>,
    /// Triggers of users' own functions that fire, and may do it.
    own: Vec<&'a Trigger>,
}

/// What is said of a column.
struct Advice {
    status: Status,
    stays: &'static str,
    hint: String,
    sql: Option<String>,
}

impl<'a> Care<'a> {
    fn of(facts: &Facts<'a>, table: &Relation, column: &Column) -> Self {
        let leaves: Vec<u32> = facts.leaves(table.oid).iter().map(|it| it.oid).collect();
        let tables = if leaves.is_empty() { vec![table.oid] } else { leaves };
        let fires = |it: &Trigger| matches!(it.enabled, 'O' | 'A');
        let manages = |it: &&Trigger| {
            it.large_object.as_deref() == Some(column.name.as_str()) && it.events & ROW == ROW
        };
        let missing = |table: u32| {
            let number = facts.column_named(table, &column.name).map(|it| it.number);
            let managing = facts.triggers(table).iter().copied().filter(manages).filter(|it| fires(it));
            BOTH & !managing.fold(0, |events, it| events | events_for(it, number))
        };
        let all: Vec<i16> = tables.iter().map(|it| missing(*it)).collect();
        let of_user = |it: &&Trigger| {
            !it.internal && facts.census.routines.iter().any(|routine| routine.oid == it.function)
        };
        let triggers = || tables.iter().chain([&table.oid]).flat_map(|it| facts.triggers(*it)).copied();
        Self {
            missing: all.iter().fold(0, |missing, it| missing | it),
            is_uneven: all.windows(2).any(|pair| pair[0] != pair[1]),
            asleep: facts
                .triggers(table.oid)
                .iter()
                .copied()
                .filter(manages)
                .filter(|it| !fires(it))
                .collect(),
            own: triggers().filter(of_user).filter(|it| fires(it) && it.events & BOTH != 0).collect(),
        }
    }

    fn advice(
        &self,
        facts: &Facts<'_>,
        (table, column): (&Relation, &Column),
        is_array: bool,
        schema: &str,
    ) -> Advice {
        let (name, column_name) = (facts.name(table.oid), quote_ident(&column.name));
        let quiet = |hint: String| Advice { status: Status::Warn, stays: "stays behind", hint, sql: None };
        // A trigger that fires at whatever nobody looks after may do it: at DELETE, if at both nobody does.
        let decisive = if self.missing & DELETE == 0 { UPDATE } else { DELETE };
        if let Some(own) = self.own.iter().find(|it| it.events & decisive != 0) {
            return Advice {
                status: Status::Info,
                stays: "may stay behind",
                hint: format!(
                    "see whether {} calls lo_unlink; lo_manage beside it would unlink twice, which fails",
                    facts.part_name(own.relation, &own.name)
                ),
                sql: None,
            };
        }
        if is_array {
            let hint = "lo_manage cannot look into an array: a table of their own, one row each, or a trigger of yours";
            return quiet(hint.to_owned());
        }
        if self.is_uneven {
            return quiet(format!(
                "the partitions of {name} differ: see which have lo_manage for {column_name}"
            ));
        }
        let sleeping = self.asleep.iter().fold(0, |events, it| events | it.events) & BOTH;
        if sleeping != 0 {
            let enable =
                |it: &&Trigger| format!("ALTER TABLE {name} ENABLE TRIGGER {};", quote_ident(&it.name));
            let sql = self.asleep.iter().map(enable).collect::<Vec<_>>().join("\n");
            // Two that fire at one event would unlink twice.
            let fits = sleeping == self.missing && self.asleep.len() == 1;
            let hint = "lo_manage is there and does not fire; vacuumlo removes what was lost meanwhile";
            return Advice { sql: fits.then_some(sql), ..quiet(hint.to_owned()) };
        }
        let trigger = quote_ident(&format!("{}_lo_manage", column.name));
        let sql = format!(
            "CREATE TRIGGER {trigger} BEFORE {} ON {name}\n    FOR EACH ROW EXECUTE FUNCTION {}.lo_manage({column_name});",
            events(self.missing),
            quote_ident(schema)
        );
        if self.own.is_empty() {
            return Advice { sql: Some(sql), ..quiet("vacuumlo removes what was lost already".to_owned()) };
        }
        quiet(format!("unless a trigger of yours calls lo_unlink: {}", sql.replace("\n   ", "")))
    }
}

/// Its events, without an UPDATE that is one of other columns only.
fn events_for(trigger: &Trigger, column: Option<i16>) -> i16 {
    let of_others = !trigger.columns.is_empty() && column.is_none_or(|it| !trigger.columns.contains(&it));
    if of_others { trigger.events & !UPDATE } else { trigger.events }
}

const fn events(missing: i16) -> &'static str {
    match missing {
        UPDATE => "UPDATE",
        DELETE => "DELETE",
        _ => "UPDATE OR DELETE",
    }
}

const fn when(missing: i16) -> &'static str {
    match missing {
        UPDATE => "changed",
        DELETE => "deleted",
        _ => "deleted or changed",
    }
}

#[cfg(test)]
mod tests {
    use pgrefit_catalog::census::{Extension, RelationKind, Trigger};
    use pgrefit_report::Finding;

    use super::CHECK;
    use crate::sample::Sample;
    use crate::sample::constraints::trigger;

    fn sample(triggers: &[Trigger]) -> Option<Finding> {
        let extension =
            Extension { name: "lo".to_owned(), schema: "public".to_owned(), version: "1.1".to_owned() };
        let sample = Sample::new(18)
            .relation(100, RelationKind::Table, "scans", |_| {})
            .column(100, "picture", "lo", |_| {})
            .with(|census| {
                census.extensions.push(extension);
                census.types[0].extension = Some("lo".to_owned());
                census.triggers.extend_from_slice(triggers);
            });
        sample.verdict(&CHECK).findings.pop()
    }

    fn managing(enabled: char, events: i16) -> Trigger {
        let column = Some("picture".to_owned());
        Trigger { events, large_object: column, ..trigger(1, 100, "lo", enabled) }
    }

    #[test]
    fn the_column_must_be_looked_after_at_both_events() {
        let check = |triggers: &[Trigger], expected: Option<&str>| {
            let sql = sample(triggers).map(|it| it.remediation.map_or(String::new(), |it| it.sql));
            match expected {
                Some(part) => assert!(sql.as_deref().is_some_and(|it| it.contains(part)), "{sql:?}"),
                None => assert_eq!(sql, None),
            }
        };
        check(&[], Some("BEFORE UPDATE OR DELETE ON public.scans"));
        check(&[managing('O', 27)], None);
        check(&[managing('O', 11)], Some("BEFORE UPDATE ON public.scans"));
        let of = |columns: &[i16]| Trigger { columns: columns.to_vec(), ..managing('O', 27) };
        check(&[of(&[1])], None);
        check(&[of(&[2])], Some("BEFORE UPDATE ON public.scans"));
        check(&[managing('D', 27)], Some("ENABLE TRIGGER lo;"));
        let other = Trigger { large_object: Some("other".to_owned()), ..managing('O', 27) };
        check(&[other], Some("BEFORE UPDATE OR DELETE"));
    }
}
