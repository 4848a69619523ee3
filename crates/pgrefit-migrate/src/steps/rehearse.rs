//! Rehearse: the pending migrations are applied to a copy, by the code that applies them to the live database, with every lock
//! and duration traced; and the copy is looked at before and after, as the live database will be.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use pgrefit_bench::{Measured, Query, ReplayOptions, Tolerance, Traffic, compare, measure, replay};
use pgrefit_catalog::Catalog;
use pgrefit_history::Listener;
use pgrefit_pg::{Connector, Stop};
use pgrefit_rehearse::{
    Limits, Options, Stalled, Trace, Traffic as BesideIt, findings as trace_findings, predicted_stall_ms,
    trace,
};
use pgrefit_report::{Finding, Status, counted};

use crate::policy::Policy;
use crate::proof::{Claim, FORMAT, Proof, ProofError, Standing, migrations_digest, sha256};
use crate::steps::apply::{Before, More};
use crate::steps::standing::TOOL;
use crate::steps::verify::{Inspected, inspect};
use crate::steps::{plan::plan_in, preflight::preflight, settle::settle_after};
use crate::{Content, Error, Expected, Job};

/// The file beside a proof of a rehearsal that has the schema which it made.
pub const EXPECTED_FILE: &str = "expected.json";

/// A rehearsal that came to its end, and kept within the policy. Only this step makes it.
#[derive(Debug)]
pub struct Rehearsed {
    proof: Proof,
    expected: Expected,
    own: bool,
}

/// What is rehearsed, and where.
pub struct Rehearsal<'a> {
    /// Opens sessions to the copy, as the role that migrates the live database.
    pub copy: &'a Connector,
    /// Opens sessions to the copy that see every row: those of a superuser, where there is one. A migration may put tables under
    /// row security that binds their owner, too.
    pub all_seeing: &'a Connector,
    /// Whether the copy's server is ours alone.
    pub is_ours: bool,
    /// Whether the copy has the roles of the live database, so that owners and privileges can be compared.
    pub has_roles: bool,
    /// How the live database stood at the moment that the copy is of.
    pub standing: &'a Standing,
    /// The limits.
    pub policy: &'a Policy,
    /// The queries of the application.
    pub queries: &'a [Query],
    /// How they are measured before and after.
    pub measuring: &'a pgrefit_bench::Options,
    /// What an audit of the copy is told.
    pub audit: &'a pgrefit_audit::Options,
    /// How they run beside the migrations; nothing if they do not.
    pub traffic: Option<ReplayOptions>,
    /// When the rehearsal is made, RFC 3339.
    pub now: &'a str,
}

/// What was seen in a rehearsal, whether or not it came to its end.
#[derive(Debug, Default)]
pub struct Seen {
    /// What each statement did.
    pub trace: Option<Trace>,
    /// What was found, good and bad.
    pub findings: Vec<Finding>,
    /// The content of the copy before and after.
    pub content: Option<(Content, Content)>,
    /// The queries before.
    pub before: Option<Measured>,
    /// The queries after.
    pub after: Option<Measured>,
    /// What ran beside it.
    pub traffic: Option<Traffic>,
}

impl Rehearsed {
    /// What was shown.
    #[must_use]
    pub fn proof(&self) -> &Proof {
        &self.proof
    }

    /// What the copy was afterwards.
    #[must_use]
    pub fn expected(&self) -> &Expected {
        &self.expected
    }

    /// Whether this very run has shown it.
    #[must_use]
    pub fn is_own(&self) -> bool {
        self.own
    }

