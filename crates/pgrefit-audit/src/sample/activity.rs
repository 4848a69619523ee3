//! Sessions, databases and statements of a sample.

use pgrefit_catalog::census::{Backend, Database, Lock, PreparedTransaction, Progress, Statement};

use super::Sample;

impl Sample {
    /// A session of `app` in the database `app`, active for a second, to be changed by `change`.
    pub(crate) fn backend(self, pid: i32, change: impl FnOnce(&mut Backend)) -> Self {
        let mut backend = Backend {
            pid,
            database: Some("app".to_owned()),
            user: Some("app".to_owned()),
            kind: Some("client backend".to_owned()),
            state: Some("active".to_owned()),
            backend_age_s: Some(3_600.0),
            query: Some("SELECT $1".to_owned()),
            ..Backend::default()
        };
        change(&mut backend);
        self.with(|census| census.backends.push(backend))
    }

    /// A session of which only the process, the database and the role are seen.
    pub(crate) fn hidden_backend(self, pid: i32) -> Self {
        self.backend(pid, |it| {
            *it = Backend {
                pid,
                database: it.database.take(),
                user: it.user.take(),
                hidden: true,
                ..Backend::default()
            };
        })
    }

    /// A database whose counters have counted for ten days, to be changed by `change`. The one that is looked at is `app`.
    pub(crate) fn database(self, name: &str, change: impl FnOnce(&mut Database)) -> Self {
        let mut database = Database {
            name: name.to_owned(),
            allows_connections: true,
            connection_limit: -1,
            stats_reset_age_s: Some(864_000.0),
            ..Database::default()
        };
        change(&mut database);
        self.with(|census| census.databases.push(database))
    }

    /// A statement of `app`, called a thousand times, to be changed by `change`.
    pub(crate) fn statement(self, query: &str, change: impl FnOnce(&mut Statement)) -> Self {
        let mut statement = Statement {
            query: Some(query.to_owned()),
            query_id: Some(42),
            user: Some("app".to_owned()),
            calls: 1_000,
            ..Statement::default()
        };
        change(&mut statement);
        self.with(|census| census.statements.push(statement))
    }

    /// A statement whose text is hidden.
    pub(crate) fn hidden_statement(self, change: impl FnOnce(&mut Statement)) -> Self {
        self.statement("", |it| {
            (it.query, it.query_id, it.user) = (None, None, None);
            change(it);
        })
    }

    /// A command that reports its progress.
    pub(crate) fn progress(self, pid: i32, command: &str, relation: Option<u32>) -> Self {
        let command = command.to_owned();
        let progress = Progress { pid, command, relation, phase: None, done: None, total: None };
        self.with(|census| census.progress.push(progress))
    }

    /// `ACCESS EXCLUSIVE` on a relation, held, or waited for so many seconds.
    pub(crate) fn exclusive_lock(self, pid: i32, relation: u32, wait_age_s: Option<f64>) -> Self {
        let mode = "AccessExclusiveLock".to_owned();
        let lock = Lock { pid: Some(pid), relation, mode, granted: wait_age_s.is_none(), wait_age_s };
        self.with(|census| census.locks.push(lock))
    }

    /// A prepared transaction of that age.
    pub(crate) fn prepared(self, gid: &str, age_s: f64, xid_age: i64) -> Self {
        let (gid, owner, database) = (gid.to_owned(), "app".to_owned(), "app".to_owned());
        let prepared = PreparedTransaction { gid, age_s, owner, database, xid_age };
        self.with(|census| census.prepared_transactions.push(prepared))
    }

    /// The same on a standby.
    pub(crate) fn standby(self) -> Self {
        self.with(|census| census.server.in_recovery = true)
    }

    /// The counters have counted for so many days.
    pub(crate) fn counted_days(self, days: f64) -> Self {
        self.with(|census| census.server.counted_for_s = Some(days * 86_400.0))
    }
}
