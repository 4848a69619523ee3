//! Tables that are much larger than their rows, with what lies in TOAST.

use pgrefit_catalog::census::{Relation, RelationKind, Source};
use pgrefit_report::{Cell, Status, human_bytes};

use crate::check::{Check, Example, Group};
use crate::facts::activity::percent;
use crate::facts::vacuum::Waste;
use crate::{Facts, Ruling};

/// Told from this many bytes on, if they are half of the table, …
const HALF_OF: u64 = 100 << 20;
/// … or from this many on, if they are a third.
const THIRD_OF: u64 = 1 << 30;

/// The check.
pub(super) static CHECK: Check = Check {
    id: "table-bloat",
    code: "VAC-09",
    group: Group::Vacuum,
    title: "A table is much larger than its rows.",
    level: Status::Warn,
    required: false,
    matters: "Scans read the empty space, and it fills memory and backups. VACUUM frees it for new rows, and hardly ever gives it \
              back. This is an estimate from the catalogs, as ioguix/pgsql-bloat-estimation makes it: rows times average width \
              with header and padding (between columns, too) against the pages of the table, by its fillfactor; four chunks to a page in TOAST. It \
              is silent where statistics are stale or missing. Told from 100 MiB on if that is half of the table, from 1 GiB \
              on if it is a third.",
    cure: "If the rows come back, leave it. Else rewrite the table online, with pg_repack or pg_squeeze.",
    sources: &[Source::Relations, Source::Columns, Source::Types, Source::RelationStatistics],
    example: Some(Example {
        bad: include_str!("table_bloat/bad.sql"),
        good: include_str!("table_bloat/good.sql"),
    }),
    judge,
};

fn judge(facts: &Facts<'_>, ruling: &mut Ruling) {
    if facts.census.server.in_recovery {
        return ruling.skip("a standby does not know how far the statistics of a table are behind");
    }
    for table in
        facts.heaps().filter(|it| it.persistence != 't' && it.access_method.as_deref() == Some("heap"))
    {
        // What is small cannot waste much, whether its statistics are visible or not.
        if facts.bytes(table.oid) >= HALF_OF && !facts.sees_column_statistics(table) {
            ruling.missed("column statistics are not visible to this role", facts.grant_select(table.oid));
        } else {
            ruling.saw();
        }
        let heap = facts.heap_waste(table);
        let toast =
            table.toast.and_then(|oid| facts.relation(oid)).and_then(|toast| facts.toast_waste(toast));
        if [&heap, &toast].into_iter().flatten().any(is_much) {
            tell(facts, ruling, table, heap.as_ref(), toast.as_ref());
        }
    }
}

fn is_much(waste: &Waste) -> bool {
    let at_least = |bytes, part| waste.wasted_bytes >= bytes && waste.wasted_bytes >= waste.bytes / part;
    at_least(HALF_OF, 2) || at_least(THIRD_OF, 3)
}

fn tell(
    facts: &Facts<'_>,
    ruling: &mut Ruling,
    table: &Relation,
    heap: Option<&Waste>,
    toast: Option<&Waste>,
) {
    let sum = |of: fn(&Waste) -> u64| [heap, toast].into_iter().flatten().map(of).sum::<u64>();
    let (bytes, wasted) = (sum(|it| it.bytes), sum(|it| it.wasted_bytes));
    #[expect(clippy::cast_precision_loss, reason = "a share")]
    let share = wasted as f64 / bytes.max(1) as f64;
    let name = facts.name(table.oid);
    let message =
        format!("about {} of the {} of {name} are empty space", human_bytes(wasted), human_bytes(bytes));
    let full = match table.kind {
        RelationKind::MaterializedView => "REFRESH MATERIALIZED VIEW",
        _ => "VACUUM (FULL)",
    };
    ruling
        .warn(name, message)
        .number("heap_wasted_bytes", heap.map(|it| Cell::Bytes(it.wasted_bytes)))
        .number("toast_wasted_bytes", toast.map(|it| Cell::Bytes(it.wasted_bytes)))
        .number("bytes", Cell::Bytes(bytes))
        .number("wasted_percent", percent(share))
        .hint(format!(
            "rewrite it online with pg_repack or pg_squeeze; {full} keeps everybody out meanwhile"
        ));
}

#[cfg(test)]
mod tests {
    use pgrefit_catalog::census::{Census, RelationKind};
    use pgrefit_report::{Cell, Status};

    use super::CHECK;
    use crate::sample::Sample;

    /// A table of a bigint, with a million rows in 60,000 pages (which 4,425 would hold), and 20,000 of TOAST, full.
    fn sample(change: impl FnOnce(&mut Census)) -> Sample {
        Sample::new(18)
            .relation(100, RelationKind::Table, "t", |it| {
                (it.pages, it.rows, it.toast) = (60_000, Some(1e6), Some(101));
                it.access_method = Some("heap".to_owned());
            })
            .relation(101, RelationKind::Toast, "pg_toast_100", |it| {
                (it.pages, it.rows) = (20_000, Some(8e4));
            })
            .int8_column(100, 1, "id")
            .width(100, 1, 8)
            .counters(100, |_| {})
            .counters(101, |it| it.last_vacuum_age_s = Some(60.0))
            .with(change)
    }

    #[test]
    fn heap_and_toast_are_measured() {
        let check = |change: fn(&mut Census), heap: u64, toast: u64| {
            let finding = sample(change).verdict(&CHECK).findings.pop();
            let of = |key: &str| finding.as_ref().map(|it| it.numbers[key].clone());
            let expected = |pages: u64| Some(Cell::Bytes(pages * 8_192));
            assert_eq!(of("heap_wasted_bytes"), expected(heap));
            assert_eq!(of("toast_wasted_bytes"), expected(toast));
        };
        check(|_| {}, 60_000 - 4_425, 0);
        check(|it| it.relations[1].rows = Some(4e4), 60_000 - 4_425, 10_000);
    }

    #[test]
    fn unsound_estimates_are_silent() {
        let check = |change: fn(&mut Census), expected: Status| {
            assert_eq!(sample(change).status(&CHECK), expected);
        };
        check(|_| {}, Status::Warn);
        check(|it| it.relation_statistics[0].changes_since_analyze = 200_000, Status::Pass);
        check(|it| it.column_statistics.clear(), Status::Pass);
        check(|it| it.relations[0].rows = None, Status::Pass);
        check(|it| it.relations[0].rows = Some(13e6), Status::Pass);
        check(|it| it.relations[0].options = vec!["fillfactor=10".to_owned()], Status::Pass);
        check(|it| it.relations[0].access_method = Some("columnar".to_owned()), Status::Pass);
        check(|it| (it.relations[0].pages, it.relations[1].pages) = (6_000, 2_000), Status::Pass);
        check(|it| it.server.in_recovery = true, Status::Skip);
    }

    #[test]
    fn what_cannot_be_seen_is_told() {
        let unreadable = |pages| {
            sample(|it| {
                it.column_statistics.clear();
                (it.relations[0].shows_statistics, it.relations[0].pages) = (false, pages);
            })
        };
        let verdict = unreadable(60_000).verdict(&CHECK);
        assert_eq!(verdict.status, Status::Blind);
        assert_eq!(verdict.grant.as_deref(), Some("GRANT SELECT ON public.t TO auditor;"));
        assert_eq!(unreadable(100).status(&CHECK), Status::Pass);
    }
}
