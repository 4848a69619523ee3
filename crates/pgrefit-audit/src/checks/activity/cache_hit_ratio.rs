//! Blocks that are read from outside of shared buffers.

use pgrefit_catalog::census::Source;
use pgrefit_catalog::quote_ident;
use pgrefit_report::{Cell, Status};

use crate::check::{Check, Group};
use crate::facts::activity::{percent, share};
use crate::{Facts, Ruling};

/// Fewer blocks than this, 8 GiB, say nothing.
const LEAST: i64 = 1 << 20;

/// The check.
pub(super) static CHECK: Check = Check {
    id: "cache-hit-ratio",
    code: "ACT-08",
    group: Group::Activity,
    title: "A part of the blocks is read from outside of shared buffers.",
    level: Status::Info,
    required: false,
    matters: "It is no fault by itself: what PostgreSQL reads may be in the cache of the operating system, and a report reads \
              everything once. A share that falls over time, while statements grow slower, says that the data in use no longer \
              fits. Told below 90 %.",
    cure: "Nothing, if statements are fast enough. Else look for those that read most, then at shared_buffers.",
    sources: &[Source::Databases],
    example: None,
    judge,
};

fn judge(facts: &Facts<'_>, ruling: &mut Ruling) {
    let Some(database) = facts.database() else { return };
    ruling.saw();
    let (Some(read), Some(hit)) = (database.blocks_read, database.blocks_hit) else { return };
    let found = share(hit, read + hit);
    if read + hit >= LEAST && found < 0.9 {
        ruling
            .info(
                quote_ident(&database.name),
                format!("{:.0} % of the blocks were found in shared buffers", (found * 100.0).floor()),
            )
            .number("hit_percent", percent(found))
            .number("blocks_read", read)
            .number("blocks_hit", hit)
            .number("shared_buffers_bytes", facts.setting_bytes("shared_buffers").map(Cell::Bytes));
    }
}

#[cfg(test)]
mod tests {
    use pgrefit_report::Status;

    use super::CHECK;
    use crate::sample::Sample;

    #[test]
    fn nine_tenths_are_enough() {
        let check = |read: i64, hit: i64, expected: Status| {
            let sample = Sample::new(18).database("app", |it| {
                (it.blocks_read, it.blocks_hit) = (Some(read), Some(hit));
            });
            assert_eq!(sample.status(&CHECK), expected, "{read} {hit}");
        };
        check(1_000_000, 99_000_000, Status::Pass);
        check(20_000_000, 80_000_000, Status::Info);
        check(200, 800, Status::Pass);
        check(0, 0, Status::Pass);
    }
}
