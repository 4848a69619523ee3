//! WAL that is kept nowhere else.

use pgrefit_catalog::census::Source;
use pgrefit_report::Status;

use crate::check::{Check, Group};
use crate::{Facts, Ruling};

/// The check.
pub(super) static CHECK: Check = Check {
    id: "wal-not-archived",
    code: "CFG-12c",
    group: Group::Settings,
    title: "The WAL is kept nowhere else: a restore ends at the last backup.",
    level: Status::Info,
    required: false,
    matters: "Without an archive, a standby or a receiver of WAL, what was written since the last dump or backup \
              is lost with the disk. Managed servers and snapshots of volumes may do it in a way that cannot be \
              seen here, so it is something to know.",
    cure: "Archive the WAL with a backup tool, or stream it to a standby or a receiver.",
    sources: &[Source::Settings, Source::Slots, Source::Replicas],
    example: None,
    judge,
};

fn judge(facts: &Facts<'_>, ruling: &mut Ruling) {
    if facts.census.server.in_recovery {
        ruling.skip("a standby is itself the copy");
        return;
    }
    let Some(mode) = facts.text("archive_mode") else { return };
    ruling.saw();
    if mode == "off" && facts.census.slots.is_empty() && facts.census.replicas.is_empty() {
        ruling
            .info("archive_mode", "WAL is neither archived nor streamed: a restore ends at the last backup")
            .hint("set up a backup tool that archives WAL; archive_mode needs a restart");
    }
}

#[cfg(test)]
mod tests {
    use pgrefit_report::Status;

    use super::CHECK;
    use crate::sample::Sample;

    #[test]
    fn any_copy_will_do() {
        let mode = |value: &str| Sample::new(18).setting("archive_mode", value);
        let check = |sample: Sample, expected: Status| assert_eq!(sample.status(&CHECK), expected);
        check(mode("off"), Status::Info);
        check(mode("on"), Status::Pass);
        check(mode("off").streaming("s", |_| {}), Status::Pass);
        check(mode("off").replication_slot("s", |_| {}), Status::Pass);
        check(mode("off").with(|census| census.server.in_recovery = true), Status::Skip);
    }
}
