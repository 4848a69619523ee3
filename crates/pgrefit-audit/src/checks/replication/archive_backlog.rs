//! WAL that waits to be archived.

use pgrefit_catalog::census::Source;
use pgrefit_report::{Cell, Status, human_bytes};

use crate::check::{Check, Group};
use crate::{Facts, Ruling};

/// From how many bytes on it is told, and from how many on it is a failure.
const WAITING: (u64, u64) = (1 << 30, 16 << 30);

/// How long the archiver may take for one file.
const STALLED_S: f64 = 3_600.0;

/// The check.
pub(super) static CHECK: Check = Check {
    id: "archive-backlog",
    code: "REP-03b",
    group: Group::Replication,
    title: "WAL waits to be archived, and piles up.",
    level: Status::Fail,
    required: false,
    matters: "Files that wait are lost with the disk, and cannot be removed from it. Told from 1 GiB on or when \
              the oldest has waited for an hour without a failure (a command that hangs), a failure from 16 GiB \
              on. Below that it is a burst that the archiver catches up with.",
    cure: "Make archiving faster: a tool that archives several files at once, a nearer or faster place.",
    sources: &[Source::Settings, Source::Archiver, Source::WalFiles],
    example: None,
    judge,
};

fn judge(facts: &Facts<'_>, ruling: &mut Ruling) {
    if let Some(reason) = facts.not_archiving() {
        ruling.skip(reason);
        return;
    }
    let Some(files) = &facts.census.wal_files else { return };
    ruling.saw();
    let bytes = facts.waiting_bytes(files);
    let age = facts.census.archiver.as_ref().and_then(|archiver| archiver.last_archived_age_s);
    let stalled = files.waiting > 1 && age.is_some_and(|age| age >= STALLED_S);
    let status = match bytes {
        bytes if bytes >= WAITING.1 => Status::Fail,
        bytes if bytes >= WAITING.0 || stalled => Status::Warn,
        _ => return,
    };
    ruling
        .found(status, "archiver", format!("{} of WAL wait to be archived", human_bytes(bytes)))
        .number("waiting_files", files.waiting)
        .number("waiting_bytes", Cell::Bytes(bytes))
        .number("last_archived_ms", age.map(Facts::whole_ms).map(Cell::DurationMs))
        .hint("watch whether it shrinks; see archiver-failing for failures");
}

#[cfg(test)]
mod tests {
    use pgrefit_catalog::census::{Archiver, WalFiles};
    use pgrefit_report::Status;

    use super::CHECK;
    use crate::sample::Sample;

    #[test]
    fn a_backlog_is_told_by_its_size_and_age() {
        let check = |mode: &str, waiting: i64, age: f64, expected: Status| {
            let archiver = Archiver { last_archived_age_s: Some(age), ..Archiver::default() };
            let sample = Sample::new(18).setting("archive_mode", mode).with(|census| {
                census.archiver = Some(archiver);
                census.wal_files = Some(WalFiles { waiting, ..WalFiles::default() });
            });
            assert_eq!(sample.status(&CHECK), expected, "{mode} {waiting} {age}");
        };
        check("off", 5_000, 1.0, Status::Skip);
        check("on", 0, 90_000.0, Status::Pass);
        check("on", 63, 1.0, Status::Pass);
        check("on", 64, 1.0, Status::Warn);
        check("on", 1_024, 1.0, Status::Fail);
        check("on", 1, 4_000.0, Status::Pass);
        check("on", 2, 4_000.0, Status::Warn);
    }
}