    /// A rehearsal that was made earlier, or elsewhere: its proof, and beside it the schema that it made
    /// ([`EXPECTED_FILE`]), if it was handed on. Whether it counts is for the gate.
    ///
    /// # Errors
    /// The file cannot be read, or is the proof of something else.
    pub fn read(path: &Path) -> Result<Self, Error> {
        let proof = Proof::read(path)?;
        let Claim::Rehearsal { expected, .. } = &proof.claim else {
            return Err(ProofError { path: path.to_owned(), why: "it is not of a rehearsal".into() }.into());
        };
        let fingerprint = expected.clone();
        let beside = std::fs::read_to_string(path.with_file_name(EXPECTED_FILE)).ok();
        let catalog: Option<Catalog> = beside.and_then(|text| serde_json::from_str(&text).ok());
        // One that is not what the proof says is of no use.
        let catalog = catalog.filter(|catalog| catalog.fingerprint() == fingerprint);
        Ok(Self { proof, expected: Expected { fingerprint, catalog, privileges: None }, own: false })
    }
}

/// Rehearses. `seen` is filled in on the way, so that there is something to show whatever happens.
///
/// Writes to the copy what the migrations write, and takes its statistics anew. Nothing is asked of the live database.
///
/// # Errors
/// The copy cannot be worked with; a migration failed on it; something was found that is a failure: [`Error::Rehearsal`].
pub async fn rehearse(
    job: &Job<'_>,
    rehearsal: &Rehearsal<'_>,
    seen: &mut Seen,
    listener: &mut Listener<'_>,
) -> Result<Rehearsed, Error> {
    let job = Job { connector: rehearsal.copy, ..*job };
    let mut session = job.connector.read_only().await?;
    let planned = plan_in(&job, &mut session).await?;
    if migrations_digest(planned.pending_files()) != rehearsal.standing.migrations {
        return Err(Error::OtherCopy { what: "has other migrations pending than the live database" });
    }
    let more = More::read(&job, &mut session).await?;
    if more.catalog.fingerprint() != rehearsal.standing.schema {
        return Err(Error::OtherCopy { what: "has another schema than the live database" });
    }
    let mut all_seeing = rehearsal.all_seeing.read_only().await?;
    let content = Some(Content::read(&more.catalog, &mut all_seeing).await?);
    let before = Before { content, ..Before::read(&job, &mut session, Some(more), false).await? };
    drop(session);
    // A restored copy has no statistics, and so no plans like those of the live database.
    job.connector.migrator().await?.batch("ANALYZE").await?;
    let audited = preflight(job.connector, job.table, rehearsal.audit).await?;
    seen.before = measured(rehearsal, job.stop).await?;
    let traced = run(&job, rehearsal, seen, listener).await?;
    let stall_us = stalls_us(&traced);
    seen.findings.extend(trace_findings(&traced, limits(rehearsal.policy)));
    let versions: BTreeSet<i64> =
        traced.files.iter().filter(|file| file.recorded).map(|file| file.version).collect();
    let failure = traced.failure.as_ref().map(|failure| (failure.message.clone(), failure.hint.clone()));
    let digest = sha256(serde_json::to_string(&traced).unwrap_or_default().as_bytes());
    seen.trace = Some(traced);
    if let Some((message, hint)) = failure {
        return Err(Error::Rehearsal { message, hint });
    }
    let settled = settle_after(&job, &before, &versions).await?;
    let mut session = job.connector.read_only().await?;
    let inspected = inspect(&job, &mut session, Some(&mut all_seeing), before, &versions, None, &settled);
    let found = Box::pin(inspected).await?;
    drop(session);
    let Inspected { findings, content, now, .. } = found;
    // What the copy has in the way of privileges is what the live database is held against later.
    seen.findings.extend(findings.into_iter().filter(|finding| finding.check != "privileges-changed"));
    seen.content = content;
    let audited_after = preflight(job.connector, job.table, rehearsal.audit).await?;
    seen.findings.extend(audited_after.since(&audited).into_iter().map(softened));
    seen.after = measured(rehearsal, job.stop).await?;
    if let Some(after) = &seen.after {
        seen.findings.extend(compare(seen.before.as_ref(), after, &Tolerance::default()));
    }
    let failures: Vec<&Finding> = seen.findings.iter().filter(|found| found.status >= Status::Fail).collect();
    if let Some(first) = failures.first() {
        let hint = first.hint.clone();
        return Err(Error::Rehearsal { message: summary(first, failures.len()), hint });
    }
    let Some(now) = now else { return Err(Error::NoMoment) };
    let expected = Expected {
        fingerprint: now.catalog.fingerprint(),
        catalog: Some(now.catalog),
        privileges: rehearsal.has_roles.then_some(now.privileges),
    };
    let claim = Claim::Rehearsal {
        migrations: rehearsal.standing.migrations.clone(),
        expected: expected.fingerprint.clone(),
        stall_reads_us: stall_us.0,
        stall_writes_us: stall_us.1,
        trace: digest,
    };
    Ok(Rehearsed { proof: proof(rehearsal, claim), expected, own: true })
}

