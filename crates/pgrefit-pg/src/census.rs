//! A [`Census`] of a live database: what an audit rests on, read as of one moment and without a lock on any table.

use std::time::Instant;

use pgrefit_catalog::census::{Census, Server, Source};

use crate::{Error, ReadOnly};

mod activity;
mod catalog;
mod collect;
mod cost;
mod history;
mod nodes;
mod options;
mod queries;
mod redact;
mod row;
mod sequences;
mod server;
mod statements;
mod statistics;
mod template;

use collect::{Collector, Query};
pub use nodes::{NodeCounters, NodeError, merge, node_counters};
pub use options::{CensusOptions, HistoryTable};
use queries::sql;
use server::Place;

/// SQL for a superuser: a schema `pgrefit` with the views `column_statistics` and `sequence_values`. They give to those who may
/// `SELECT` from them what else only readers of the tables see: widths, shares of nulls, distinct values, correlation, the largest
/// integer, and the last values of sequences; no other content. Whom to let use them is left to the caller:
/// `GRANT USAGE ON SCHEMA pgrefit TO …; GRANT SELECT ON ALL TABLES IN SCHEMA pgrefit TO …`.
pub const HELPER_VIEWS: &str = include_str!("census/helper_views.sql");

/// Reads the census of the database that `session` is connected to.
///
/// One `REPEATABLE READ READ ONLY` transaction, some sixty flat queries whatever the number of objects. Any role can take one: what
/// it may not see is in [`Census::unseen`], and in the rows as `None`, `shows_statistics`, `readable` and `hidden`. Nothing is set for the session, so
/// that it works through a pooler in transaction mode.
///
/// # Locks
/// `ACCESS SHARE` on system catalogs. No user relation is opened, measured or printed, so that a migration which holds or awaits
/// `ACCESS EXCLUSIVE` on every table is not waited for. There are four exceptions, each let go at once, and skipped where somebody
/// holds or awaits a lock in its way: the values of sequences (`ACCESS SHARE`), refinery's history table, the views of
/// `pg_stat_statements`, and those of [`HELPER_VIEWS`].
///
/// # Errors
/// [`Error::Lost`] when the connection died, and what the server says to the first queries. What it says later makes one source
/// unseen.
pub async fn census(session: &mut ReadOnly, options: &CensusOptions) -> Result<Census, Error> {
    let begun = Instant::now();
    let (mut census, wal) = {
        let moment = session.snapshot().await?;
        let place = Place::read(&moment).await?;
        let mut collector = Collector::start(&moment, place.statements_schema.as_deref()).await?;
        collector.omit(options);
        let server = collector.server(&place).await?;
        let mut census = collector.everything(server, &place, options).await?;
        let wal = collector.cost(&mut census).await?;
        census.unseen = collector.unseen;
        (census, wal)
    };
    census.origin.wal_bytes = cost::wal_bytes(session, wal).await?;
    census.origin.duration_ms = u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX);
    Ok(census)
}

impl Collector<'_> {
    /// What moves comes first, then what stands still.
    async fn everything(
        &mut self,
        server: Server,
        place: &Place,
        options: &CensusOptions,
    ) -> Result<Census, Error> {
        let mut census = Census { census: Census::FORMAT, server, ..Census::default() };
        self.activity(&mut census).await?;
        self.catalog(&mut census).await?;
        self.sequence_values(&mut census, place).await?;
        self.counters(&mut census).await?;
        self.column_statistics(&mut census, place, options).await?;
        self.surroundings(&mut census, place).await?;
        self.statements(&mut census, place).await?;
        self.history(&mut census, place, options).await?;
        Ok(census)
    }

    /// A source whose rows are those of its query.
    async fn plain<T: serde::de::DeserializeOwned>(&mut self, source: Source) -> Result<Vec<T>, Error> {
        self.read(source, Query::new(sql(source))).await
    }
}
