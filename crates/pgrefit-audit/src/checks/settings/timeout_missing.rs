//! Roles whose statements and transactions may take for ever.

use pgrefit_catalog::census::{Role, Source};
use pgrefit_report::Status;

use crate::check::{Check, Group};
use crate::{Facts, Ruling};

/// The limits, and what a role without one may do.
const LIMITS: [(&str, &str); 2] = [
    ("statement_timeout", "run a statement"),
    ("idle_in_transaction_session_timeout", "stay idle in a transaction"),
];

/// The check.
pub(super) static CHECK: Check = Check {
    id: "timeout-missing",
    code: "CFG-05",
    group: Group::Settings,
    title: "A role may run statements, or stay idle in a transaction, without a limit.",
    level: Status::Warn,
    required: false,
    matters: "A statement without a limit holds its locks and its snapshot until it ends; a session that stays \
              idle in a transaction does so until somebody looks, and VACUUM removes nothing meanwhile. The value \
              that counts is that of the role in the database, else of the role, of the database, of all roles, of \
              the server. From 17 on transaction_timeout is a limit for both. A warning where the role has \
              sessions, else something to know. Superusers, roles for replication and the role that looks are left \
              out, and predefined roles.",
    cure: "Set both for the role, shorter than its users would wait; migrations and dumps have roles, or \
              settings, of their own.",
    sources: &[Source::Settings, Source::RoleSettings, Source::Roles],
    example: None,
    judge,
};

fn judge(facts: &Facts<'_>, ruling: &mut Ruling) {
    let judged =
        |role: &&Role| role.login && !role.superuser && !role.replication && !Facts::is_of_provider(role);
    for role in facts.census.roles.iter().filter(judged).filter(|role| !facts.is_auditor(role)) {
        if bounded(facts, role, "transaction_timeout") == Some(true) {
            ruling.saw();
            continue;
        }
        let limits = LIMITS.map(|(name, what)| (name, what, bounded(facts, role, name)));
        if let Some((name, ..)) = limits.iter().find(|(.., bounded)| bounded.is_none()) {
            ruling.missed(
                format!(
                    "{name} of the server is hidden behind the one that the auditing role has of its own"
                ),
                None,
            );
            continue;
        }
        ruling.saw();
        let missing: Vec<_> = limits.iter().filter(|(.., bounded)| *bounded == Some(false)).collect();
        if !missing.is_empty() {
            found(role, &missing, ruling);
        }
    }
}

fn found(role: &Role, missing: &[&(&str, &str, Option<bool>)], ruling: &mut Ruling) {
    let name = Facts::quoted(role);
    let status = if role.connections > 0 { Status::Warn } else { Status::Info };
    let what = missing.iter().map(|(_, what, _)| *what).collect::<Vec<_>>().join(", and ");
    let sql = missing.iter().map(|(setting, ..)| format!("ALTER ROLE {name} SET {setting} = '60s';"));
    let sql = sql.collect::<Vec<_>>().join("\n");
    ruling
        .found(status, &name, format!("{name} may {what} without a limit"))
        .number("sessions", role.connections)
        .sql(sql, "", true);
}

/// Whether a role has a limit; none if it cannot be told. A limit that this version does not know is none.
fn bounded(facts: &Facts<'_>, role: &Role, name: &str) -> Option<bool> {
    if facts.setting(name).is_none() {
        return Some(false);
    }
    let value = facts.override_of(&role.name, name).or_else(|| facts.server_text(name))?;
    Some(value.trim().trim_start_matches(['0', '.']).starts_with(|it: char| it.is_ascii_digit()))
}

#[cfg(test)]
mod tests {
    use pgrefit_catalog::census::Role;
    use pgrefit_report::Status;

    use super::CHECK;
    use crate::sample::Sample;

    fn app(statement: &str, idle: &str, sessions: i64) -> Sample {
        Sample::new(18)
            .login(50, "app", |it| it.connections = sessions)
            .setting_in("statement_timeout", statement, Some("ms"))
            .setting_in("idle_in_transaction_session_timeout", idle, Some("ms"))
    }

    #[test]
    fn both_limits_count() {
        let check = |statement: &str, idle: &str, sessions: i64, expected: Status| {
            assert_eq!(app(statement, idle, sessions).status(&CHECK), expected, "{statement} {idle}");
        };
        check("30000", "60000", 3, Status::Pass);
        check("0", "60000", 3, Status::Warn);
        check("30000", "0", 3, Status::Warn);
        check("0", "0", 0, Status::Info);
    }

    #[test]
    fn the_nearest_override_counts() {
        let check = |overrides: &[(&str, &str, &str)], expected: &[&str]| {
            let mut sample = app("0", "60000", 1);
            for (role, database, setting) in overrides {
                sample = sample.overrides(role, database, setting);
            }
            assert_eq!(sample.objects(&CHECK), expected, "{overrides:?}");
        };
        check(&[("app", "", "statement_timeout=30s")], &[]);
        check(&[("", "app", "statement_timeout=30s")], &["app"; 0]);
        check(&[("", "", "statement_timeout=1min")], &[]);
        check(&[("", "other", "statement_timeout=30s")], &["app"]);
        check(&[("other", "", "statement_timeout=30s")], &["app"]);
        check(&[("app", "", "statement_timeout=30s"), ("app", "app", "statement_timeout=0")], &["app"]);
        check(&[("", "app", "statement_timeout=0"), ("app", "", "statement_timeout=30s")], &[]);
    }

    #[test]
    fn who_is_left_out() {
        let check = |change: fn(&mut Role), expected: Status| {
            let sample = Sample::new(18).login(50, "app", change);
            let sample = sample.setting("statement_timeout", "0");
            assert_eq!(sample.setting("idle_in_transaction_session_timeout", "0").status(&CHECK), expected);
        };
        check(|_| {}, Status::Info);
        check(|it| it.superuser = true, Status::Pass);
        check(|it| it.replication = true, Status::Pass);
        check(|it| it.login = false, Status::Pass);
        check(|it| it.name = "auditor".to_owned(), Status::Pass);
    }

    #[test]
    fn one_limit_bounds_both_from_17_on() {
        assert_eq!(app("0", "0", 1).setting("transaction_timeout", "60000").status(&CHECK), Status::Pass);
        // Set for the role that looks: what others get is hidden.
        let own = app("60000", "60000", 1).overrides("auditor", "", "statement_timeout=1h");
        assert_eq!(own.status(&CHECK), Status::Blind);
    }
}
