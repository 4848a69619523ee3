//! Sessions whose client vanished.

use pgrefit_catalog::census::Source;
use pgrefit_catalog::quote_ident;
use pgrefit_report::Status;

use crate::check::{Check, Group};
use crate::facts::activity::{percent, share, thousands};
use crate::{Facts, Ruling};

/// Fewer sessions than this say nothing.
const LEAST: i64 = 100;

/// The check.
pub(super) static CHECK: Check = Check {
    id: "sessions-abandoned",
    code: "ACT-06",
    group: Group::Activity,
    title: "Many sessions end because their client vanished.",
    level: Status::Warn,
    required: false,
    matters: "A client that dies, or a firewall that drops idle connections, leaves a session behind that holds its locks until the \
              server notices: with the defaults of TCP after two hours. Told if a tenth of the sessions of this database ended \
              so, of a hundred at least. Sessions that ended by a fatal error or were terminated stand beside it: timeouts are \
              among the first, and both may be meant.",
    cure: "Let clients close their connections. Set tcp_keepalives_idle below the limit of the firewall.",
    sources: &[Source::Databases],
    example: None,
    judge,
};

fn judge(facts: &Facts<'_>, ruling: &mut Ruling) {
    let Some(database) = facts.database() else { return };
    let (Some(sessions), Some(abandoned)) = (database.sessions, database.sessions_abandoned) else {
        return ruling.skip("this version does not count sessions");
    };
    ruling.saw();
    let part = share(abandoned, sessions);
    if abandoned < LEAST || part < 0.1 {
        return;
    }
    let message =
        format!("of {} sessions, {} were left by their client", thousands(sessions), thousands(abandoned));
    ruling
        .warn(quote_ident(&database.name), message)
        .number("sessions", sessions)
        .number("abandoned_sessions", abandoned)
        .number("abandoned_percent", percent(part))
        .number("fatal_sessions", database.sessions_fatal)
        .number("killed_sessions", database.sessions_killed)
        .hint("see the log of the server for the addresses: log_disconnections");
}

#[cfg(test)]
mod tests {
    use pgrefit_report::Status;

    use super::CHECK;
    use crate::sample::Sample;

    #[test]
    fn a_tenth_is_much() {
        let check = |sessions: Option<i64>, abandoned: i64, expected: Status| {
            let sample = Sample::new(18).database("app", |it| {
                (it.sessions, it.sessions_abandoned) = (sessions, sessions.map(|_| abandoned));
            });
            assert_eq!(sample.status(&CHECK), expected, "{sessions:?} {abandoned}");
        };
        check(Some(10_000), 900, Status::Pass);
        check(Some(10_000), 1_000, Status::Warn);
        check(Some(50), 50, Status::Pass);
        check(Some(0), 0, Status::Pass);
        check(None, 0, Status::Skip);
    }
}
