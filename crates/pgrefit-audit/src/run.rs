//! Every check over one census.

use pgrefit_catalog::census::{Census, Why};
use pgrefit_report::{Finding, Status};

use crate::check::Check;
use crate::checks::checks;
use crate::{Facts, Options, Ruling};

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
    /// Why it is blind or skipped.
    pub note: Option<String>,
    /// SQL that would open its eyes.
    pub grant: Option<String>,
}

/// Judges a census by every check that `wanted` lets pass, in the order of the list.
#[must_use]
pub fn audit(census: &Census, options: &Options, wanted: impl Fn(&Check) -> bool) -> Vec<Verdict> {
    let facts = Facts::new(census, options);
    checks().filter(|check| wanted(check)).map(|check| judge(check, &facts)).collect()
}

/// One check; it is not asked where it cannot look.
pub(crate) fn judge(check: &'static Check, facts: &Facts<'_>) -> Verdict {
    let mut ruling = Ruling::new(check.id);
    let unseen = check.sources.iter().filter_map(|source| Some((source, facts.census.unseen.get(source)?)));
    for (source, unseen) in unseen {
        match unseen.why {
            Why::Absent | Why::NotAsked => ruling.skip(unseen.text.clone()),
            Why::Privilege | Why::Locked | Why::TimedOut | Why::Failed => {
                ruling.missed(format!("{source}: {}", unseen.text), unseen.grant.clone());
            }
        }
    }
    if ruling.skipped.is_none() && ruling.blind.is_none() {
        (check.judge)(facts, &mut ruling);
    }
    let status = ruling.status();
    let Ruling { mut findings, seen, missed, blind, grant, skipped, .. } = ruling;
    findings.sort_by(|a, b| (b.status, &a.object).cmp(&(a.status, &b.object)));
    Verdict { check, status, findings, seen, total: seen + missed, note: skipped.or(blind), grant }
}
