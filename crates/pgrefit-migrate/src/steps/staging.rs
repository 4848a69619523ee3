//! Whether a database that somebody names is a fresh copy of the live one.

use pgrefit_history::History;
use pgrefit_pg::Connector;
use pgrefit_rehearse::{CopyMarker, Tolerance, read_source_facts, sameness};
use pgrefit_report::{Finding, Status};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use crate::proof::Moment;
use crate::{Error, Job};

/// What a named database is.
#[derive(Debug)]
pub enum Staged {
    /// A copy as of this moment, on which the migrations can be rehearsed; and what is to be known about it.
    Copy(Moment, Vec<Finding>),
    /// No copy, and why: nothing is changed in it.
    Other(String),
}

/// Holds a database against the live one: its catalog, the rows of its tables as estimated, the identity of its server, and the
/// marker that says of what it is a copy and as of when.
///
/// Reads catalogs and statistics of both; writes nothing.
///
/// # Errors
/// One of them cannot be read; the database is the live one itself, or a standby.
pub async fn staged(job: &Job<'_>, copy: &Connector, age_max: std::time::Duration) -> Result<Staged, Error> {
    let mut session = job.connector.read_only().await?;
    let history = History::read(&mut session, job.table).await?;
    let scope = job.scope(&history);
    let source = read_source_facts(&mut session, &scope).await?;
    drop(session);
    let tolerance = Tolerance { age_max, ..Tolerance::default() };
    let found = sameness(&source, copy, &scope, tolerance).await?;
    if !found.same_catalog {
        return Ok(Staged::Other("it has another schema than the live database".to_owned()));
    }
    let bad = found.findings.iter().find(|finding| finding.status >= Status::Fail || is_doubtful(finding));
    if let Some(finding) = bad {
        return Ok(Staged::Other(finding.message.clone()));
    }
    let moment = found.marker.as_ref().and_then(moment);
    match moment {
        Some(moment) => Ok(Staged::Copy(moment, found.findings)),
        None => Ok(Staged::Other("how old it is cannot be told: it has no marker".to_owned())),
    }
}

/// Other numbers of rows, or an age beyond the limit: a rehearsal there says little of the live database.
fn is_doubtful(finding: &Finding) -> bool {
    finding.status == Status::Warn && matches!(finding.check.as_ref(), "copy-rows-differ" | "copy-old")
}

fn moment(marker: &CopyMarker) -> Option<Moment> {
    let at = OffsetDateTime::parse(&marker.at, &Rfc3339).ok()?;
    let server_time_ms = i64::try_from(at.unix_timestamp_nanos() / 1_000_000).ok()?;
    Some(Moment { lsn: marker.lsn.parse().ok()?, server_time_ms })
}
