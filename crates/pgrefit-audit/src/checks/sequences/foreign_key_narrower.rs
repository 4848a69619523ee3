//! A column that cannot hold every key it may have to refer to.

use pgrefit_catalog::census::{Column, Constraint, Source, Why};
use pgrefit_report::{Cell, Status};

use crate::check::{Check, Example, Group};
use crate::facts::sequences::FAIL_SHARE;
use crate::{Facts, Ruling};

/// The check.
pub(super) static CHECK: Check = Check {
    id: "foreign-key-narrower",
    code: "SEQ-04",
    group: Group::Sequences,
    title: "A foreign key has a narrower integer type than the key it refers to.",
    level: Status::Fail,
    required: false,
    matters: "When the key grows beyond the narrower type, rows that refer to new ones cannot be written, while the key itself looks \
              far from its end. A failure once the key, by its sequence or by what ANALYZE saw, has come to 90 % of what the \
              referring column can hold; a warning before.",
    cure: "Change the referring column to the type of the key: on a large table by a new column, a trigger and a backfill.",
    sources: &[Source::Constraints, Source::Columns, Source::Types, Source::Sequences, Source::SequenceUses],
    example: Some(Example {
        bad: include_str!("foreign_key_narrower/bad.sql"),
        good: include_str!("foreign_key_narrower/good.sql"),
    }),
    judge,
};

/// How far a key has come.
enum Come {
    To(i64),
    Hidden,
    Unknown,
}

fn judge(facts: &Facts<'_>, ruling: &mut Ruling) {
    for key in facts.enforced_foreign_keys() {
        let pairs = key.columns.iter().zip(&key.referenced_columns);
        let columns = pairs.filter_map(|(own, other)| {
            Some((facts.column(key.relation, *own)?, facts.column(key.referenced?, *other)?))
        });
        let narrower = columns.filter(|(own, other)| {
            matches!((facts.integer_range(own), facts.integer_range(other)), (Some(own), Some(other)) if own.1 < other.1)
        });
        match narrower.min_by_key(|(own, _)| facts.integer_range(own)) {
            Some((own, other)) => report(facts, ruling, key, own, other),
            None => ruling.saw(),
        }
    }
}

#[expect(clippy::cast_precision_loss, reason = "a share")]
fn report(facts: &Facts<'_>, ruling: &mut Ruling, key: &Constraint, own: &Column, other: &Column) {
    let Some((_, end)) = facts.integer_range(own) else { return };
    let come = come(facts, other);
    if let (Come::Hidden, Some(used)) = (&come, facts.sequence_of(other.relation, other.number)) {
        let (why, grant) = facts.why_no_value(used.sequence);
        ruling.missed(why, grant);
    } else {
        ruling.saw();
    }
    let last = if let Come::To(last) = come { Some(last) } else { None };
    let share = last.unwrap_or(0) as f64 / end as f64;
    let status = if share >= FAIL_SHARE { Status::Fail } else { Status::Warn };
    let (column, referenced) =
        (facts.column_name(own.relation, own.number), facts.column_name(other.relation, other.number));
    let mut found = ruling.found(
        status,
        facts.part_name(key.relation, &key.name),
        format!("{column} ends at {end}, and {referenced}, which it refers to, goes further"),
    );
    if let Some(last) = last {
        found.number("key_value", last).number("used_percent", Cell::Float((share * 1_000.0).round() / 10.0));
    }
    found.number("end", end).hint(format!("change {column} to the type of {referenced}"));
}

/// How far the key has come, by its sequence; without one, by what `ANALYZE` saw.
fn come(facts: &Facts<'_>, key: &Column) -> Come {
    let used = facts.sequence_of(key.relation, key.number);
    match used.and_then(|used| facts.sequence(used.sequence)) {
        Some(sequence) if !sequence.readable && was_asked(facts) => Come::Hidden,
        Some(sequence) => sequence.given().map_or(Come::Unknown, Come::To),
        None => facts.largest_value(key.relation, key).map_or(Come::Unknown, Come::To),
    }
}

/// Whether the census looked for the values of sequences at all.
fn was_asked(facts: &Facts<'_>) -> bool {
    facts.census.unseen.get(&Source::SequenceValues).is_none_or(|it| it.why != Why::NotAsked)
}

#[cfg(test)]
mod tests {
    use pgrefit_catalog::census::{RelationKind, Sequence};
    use pgrefit_report::Status;

    use super::CHECK;
    use crate::sample::Sample;
    use crate::sample::constraints::{column, foreign_key, int4, int8};
    use crate::sample::sequences::{draws, sequence};

    fn sample(own: u32, other: u32, sequence: Sequence) -> Sample {
        Sample::new(16)
            .relation(100, RelationKind::Table, "t", |_| {})
            .relation(101, RelationKind::Table, "key", |_| {})
            .relation(200, RelationKind::Sequence, "s", |_| {})
            .with(|census| {
                census.types.extend([int4(), int8()]);
                census.columns.extend([column(100, 1, "key", own), column(101, 1, "id", other)]);
                census.constraints.push(foreign_key(1, 100, 101, 'a'));
                census.sequence_uses.push(draws(200, 101, 1));
                census.sequences.push(sequence);
            })
    }

    #[test]
    fn it_is_worse_near_the_end() {
        let at = |last_value| Sequence { last_value: Some(last_value), ..sequence(200) };
        let check = |sample: Sample, expected: Status| assert_eq!(sample.status(&CHECK), expected);
        check(sample(23, 20, at(5)), Status::Warn);
        check(sample(23, 20, at(2_000_000_000)), Status::Fail);
        check(sample(23, 20, at(5_000_000_000)), Status::Fail);
        check(sample(23, 23, at(2_000_000_000)), Status::Pass);
        check(sample(20, 23, at(5)), Status::Pass);
    }

    #[test]
    fn what_is_hidden_is_told_as_far_as_it_is_known() {
        let hidden = sample(23, 20, Sequence { readable: false, last_value: None, ..sequence(200) });
        let verdict = hidden.with(|census| census.server.is_superuser = false).verdict(&CHECK);
        assert_eq!((verdict.seen, verdict.total), (0, 1));
        assert_eq!(verdict.findings.len(), 1);
        assert!(verdict.grant.is_some());
    }
}
