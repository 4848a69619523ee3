//! Commits that wait for a standby that is not there.

use pgrefit_catalog::census::{Replica, Source};
use pgrefit_report::Status;

use crate::check::{Check, Group};
use crate::{Facts, Ruling};

/// The check.
pub(super) static CHECK: Check = Check {
    id: "synchronous-standby-missing",
    code: "REP-01b",
    group: Group::Replication,
    title: "Fewer synchronous standbys are connected than each commit waits for.",
    level: Status::Fail,
    required: true,
    matters: "With synchronous_standby_names set, each commit waits until so many standbys have confirmed it. If \
              they are not connected, every writing session hangs until they are. Standbys that stream as sync or \
              quorum are counted.",
    cure: "Bring the standby back, or take it out of synchronous_standby_names and reload.",
    sources: &[Source::Settings, Source::Replicas],
    example: None,
    judge,
};

fn judge(facts: &Facts<'_>, ruling: &mut Ruling) {
    let needed = needed(facts.text("synchronous_standby_names").unwrap_or_default());
    if needed == 0 || facts.census.server.in_recovery {
        ruling.skip("no commit waits for a standby");
        return;
    }
    // A database that does not wait says nothing of the others.
    let commit = facts.server_setting("synchronous_commit").filter(|it| !Facts::is_of_database(it));
    if let Some(commit @ ("off" | "local")) = commit.map(|it| it.setting.as_str()) {
        ruling.skip(format!("synchronous_commit is {commit}"));
        return;
    }
    if facts.census.replicas.iter().any(|replica| replica.state.is_none()) {
        ruling.missed("replication is not visible to this role", Some(facts.grant_monitor()));
        return;
    }
    ruling.saw();
    let confirms = |it: &&Replica| matches!(it.sync_state.as_deref(), Some("sync" | "quorum"));
    let found = facts.census.replicas.iter().filter(confirms).count();
    if found < needed {
        ruling
            .fail(
                "synchronous_standby_names",
                format!(
                    "each commit waits for {needed} of the synchronous standbys, and {found} are connected"
                ),
            )
            .number("standbys_needed", needed)
            .number("standbys_connected", found)
            .hint(
                "bring the standby back; in need, ALTER SYSTEM SET synchronous_standby_names = '' and reload",
            );
    }
}

/// How many standbys a commit waits for: `ANY 2 (a, b)`, `FIRST 2 (a, b)`, `2 (a, b)`, or one of a list.
fn needed(names: &str) -> usize {
    let names = names.trim();
    if names.is_empty() {
        return 0;
    }
    let Some((before, _)) = names.split_once('(') else { return 1 };
    before.split_whitespace().next_back().and_then(|count| count.parse().ok()).unwrap_or(1)
}

#[cfg(test)]
mod tests {
    use pgrefit_report::Status;

    use super::CHECK;
    use crate::sample::Sample;

    #[test]
    fn commits_must_not_wait_for_nobody() {
        let check = |names: &str, states: &[&str], expected: Status| {
            let mut sample = Sample::new(18).setting("synchronous_standby_names", names);
            for state in states {
                sample = sample.streaming("s", |it| it.sync_state = Some((*state).to_owned()));
            }
            assert_eq!(sample.status(&CHECK), expected, "{names} {states:?}");
        };
        check("", &[], Status::Skip);
        check("b", &[], Status::Fail);
        check("*", &["async"], Status::Fail);
        check("b, c", &["sync", "potential"], Status::Pass);
        check("FIRST 2 (b, c)", &["sync"], Status::Fail);
        check("ANY 2 (b, c)", &["quorum", "quorum"], Status::Pass);
        check("2 (b, c)", &["sync", "sync"], Status::Pass);
    }

    #[test]
    fn who_does_not_wait_is_left_out() {
        let waits = || Sample::new(18).setting("synchronous_standby_names", "b");
        assert_eq!(waits().setting("synchronous_commit", "local").status(&CHECK), Status::Skip);
        assert_eq!(waits().with(|census| census.server.in_recovery = true).status(&CHECK), Status::Skip);
        assert_eq!(waits().streaming("b", |it| it.state = None).status(&CHECK), Status::Blind);
    }
}
