//! What `pg_stat_statements` knows.

use pgrefit_catalog::census::{Census, Source, Statement, Why};
use pgrefit_catalog::quote_ident;

use super::collect::{Collector, Query};
use super::server::Place;
use super::{redact, sql};
use crate::Error;

/// Characters of a statement that are kept.
const QUERY_MAX: usize = 2000;

impl Collector<'_> {
    pub(super) async fn statements(&mut self, census: &mut Census, place: &Place) -> Result<(), Error> {
        let Some(schema) = place.statements_schema.as_deref().map(quote_ident) else {
            let text = "the extension pg_stat_statements is not installed in this database";
            self.note(Source::Statements, Why::Absent, text, None);
            return Ok(());
        };
        if !place.statements_open {
            let text = format!("the role may not use the schema {schema} of pg_stat_statements");
            let grant = format!("GRANT USAGE ON SCHEMA {schema} TO {}", self.role);
            self.note(Source::Statements, Why::Privilege, &text, Some(grant));
        }
        let values = [("{schema}", schema.as_ref())];
        let query = Query::new(sql(Source::Statements)).put(&values).of_users();
        let mut statements: Vec<Statement> = self.read(Source::Statements, query).await?;
        for statement in &mut statements {
            statement.query =
                statement.query.take().map(|text| redact::cut(redact::statement(&text), QUERY_MAX));
        }
        census.statements = statements;
        let totals = Query::new(include_str!("statement_totals.sql")).put(&values).of_users();
        census.statement_totals = self.one(Source::Statements, totals).await?;
        Ok(())
    }
}
