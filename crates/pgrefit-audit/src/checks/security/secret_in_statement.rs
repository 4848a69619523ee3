//! Passwords in the texts of `pg_stat_statements`.

use pgrefit_catalog::census::Source;
use pgrefit_report::Status;

use crate::check::{Check, Group};
use crate::{Facts, Ruling};

/// The check.
pub(super) static CHECK: Check = Check {
    id: "secret-in-statement",
    code: "SEC-14",
    group: Group::Security,
    title: "pg_stat_statements keeps the text of a statement that holds a password.",
    level: Status::Warn,
    required: false,
    matters: "It replaces constants of queries by parameters, but not those of ALTER ROLE … PASSWORD, CREATE USER \
              MAPPING or CREATE SUBSCRIPTION: who may read the view may read the password. Only that there is one \
              is read, never the password; it may be a SCRAM verifier, which is less of a secret. Of the \
              statements that cost most.",
    cure: "Reset the entry, change the password, and set it by a client that sends the verifier, such as the \
              command password of psql.",
    sources: &[Source::Statements],
    example: None,
    judge,
};

fn judge(facts: &Facts<'_>, ruling: &mut Ruling) {
    for statement in &facts.census.statements {
        let Some(query) = statement.query.as_deref() else {
            ruling.missed("texts of statements are not visible to this role", Some(facts.grant_monitor()));
            continue;
        };
        ruling.saw();
        let Some(what) = secret(query) else { continue };
        let id = statement.query_id.unwrap_or(0);
        ruling
            .warn(
                format!("statement {id}"),
                format!("the text of {what} is kept with what may be a password"),
            )
            .number("calls", statement.calls)
            .sql(format!("SELECT pg_stat_statements_reset(0, 0, {id});"), "", false);
    }
}

/// The command, if it holds a literal where a password goes. Literals have become `?`, parameters stay `$1`.
fn secret(query: &str) -> Option<&'static str> {
    let query = query.to_ascii_lowercase();
    let words: Vec<&str> = query.split_whitespace().take(3).collect();
    let literal = |key: &str| query.contains(&format!("{key} ?"));
    match words.as_slice() {
        ["create" | "alter", "user", "mapping"] => literal("password").then_some("a user mapping"),
        ["create" | "alter", "role" | "user" | "group", ..] => {
            literal("password").then_some("CREATE or ALTER ROLE")
        }
        ["create" | "alter", "subscription", ..] => literal("connection").then_some("a subscription"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use pgrefit_catalog::census::Statement;
    use pgrefit_report::Status;

    use super::CHECK;
    use crate::sample::Sample;

    #[test]
    fn commands_with_a_literal_are_found() {
        let check = |query: Option<&str>, expected: Status| {
            let statement = Statement { query: query.map(str::to_owned), ..Statement::default() };
            let sample = Sample::new(16).with(|census| census.statements.push(statement));
            assert_eq!(sample.status(&CHECK), expected, "{query:?}");
        };
        check(Some("ALTER ROLE app WITH LOGIN PASSWORD ?"), Status::Warn);
        check(Some("CREATE USER app PASSWORD ?"), Status::Warn);
        check(Some("create user mapping for app server s options (user ?, password ?)"), Status::Warn);
        check(Some("CREATE SUBSCRIPTION s CONNECTION ? PUBLICATION p"), Status::Warn);
        check(Some("ALTER ROLE app PASSWORD NULL"), Status::Pass);
        check(Some("ALTER ROLE app PASSWORD $1"), Status::Pass);
        check(Some("SELECT id FROM users WHERE password = ?"), Status::Pass);
        check(None, Status::Blind);
    }
}
