//! Counters of tables and indexes, and what `ANALYZE` knows of columns.

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
        let tables = || census.relations.iter().filter(|it| it.kind.has_rows());
        if !place.helper_statistics && tables().next().is_some() && tables().all(|it| !it.readable) {
            let grant = format!("GRANT pg_read_all_data TO {}", self.role);
            let text =
                "pg_stats shows the columns of tables only that the role may read, and it may read none";
            self.note(Source::ColumnStatistics, Why::Privilege, text, Some(grant));
        }
        Ok(())
    }
}
