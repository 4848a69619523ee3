//! A sequence that will give out numbers which are taken.

use pgrefit_catalog::census::{Sequence, SequenceUse, Source};
use pgrefit_catalog::quote_ident;
use pgrefit_report::Status;

use crate::check::{Check, Example, Group};
use crate::{Facts, Ruling};

/// The check.
pub(super) static CHECK: Check = Check {
    id: "sequence-behind",
    code: "SEQ-05",
    group: Group::Sequences,
    title: "A sequence is behind the largest key of its column.",
    level: Status::Fail,
    required: true,
    matters: "It will give out numbers that are there already, and those INSERTs fail with a duplicate key: typical after a restore \
              or a copy of rows that brought their own numbers. Told by the largest value that ANALYZE saw, of columns that are \
              unique by themselves. If the table has more rows than the sequence ever gave numbers, that is a failure; else some \
              rows were given numbers by hand, and it is a warning. A largest key that the sequence never gives, \
              as with INCREMENT 2 and the even numbers written by another node, proves nothing and is not told; nor are tables \
              that changed much since ANALYZE, and sequences that count down or begin again.",
    cure: "Set the sequence to the largest key, at a moment when nobody inserts.",
    sources: &[
        Source::Sequences,
        Source::SequenceValues,
        Source::SequenceUses,
        Source::ColumnStatistics,
        Source::Indexes,
    ],
    example: Some(Example {
        bad: include_str!("sequence_behind/bad.sql"),
        good: include_str!("sequence_behind/good.sql"),
    }),
    judge,
};

fn judge(facts: &Facts<'_>, ruling: &mut Ruling) {
    for used in facts.filled_columns() {
        let Some(sequence) = facts.sequence(used.sequence).filter(|it| it.increment > 0 && !it.cycle) else {
            continue;
        };
        let column = facts.column(used.relation, used.column);
        let Some(column) = column.filter(|it| facts.integer_range(it).is_some()) else { continue };
        if facts.unique_index_within(used.relation, &[used.column]).is_none() {
            continue;
        }
        let largest = facts.largest_value(used.relation, column);
        if !is_visible(facts, ruling, sequence, used, largest) {
            continue;
        }
        // Without statistics, or with old ones, nothing was looked at.
        if let Some(largest) = largest.filter(|_| is_sound(facts, used.relation)) {
            ruling.saw();
            one(facts, ruling, sequence, used, largest);
        }
    }
}

/// Whether both the sequence and the statistics can be seen.
fn is_visible(
    facts: &Facts<'_>,
    ruling: &mut Ruling,
    sequence: &Sequence,
    used: &SequenceUse,
    largest: Option<i64>,
) -> bool {
    if !sequence.readable {
        let (why, grant) = facts.why_no_value(used.sequence);
        ruling.missed(why, grant);
    } else if largest.is_none() && facts.relation(used.relation).is_some_and(|it| !it.shows_statistics) {
        let grant = facts.grant_select(used.relation);
        ruling.missed("the statistics of columns are not visible to this role", grant);
    } else {
        return true;
    }
    false
}

/// Whether the statistics of the table, or of each of its partitions, are of now.
fn is_sound(facts: &Facts<'_>, table: u32) -> bool {
    if facts.partition_key(table).is_some() {
        return facts.children(table).iter().all(|child| is_sound(facts, *child));
    }
    let emptied = facts.statistics(table).is_some_and(|it| it.live == 0 && it.deletes > 0);
    facts.is_analysed(table) && !emptied
}

#[expect(clippy::cast_precision_loss, reason = "an estimate")]
fn one(facts: &Facts<'_>, ruling: &mut Ruling, sequence: &Sequence, used: &SequenceUse, largest: i64) {
    let next = sequence.next_value();
    if largest < next || !will_give(sequence, largest) {
        return;
    }
    let given = (next as f64 - sequence.start.min(next) as f64) / sequence.increment as f64;
    let status =
        if facts.rows(used.relation).is_some_and(|rows| rows > given) { Status::Fail } else { Status::Warn };
    let (name, table) = (facts.name(used.sequence), facts.name(used.relation));
    let column = facts.column(used.relation, used.column).map(|it| quote_ident(&it.name)).unwrap_or_default();
    let literal = name.replace('\'', "''");
    let mut found = ruling.found(
        status,
        facts.column_name(used.relation, used.column),
        format!("{name} gives {next} next, and {largest} is there already"),
    );
    found
        .number("next_value", next)
        .number("largest_value", largest)
        .number("rows", facts.rows(used.relation));
    if sequence.increment > 1 {
        // The largest key of the moment may be one of other steps: to go on from it would change the steps.
        found.hint("set it to the largest key that it gives itself, at a moment when nobody inserts");
        return;
    }
    // Another table may draw from it as well: it must not go back.
    let sql = format!(
        "SELECT setval('{literal}', GREATEST((SELECT max({column}) FROM {table}), (SELECT last_value FROM {name})));"
    );
    found.hint("do it at a moment when nobody inserts").sql(sql, "", false);
}

