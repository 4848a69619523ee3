//! Archiving that is on and leads nowhere.

use pgrefit_catalog::census::Source;
use pgrefit_report::Status;

use crate::check::{Check, Group};
use crate::{Facts, Ruling};

/// The check.
pub(super) static CHECK: Check = Check {
    id: "archive-command-missing",
    code: "REP-03c",
    group: Group::Replication,
    title: "WAL is to be archived, but nothing says where to.",
    level: Status::Fail,
    required: false,
    matters: "With archive_mode on and neither archive_command nor archive_library, WAL is kept in pg_wal until \
              the disk is full. A command that does nothing, such as /bin/true, throws the WAL away: there is no \
              restore to a point in time, which is told as something to know.",
    cure: "Set archive_command or archive_library, or archive_mode = off at the next restart.",
    sources: &[Source::Settings],
    example: None,
    judge,
};

fn judge(facts: &Facts<'_>, ruling: &mut Ruling) {
    if let Some(reason) = facts.not_archiving() {
        ruling.skip(reason);
        return;
    }
    let Some(command) = facts.text("archive_command") else { return };
    ruling.saw();
    if facts.text("archive_library").is_some_and(|library| !library.is_empty()) {
        return;
    }
    match command.trim() {
        "" => {
            ruling
                .fail(
                    "archive_command",
                    "archive_mode is on without a command: WAL is kept until the disk is full",
                )
                .hint("set archive_command or archive_library, and reload");
        }
        "true" | "/bin/true" | "/usr/bin/true" | ":" | "cd ." | "exit 0" => {
            ruling
                .info(
                    "archive_command",
                    format!("archive_command is {command}: WAL counts as archived, and is gone"),
                )
                .hint("there is no restore to a point in time from such an archive");
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use pgrefit_report::Status;

    use super::CHECK;
    use crate::sample::Sample;

    #[test]
    fn an_archive_must_lead_somewhere() {
        let check = |mode: &str, command: &str, library: &str, expected: Status| {
            let sample = Sample::new(15).setting("archive_mode", mode).setting("archive_command", command);
            assert_eq!(sample.setting("archive_library", library).status(&CHECK), expected, "{command}");
        };
        check("off", "(disabled)", "", Status::Skip);
        check("on", "", "", Status::Fail);
        check("on", "", "basic_archive", Status::Pass);
        check("on", "/bin/true", "", Status::Info);
        check("on", "cp %p somewhere/%f", "", Status::Pass);
    }
}
