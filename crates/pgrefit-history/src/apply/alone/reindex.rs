//! `REINDEX CONCURRENTLY`: a failed one leaves indexes named `…_ccnew` or `…_ccold`, which are of no use.

use pgrefit_sql::ReindexTarget;

use super::{Crew, Found, Task};
use crate::Error;
use crate::apply::alone::global::literal;

impl Crew<'_, '_> {
    /// It may run any number of times, but what an earlier one left would stay for ever.
    pub(super) async fn find_reindex(
        &mut self,
        task: &Task<'_>,
        target: &ReindexTarget,
    ) -> Result<Found, Error> {
        let left = self.reindex_left(task, target).await?;
        Ok(if left.is_empty() { Found::Ready } else { Found::Leftover(left) })
    }

    /// Statements that drop what was left on the target's tables, and on their TOAST tables where this role may.
    pub(super) async fn reindex_left(
        &mut self,
        task: &Task<'_>,
        target: &ReindexTarget,
    ) -> Result<Vec<String>, Error> {
        let table = match target {
            ReindexTarget::Index(index) => {
                format!(
                    "(SELECT x.indrelid FROM pg_catalog.pg_index x WHERE x.indexrelid = to_regclass({}))",
                    literal(index)
                )
            }
            ReindexTarget::Table(table) => format!("to_regclass({})", literal(table)),
            // Whose leftovers those of a whole schema would be, nobody can tell.
            ReindexTarget::Many => return Ok(Vec::new()),
        };
        let sql = format!(
            "SELECT format('DROP INDEX CONCURRENTLY IF EXISTS %I.%I', n.nspname, i.relname) \
             FROM pg_catalog.pg_index x JOIN pg_catalog.pg_class i ON i.oid = x.indexrelid \
             JOIN pg_catalog.pg_namespace n ON n.oid = i.relnamespace \
             JOIN pg_catalog.pg_class t ON t.oid = {table} AND x.indrelid IN (t.oid, t.reltoastrelid) \
             WHERE NOT x.indisvalid AND i.relname ~ '_cc(new|old)[0-9]*$' \
               AND pg_catalog.has_schema_privilege(n.oid, 'USAGE')"
        );
        Ok(self.read_with(task.step, &sql).await?.into_iter().flatten().flatten().collect())
    }
}
