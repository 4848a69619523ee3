//! A btree that is much larger than its entries need.

use pgrefit_catalog::census::{Column, ColumnStatistics, Index, RelationKind, Source};
use pgrefit_report::{Cell, Status};

use crate::check::{Check, Group};
use crate::facts::indexes::{float, float_bytes};
use crate::{Facts, Ruling};

/// From which share of waste on it is told.
const WASTE: f64 = 0.5;

/// From how much waste on it is told.
const TOLD_BYTES: f64 = 10_485_760.0;

/// From how much waste on it should be cured.
const WARN_BYTES: f64 = 104_857_600.0;

/// The check.
pub(super) static CHECK: Check = Check {
    id: "index-bloat",
    code: "IDX-07",
    group: Group::Indexes,
    title: "More than half of a btree is estimated to be empty.",
    level: Status::Warn,
    required: false,
    matters: "It takes up cache and is read slower. Pages that its entries need are estimated from the widths that ANALYZE \
              found, by the formula of github.com/ioguix/pgsql-bloat-estimation; told from 10 MiB of waste on, a warning from \
              100 MiB on. The formula knows nothing of deduplication (13 and later): so only indexes are judged whose entries \
              are nearly all distinct, or that are not deduplicated. Nothing is said of partial indexes, of expressions, \
              of wide columns, which are compressed, and without a recent ANALYZE.",
    cure: "REINDEX INDEX CONCURRENTLY; it needs room for the index a second time.",
    sources: &[Source::Relations, Source::Indexes, Source::Columns, Source::ColumnStatistics],
    example: None,
    judge,
};

fn judge(facts: &Facts<'_>, ruling: &mut Ruling) {
    if facts.census.server.in_recovery {
        return ruling.skip("a standby does not know how old its statistics are");
    }
    for (index, table) in facts.user_indexes() {
        let is_leaf = facts.relation(index.oid).is_some_and(|it| it.kind == RelationKind::Index);
        let plain = index.predicate.is_none() && index.expressions.is_none() && Facts::is_usable(index);
        if !is_leaf || !plain || facts.access_method(index) != "btree" {
            continue;
        }
        if float_bytes(facts.bytes(index.oid)) < TOLD_BYTES {
            ruling.saw();
            continue;
        }
        let statistics = index.columns.iter().map(|number| facts.own_statistics(index.table, *number));
        match statistics.collect::<Option<Vec<_>>>() {
            Some(statistics) => {
                ruling.saw();
                if facts.is_analysed(index.table) {
                    estimate(facts, index, &statistics, ruling);
                }
            }
            None if table.shows_statistics => ruling.saw(),
            None => {
                let grant = facts.grant_select(index.table);
                ruling.missed("statistics of columns are hidden from this role", grant);
            }
        }
    }
}

fn estimate(facts: &Facts<'_>, index: &Index, statistics: &[&ColumnStatistics], ruling: &mut Ruling) {
    let rows = facts.relation(index.oid).and_then(|it| it.rows).filter(|rows| *rows > 0.0);
    let Some(rows) = rows.or_else(|| facts.rows(index.table)) else { return };
    if !is_sound(facts, index, statistics, rows) {
        return;
    }
    let bytes = float_bytes(facts.bytes(index.oid));
    let needed = needed_pages(facts, index, statistics, rows) * float(facts.census.server.block_size);
    let waste = bytes - needed;
    if waste < TOLD_BYTES || waste < WASTE * bytes {
        return;
    }
    let status = if waste >= WARN_BYTES { Status::Warn } else { Status::Info };
    let name = facts.name(index.oid);
    let percent = (waste / bytes * 100.0).round();
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "an estimate above zero")]
    let cell = |bytes: f64| Cell::Bytes(bytes as u64);
    ruling
        .found(status, name.clone(), format!("about {percent} % of it are empty, by estimate"))
        .number("index_bytes", cell(bytes))
        .number("needed_bytes", cell(needed))
        .number("waste_bytes", cell(waste))
        .number("waste_percent", percent)
        .number("entries", rows)
        .sql(format!("REINDEX INDEX CONCURRENTLY {name};"), "SHARE UPDATE EXCLUSIVE", true);
}

