//! What would let the role that looks see more: SQL for an administrator.

use pgrefit_catalog::census::Lock;
use pgrefit_catalog::quote_ident;

use super::Facts;

impl Facts<'_> {
    /// For the sessions and statements of others, and settings that are hidden.
    pub(crate) fn grant_monitor(&self) -> String {
        format!("GRANT pg_monitor TO {};", self.auditor())
    }

    /// For settings that are hidden, and nothing else.
    pub(crate) fn grant_settings(&self) -> String {
        format!("GRANT pg_read_all_settings TO {};", self.auditor())
    }

    /// For the column statistics of a table; none where row security hides them even so.
    pub(crate) fn grant_select(&self, table: u32) -> Option<String> {
        let hides = self.relation(table).is_some_and(|table| table.row_security);
        (!hides).then(|| format!("GRANT SELECT ON {} TO {};", self.name(table), self.auditor()))
    }

    /// Why it is not known where a sequence stands, and what would help.
    pub(crate) fn why_no_value(&self, sequence: u32) -> (&'static str, Option<String>) {
        let excludes = |it: &Lock| it.relation == sequence && it.mode == "AccessExclusiveLock";
        let server = &self.census.server;
        if server.is_superuser || server.has_pg_read_all_data || self.census.locks.iter().any(excludes) {
            return ("a sequence could not be read: it is locked, or unlogged on a standby", None);
        }
        let grant = format!("GRANT SELECT ON SEQUENCE {} TO {};", self.name(sequence), self.auditor());
        ("the values of sequences are not visible to this role", Some(grant))
    }

    /// For the statements of others; none if it sees them all.
    pub(crate) fn grant_statements(&self) -> Option<String> {
        let hidden = self.census.statement_totals.as_ref().is_some_and(|totals| totals.hidden > 0)
            || self.census.statements.iter().any(|it| it.query.is_none());
        hidden.then(|| format!("GRANT pg_read_all_stats TO {};", self.auditor()))
    }

    fn auditor(&self) -> String {
        quote_ident(&self.census.server.user)
    }
}
