//! Few buffers for VACUUM on large tables.

use pgrefit_catalog::census::Source;
use pgrefit_report::{Cell, Status};

use crate::check::{Check, Group};
use crate::{Facts, Ruling};

/// What version 17 and later take by default.
const ENOUGH_BYTES: u64 = 2 << 20;
/// Tables of this size are large.
const LARGE_BYTES: u64 = 10 << 30;

/// The check.
pub(super) static CHECK: Check = Check {
    id: "vacuum-buffer-limit",
    code: "VAC-10b",
    group: Group::Vacuum,
    title: "VACUUM has few buffers for large tables.",
    level: Status::Info,
    required: false,
    matters: "VACUUM keeps to a ring of vacuum_buffer_usage_limit, and must flush WAL before it can use a dirty buffer of the ring \
              again. Version 16 takes 256 kB by default, which makes it slow; from 17 on it is 2 MB. Zero is no limit. Told \
              if it is less than 2 MB and there is a table of 10 GiB.",
    cure: "Set it to 2 MB or more; it is good for no more than an eighth of shared_buffers.",
    sources: &[Source::Settings, Source::Relations],
    example: None,
    judge,
};

fn judge(facts: &Facts<'_>, ruling: &mut Ruling) {
    const NAME: &str = "vacuum_buffer_usage_limit";
    if facts.major() < 16 {
        return ruling.skip("the setting is there from version 16 on");
    }
    let Some(bytes) = facts.server_setting_or_blind(NAME, ruling).and_then(Facts::bytes_of) else { return };
    ruling.saw();
    let Some(table) = facts.heaps().max_by_key(|it| facts.table_bytes(it.oid)) else { return };
    let largest = facts.table_bytes(table.oid);
    if bytes > 0 && bytes < ENOUGH_BYTES && largest >= LARGE_BYTES {
        let mut found = ruling.info(
            NAME,
            format!("{} is large, and VACUUM has {} kB of buffers", facts.name(table.oid), bytes >> 10),
        );
        found.number("limit_bytes", Cell::Bytes(bytes)).number("largest_table_bytes", Cell::Bytes(largest));
        facts.cure_setting(NAME, "'2MB'", &mut found);
    }
}

#[cfg(test)]
mod tests {
    use pgrefit_catalog::census::RelationKind;
    use pgrefit_report::Status;

    use super::CHECK;
    use crate::sample::Sample;

    #[test]
    fn large_tables_need_more() {
        let check = |major: u32, limit_kb: &str, pages: i64, expected: Status| {
            let sample = Sample::new(major)
                .setting_in("vacuum_buffer_usage_limit", limit_kb, Some("kB"))
                .relation(100, RelationKind::Table, "t", |it| it.pages = pages);
            assert_eq!(sample.status(&CHECK), expected, "{major} {limit_kb} {pages}");
        };
        check(16, "256", 2_000_000, Status::Info);
        check(16, "256", 1_000, Status::Pass);
        check(16, "0", 2_000_000, Status::Pass);
        check(18, "2048", 2_000_000, Status::Pass);
        check(15, "256", 2_000_000, Status::Skip);
    }
}
