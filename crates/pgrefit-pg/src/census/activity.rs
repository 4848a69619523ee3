//! What goes on at the moment.

use pgrefit_catalog::census::{Backend, Census, Source};

use super::collect::Collector;
use super::redact;
use crate::Error;

/// Characters of a statement that are kept.
const QUERY_MAX: usize = 200;

impl Collector<'_> {
    pub(super) async fn activity(&mut self, census: &mut Census) -> Result<(), Error> {
        let mut backends: Vec<Backend> = self.plain(Source::Backends).await?;
        for backend in &mut backends {
            let query = backend.query.take().map(|text| redact::cut(redact::statement(&text), QUERY_MAX));
            backend.query = query.filter(|text| !text.is_empty());
        }
        census.backends = backends;
        census.locks = self.plain(Source::Locks).await?;
        census.prepared_transactions = self.plain(Source::PreparedTransactions).await?;
        census.progress = self.plain(Source::Progress).await?;
        Ok(())
    }
}
