//! Every check over one census.

use std::num::NonZero;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use pgrefit_catalog::census::{Census, Why};
use pgrefit_report::{Finding, RuleInfo, Status};

use crate::check::Check;
use crate::checks::checks;
use crate::{Facts, Options, Ruling};

/// Threads that judge. The longest check is about a tenth of all.
const MOST_WORKERS: usize = 8;

/// Why a check has not seen all, and is not blind.
const LEFT_OUT: &str = "column statistics of small tables are read with --deep only";

/// What came of one check.
#[derive(Clone, Debug)]
pub struct Verdict {
    /// The check.
    pub check: &'static Check,
    /// How it ended.
    pub status: Status,
    /// What it found, worst first.
    pub findings: Vec<Finding>,
    /// Objects it looked at.
    pub seen: u64,
    /// Objects there are.
    pub total: u64,
    /// Why it is blind or skipped, or what broke.
    pub note: Option<String>,
    /// SQL that would open its eyes.
    pub grant: Option<String>,
    pub(crate) is_blind: bool,
}

impl Verdict {
    /// Whether a check that must look could not.
    #[must_use]
    pub fn is_incomplete(&self) -> bool {
        self.status == Status::Error || self.check.required && self.is_blind
    }

    /// The check and how it ended, for a report.
    #[must_use]
    pub fn rule_info(&self) -> RuleInfo {
        let Check { id, title, code, group, .. } = self.check;
        let mut info = RuleInfo::new(*id, *title, self.check.page())
            .code(*code)
            .group(group.title())
            .ended(self.status)
            .seen(self.seen, self.total);
        info.note.clone_from(&self.note);
        info.grant.clone_from(&self.grant);
        info
    }

    /// The status by the findings that count.
    pub(crate) fn judge_again(&mut self) {
        if !matches!(self.status, Status::Skip | Status::Error) {
            self.status = status(&self.findings, self.is_blind);
        }
    }
}

/// The worst of what counts.
fn status(findings: &[Finding], is_blind: bool) -> Status {
    let counted = findings.iter().filter(|finding| finding.suppressed.is_none());
    let blind = is_blind.then_some(Status::Blind);
    Status::worst(counted.map(|finding| finding.status).chain(blind)).unwrap_or(Status::Pass)
}

/// Judges a census by every check that `wanted` lets pass, in the order of reports. Uses all processors.
#[must_use]
pub fn audit(census: &Census, options: &Options, wanted: impl Fn(&Check) -> bool) -> Vec<Verdict> {
    let facts = Facts::new(census, options);
    let wanted: Vec<&Check> = checks().filter(|check| wanted(check)).collect();
    let next = AtomicUsize::new(0);
    let work = || {
        let take = || {
            let at = next.fetch_add(1, Ordering::Relaxed);
            wanted.get(at).map(|check| (at, judge(check, &facts)))
        };
        std::iter::from_fn(take).collect::<Vec<_>>()
    };
    let workers = thread::available_parallelism().map_or(1, NonZero::get).min(MOST_WORKERS);
    let mut verdicts = thread::scope(|scope| {
        let others: Vec<_> = (1..workers).map(|_| scope.spawn(work)).collect();
        let mut verdicts = work();
        for other in others {
            verdicts.extend(other.join().unwrap_or_else(|panic| resume_unwind(panic)));
        }
        verdicts
    });
    verdicts.sort_unstable_by_key(|(at, _)| *at);
    verdicts.into_iter().map(|(_, verdict)| verdict).collect()
}

/// One check. It is not asked where it cannot look, and if it breaks, the others go on.
pub(crate) fn judge(check: &'static Check, facts: &Facts<'_>) -> Verdict {
    let mut ruling = Ruling::new(check.id);
    let unseen = check.sources.iter().filter_map(|source| Some((source, facts.census.unseen.get(source)?)));
    for (source, unseen) in unseen {
        match unseen.why {
            Why::Absent | Why::NotAsked => ruling.skip(unseen.text.clone()),
            Why::Privilege | Why::Locked | Why::TimedOut | Why::Failed => {
                let grant = unseen.grant.as_deref().map(|it| format!("{};", it.trim_end_matches(';')));
                ruling.missed(format!("{source}: {}", unseen.text), grant);
            }
        }
    }
    let mut broken = false;
    if ruling.skipped.is_none() && ruling.blind.is_none() {
        broken = catch_unwind(AssertUnwindSafe(|| (check.judge)(facts, &mut ruling))).is_err();
    }
    let Ruling { mut findings, seen, missed, blind, grant, skipped, left_out, keeps_order, .. } = ruling;
    if keeps_order {
        findings.sort_by_key(|finding| std::cmp::Reverse(finding.status));
    } else {
        findings.sort_by(|a, b| (b.status, &a.object).cmp(&(a.status, &b.object)));
    }
    let small = (left_out > 0).then(|| LEFT_OUT.to_owned());
    let mut verdict = Verdict {
        check,
        status: status(&findings, blind.is_some()),
        findings,
        seen,
        total: seen + missed + left_out,
        is_blind: blind.is_some(),
        note: skipped.clone().or(blind).or(small),
        grant,
    };
    if broken {
        verdict.status = Status::Error;
        verdict.note = Some("the check itself broke: this is a bug".to_owned());
    } else if skipped.is_some() {
        verdict.status = Status::Skip;
    }
    verdict
}
