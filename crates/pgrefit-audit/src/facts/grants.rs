//! What would let the role that looks see more: SQL for an administrator.

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

    /// For the value of a sequence.
    pub(crate) fn grant_on_sequence(&self, sequence: u32) -> String {
        format!("GRANT SELECT ON SEQUENCE {} TO {};", self.name(sequence), self.auditor())
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