/// Whether the sequence, as it goes on, comes to that value.
fn will_give(sequence: &Sequence, value: i64) -> bool {
    let way = i128::from(value) - i128::from(sequence.next_value());
    way % i128::from(sequence.increment) == 0 && value <= sequence.max
}

#[cfg(test)]
mod tests {
    use pgrefit_catalog::census::{RelationKind, RelationStatistics, Sequence};
    use pgrefit_report::Status;

    use super::CHECK;
    use crate::sample::Sample;
    use crate::sample::constraints::{column, int4, unique_index};
    use crate::sample::sequences::{draws, sequence, statistics};

    /// A table of 1,000 rows whose largest key is that one.
    fn sample(sequence: Sequence, largest: Option<i64>) -> Sample {
        Sample::new(16)
            .relation(100, RelationKind::Table, "t", |_| {})
            .relation(200, RelationKind::Sequence, "s", |_| {})
            .with(|census| {
                census.types.push(int4());
                census.columns.push(column(100, 1, "id", 23));
                census.indexes.push(unique_index(300, 100, 1));
                census.sequence_uses.push(draws(200, 100, 1));
                census.sequences.push(sequence);
                census.column_statistics.extend(largest.map(|largest| statistics(100, 1, largest, 1.0)));
            })
    }

    #[test]
    fn it_is_told_by_what_is_there() {
        let at = |last_value| Sequence { last_value, ..sequence(200) };
        let check = |sequence: Sequence, largest: Option<i64>, expected: Status| {
            let says = format!("{sequence:?} {largest:?}");
            assert_eq!(sample(sequence, largest).status(&CHECK), expected, "{says}");
        };
        check(at(None), Some(1_000), Status::Fail);
        check(at(Some(10)), Some(1_000), Status::Fail);
        check(at(Some(1_000)), Some(1_000), Status::Pass);
        check(at(Some(999)), Some(1_000), Status::Fail);
        // One row was given its number by hand.
        check(at(Some(2_000)), Some(999_999), Status::Warn);
        check(at(None), None, Status::Pass);
        // It was set to go on behind the last one, and to go back.
        let restarted = |next| Sequence { is_called: false, ..at(Some(next)) };
        check(restarted(1_001), Some(1_000), Status::Pass);
        check(restarted(501), Some(1_000), Status::Fail);
        check(restarted(1), Some(1_000), Status::Fail);
        // It gives odd numbers only, and ends before the largest key.
        let odd = Sequence { increment: 2, ..at(Some(11)) };
        check(odd.clone(), Some(1_000), Status::Pass);
        check(odd, Some(999), Status::Fail);
        check(Sequence { max: 500, ..at(Some(11)) }, Some(1_000), Status::Pass);
        check(Sequence { cycle: true, ..at(Some(10)) }, Some(1_000), Status::Pass);
        check(Sequence { readable: false, ..at(None) }, Some(1_000), Status::Blind);
    }

    #[test]
    fn the_sequence_is_never_moved_back() {
        let found = |increment| {
            let sequence = Sequence { increment, last_value: Some(9), ..sequence(200) };
            sample(sequence, Some(999)).verdict(&CHECK).findings.remove(0).remediation
        };
        let cure = found(1).expect("SQL");
        let sql = "SELECT setval('public.s', GREATEST((SELECT max(id) FROM public.t), (SELECT last_value FROM public.s)));";
        assert_eq!((cure.sql.as_str(), cure.reversible), (sql, false));
        assert_eq!(found(2), None);
    }

    #[test]
    fn old_statistics_and_columns_that_repeat_say_nothing() {
        let behind = || sample(sequence(200), Some(1_000));
        let changed =
            RelationStatistics { relation: 100, changes_since_analyze: 5_000, ..Default::default() };
        assert_eq!(behind().with(|it| it.relation_statistics.push(changed)).status(&CHECK), Status::Pass);
        let emptied = RelationStatistics {
            relation: 100,
            deletes: 1_000,
            changes_since_analyze: 1_000,
            ..Default::default()
        };
        assert_eq!(behind().with(|it| it.relation_statistics.push(emptied)).status(&CHECK), Status::Pass);
        assert_eq!(behind().with(|it| it.indexes.clear()).status(&CHECK), Status::Pass);
    }

    #[test]
    fn statistics_that_are_hidden_are_no_pass() {
        let verdict =
            sample(sequence(200), None).with(|it| it.relations[0].shows_statistics = false).verdict(&CHECK);
        assert_eq!(verdict.status, Status::Blind);
        assert_eq!(verdict.grant.as_deref(), Some("GRANT SELECT ON public.t TO auditor;"));
    }
}
