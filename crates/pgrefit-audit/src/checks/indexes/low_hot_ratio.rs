//! Updates that must touch every index of their table.

use pgrefit_catalog::census::{Relation, Source};
use pgrefit_report::Status;

use crate::check::{Check, Group};
use crate::facts::indexes::{DAY_S, float};
use crate::{Facts, Ruling};

/// How many updates say something.
const UPDATES: i64 = 100_000;

/// How many a day are worth a word.
const UPDATES_PER_DAY: f64 = 10_000.0;

/// Below which share of updates that stay on their page it is told.
const SHARE: f64 = 0.2;

/// The check.
pub(super) static CHECK: Check = Check {
    id: "low-hot-ratio",
    code: "IDX-09",
    group: Group::Indexes,
    title: "Few updates of a table stay on their page (HOT), so each adds an entry to every index.",
    level: Status::Info,
    required: false,
    matters: "An update is heap-only if no indexed column changes and the page has room; otherwise every index gets a new entry, \
              and VACUUM has more to do. Told where less than 20 % of 100,000 updates, and of 10,000 a day, were. From 16 on the \
              server counts how many went to another page for want of room: there a lower fillfactor helps, else fewer \
              indexes on columns that change.",
    cure: "Lower the fillfactor, or drop indexes on columns that each update changes.",
    sources: &[Source::Relations, Source::RelationStatistics, Source::Indexes],
    example: None,
    judge,
};

/// What updates a table and its partitions had.
#[derive(Default)]
struct Updates {
    all: i64,
    hot: i64,
    /// None where the server does not count it.
    moved: Option<i64>,
}

fn judge(facts: &Facts<'_>, ruling: &mut Ruling) {
    let Some(days) = facts.census.server.counted_for_s.map(|seconds| (seconds / DAY_S).max(1.0)) else {
        return ruling.skip("since when the counters have counted is not known");
    };
    for table in facts.root_tables() {
        ruling.saw();
        let leaves = facts.leaves(table.oid);
        if leaves.iter().all(|leaf| facts.indexes(leaf.oid).is_empty()) {
            continue;
        }
        let updates = updates(facts, &leaves);
        let share = float(updates.hot) / float(updates.all.max(1));
        let many = updates.all >= UPDATES && float(updates.all) / days >= UPDATES_PER_DAY;
        if many && share < SHARE {
            tell(facts, table, &updates, share, ruling);
        }
    }
}

fn updates(facts: &Facts<'_>, leaves: &[&Relation]) -> Updates {
    let mut sum = Updates { moved: (facts.major() >= 16).then_some(0), ..Updates::default() };
    for counters in leaves.iter().filter_map(|leaf| facts.statistics(leaf.oid)) {
        sum.all += counters.updates;
        sum.hot += counters.hot_updates;
        sum.moved = sum.moved.zip(counters.newpage_updates).map(|(a, b)| a + b);
    }
    sum
}

fn tell(facts: &Facts<'_>, table: &Relation, updates: &Updates, share: f64, ruling: &mut Ruling) {
    let name = facts.name(table.oid);
    let percent = (share * 100.0).round();
    let full = updates.moved.is_some_and(|moved| float(moved) >= 0.5 * float(updates.all - updates.hot));
    let why = if full { ": most found no room on their page" } else { "" };
    let mut found =
        ruling.info(name.clone(), format!("{percent} % of the updates stayed on their page{why}"));
    found
        .number("updates", updates.all)
        .number("hot_updates", updates.hot)
        .number("newpage_updates", updates.moved)
        .number("hot_percent", percent);
    let untouched = Facts::option(&table.options, "fillfactor").is_none();
    if full && untouched && facts.partition_key(table.oid).is_none() {
        // Pages that are full stay so until the table is rewritten.
        let sql = format!("ALTER TABLE {name} SET (fillfactor = 85);");
        found.sql(sql, "SHARE UPDATE EXCLUSIVE", true);
    } else if full {
        found.hint("lower the fillfactor of the partitions or of the table; it counts for new pages");
    } else {
        found.hint("see which indexed columns the updates change, and whether those indexes are needed");
    }
}

#[cfg(test)]
mod tests {
    use super::CHECK;
    use crate::sample::Sample;

    fn sample(major: u32, all: i64, hot: i64, moved: Option<i64>) -> Sample {
        let sample = Sample::new(major).counted_days(5.0).heap(100, "t", 10, 1e5);
        let counted = |it: &mut pgrefit_catalog::census::RelationStatistics| {
            (it.updates, it.hot_updates, it.newpage_updates) = (all, hot, moved);
        };
        sample.last_counters(counted).btree(101, 100, "t_a", &[1], 1)
    }

    #[test]
    fn few_heap_only_updates_are_told() {
        let check = |sample: Sample, expected: &[&str]| assert_eq!(sample.objects(&CHECK), expected);
        check(sample(18, 100_000, 19_999, Some(0)), &["public.t"]);
        check(sample(18, 100_000, 20_000, Some(0)), &[]);
        check(sample(18, 99_999, 0, Some(0)), &[]);
        check(sample(18, 100_000, 0, Some(0)).counted_days(11.0), &[]);
        check(sample(18, 100_000, 0, Some(0)).with(|it| it.indexes.clear()), &[]);
    }

    #[test]
    fn the_fillfactor_is_named_where_pages_are_full() {
        let cure = |sample: Sample| {
            let found = sample.verdict(&CHECK).findings.remove(0);
            found.remediation.map(|it| it.sql)
        };
        let full = "ALTER TABLE public.t SET (fillfactor = 85);";
        assert_eq!(cure(sample(18, 100_000, 0, Some(60_000))).as_deref(), Some(full));
        assert_eq!(cure(sample(18, 100_000, 0, Some(40_000))), None);
        assert_eq!(cure(sample(15, 100_000, 0, None)), None);
    }
}
