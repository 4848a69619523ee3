//! Another session, as far as one may see it.

use std::fmt;
use std::time::Duration;

use crate::SimpleRow;

/// A session that is, or would be, in the way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Blocker {
    /// The process id of its backend.
    pub pid: i32,
    /// What it calls itself.
    pub application_name: Option<String>,
    /// Its role.
    pub user: Option<String>,
    /// `client backend`, `autovacuum worker`, `walsender`, …
    pub backend_type: Option<String>,
    /// `active`, `idle in transaction`, …
    pub state: Option<String>,
    /// How long its transaction has been open; none when this role may not see it.
    pub transaction_age: Option<Duration>,
    /// How long its statement has been running, or how long ago its last one began.
    pub query_age: Option<Duration>,
    /// The beginning of its statement, on one line.
    pub query: Option<String>,
    /// The lock it holds or waits for, as `pg_locks` names it; none when it is another kind of obstacle.
    pub mode: Option<String>,
    /// On which relation.
    pub relation: Option<String>,
    /// Its virtual transaction: the same for as long as its transaction lasts.
    pub transaction: Option<String>,
}

impl Blocker {
    pub(super) fn from_row(row: SimpleRow) -> Option<Self> {
        let [
            pid,
            application_name,
            user,
            backend_type,
            state,
            transaction_ms,
            query_ms,
            query,
            mode,
            relation,
            transaction,
        ] = <[_; 11]>::try_from(row).ok()?;
        let age = |text: Option<String>| Some(Duration::from_millis(text?.parse().ok()?));
        Some(Self {
            pid: pid?.parse().ok()?,
            application_name,
            user,
            backend_type,
            state,
            transaction_age: age(transaction_ms),
            query_age: age(query_ms),
            query,
            mode,
            relation,
            transaction,
        })
    }

    /// An autovacuum worker that gives way to a lock request after `deadlock_timeout`: all but those that prevent
    /// transaction ids from wrapping around.
    #[must_use]
    pub fn is_yielding_autovacuum(&self) -> bool {
        self.backend_type.as_deref() == Some("autovacuum worker")
            && !self.query.as_deref().is_some_and(|query| query.contains("to prevent wraparound"))
    }
}

impl fmt::Display for Blocker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "backend {}", self.pid)?;
        let kind = self.backend_type.as_deref().filter(|kind| *kind != "client backend");
        let texts = [
            ("", kind),
            ("", self.application_name.as_deref()),
            ("user ", self.user.as_deref()),
            ("", self.state.as_deref()),
        ];
        for (label, text) in texts {
            if let Some(text) = text {
                write!(f, ", {label}{text}")?;
            }
        }
        for (label, age) in
            [("transaction open for", self.transaction_age), ("statement begun", self.query_age)]
        {
            if let Some(age) = age {
                let end = if label == "statement begun" { " ago" } else { "" };
                write!(f, ", {label} {}{end}", seconds(age))?;
            }
        }
        if let (Some(mode), Some(relation)) = (&self.mode, &self.relation) {
            write!(f, ", {} on {relation}", lock_name(mode))?;
        }
        match &self.query {
            Some(query) => write!(f, ": {query}"),
            None => Ok(()),
        }
    }
}

fn seconds(age: Duration) -> String {
    if age < Duration::from_secs(10) {
        format!("{:.1} s", age.as_secs_f64())
    } else {
        format!("{} s", age.as_secs())
    }
}

/// `AccessShareLock` → `ACCESS SHARE`, the name that SQL has for it.
fn lock_name(mode: &str) -> String {
    let mut name = String::new();
    for c in mode.strip_suffix("Lock").unwrap_or(mode).chars() {
        if c.is_uppercase() && !name.is_empty() {
            name.push(' ');
        }
        name.push(c.to_ascii_uppercase());
    }
    name
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_blocker_reads_as_one_phrase() {
        let check = |row: [Option<&str>; 11], expected: &str| {
            let row = row.iter().map(|cell| cell.map(str::to_owned)).collect();
            assert_eq!(Blocker::from_row(row).map(|blocker| blocker.to_string()).as_deref(), Some(expected));
        };
        let nobody = [Some("7"), None, None, None, None, None, None, None, None, None, None];
        check(nobody, "backend 7");
        check(
            [
                Some("7"),
                Some("pg_dump"),
                Some("ann"),
                Some("client backend"),
                Some("active"),
                Some("61000"),
                Some("1500"),
                Some("COPY public.t TO stdout"),
                Some("ShareUpdateExclusiveLock"),
                Some("public.t"),
                Some("3/7"),
            ],
            "backend 7, pg_dump, user ann, active, transaction open for 61 s, statement begun 1.5 s ago, \
             SHARE UPDATE EXCLUSIVE on public.t: COPY public.t TO stdout",
        );
    }

    #[test]
    fn autovacuum_gives_way_unless_it_prevents_wraparound() {
        let check = |kind: &str, query: &str, expected: bool| {
            let row = vec![
                Some("7".into()),
                None,
                None,
                Some(kind.into()),
                None,
                None,
                None,
                Some(query.into()),
                None,
                None,
                None,
            ];
            assert_eq!(
                Blocker::from_row(row).map(|blocker| blocker.is_yielding_autovacuum()),
                Some(expected)
            );
        };
        check("autovacuum worker", "autovacuum: VACUUM public.t", true);
        check("autovacuum worker", "autovacuum: VACUUM public.t (to prevent wraparound)", false);
        check("client backend", "VACUUM t", false);
    }
}