async fn measured(rehearsal: &Rehearsal<'_>, stop: &Stop) -> Result<Option<Measured>, Error> {
    if rehearsal.queries.is_empty() {
        return Ok(None);
    }
    Ok(Some(measure(rehearsal.copy, rehearsal.queries, rehearsal.measuring, stop, &|_| {}).await?))
}

/// Applies what is pending, traced, with traffic beside it.
async fn run(
    job: &Job<'_>,
    rehearsal: &Rehearsal<'_>,
    seen: &mut Seen,
    listener: &mut Listener<'_>,
) -> Result<Trace, Error> {
    let options = if rehearsal.is_ours { Options::for_own_server() } else { Options::default() };
    let result = Mutex::new(None);
    let result_of = &result;
    let traffic = rehearsal.traffic.map(|how| -> BesideIt<'_> {
        Box::new(move |stop: Stop| {
            Box::pin(async move {
                let ran = replay(rehearsal.copy, rehearsal.queries, &how, &stop).await;
                *result_of.lock().unwrap_or_else(PoisonError::into_inner) = Some(ran);
            })
        })
    });
    let (files, table, bounds) = (job.files, job.table, job.bounds);
    let traced =
        trace(job.connector, files, table, job.target, bounds, &options, traffic, job.stop, listener).await?;
    if let Some(ran) = result.into_inner().unwrap_or_else(PoisonError::into_inner) {
        seen.traffic = Some(ran?);
    }
    Ok(traced)
}

/// The longest stalls of reads and of writes, rounded up to microseconds.
fn stalls_us(trace: &Trace) -> (u64, u64) {
    let us = |stalled| {
        let stall = Duration::from_secs_f64((predicted_stall_ms(trace, stalled) / 1000.0).max(0.0));
        u64::try_from(stall.as_nanos().div_ceil(1000)).unwrap_or(u64::MAX)
    };
    (us(Stalled::Reads), us(Stalled::Writes))
}

fn limits(policy: &Policy) -> Limits {
    Limits { stall_ms: u64::try_from(policy.stall_max.as_millis()).unwrap_or(u64::MAX), ..Limits::default() }
}

fn proof(rehearsal: &Rehearsal<'_>, claim: Claim) -> Proof {
    let Standing { source, moment, schema, history, .. } = rehearsal.standing.clone();
    let proof = Proof {
        format: FORMAT,
        tool: TOOL.to_owned(),
        made_at: rehearsal.now.to_owned(),
        source,
        moment,
        schema,
        history,
        claim,
        digest: String::new(),
        signature: None,
    };
    proof.sealed()
}

/// What an audit finds after the migrations and not before is told of, and does not fail the rehearsal: a copy has no traffic,
/// and so no use of its indexes.
fn softened(mut finding: Finding) -> Finding {
    finding.status = finding.status.min(Status::Warn);
    finding.message = format!("new since the migrations: {}", finding.message);
    finding
}

/// The first failure, and how many more there are.
fn summary(first: &Finding, count: usize) -> String {
    let more =
        if count > 1 { format!(", and {} more", counted(count - 1, "failure")) } else { String::new() };
    match &first.object {
        Some(object) => format!("{object}: {}{more}", first.message),
        None => format!("{}{more}", first.message),
    }
}
