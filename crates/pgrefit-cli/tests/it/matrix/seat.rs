//! A session that stays open: to look often costs little.

use pgrefit_pg::{Connector, Migrator, SimpleRow};
use tokio::runtime::Runtime;

/// A seat at a database. After an error it is taken anew.
pub(super) struct Seat {
    runtime: Runtime,
    session: Option<Migrator>,
    connector: Connector,
}

impl Seat {
    pub(super) fn at(connector: Connector) -> Self {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        Self { runtime, session: None, connector }
    }

    /// The rows of a statement.
    pub(super) fn rows(&mut self, sql: &str) -> Vec<SimpleRow> {
        let mut session = self.session.take().unwrap_or_else(|| self.open());
        let rows = self.runtime.block_on(session.simple(sql)).unwrap();
        self.session = Some(session);
        rows
    }

    /// The first value.
    pub(super) fn value(&mut self, sql: &str) -> String {
        self.rows(sql).into_iter().next().and_then(|row| row.into_iter().next().flatten()).unwrap_or_default()
    }

    /// How many sessions of runners there are on a database that match a condition on `pg_stat_activity`.
    pub(super) fn runners(&mut self, database: &str, condition: &str) -> usize {
        let sql = format!(
            "SELECT count(*) FROM pg_stat_activity \
             WHERE datname = '{database}' AND application_name LIKE 'pgrefit/%' AND ({condition})"
        );
        self.value(&sql).parse().unwrap()
    }

    /// Leaves it, before its server does.
    pub(super) fn leave(&mut self) {
        self.session = None;
    }

    fn open(&self) -> Migrator {
        self.runtime.block_on(self.connector.migrator()).unwrap()
    }
}
