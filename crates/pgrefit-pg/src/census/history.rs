//! refinery's history table, read only if nobody is in the way.

use pgrefit_catalog::census::{Census, HistoryRow, Source, Why};
use pgrefit_catalog::quote_ident;
use serde::Deserialize;
use tokio_postgres::types::Type;

use super::collect::{Collector, Query};
use super::server::Place;
use super::{CensusOptions, sql};
use crate::{Error, Params};

#[derive(Deserialize)]
struct Found {
    schema: String,
    name: String,
    permitted: bool,
    locked: bool,
}

impl Collector<'_> {
    pub(super) async fn history(
        &mut self,
        census: &mut Census,
        place: &Place,
        options: &CensusOptions,
    ) -> Result<(), Error> {
        let wanted = &options.history_table;
        let schemas = wanted.schema.as_ref().map_or(place.search_path.as_slice(), std::slice::from_ref);
        let params: Params<'_> = &[(&wanted.name, Type::NAME), (&schemas, Type::TEXT_ARRAY)];
        let found = Query::new(include_str!("history_place.sql")).with(params);
        let Some(found) = self.one::<Found>(Source::History, found).await? else { return Ok(()) };
        let schema = quote_ident(&found.schema);
        let table = format!("{schema}.{}", quote_ident(&found.name));
        if !found.permitted {
            let grant = format!(
                "GRANT USAGE ON SCHEMA {schema} TO {role}; GRANT SELECT ON {table} TO {role}",
                role = self.role
            );
            self.note(
                Source::History,
                Why::Privilege,
                &format!("the role may not read {table}"),
                Some(grant),
            );
        } else if found.locked {
            let text = format!("somebody holds or awaits AccessExclusiveLock on {table}");
            self.note(Source::History, Why::Locked, &text, None);
        }
        let values = [("{table}", table.as_str())];
        let rows: Vec<HistoryRow> =
            self.read(Source::History, Query::new(sql(Source::History)).put(&values).of_users()).await?;
        census.history = (!self.unseen.contains_key(&Source::History)).then_some(rows);
        Ok(())
    }
}
