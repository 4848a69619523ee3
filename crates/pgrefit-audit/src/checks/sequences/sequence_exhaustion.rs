//! A sequence that is near the end of what its column can hold.

use std::collections::HashSet;

use pgrefit_catalog::census::{Sequence, SequenceUse, Source};
use pgrefit_report::{Cell, Status};

use crate::check::{Check, Example, Group};
use crate::facts::sequences::{FAIL_SHARE, WARN_SHARE};
use crate::{Facts, Ruling};

/// The check.
pub(super) static CHECK: Check = Check {
    id: "sequence-exhaustion",
    code: "SEQ-01",
    group: Group::Sequences,
    title: "A sequence has used up most of the values that its column can hold.",
    level: Status::Fail,
    required: true,
    matters: "When it has given out the last one, each INSERT fails. The range is that of the column's type or of the sequence, \
              whichever ends first, from where the sequence may begin; told from 70 % on, a failure from 90 % on. Sequences that \
              a column owns, those of identity columns, those that only a default names and those that only applications draw \
              from are all looked at, also those that count down. A sequence that begins again within its column is not told.",
    cure: "Change the column to bigint before the end: on a large table by a new column, a trigger and a backfill. If it is the \
           sequence that ends first, ALTER SEQUENCE … AS bigint is enough, and quick.",
    sources: &[
        Source::Sequences,
        Source::SequenceValues,
        Source::SequenceUses,
        Source::Columns,
        Source::Types,
    ],
    example: Some(Example {
        bad: include_str!("sequence_exhaustion/bad.sql"),
        good: include_str!("sequence_exhaustion/good.sql"),
    }),
    judge,
};

/// How far a sequence may go in a column.
struct Way {
    /// Where it may begin.
    origin: i64,
    /// The last value that fits.
    end: i64,
    /// The sequence ends there.
    ends_itself: bool,
    /// Where the column would end, if that is further.
    column_end: Option<i64>,
}

fn judge(facts: &Facts<'_>, ruling: &mut Ruling) {
    for used in facts.filled_columns() {
        if let Some(sequence) = facts.sequence(used.sequence) {
            one(facts, ruling, sequence, Some(used));
        }
    }
    let used: HashSet<u32> = facts.census.sequence_uses.iter().map(|used| used.sequence).collect();
    for sequence in &facts.census.sequences {
        if !used.contains(&sequence.relation)
            && facts.relation(sequence.relation).is_some_and(|it| !it.of_extension && it.persistence != 't')
        {
            one(facts, ruling, sequence, None);
        }
    }
}

fn one(facts: &Facts<'_>, ruling: &mut Ruling, sequence: &Sequence, used: Option<&SequenceUse>) {
    if !sequence.readable {
        let (why, grant) = facts.why_no_value(sequence.relation);
        ruling.missed(why, grant);
        return;
    }
    ruling.saw();
    let column = used.and_then(|used| facts.column(used.relation, used.column));
    let range = column.and_then(|column| facts.integer_range(column)).unwrap_or((i64::MIN, i64::MAX));
    let way = way(sequence, range);
    let (Some(last), false) = (used_up(sequence, &way), sequence.cycle && way.ends_itself) else { return };
    let share = share(&way, last);
    if share >= WARN_SHARE {
        report(facts, ruling, sequence, used, &way, (last, share));
    }
}

/// The last value that it will not give again: given out, or passed over. None if it may begin where it stands.
fn used_up(sequence: &Sequence, way: &Way) -> Option<i64> {
    let next = sequence.last_value.filter(|next| !sequence.is_called && *next != way.origin);
    sequence.given().or_else(|| next.map(|next| next.saturating_sub(sequence.increment)))
}

fn way(sequence: &Sequence, (least, largest): (i64, i64)) -> Way {
    let (low, high) = (sequence.min.max(least), sequence.max.min(largest));
    if sequence.increment > 0 {
        let column_end = (sequence.max < largest).then_some(largest);
        Way { origin: low, end: high, ends_itself: sequence.max <= largest, column_end }
    } else {
        let column_end = (sequence.min > least).then_some(least);
        Way { origin: high, end: low, ends_itself: sequence.min >= least, column_end }
    }
}

/// The share of its way that it has gone, up to 1.
#[expect(clippy::cast_precision_loss, reason = "a share")]
fn share(way: &Way, last: i64) -> f64 {
    let length = way.end as f64 - way.origin as f64;
    if length == 0.0 { 1.0 } else { ((last as f64 - way.origin as f64) / length).clamp(0.0, 1.0) }
}

fn report(
    facts: &Facts<'_>,
    ruling: &mut Ruling,
    sequence: &Sequence,
    used: Option<&SequenceUse>,
    way: &Way,
    (last, share): (i64, f64),
) {
    let status = if share >= FAIL_SHARE { Status::Fail } else { Status::Warn };
    let own_name = facts.name(sequence.relation);
    let object = used.map_or(own_name.clone(), |used| facts.column_name(used.relation, used.column));
    let (holder, verb) = if way.column_end.is_some() { (&own_name, "give") } else { (&object, "hold") };
    let message = format!(
        "{:.0} % of the values that {holder} can {verb} are used or passed over",
        (share * 100.0).floor()
    );
    let mut found = ruling.found(status, object, message);
    found
        .number("last_value", last)
        .number("end", way.end)
        .number("left", i64::try_from((i128::from(way.end) - i128::from(last)).abs()).ok())
        .number("used_percent", Cell::Float((share * 1_000.0).round() / 10.0));
    match way.column_end {
        _ if used.is_none() => found
            .hint("find out what takes its numbers, and how large they may be, before it is let go further"),
        Some(end) => found.sql(further(&own_name, sequence, end), "SHARE ROW EXCLUSIVE", true),
        None => found.hint("change the column to bigint; do the columns that reference it first"),
    };
}

