//! Audits of the databases: a census over a session of its own, judged on another thread.

use std::time::{Duration, Instant};

use pgrefit_audit::{Verdict, audit, ignore};
use pgrefit_catalog::census::Census;
use pgrefit_history::Entry;
use pgrefit_pg::census::{CensusOptions, HistoryTable, census};
use pgrefit_report::{Failure, Finding, Status};
use tokio::sync::OwnedSemaphorePermit;
use tokio::task::spawn_blocking;

use crate::board::{AuditPoint, Outcome, Seat, now};
use crate::round::{Missed, connector};
use crate::target::AuditPlan;

/// Findings that are kept of one database, the worst; all of them are counted.
const FINDINGS_MAX: usize = 200;
/// How long one query of an audit may take.
const STATEMENT: Duration = Duration::from_secs(20);

/// What an audit found.
#[derive(Debug)]
pub(crate) struct Audited {
    /// Findings only up to a number.
    pub(crate) verdicts: Vec<Verdict>,
    /// What is to be said of what is ignored.
    pub(crate) about: Vec<Finding>,
    pub(crate) took: Duration,
    pub(crate) infos: usize,
    pub(crate) warns: usize,
    pub(crate) fails: usize,
    /// Checks that could not look, or broke.
    pub(crate) blind_checks: usize,
    /// Objects that checks did not see, added up.
    pub(crate) blind_objects: u64,
    /// Findings that are counted and not kept.
    pub(crate) left_out: usize,
    at: i64,
}

impl Audited {
    fn new(mut verdicts: Vec<Verdict>, about: Vec<Finding>, took: Duration) -> Self {
        let all = || verdicts.iter().flat_map(|verdict| &verdict.findings).chain(&about);
        let count =
            |status: Status| all().filter(|it| it.status == status && it.suppressed.is_none()).count();
        let (infos, warns, fails) = (count(Status::Info), count(Status::Warn), count(Status::Fail));
        let is_blind = |verdict: &&Verdict| matches!(verdict.status, Status::Blind | Status::Error);
        let blind_checks = verdicts.iter().filter(is_blind).count();
        let unseen = |verdict: &Verdict| match verdict.status {
            Status::Skip => 0,
            _ => verdict.total.saturating_sub(verdict.seen),
        };
        let blind_objects = verdicts.iter().map(unseen).sum();
        let left_out = cap(&mut verdicts, FINDINGS_MAX);
        Self { verdicts, about, took, infos, warns, fails, blind_checks, blind_objects, left_out, at: now() }
    }

    /// What the history keeps of it.
    pub(crate) fn point(&self) -> AuditPoint {
        let Self { at, took, infos, warns, fails, blind_checks, .. } = *self;
        AuditPoint { at, took, infos, warns, fails, blind_checks }
    }
}

/// Keeps `max` findings, the worst first, and returns how many it did not.
fn cap(verdicts: &mut [Verdict], max: usize) -> usize {
    let mut room = max;
    let mut left_out = 0;
    for status in Status::ALL.into_iter().rev() {
        for verdict in &mut *verdicts {
            verdict.findings.retain(|finding| {
                if finding.status != status {
                    return true;
                }
                let is_kept = room > 0;
                room = room.saturating_sub(1);
                left_out += usize::from(!is_kept);
                is_kept
            });
        }
    }
    left_out
}

/// Audits a database within `limit`. The permit is held until the verdict is there, also if nobody waits for it any more.
///
/// Reads what [`pgrefit_pg::census::census`] reads; locks no table.
pub(crate) async fn run(
    seat: &Seat,
    plan: &AuditPlan,
    permit: OwnedSemaphorePermit,
    limit: Duration,
) -> Result<Audited, Missed> {
    let began = Instant::now();
    let work = async {
        let census = read(seat).await?;
        let cosmetic = seat.read(|seen| seen.migrations.clone());
        let cosmetic = cosmetic.map(|it| it.value.cosmetic.clone()).unwrap_or_default();
        let plan = plan.clone();
        let judged = spawn_blocking(move || {
            let judged = judge(&plan, &census, &cosmetic);
            drop(permit);
            judged
        });
        judged.await.map_err(|_| Missed {
            outcome: Outcome::Failed,
            failure: Box::new(Failure::new("failed to judge: a bug")),
        })
    };
    let (verdicts, about) =
        tokio::time::timeout(limit, work).await.map_err(|_| Missed::late("audit the database", limit))??;
    Ok(Audited::new(verdicts, about, began.elapsed()))
}

async fn read(seat: &Seat) -> Result<Census, Missed> {
    let _lease = seat.lease();
    let mut session = connector(&seat.target, STATEMENT)?.read_only().await?;
    let history_table = HistoryTable { schema: None, name: seat.target.history_table.clone() };
    let options = CensusOptions { history_table, ..CensusOptions::default() };
    Ok(census(&mut session, &options).await?)
}

fn judge(plan: &AuditPlan, census: &Census, cosmetic: &[Entry]) -> (Vec<Verdict>, Vec<Finding>) {
    let options = (plan.options)(census, cosmetic);
    let mut verdicts = audit(census, &options, |check| (plan.is_wanted)(check));
    let today = time::OffsetDateTime::now_utc().date().to_string();
    let mut about = ignore(&mut verdicts, &plan.ignores, &today);
    about.retain(|finding| finding.status == Status::Warn);
    (verdicts, about)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn verdict(statuses: &[Status]) -> Verdict {
        let census = Census { census: Census::FORMAT, ..Census::default() };
        let mut verdicts =
            audit(&census, &pgrefit_audit::Options::default(), |check| check.id == "duplicate-index");
        let mut verdict = verdicts.remove(0);
        let finding = |status: &Status| Finding::new("duplicate-index", *status, "x");
        verdict.findings = statuses.iter().map(finding).collect();
        verdict
    }

    #[test]
    fn the_worst_findings_are_kept_and_all_are_counted() {
        use Status::{Fail, Info, Warn};
        let check = |max: usize, expected: &[&[Status]], left: usize| {
            let mut verdicts = vec![verdict(&[Info, Warn]), verdict(&[Fail, Info, Warn])];
            assert_eq!(cap(&mut verdicts, max), left, "{max}");
            let kept = |it: &Verdict| it.findings.iter().map(|finding| finding.status).collect::<Vec<_>>();
            assert_eq!(verdicts.iter().map(kept).collect::<Vec<_>>(), expected, "{max}");
        };
        check(9, &[&[Info, Warn], &[Fail, Info, Warn]], 0);
        check(4, &[&[Info, Warn], &[Fail, Warn]], 1);
        check(2, &[&[Warn], &[Fail]], 3);
        check(0, &[&[], &[]], 5);
        let audited = Audited::new(vec![verdict(&[Info, Warn, Fail, Fail])], Vec::new(), Duration::ZERO);
        assert_eq!((audited.infos, audited.warns, audited.fails), (1, 1, 2));
    }
}
