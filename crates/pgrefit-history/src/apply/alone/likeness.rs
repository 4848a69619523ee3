//! An index on an empty temporary table with the columns of the real one: it shows what the definition comes to, so that
//! an index can be known by more than its name, and whether the statement can work at all, before anything is built.

use pgrefit_pg::Error as PgError;
use pgrefit_sql::CreateIndex;

use super::global::literal;
use super::{Crew, Task};
use crate::Error;

/// The definition of the index `x`, in words that are equal exactly if the definitions are.
pub(super) const DEFINITION: &str = "concat_ws(' ', (SELECT a.amname FROM pg_catalog.pg_class i JOIN pg_catalog.pg_am a ON a.oid = i.relam \
     WHERE i.oid = x.indexrelid), x.indisunique, to_jsonb(x) ->> 'indnullsnotdistinct', x.indnkeyatts, \
     (SELECT string_agg(concat_ws(' ', pg_catalog.pg_get_indexdef(x.indexrelid, k, false), x.indclass[k - 1], \
     x.indcollation[k - 1], x.indoption[k - 1]), ', ' ORDER BY k) FROM generate_series(1, x.indnatts) k), \
     pg_catalog.pg_get_expr(x.indpred, x.indrelid), \
     (SELECT i.reloptions FROM pg_catalog.pg_class i WHERE i.oid = x.indexrelid))";

impl Crew<'_, '_> {
    /// What the definition of an index comes to; none where that cannot be found out.
    ///
    /// In a transaction that is rolled back; ACCESS SHARE on the table.
    ///
    /// # Errors
    /// The statement cannot work: a limit of the access method is exceeded.
    pub(super) async fn likeness(
        &mut self,
        task: &Task<'_>,
        create: &CreateIndex,
    ) -> Result<Option<String>, Error> {
        // Under the same name, by which an expression may qualify its columns.
        let name = create.unqualified_table();
        let [lock, statement] = task.limits.sql();
        let settings = task.step.settings_sql();
        let before = format!(
            "BEGIN; {lock}; {statement}; {settings}CREATE TEMP TABLE {name} (LIKE {}) ON COMMIT DROP",
            create.table
        );
        if self.session.script(&before).await.is_err() {
            // No privilege, no such table, or somebody has locked it: the statement itself will meet it, or not.
            return Ok(None);
        }
        let sql = format!(
            "{}; SELECT {DEFINITION} FROM pg_catalog.pg_index x WHERE x.indrelid = {}::regclass",
            create.on(&format!("pg_temp.{name}")),
            literal(&format!("pg_temp.{name}"))
        );
        let made = self.session.simple(&sql).await;
        self.session.batch("ROLLBACK").await?;
        // The statement itself would be granted the time again.
        self.restore().await?;
        match made {
            Ok(rows) => Ok(rows.into_iter().flatten().flatten().next()),
            Err(error) if is_final(&error) => Err(task.failed(error)),
            Err(_) => Ok(None),
        }
    }
}

/// A limit (class 54), such as the dimensions that an access method takes: the real table exceeds it too, and there it would
/// leave an invalid index. Anything else may be due to the temporary table, or leaves nothing on the real one either.
fn is_final(error: &PgError) -> bool {
    error.server().is_some_and(|server| server.sqlstate.starts_with("54"))
}
