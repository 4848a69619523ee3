//! Preflight: what an audit finds, of the live database before it is changed, and of a copy before and after.

use std::collections::BTreeSet;

use pgrefit_audit::{Options, Verdict, audit};
use pgrefit_pg::Connector;
use pgrefit_pg::census::{CensusOptions, HistoryTable, census};
use pgrefit_report::{Finding, Status};

use crate::Error;

/// What an audit has found. Only [`preflight`] makes it.
#[derive(Debug)]
pub struct Preflight {
    verdicts: Vec<Verdict>,
}

impl Preflight {
    /// How many checks were asked.
    #[must_use]
    pub fn checks(&self) -> usize {
        self.verdicts.len()
    }

    /// What should or must be changed, in the order of the checks.
    pub fn findings(&self) -> impl Iterator<Item = &Finding> {
        let all = self.verdicts.iter().flat_map(|verdict| &verdict.findings);
        all.filter(|finding| finding.suppressed.is_none() && finding.status >= Status::Warn)
    }

    /// How many of the findings are failures.
    #[must_use]
    pub fn failures(&self) -> usize {
        self.findings().filter(|finding| finding.status >= Status::Fail).count()
    }

    /// What was not found before.
    pub(crate) fn since(&self, before: &Self) -> Vec<Finding> {
        let known: BTreeSet<String> = before.findings().map(Finding::fingerprint).collect();
        self.findings().filter(|finding| !known.contains(&finding.fingerprint())).cloned().collect()
    }
}

/// Audits a database.
///
/// Reads catalogs and statistics in one snapshot; takes no lock on any table; writes nothing. Of a large schema it takes seconds.
///
/// # Errors
/// The database cannot be reached or read.
pub async fn preflight(connector: &Connector, table: &str, options: &Options) -> Result<Preflight, Error> {
    let how = CensusOptions {
        history_table: HistoryTable { schema: None, name: table.to_owned() },
        ..CensusOptions::default()
    };
    let taken = census(&mut connector.read_only().await?, &how).await?;
    Ok(Preflight { verdicts: audit(&taken, options, |_| true) })
}
