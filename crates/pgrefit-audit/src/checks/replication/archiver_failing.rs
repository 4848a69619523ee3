//! An archiver whose last attempt failed.

use pgrefit_catalog::census::Source;
use pgrefit_report::{Cell, Status, human_duration};

use crate::check::{Check, Group};
use crate::{Facts, Ruling};

/// The check.
pub(super) static CHECK: Check = Check {
    id: "archiver-failing",
    code: "REP-03",
    group: Group::Replication,
    title: "The archiver fails: WAL is not archived.",
    level: Status::Fail,
    required: true,
    matters: "Since the failure no WAL is archived: a restore ends before it, and WAL piles up in pg_wal until the \
              disk is full. Told when the last failure is younger than the last success. Failures that were \
              overcome are not told.",
    cure: "Read the server's log for what archive_command or archive_library says.",
    sources: &[Source::Settings, Source::Archiver],
    example: None,
    judge,
};

fn judge(facts: &Facts<'_>, ruling: &mut Ruling) {
    if let Some(reason) = facts.not_archiving() {
        ruling.skip(reason);
        return;
    }
    let Some(archiver) = &facts.census.archiver else { return };
    ruling.saw();
    let Some(failed) = archiver.last_failed_age_s else { return };
    if archiver.last_archived_age_s.is_some_and(|archived| archived <= failed) {
        return;
    }
    let last = archiver.last_archived_age_s.map(Facts::whole_ms);
    let since = last.map_or("nothing was archived yet".to_owned(), |age| {
        format!("the last file was archived {} ago", human_duration(age))
    });
    ruling
        .fail(
            "archiver",
            format!(
                "archiving fails, the last time {} ago; {since}",
                human_duration(Facts::whole_ms(failed))
            ),
        )
        .number("failures", archiver.failed)
        .number("last_failed_ms", Cell::DurationMs(Facts::whole_ms(failed)))
        .number("last_archived_ms", last.map(Cell::DurationMs))
        .hint("the server's log has what the command said");
}

#[cfg(test)]
mod tests {
    use pgrefit_catalog::census::Archiver;
    use pgrefit_report::Status;

    use super::CHECK;
    use crate::sample::Sample;

    #[test]
    fn the_last_attempt_decides() {
        let check = |mode: &str, archived: Option<f64>, failed: Option<f64>, expected: Status| {
            let archiver =
                Archiver { last_archived_age_s: archived, last_failed_age_s: failed, ..Archiver::default() };
            let sample = Sample::new(18).setting("archive_mode", mode);
            let sample = sample.with(|census| census.archiver = Some(archiver));
            assert_eq!(sample.status(&CHECK), expected, "{mode} {archived:?} {failed:?}");
        };
        check("off", None, Some(1.0), Status::Skip);
        check("on", Some(10.0), None, Status::Pass);
        check("on", Some(10.0), Some(20.0), Status::Pass);
        check("on", Some(20.0), Some(10.0), Status::Fail);
        check("on", None, Some(10.0), Status::Fail);
        check("on", None, None, Status::Pass);
    }

    #[test]
    fn a_standby_archives_only_if_told_always() {
        let standby = |mode: &str| {
            let archiver = Archiver { last_failed_age_s: Some(1.0), ..Archiver::default() };
            Sample::new(18).setting("archive_mode", mode).with(|census| {
                census.server.in_recovery = true;
                census.archiver = Some(archiver);
            })
        };
        assert_eq!(standby("on").status(&CHECK), Status::Skip);
        assert_eq!(standby("always").status(&CHECK), Status::Fail);
    }
}