/// SQL that lets the sequence go on to where its column ends.
fn further(name: &str, sequence: &Sequence, end: i64) -> String {
    let bound = if sequence.increment > 0 { "MAXVALUE" } else { "MINVALUE" };
    if end == i64::MAX || end == i64::MIN {
        format!("ALTER SEQUENCE {name} AS bigint NO {bound};")
    } else {
        format!("ALTER SEQUENCE {name} AS bigint {bound} {end};")
    }
}

#[cfg(test)]
mod tests {
    use pgrefit_catalog::census::{RelationKind, Sequence};
    use pgrefit_report::Status;

    use super::CHECK;
    use crate::sample::Sample;
    use crate::sample::constraints::{column, int4};
    use crate::sample::sequences::{draws, sequence};

    const MAX: i64 = i32::MAX as i64;

    fn sample(sequence: Sequence) -> Sample {
        Sample::new(16)
            .relation(100, RelationKind::Table, "t", |_| {})
            .relation(200, RelationKind::Sequence, "s", |_| {})
            .with(|census| {
                census.types.push(int4());
                census.columns.push(column(100, 1, "id", 23));
                census.sequence_uses.push(draws(200, 100, 1));
                census.sequences.push(sequence);
            })
    }

    #[test]
    fn the_way_counts_from_where_it_may_begin() {
        let check = |change: &dyn Fn(&mut Sequence), expected: Status| {
            let mut sequence = sequence(200);
            change(&mut sequence);
            let says = format!("{sequence:?}");
            assert_eq!(sample(sequence).status(&CHECK), expected, "{says}");
        };
        check(&|it| it.last_value = None, Status::Pass);
        check(&|it| it.last_value = Some(MAX / 2), Status::Pass);
        check(&|it| it.last_value = Some(MAX / 10 * 8), Status::Warn);
        check(&|it| it.last_value = Some(MAX / 100 * 95), Status::Fail);
        // It was told to begin again at its end, or at its first value.
        check(&|it| (it.is_called, it.last_value) = (false, Some(MAX)), Status::Fail);
        check(&|it| (it.is_called, it.last_value) = (false, Some(1)), Status::Pass);
        check(
            &|it| (it.min, it.start, it.max, it.is_called, it.last_value) = (1, 1, 1, false, Some(1)),
            Status::Pass,
        );
        // It began below zero.
        check(&|it| (it.min, it.last_value) = (i32::MIN.into(), Some(0)), Status::Pass);
        // A range of its own, half gone.
        check(&|it| (it.min, it.max, it.last_value) = (MAX - 1_000, MAX, Some(MAX - 500)), Status::Pass);
        // It begins again, within the column and beyond it.
        check(&|it| (it.max, it.cycle, it.last_value) = (MAX, true, Some(MAX)), Status::Pass);
        check(&|it| (it.cycle, it.last_value) = (true, Some(MAX)), Status::Fail);
    }

    #[test]
    fn it_may_count_down() {
        let down = |last| Sequence {
            increment: -1,
            min: i64::MIN,
            max: -1,
            last_value: Some(last),
            ..sequence(200)
        };
        assert_eq!(sample(down(-5)).status(&CHECK), Status::Pass);
        assert_eq!(sample(down(-MAX / 10 * 8)).status(&CHECK), Status::Warn);
        assert_eq!(sample(down(-MAX)).status(&CHECK), Status::Fail);
    }

    #[test]
    fn what_is_hidden_is_no_pass() {
        let hidden = Sequence { readable: false, last_value: None, ..sequence(200) };
        let check = |is_superuser: bool, grant: Option<&str>| {
            let sample = sample(hidden.clone()).with(|census| census.server.is_superuser = is_superuser);
            let verdict = sample.verdict(&CHECK);
            assert_eq!((verdict.status, verdict.grant.as_deref()), (Status::Blind, grant));
        };
        check(false, Some("GRANT SELECT ON SEQUENCE public.s TO auditor;"));
        // Then it is a lock that is in the way, and no privilege.
        check(true, None);
    }

    #[test]
    fn a_sequence_without_a_column_is_its_own_limit() {
        let alone = |max| {
            let sequence = Sequence { max, last_value: Some(MAX), ..sequence(200) };
            sample(sequence).with(|census| census.sequence_uses.clear()).objects(&CHECK)
        };
        assert_eq!(alone(MAX), ["public.s"]);
        let sequence = Sequence { max: MAX, last_value: Some(MAX), ..sequence(200) };
        let found = sample(sequence).with(|census| census.sequence_uses.clear()).verdict(&CHECK).findings;
        assert!(found[0].remediation.is_none());
        assert_eq!(alone(i64::MAX), [""; 0]);
    }
}
