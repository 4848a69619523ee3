//! Connections that are opened for a moment each.

use pgrefit_catalog::census::Source;
use pgrefit_catalog::quote_ident;
use pgrefit_report::Status;

use crate::check::{Check, Group};
use crate::facts::activity::{float, said, span, tenths};
use crate::{Facts, Ruling};

/// New sessions a second.
const RATE: f64 = 2.0;
/// Sessions of this length on average.
const SHORT_S: f64 = 10.0;

/// The check.
pub(super) static CHECK: Check = Check {
    id: "sessions-short-lived",
    code: "ACT-06b",
    group: Group::Activity,
    title: "Connections are opened and closed all the time.",
    level: Status::Warn,
    required: false,
    matters: "Each connection is a new process, with a TLS handshake, a password check and empty caches: milliseconds before the \
              first statement, and memory. Told if two sessions a second are opened in this database on average, and they last \
              ten seconds or less.",
    cure: "Let clients keep their connections in a pool, or put a pooler before the server.",
    sources: &[Source::Databases],
    example: None,
    judge,
};

fn judge(facts: &Facts<'_>, ruling: &mut Ruling) {
    let Some(database) = facts.database() else { return };
    let (Some(sessions), Some(time_ms)) = (database.sessions, database.session_time_ms) else {
        return ruling.skip("this version does not count sessions");
    };
    ruling.saw();
    let Some(window) = facts.window_s(database).filter(|_| sessions > 0) else { return };
    let (rate, length_s) = (float(sessions) / window, time_ms / 1_000.0 / float(sessions));
    if rate < RATE || length_s > SHORT_S {
        return;
    }
    let message = format!("{rate:.1} sessions a second are opened, and last {} on average", said(length_s));
    ruling
        .warn(quote_ident(&database.name), message)
        .number("sessions", sessions)
        .number("sessions_per_second", tenths(rate))
        .number("session_average_ms", span(length_s))
        .number("window_ms", span(window))
        .hint("let clients keep their connections in a pool");
}

#[cfg(test)]
mod tests {
    use pgrefit_report::Status;

    use super::CHECK;
    use crate::sample::Sample;

    /// Ten days, with so many sessions a second of so many seconds each.
    fn sample(rate: i64, length_s: f64) -> Sample {
        let sessions = rate * 864_000;
        let time = crate::facts::activity::float(sessions) * length_s * 1_000.0;
        let change = |it: &mut pgrefit_catalog::census::Database| {
            (it.sessions, it.session_time_ms) = (Some(sessions), Some(time));
        };
        Sample::new(18).counted_days(10.0).database("app", change)
    }

    #[test]
    fn many_short_sessions_are_told() {
        let check = |rate: i64, length_s: f64, expected: Status| {
            assert_eq!(sample(rate, length_s).status(&CHECK), expected, "{rate} {length_s}");
        };
        check(0, 0.0, Status::Pass);
        check(1, 0.1, Status::Pass);
        check(5, 0.1, Status::Warn);
        check(5, 600.0, Status::Pass);
        // A rate over minutes may be a start.
        let short = sample(5, 0.1).counted_days(0.01);
        assert_eq!(short.with(|it| it.databases[0].stats_reset_age_s = None).status(&CHECK), Status::Pass);
    }
}
