//! What migrations leave behind when they stop on the way.

use pgrefit_catalog::census::{Index, RelationKind, Source};
use pgrefit_report::Status;

use crate::check::{Check, Example, Group};
use crate::{Facts, Ruling};

/// The check.
pub(super) static CHECK: Check = Check {
    id: "interrupted-migration",
    code: "HIS-04",
    group: Group::History,
    title: "A migration seems to have stopped on the way.",
    level: Status::Warn,
    required: false,
    matters: "What runs outside of a transaction leaves its work half done when it fails: an index that is invalid, the twin of a \
              REINDEX CONCURRENTLY, a partition that is half detached. Those are a warning. A constraint that is NOT VALID and a \
              trigger that keeps a new column in step are steps on a way that takes several migrations: to know, in case nobody \
              goes on. This is a summary, for databases with a history; each object is told by its own check.",
    cure: "`pgrefit status` shows which version is pending or dirty; clean up what is left of it, and run it again.",
    sources: &[
        Source::History,
        Source::Indexes,
        Source::Relations,
        Source::Constraints,
        Source::Triggers,
        Source::Inheritance,
    ],
    example: Some(Example {
        bad: include_str!("interrupted_migration/bad.sql"),
        good: include_str!("interrupted_migration/good.sql"),
    }),
    judge,
};

fn judge(facts: &Facts<'_>, ruling: &mut Ruling) {
    if facts.census.history.is_none() {
        return ruling.skip("there is no history of migrations");
    }
    ruling.saw();
    let broken = [
        ("indexes_left", "indexes that are invalid or left over", indexes_left(facts)),
        ("detaches_pending", "partitions half detached", detaches_pending(facts)),
    ];
    let begun = [
        ("constraints_not_valid", "constraints NOT VALID", not_valid(facts)),
        ("triggers_in_step", "triggers that keep a new column in step", in_step(facts)),
    ];
    let any = |kinds: &[(&str, &str, usize)]| kinds.iter().any(|(_, _, count)| *count > 0);
    if !any(&broken) && !any(&begun) {
        return;
    }
    let status = if any(&broken) { Status::Warn } else { Status::Info };
    let all = || broken.into_iter().chain(begun).filter(|(_, _, count)| *count > 0);
    let words: Vec<_> = all().map(|(_, what, count)| format!("{what}: {count}")).collect();
    let mut found = ruling.found(status, "history", format!("work is half done; {}", words.join("; ")));
    for (key, _, count) in all() {
        found.number(key, count);
    }
    found.hint("`pgrefit status` shows where the migrations stand");
}

/// Indexes that cannot be used and that nobody builds, and the twins of a `REINDEX CONCURRENTLY`.
fn indexes_left(facts: &Facts<'_>) -> usize {
    let is_left = |index: &Index| {
        let Some(relation) = facts.relation(index.oid) else { return false };
        // The index of a partitioned table is invalid until each partition has its own.
        let broken = !(index.valid && index.ready && index.live) && relation.kind == RelationKind::Index;
        !index.being_built && (broken || is_twin(&relation.name))
    };
    facts.user_indexes().filter(|(index, _)| is_left(index)).count()
}

/// `a_ccnew`, `a_ccold1`.
fn is_twin(name: &str) -> bool {
    let stem = name.trim_end_matches(|c: char| c.is_ascii_digit());
    stem.ends_with("_ccnew") || stem.ends_with("_ccold")
}

fn detaches_pending(facts: &Facts<'_>) -> usize {
    facts.census.inheritance.iter().filter(|it| it.detach_pending).count()
}

fn not_valid(facts: &Facts<'_>) -> usize {
    facts.declared_constraints().filter(|it| it.enforced && !it.validated).count()
}

/// Triggers by the name that `pgrefit migrate split` gives them.
fn in_step(facts: &Facts<'_>) -> usize {
    let named = |name: &str| name.starts_with("zz_") && name.ends_with("_in_step");
    facts.census.triggers.iter().filter(|it| it.parent.is_none() && named(&it.name)).count()
}

#[cfg(test)]
mod tests {
    use pgrefit_catalog::census::{Index, Inheritance, RelationKind};
    use pgrefit_report::Status;

    use super::{CHECK, is_twin};
    use crate::sample::Sample;
    use crate::sample::constraints::{trigger, unique_index};

    fn sample() -> Sample {
        Sample::new(16).history(&[1]).relation(100, RelationKind::Table, "t", |_| {})
    }

    #[test]
    fn what_is_broken_is_worse_than_what_is_begun() {
        let check = |sample: Sample, expected: Status| assert_eq!(sample.status(&CHECK), expected);
        let index = |name: &str, kind, change: fn(&mut Index)| {
            let mut index = unique_index(300, 100, 1);
            change(&mut index);
            sample().relation(300, kind, name, |_| {}).with(|census| census.indexes.push(index))
        };
        check(sample(), Status::Pass);
        check(sample().with(|census| census.history = None), Status::Skip);
        check(index("i", RelationKind::Index, |it| it.valid = false), Status::Warn);
        check(index("i", RelationKind::PartitionedIndex, |it| it.valid = false), Status::Pass);
        check(index("i", RelationKind::Index, |it| (it.valid, it.being_built) = (false, true)), Status::Pass);
        check(index("i_ccold", RelationKind::Index, |_| {}), Status::Warn);
        check(
            sample().with(|census| census.triggers.push(trigger(1, 100, "zz_t_a_in_step", 'O'))),
            Status::Info,
        );
        let detach = Inheritance { child: 101, parent: 100, detach_pending: true };
        check(sample().with(|census| census.inheritance.push(detach)), Status::Warn);
    }

    #[test]
    fn twins_are_known_by_their_names() {
        for (name, expected) in
            [("a_ccnew", true), ("a_ccold12", true), ("a_ccnews", false), ("accnew_", false)]
        {
            assert_eq!(is_twin(name), expected, "{name}");
        }
    }
}
