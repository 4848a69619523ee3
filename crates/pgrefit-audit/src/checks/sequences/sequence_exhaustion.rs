//! A sequence that is near the end of what its column can hold.

use pgrefit_catalog::census::{SequenceUse, Source};
use pgrefit_report::{Cell, Status};

use crate::check::{Check, Example, Group};
use crate::{Facts, Ruling};

/// From which share of its range on it is told.
const WARN: f64 = 0.7;

/// From which share on it must be acted upon.
const FAIL: f64 = 0.9;

/// The check.
pub(super) static CHECK: Check = Check {
    id: "sequence-exhaustion",
    code: "SEQ-01",
    group: Group::Sequences,
    title: "A sequence has used up most of the values that its column can hold.",
    level: Status::Fail,
    required: true,
    matters: "When it has given out the last one, each INSERT fails. The range is that of the column's type or of the \
              sequence, whichever ends first; told from 70 % on, a failure from 90 % on. Sequences that a column owns, \
              those of identity columns and those that only a default names are all looked at.",
    cure: "Change the column to bigint before the end: on a large table by a new column, a trigger and a backfill.",
    sources: &[Source::Sequences, Source::SequenceValues, Source::SequenceUses],
    example: Some(Example {
        bad: include_str!("sequence_exhaustion/bad.sql"),
        good: include_str!("sequence_exhaustion/good.sql"),
    }),
    judge,
};

fn judge(facts: &Facts<'_>, ruling: &mut Ruling) {
    for used in facts.census.sequence_uses.iter().filter(|used| used.drawn) {
        let Some(sequence) = facts.sequence(used.sequence) else { continue };
        if !sequence.readable {
            let role = pgrefit_catalog::quote_ident(&facts.census.server.user);
            let grant = format!("GRANT SELECT ON SEQUENCE {} TO {role};", facts.name(used.sequence));
            ruling.missed("the values of sequences are not visible to this role", Some(grant));
            continue;
        }
        ruling.saw();
        let (Some(last), Some(largest)) = (sequence.last_value, largest(facts, used)) else { continue };
        let end = if sequence.increment > 0 { sequence.max.min(largest) } else { continue };
        #[expect(clippy::cast_precision_loss, reason = "a share")]
        let share = last as f64 / end as f64;
        if sequence.cycle && sequence.max <= largest || share < WARN {
            continue;
        }
        let status = if share >= FAIL { Status::Fail } else { Status::Warn };
        let column = facts.column_name(used.relation, used.column);
        let message = format!("{:.0} % of the values that {column} can hold are used", share * 100.0);
        ruling
            .found(status, column, message)
            .number("last_value", last)
            .number("end", end)
            .number("used_percent", Cell::Float((share * 1_000.0).round() / 10.0))
            .hint("change the column to bigint; do the columns that reference it first");
    }
}

/// The largest value that the column can hold; none if it is no integer.
fn largest(facts: &Facts<'_>, used: &SequenceUse) -> Option<i64> {
    let column = facts.column(used.relation, used.column)?;
    match facts.base_type(column.type_oid)?.name.as_str() {
        "int2" => Some(i16::MAX.into()),
        "int4" => Some(i32::MAX.into()),
        "int8" => Some(i64::MAX),
        _ => None,
    }
}