/// Whether the formula holds: no entry is joined with others, and no value is compressed.
fn is_sound(facts: &Facts<'_>, index: &Index, statistics: &[&ColumnStatistics], rows: f64) -> bool {
    /// Above this, values may be compressed, or out of line where their width is not seen.
    const WIDE: i32 = 100;
    let narrow = |known: &&ColumnStatistics| {
        let varying = facts.column(known.relation, known.number).is_none_or(|it: &Column| it.length < 0);
        !varying || known.average_width <= WIDE
    };
    let has_included = usize::try_from(index.key_columns).is_ok_and(|width| width < index.columns.len());
    let options = facts.relation(index.oid).map_or(&[][..], |it| &it.options);
    let switched_off =
        Facts::option(options, "deduplicate_items").is_some_and(|it| it == "off" || it == "false");
    // Of rows that repeat, and of nulls, many share an entry.
    let distinct = |known: &&ColumnStatistics| {
        let share = if known.distinct < 0.0 { -known.distinct } else { known.distinct / rows.max(1.0) };
        share >= 0.9 && known.null_fraction <= 0.1
    };
    let alone = has_included || switched_off || statistics.iter().any(distinct);
    alone && statistics.iter().all(narrow)
}

/// Pages for so many entries, by the formula.
fn needed_pages(facts: &Facts<'_>, index: &Index, statistics: &[&ColumnStatistics], rows: f64) -> f64 {
    const ALIGN: f64 = 8.0;
    const PAGE_HEADER: f64 = 24.0;
    const OPAQUE: f64 = 16.0;
    const POINTER: f64 = 4.0;
    let aligned = |bytes: f64| (bytes / ALIGN).ceil() * ALIGN;
    let has_nulls = statistics.iter().any(|known| known.null_fraction > 0.0);
    let header = if has_nulls { 12.0 } else { 8.0 };
    let width = |known: &&ColumnStatistics| (1.0 - known.null_fraction) * f64::from(known.average_width);
    let entry = POINTER + aligned(header) + aligned(statistics.iter().map(width).sum());
    let options = facts.relation(index.oid).map_or(&[][..], |it| &it.options);
    let fill: f64 = Facts::option(options, "fillfactor").and_then(|it| it.parse().ok()).unwrap_or(90.0);
    let room = (float(facts.census.server.block_size) - OPAQUE - PAGE_HEADER) * fill / 100.0;
    1.0 + (rows / (room / entry).floor().max(1.0)).ceil()
}

#[cfg(test)]
mod tests {
    use pgrefit_catalog::census::ColumnStatistics;
    use pgrefit_report::Status;

    use super::CHECK;
    use crate::sample::Sample;

    /// A million entries of 8 bytes, which need 22 MiB.
    fn sample(mib: i64, change: impl FnOnce(&mut ColumnStatistics)) -> Sample {
        let sample = Sample::new(18).heap(100, "t", 100, 1e6).attribute(100, 1, "a", "int8");
        sample.known(100, 1, change).btree(101, 100, "t_a", &[1], mib)
    }

    #[test]
    fn waste_is_estimated() {
        let check = |mib: i64, expected: Status| assert_eq!(sample(mib, |_| {}).status(&CHECK), expected);
        check(22, Status::Pass);
        check(42, Status::Pass);
        check(46, Status::Info);
        check(200, Status::Warn);
        let needed = sample(200, |_| {}).verdict(&CHECK).findings[0].numbers["needed_bytes"].clone();
        assert_eq!(format!("{needed:?}"), "Bytes(22396928)");
    }

    #[test]
    fn nothing_is_said_where_the_formula_does_not_hold() {
        let check = |sample: Sample, expected: Status| assert_eq!(sample.status(&CHECK), expected);
        check(sample(200, |it| it.distinct = 1_000.0), Status::Pass);
        check(sample(200, |it| it.null_fraction = 0.6), Status::Pass);
        let off = ["deduplicate_items=off"];
        check(sample(200, |it| it.distinct = 1_000.0).reloptions(&off), Status::Warn);
        check(sample(200, |_| {}).reloptions(&["fillfactor=10"]), Status::Pass);
        check(sample(200, |_| {}).change_index(|it| it.columns = vec![0]), Status::Pass);
        check(sample(200, |_| {}).method("hash"), Status::Pass);
        check(sample(200, |_| {}).last_counters(|it| it.changes_since_analyze = 200_000), Status::Pass);
        check(sample(200, |it| it.average_width = 101).with(|it| it.columns[0].length = -1), Status::Pass);
        check(sample(200, |it| it.inherited = true), Status::Pass);
        check(sample(200, |_| {}).with(|it| it.server.in_recovery = true), Status::Skip);
    }

    #[test]
    fn hidden_statistics_make_it_blind() {
        let hidden = sample(200, |_| {}).with(|it| {
            it.column_statistics.clear();
            it.relations[0].shows_statistics = false;
        });
        assert_eq!(hidden.status(&CHECK), Status::Blind);
        let unknown = sample(200, |_| {}).with(|it| it.column_statistics.clear());
        assert_eq!(unknown.status(&CHECK), Status::Pass);
    }
}
