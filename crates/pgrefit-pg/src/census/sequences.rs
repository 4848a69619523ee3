//! Where sequences stand.
//!
//! They are read by name, as of any table: that locks in `ACCESS SHARE` mode, and undoing a savepoint lets go of the locks.
//! `pg_sequence_last_value()` would take `ROW EXCLUSIVE` and keep it until the end: ten thousand sequences fill the lock table.

use std::collections::{BTreeSet, HashMap, VecDeque};
use std::fmt::Write as _;

use pgrefit_catalog::census::{Census, Sequence, Source, Why};
use pgrefit_catalog::quote_ident;
use serde::Deserialize;
use tokio_postgres::types::Type;

use super::collect::{Collector, Query};
use super::server::Place;
use super::sql;
use crate::{Error, Params};

/// Sequences that are open at once.
const BATCH: usize = 100;
/// After as many failures the rest is left alone.
const FAILURES_MAX: usize = 20;

#[derive(Deserialize)]
struct Found {
    oid: u32,
    schema: String,
    name: String,
    permitted: bool,
    locked: bool,
    unlogged_on_standby: bool,
}

#[derive(Deserialize)]
struct Standing {
    relation: u32,
    last_value: Option<i64>,
    is_called: Option<bool>,
}

impl Collector<'_> {
    pub(super) async fn sequence_values(&mut self, census: &mut Census, place: &Place) -> Result<(), Error> {
        let found: Vec<Found> =
            self.read(Source::SequenceValues, Query::new(sql(Source::SequenceValues))).await?;
        let may =
            |it: &Found| (it.permitted || place.helper_sequences) && !it.locked && !it.unlogged_on_standby;
        let open: Vec<&Found> = found.iter().filter(|it| may(it)).collect();
        let values = self.values(&open, place.helper_sequences).await?;
        for sequence in &mut census.sequences {
            if let Some(value) = values.get(&sequence.relation) {
                sequence.readable = true;
                sequence.last_value = value.map(|(last, _)| last);
                sequence.is_called = value.is_some_and(|(_, called)| called);
            }
        }
        self.say_why(&census.sequences, &found, place);
        Ok(())
    }

    /// The values by oid. A batch that fails is halved, so that one sequence spoils only its own.
    async fn values(
        &mut self,
        open: &[&Found],
        helper: bool,
    ) -> Result<HashMap<u32, Option<(i64, bool)>>, Error> {
        let mut values = HashMap::new();
        let mut batches: VecDeque<&[&Found]> = open.chunks(BATCH).collect();
        let mut failures = 0;
        while let Some(batch) = batches.pop_front() {
            match self.batch(batch, helper).await? {
                Some(rows) => values
                    .extend(rows.into_iter().map(|row| (row.relation, row.last_value.zip(row.is_called)))),
                None if failures == FAILURES_MAX => break,
                None => {
                    failures += 1;
                    let (left, right) = batch.split_at(batch.len() / 2);
                    batches
                        .extend([left, right].into_iter().filter(|half| !half.is_empty() && batch.len() > 1));
                }
            }
        }
        Ok(values)
    }

    async fn batch(&mut self, batch: &[&Found], helper: bool) -> Result<Option<Vec<Standing>>, Error> {
        let answer = if helper {
            let oids: Vec<u32> = batch.iter().map(|it| it.oid).collect();
            let params: Params<'_> = &[(&oids, Type::OID_ARRAY)];
            self.attempt(Query::new(include_str!("sequence_helper.sql")).with(params).of_users()).await?
        } else {
            let values = [("{sequences}", by_name(batch))];
            let values = values.each_ref().map(|(word, sql)| (*word, sql.as_str()));
            self.attempt(Query::new("{sequences}").put(&values).of_users()).await?
        };
        Ok(answer.ok())
    }

    /// One sequence that cannot be read says so itself; if that are all of them, the source is unseen.
    fn say_why(&mut self, sequences: &[Sequence], found: &[Found], place: &Place) {
        if sequences.is_empty() || sequences.iter().any(|it| it.readable) {
            return;
        }
        let denied = found.iter().filter(|it| !it.permitted);
        let schemas: BTreeSet<&str> = denied.map(|it| it.schema.as_str()).collect();
        let (why, text, grant) = if !schemas.is_empty() {
            let grant = self.grant_all("SEQUENCES", &schemas, place.helpers);
            (Why::Privilege, "the role may not read the sequences".to_owned(), Some(grant))
        } else if found.iter().any(|it| it.locked) {
            (Why::Locked, "somebody holds or awaits AccessExclusiveLock on the sequences".to_owned(), None)
        } else {
            (Why::Failed, "none of the sequences could be read".to_owned(), None)
        };
        self.note(Source::SequenceValues, why, &text, grant);
    }
}

/// Reads each sequence of a batch.
fn by_name(batch: &[&Found]) -> String {
    let mut sql = String::new();
    for it in batch {
        let all = if sql.is_empty() { "" } else { " UNION ALL " };
        let (schema, name) = (quote_ident(&it.schema), quote_ident(&it.name));
        // Writing to a string cannot fail.
        let _ = write!(
            sql,
            "{all}SELECT {}::oid AS relation, s.last_value, s.is_called FROM {schema}.{name} s",
            it.oid
        );
    }
    sql
}
