//! `ALTER TABLE … DETACH PARTITION … CONCURRENTLY`: a second transaction finishes what the first one began; what is between
//! them, the catalog shows.

use super::{Crew, Found, Task};
use crate::Error;
use crate::apply::alone::global::literal;

impl Crew<'_, '_> {
    /// Whether the partition is attached, half detached, or gone.
    pub(super) async fn find_detach(
        &mut self,
        task: &Task<'_>,
        (parent, partition): (&str, &str),
        was_begun: bool,
    ) -> Result<Found, Error> {
        // The column exists from PostgreSQL 14 on, as the statement does.
        let sql = format!(
            "SELECT coalesce(to_jsonb(i) ->> 'inhdetachpending', 'false') FROM pg_catalog.pg_inherits i \
             WHERE i.inhparent = to_regclass({}) AND i.inhrelid = to_regclass({})",
            literal(parent),
            literal(partition)
        );
        let state = self.read_with(task.step, &sql).await?.into_iter().flatten().flatten().next();
        Ok(match state.as_deref() {
            Some("true") => {
                Found::Unfinished(format!("ALTER TABLE {parent} DETACH PARTITION {partition} FINALIZE"))
            }
            None if was_begun => Found::Done,
            _ => Found::Ready,
        })
    }
}
