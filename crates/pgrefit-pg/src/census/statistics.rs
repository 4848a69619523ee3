//! Counters of tables and indexes, and what `ANALYZE` knows of columns.

use std::collections::BTreeSet;

use pgrefit_catalog::census::{Census, ColumnStatistics, Source, Why};
use tokio_postgres::types::Type;

use super::collect::{Collector, Query};
use super::server::Place;
use super::{CensusOptions, sql};
use crate::{Error, Params};

impl Collector<'_> {
    pub(super) async fn counters(&mut self, census: &mut Census) -> Result<(), Error> {
        census.relation_statistics = self.plain(Source::RelationStatistics).await?;
        census.relation_statistics.sort_unstable_by_key(|it| it.relation);
        census.index_statistics = self.plain(Source::IndexStatistics).await?;
        census.index_statistics.sort_unstable_by_key(|it| it.index);
        Ok(())
    }

    pub(super) async fn column_statistics(
        &mut self,
        census: &mut Census,
        place: &Place,
        options: &CensusOptions,
    ) -> Result<(), Error> {
        let floor = options.floor();
        let params: Params<'_> = &[(&floor, Type::INT8)];
        let query = if place.helper_statistics {
            Query::new(include_str!("column_helper.sql")).of_users()
        } else {
            Query::new(sql(Source::ColumnStatistics))
        };
        let mut found: Vec<ColumnStatistics> =
            self.read(Source::ColumnStatistics, query.with(params)).await?;
        found.sort_unstable_by_key(|it| (it.relation, it.number, it.inherited));
        census.column_statistics = found;
        if !place.helper_statistics {
            self.say_why_closed(census, place);
        } else if !self.unseen.contains_key(&Source::ColumnStatistics) {
            // The view shows those of every table.
            census.relations.iter_mut().for_each(|it| it.shows_statistics = it.kind.has_rows());
        }
        Ok(())
    }

    /// `pg_stats` shows no columns of tables that the role may not read, and no error either.
    fn say_why_closed(&mut self, census: &Census, place: &Place) {
        let tables = || census.relations.iter().filter(|it| it.kind.has_rows());
        let closed: BTreeSet<u32> = tables().map(|it| it.namespace).collect();
        if closed.is_empty() || tables().any(|it| it.shows_statistics) {
            return;
        }
        let schemas = census.namespaces.iter().filter(|it| closed.contains(&it.oid));
        let schemas: BTreeSet<&str> = schemas.map(|it| it.name.as_str()).collect();
        let grant = self.grant_all("TABLES", &schemas, place.helpers);
        let text = "the role may read no table, and pg_stats shows it no other columns";
        self.note(Source::ColumnStatistics, Why::Privilege, text, Some(grant));
    }
}
