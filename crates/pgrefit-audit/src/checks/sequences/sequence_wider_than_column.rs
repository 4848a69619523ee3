//! A sequence that can give out more than its column can hold.

use pgrefit_catalog::census::Source;
use pgrefit_report::Status;

use crate::check::{Check, Example, Group};
use crate::{Facts, Ruling};

/// The check.
pub(super) static CHECK: Check = Check {
    id: "sequence-wider-than-column",
    code: "SEQ-03",
    group: Group::Sequences,
    title: "A sequence goes further than its column can hold.",
    level: Status::Info,
    required: false,
    matters: "The end comes with the column, not with the sequence: whoever watches the sequence alone sees a tiny share used when \
              INSERT begins to fail. How near that is, sequence-exhaustion tells. Sequences of serial columns made before \
              PostgreSQL 10 are such.",
    cure: "Change the column to bigint; or let the sequence end where the column does, so that both say the same.",
    sources: &[Source::Sequences, Source::SequenceUses, Source::Columns, Source::Types],
    example: Some(Example {
        bad: include_str!("sequence_wider_than_column/bad.sql"),
        good: include_str!("sequence_wider_than_column/good.sql"),
    }),
    judge,
};

fn judge(facts: &Facts<'_>, ruling: &mut Ruling) {
    for used in facts.filled_columns() {
        let Some(sequence) = facts.sequence(used.sequence) else { continue };
        let column = facts.column(used.relation, used.column);
        let Some((least, largest)) = column.and_then(|it| facts.integer_range(it)) else { continue };
        ruling.saw();
        let beyond = if sequence.increment > 0 { sequence.max > largest } else { sequence.min < least };
        if beyond {
            let (end, has_it) =
                if sequence.increment > 0 { (largest, sequence.max) } else { (least, sequence.min) };
            let name = facts.name(used.sequence);
            ruling
                .info(
                    facts.column_name(used.relation, used.column),
                    format!("{name} goes to {has_it}, and the column ends at {end}"),
                )
                .number("end", end)
                .hint("change the column to bigint; do the columns that reference it first");
        }
    }
}
