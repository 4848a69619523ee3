//! Tables with many row triggers.

use pgrefit_catalog::census::{Relation, Source, Trigger};
use pgrefit_report::Status;

use crate::check::{Check, Example, Group};
use crate::{Facts, Ruling};

/// From so many for one event on.
const MANY: usize = 4;

/// Events, by their bit of `tgtype`.
const EVENTS: [(i16, &str); 3] = [(4, "INSERT"), (16, "UPDATE"), (8, "DELETE")];

/// The check.
pub(super) static CHECK: Check = Check {
    id: "row-trigger",
    code: "TYP-16",
    group: Group::Design,
    title: "A table has many row triggers for the same event.",
    level: Status::Info,
    required: false,
    matters: "Each of them may be called for each row: a COPY of a million rows calls four of them up to four million times. They \
              run in the order of their names, and each sees what those before it changed. Told from four for one event on; \
              those with WHEN or UPDATE OF count, though they do not run for each row; triggers of foreign keys, of \
              constraints and disabled ones do not.",
    cure: "One function for what belongs together; FOR EACH STATEMENT with transition tables where rows can be taken at once.",
    sources: &[Source::Triggers, Source::Relations],
    example: Some(Example {
        bad: include_str!("row_trigger/bad.sql"),
        good: include_str!("row_trigger/good.sql"),
    }),
    judge,
};

fn judge(facts: &Facts<'_>, ruling: &mut Ruling) {
    for table in facts.root_tables() {
        ruling.saw();
        let counts = EVENTS.map(|(event, name)| (count(facts, table, event), name));
        let Some((most, event)) = counts.into_iter().max_by_key(|(count, _)| *count) else { continue };
        if most >= MANY {
            ruling
                .info(facts.name(table.oid), format!("up to {most} row triggers run at each {event}"))
                .number("row_triggers", most)
                .hint("one function for what belongs together, or FOR EACH STATEMENT with transition tables");
        }
    }
}

fn count(facts: &Facts<'_>, table: &Relation, event: i16) -> usize {
    let counts = |it: &&&Trigger| {
        let fires = !it.internal && it.constraint.is_none() && it.enabled != 'D';
        fires && it.events & 1 != 0 && it.events & event != 0
    };
    facts.triggers(table.oid).iter().filter(counts).count()
}
