//! A gin index whose new entries wait in a list.

use pgrefit_catalog::census::{Index, Source};
use pgrefit_report::{Cell, Status};

use crate::check::{Check, Group};
use crate::facts::indexes::{DAY_S, float};
use crate::{Facts, Ruling};

/// From which length of the list on searches suffer.
const LONG_BYTES: u64 = 32 << 20;

/// From how many writes a day on the list is always full.
const WRITES_PER_DAY: f64 = 1_000_000.0;

/// The check.
pub(super) static CHECK: Check = Check {
    id: "gin-pending-list",
    code: "IDX-16",
    group: Group::Indexes,
    title: "New entries of a gin index wait in a long list, or in one that is always full.",
    level: Status::Info,
    required: false,
    matters: "With fastupdate, new entries are put in a list that each search reads from end to end, and that the INSERT \
              which fills it must sort in while it waits. Told where the list may grow to 32 MiB, or where a million rows a day \
              are written. How long it is at the moment only pgstattuple can tell: pgstatginindex().",
    cure: "If searches or single INSERTs are slow, set fastupdate off, or a smaller gin_pending_list_limit.",
    sources: &[Source::Relations, Source::Indexes, Source::Settings, Source::RelationStatistics],
    example: None,
    judge,
};

fn judge(facts: &Facts<'_>, ruling: &mut Ruling) {
    for index in facts.declared_indexes().filter(|index| facts.access_method(index) == "gin") {
        ruling.saw();
        let options = facts.relation(index.oid).map_or(&[][..], |it| &it.options);
        let off = Facts::option(options, "fastupdate").is_some_and(|it| matches!(it, "off" | "false" | "0"));
        if off {
            continue;
        }
        let own = Facts::option(options, "gin_pending_list_limit").and_then(|it| it.parse::<u64>().ok());
        let limit = own.map(|kib| kib << 10).or_else(|| facts.setting_bytes("gin_pending_list_limit"));
        let days = facts.census.server.counted_for_s.map(|it| it / DAY_S).filter(|days| *days >= 1.0);
        let writes = facts.index_writes(index.table).zip(days).map(|(writes, days)| float(writes) / days);
        let message = if limit.is_some_and(|limit| limit >= LONG_BYTES) {
            "each search reads a list of new entries that may grow very long"
        } else if writes.is_some_and(|writes| writes >= WRITES_PER_DAY) {
            "its list of new entries fills all the time, and whoever fills it must sort it in"
        } else {
            continue;
        };
        tell(facts, index, message, limit, writes, ruling);
    }
}

fn tell(
    facts: &Facts<'_>,
    index: &Index,
    message: &str,
    limit: Option<u64>,
    writes: Option<f64>,
    ruling: &mut Ruling,
) {
    let name = facts.name(index.oid);
    let mut found = ruling.info(name.clone(), message);
    found.number("limit_bytes", limit.map(Cell::Bytes)).number("writes_per_day", writes.map(f64::round));
    if facts.partition_key(index.table).is_some() {
        found.hint("set fastupdate off on the index of each partition");
    } else {
        found.sql(format!("ALTER INDEX {name} SET (fastupdate = off);"), "ACCESS EXCLUSIVE", true);
    }
}

#[cfg(test)]
mod tests {
    use super::CHECK;
    use crate::sample::Sample;

    fn sample(writes: i64, options: &[&str]) -> Sample {
        let sample =
            Sample::new(18).counted_days(10.0).setting_in("gin_pending_list_limit", "4096", Some("kB"));
        let sample = sample.heap(100, "t", 10, 1e5).last_counters(|it| it.inserts = writes);
        sample.btree(101, 100, "t_tags", &[1], 1).method("gin").reloptions(options)
    }

    #[test]
    fn long_and_full_lists_are_told() {
        let check = |sample: Sample, expected: &[&str]| assert_eq!(sample.objects(&CHECK), expected);
        check(sample(10_000_000, &[]), &["public.t_tags"]);
        check(sample(9_999_999, &[]), &[]);
        check(sample(10_000_000, &["fastupdate=off"]), &[]);
        check(sample(0, &["gin_pending_list_limit=32768"]), &["public.t_tags"]);
        check(sample(0, &["gin_pending_list_limit=1024"]), &[]);
        check(sample(10_000_000, &[]).method("btree"), &[]);
    }
}
