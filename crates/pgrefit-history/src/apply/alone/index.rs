//! `CREATE INDEX CONCURRENTLY`: an index that a failed attempt left is known by its definition, not by its name alone, and
//! is built anew. `IF NOT EXISTS` hides neither an invalid index nor another one of the same name.

use std::time::Instant;

use pgrefit_sql::CreateIndex;

use super::global::literal;
use super::likeness::DEFINITION;
use super::{Crew, Found, Task};
use crate::Error;

/// A relation that has the name which an index is to get.
#[derive(Debug)]
struct Namesake {
    /// Its full, quoted name.
    name: String,
    /// Whether it is an index on the very table.
    is_on_table: bool,
    /// Whether queries can use it.
    is_valid: bool,
    /// Whether somebody may be building it at this moment: another role's progress cannot be seen, but its lock can.
    is_being_built: bool,
    definition: Option<String>,
}

impl Crew<'_, '_> {
    pub(super) async fn find_index(
        &mut self,
        task: &Task<'_>,
        create: &CreateIndex,
        was_begun: bool,
    ) -> Result<Found, Error> {
        let wanted = self.likeness(task, create).await?;
        let start = Instant::now();
        loop {
            let Some(found) = self.namesake(task, create).await? else { return Ok(Found::Ready) };
            if found.is_being_built && start.elapsed() < self.bounds.lock_budget {
                self.pause(&task.title, std::time::Duration::from_millis(500)).await?;
                continue;
            }
            return Ok(judge(create, &found, wanted.as_deref(), was_begun));
        }
    }

    /// Statements that drop the index if a failed attempt left it.
    pub(super) async fn index_left(
        &mut self,
        task: &Task<'_>,
        create: &CreateIndex,
    ) -> Result<Vec<String>, Error> {
        let found = self.namesake(task, create).await?;
        let left = found.filter(|found| found.is_on_table && !found.is_valid && !found.is_being_built);
        Ok(left.map(|left| drop_sql(&left.name)).into_iter().collect())
    }

    /// What has the name already, in the schema of the table: an index is always made there.
    async fn namesake(&mut self, task: &Task<'_>, create: &CreateIndex) -> Result<Option<Namesake>, Error> {
        let Some(index) = &create.index else { return Ok(None) };
        let sql = format!(
            "SELECT format('%I.%I', n.nspname, c.relname), x.indrelid IS NOT NULL AND x.indrelid = t.oid, \
             coalesce(x.indisvalid AND x.indisready, false), \
             EXISTS (SELECT FROM pg_catalog.pg_stat_progress_create_index p \
             WHERE p.index_relid = c.oid AND p.datname = current_database()) \
             OR (NOT x.indisvalid AND EXISTS (SELECT FROM pg_catalog.pg_locks l WHERE l.relation = t.oid AND l.granted \
                 AND l.mode = 'ShareUpdateExclusiveLock' AND l.pid <> pg_catalog.pg_backend_pid() \
                 AND l.database = (SELECT d.oid FROM pg_catalog.pg_database d WHERE d.datname = current_database()))), \
             CASE WHEN x.indrelid = t.oid THEN {DEFINITION} END \
             FROM pg_catalog.pg_class t JOIN pg_catalog.pg_class c ON c.relnamespace = t.relnamespace \
             JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace \
             LEFT JOIN pg_catalog.pg_index x ON x.indexrelid = c.oid \
             WHERE t.oid = to_regclass({}) AND c.relname = (parse_ident({}))[1]",
            literal(&create.table),
            literal(index),
        );
        let row = self.read_with(task.step, &sql).await?.into_iter().next();
        let Some(Ok([name, on_table, valid, being_built, definition])) = row.map(<[_; 5]>::try_from) else {
            return Ok(None);
        };
        let is = |cell: Option<String>| cell.as_deref() == Some("t");
        Ok(Some(Namesake {
            name: name.unwrap_or_default(),
            is_on_table: is(on_table),
            is_valid: is(valid),
            is_being_built: is(being_built),
            definition,
        }))
    }
}

/// `wanted` is what the definition comes to, where that is known.
fn judge(create: &CreateIndex, found: &Namesake, wanted: Option<&str>, was_begun: bool) -> Found {
    let name = &found.name;
    if !found.is_on_table {
        return Found::InTheWay(
            format!("{name} exists already and is something else"),
            "give the index another name",
        );
    }
    // Where the definition is not known, only an index that this program has begun to build is its own.
    let is_same = wanted.map_or(was_begun, |wanted| found.definition.as_deref() == Some(wanted));
    match (found.is_valid, is_same) {
        (_, false) => Found::InTheWay(
            format!("the index {name} exists already with another definition"),
            "drop it, if nobody needs it, or give the index another name",
        ),
        (false, true) if found.is_being_built => Found::InTheWay(
            format!("somebody else is building the index {name}"),
            "run again when it is built",
        ),
        (false, true) => Found::Leftover(vec![drop_sql(name)]),
        (true, true) if was_begun || create.if_not_exists => Found::Done,
        // The server says that it exists.
        (true, true) => Found::Ready,
    }
}

fn drop_sql(name: &str) -> String {
    format!("DROP INDEX CONCURRENTLY IF EXISTS {name}")
}

#[cfg(test)]
mod tests {
    use pgrefit_sql::{Run, Script, Standalone};

    use super::*;

    fn create(sql: &str) -> CreateIndex {
        let script = Script::parse(sql);
        match &script.statements()[0].run {
            Run::Alone(Standalone::CreateIndex(create)) => create.clone(),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn an_index_is_known_by_its_definition() {
        let plain = create("CREATE INDEX CONCURRENTLY i ON t (a)");
        let lenient = create("CREATE INDEX CONCURRENTLY IF NOT EXISTS i ON t (a)");
        let check = |create: &CreateIndex,
                     valid: bool,
                     definition: &str,
                     wanted: Option<&str>,
                     begun: bool,
                     expected: &str| {
            let found = Namesake {
                name: "s.i".into(),
                is_on_table: true,
                is_valid: valid,
                is_being_built: false,
                definition: Some(definition.into()),
            };
            let judged = format!("{:?}", judge(create, &found, wanted, begun));
            assert!(judged.starts_with(expected), "{judged}, not {expected}");
        };
        check(&plain, false, "a", Some("a"), false, "Leftover([\"DROP INDEX CONCURRENTLY IF EXISTS s.i\"])");
        check(&lenient, false, "a", Some("a"), false, "Leftover");
        check(&plain, true, "a", Some("a"), false, "Ready");
        check(&plain, true, "a", Some("a"), true, "Done");
        check(&lenient, true, "a", Some("a"), false, "Done");
        check(&lenient, true, "b", Some("a"), false, "InTheWay");
        check(&plain, false, "b", Some("a"), true, "InTheWay");
        check(&plain, false, "b", None, true, "Leftover");
        check(&plain, false, "b", None, false, "InTheWay");
    }
}
