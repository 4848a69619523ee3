//! Passwords that end.

use pgrefit_catalog::census::Source;
use pgrefit_report::{Cell, Status, human_duration};

use crate::check::{Check, Group};
use crate::{Facts, Ruling};

/// Days before the end from which on it is a failure, and a warning.
const DAYS: (f64, f64) = (7.0, 30.0);

/// A day.
const DAY_S: f64 = 86_400.0;

/// Seconds for an end of `-infinity`: the census says 1e18.
const NEVER_VALID_S: f64 = -1e17;

/// The check.
pub(super) static CHECK: Check = Check {
    id: "password-expired",
    code: "SEC-11",
    group: Group::Security,
    title: "A role that works cannot log in with its password, or soon cannot.",
    level: Status::Fail,
    required: false,
    matters: "Sessions that are open go on, but each new one is refused: an application that reconnects stops. A \
              failure where a role with sessions has a password that ended or ends within 7 days, a warning within \
              30 days. A password that ended of a role that nobody uses is often meant, and something to know.",
    cure: "Set a new password with a new VALID UNTIL, before the old one ends.",
    sources: &[Source::Roles, Source::Backends],
    example: None,
    judge,
};

fn judge(facts: &Facts<'_>, ruling: &mut Ruling) {
    for role in facts.census.roles.iter().filter(|role| role.login) {
        ruling.saw();
        let Some(left) = role.expired_for_s.map(|age| -age) else { continue };
        let sessions = facts.sessions_of(role);
        let status = match left {
            left if left <= DAYS.0 * DAY_S && sessions > 0 => Status::Fail,
            left if left <= 0.0 => Status::Info,
            left if left <= DAYS.1 * DAY_S => Status::Warn,
            _ => continue,
        };
        let (name, span) = (Facts::quoted(role), human_duration(Facts::whole_ms(left.abs())));
        let message = if left <= NEVER_VALID_S {
            format!("the password of {name} is not valid: VALID UNTIL '-infinity'")
        } else if left <= 0.0 {
            format!("the password of {name} ended {span} ago")
        } else {
            format!("the password of {name} ends in {span}")
        };
        ruling
            .found(status, &name, message)
            .number("sessions", sessions)
            .number("left_days", left_days(left))
            .hint("set a new password, and VALID UNTIL with it");
    }
}

/// Days to a tenth; none where the end was always there.
fn left_days(left: f64) -> Cell {
    if left > NEVER_VALID_S { Cell::Float((left / DAY_S * 10.0).round() / 10.0) } else { Cell::Missing }
}

#[cfg(test)]
mod tests {
    use pgrefit_report::Status;

    use super::CHECK;
    use crate::sample::Sample;

    #[test]
    fn the_end_and_who_uses_it_decide() {
        let check = |left_days: Option<f64>, user: &str, expected: Status| {
            let sample = Sample::new(18).session(user, |_| {}).login(50, "app", |it| {
                it.expired_for_s = left_days.map(|days| -days * 86_400.0);
            });
            assert_eq!(sample.status(&CHECK), expected, "{left_days:?} {user}");
        };
        check(None, "app", Status::Pass);
        check(Some(90.0), "app", Status::Pass);
        check(Some(20.0), "app", Status::Warn);
        check(Some(5.0), "app", Status::Fail);
        check(Some(-1.0), "app", Status::Fail);
        check(Some(5.0), "other", Status::Warn);
        // Somebody who left.
        check(Some(-300.0), "other", Status::Info);
        check(Some(-1e18), "app", Status::Fail);
    }
}
