//! The findings in the order in which people read them: by group, the worst first, those of one check together.

use std::collections::{BTreeMap, BTreeSet};

use crate::{Finding, Remediation, Report, RuleInfo, Status, phrase};

/// What belongs together: "Indexes". Reports whose checks have no groups have one without a title.
pub(crate) struct Group<'a> {
    /// What people read.
    pub(crate) title: Option<&'a str>,
    /// The worst first.
    pub(crate) entries: Vec<Entry<'a>>,
}

/// The findings of one check that are judged alike.
pub(crate) struct Entry<'a> {
    /// Id of the check.
    pub(crate) check: &'a str,
    /// What else is known of it.
    pub(crate) rule: Option<&'a RuleInfo>,
    /// The judgement.
    pub(crate) status: Status,
    /// In the order of the report; at least one.
    pub(crate) findings: Vec<&'a Finding>,
}

/// SQL of several findings that costs the same.
pub(crate) struct Cure<'a> {
    /// The first of them, for its price.
    pub(crate) remediation: &'a Remediation,
    /// All statements.
    pub(crate) sql: String,
}

/// Whether the report has groups to read it by.
pub(crate) fn has_groups(report: &Report) -> bool {
    report.rules.iter().any(|rule| rule.group.is_some())
}

/// The findings that are `told`, by group and check; groups and checks with the worst in them come first.
pub(crate) fn groups<'a>(report: &'a Report, told: impl Fn(&Finding) -> bool) -> Vec<Group<'a>> {
    let rules: BTreeMap<&str, (usize, &RuleInfo)> =
        report.rules.iter().enumerate().map(|(index, rule)| (rule.id.as_str(), (index, rule))).collect();
    let place = |check: &str| rules.get(check).map_or(usize::MAX, |(index, _)| *index);
    let mut entries: Vec<Entry<'a>> = Vec::new();
    let mut known: BTreeMap<(&str, Status, bool), usize> = BTreeMap::new();
    for finding in report.findings.iter().filter(|finding| told(finding)) {
        let check = finding.check.as_str();
        let index =
            *known.entry((check, finding.status, finding.suppressed.is_some())).or_insert_with(|| {
                let rule = rules.get(check).map(|(_, rule)| *rule);
                entries.push(Entry { check, rule, status: finding.status, findings: Vec::new() });
                entries.len() - 1
            });
        entries[index].findings.push(finding);
    }
    // Stable: what is alike stays in the order of the checks, then of the findings.
    entries.sort_by_key(|entry| place(entry.check));
    let mut groups: Vec<Group<'a>> = Vec::new();
    for entry in entries {
        let title = entry.rule.and_then(|rule| rule.group.as_deref());
        match groups.iter_mut().find(|group| group.title == title) {
            Some(group) => group.entries.push(entry),
            None => groups.push(Group { title, entries: vec![entry] }),
        }
    }
    for group in &mut groups {
        group.entries.sort_by_key(|entry| std::cmp::Reverse(entry.status));
    }
    groups.sort_by_key(|group| (std::cmp::Reverse(group.worst()), group.title.is_none()));
    groups
}

impl Group<'_> {
    /// The worst judgement in it.
    pub(crate) fn worst(&self) -> Option<Status> {
        Status::worst(self.entries.iter().map(|entry| entry.status))
    }
}

impl<'a> Entry<'a> {
    /// The problem, in a few words without a full stop; the id of the check if nobody says.
    pub(crate) fn title(&self) -> &'a str {
        self.rule.map_or(self.check, |rule| rule.title.trim_end_matches('.'))
    }

    /// The message, if all findings say the same.
    pub(crate) fn message(&self) -> Option<String> {
        let mut messages = self.findings.iter().map(|finding| phrase::message(finding));
        let first = messages.next()?;
        messages.all(|message| message == first).then_some(first)
    }

    /// What to do in words, each once.
    pub(crate) fn hints(&self) -> Vec<&'a str> {
        let mut told = BTreeSet::new();
        let hints = self.findings.iter().filter_map(|finding| finding.hint.as_deref());
        hints.filter(|hint| told.insert(*hint)).collect()
    }

    /// The statements of the first `limit` findings, those together that cost the same.
    pub(crate) fn cures(&self, limit: usize) -> Vec<Cure<'a>> {
        let mut cures: Vec<Cure<'a>> = Vec::new();
        let mut told = BTreeSet::new();
        for remediation in self.findings.iter().take(limit).filter_map(|it| it.remediation.as_ref()) {
            let sql = remediation.sql.trim_end();
            if !told.insert((phrase::price(remediation), sql)) {
                continue;
            }
            let alike = |cure: &&mut Cure<'_>| {
                (cure.remediation.lock.as_deref(), cure.remediation.reversible)
                    == (remediation.lock.as_deref(), remediation.reversible)
            };
            match cures.iter_mut().find(alike) {
                Some(cure) => cure.sql = format!("{}\n{sql}", cure.sql),
                None => cures.push(Cure { remediation, sql: sql.to_owned() }),
            }
        }
        cures
    }
}

/// The checks that did not see everything, or broke off, with the level of that. What is no worse than a warning was left out on
/// purpose: were it hidden, the check would be blind.
pub(crate) fn unseeing(report: &Report) -> impl Iterator<Item = (&RuleInfo, Status)> {
    report.checks().filter_map(|rule| match rule.status {
        Some(status @ (Status::Blind | Status::Error)) => Some((rule, status)),
        Some(Status::Fail) if rule.unseen() > 0 => Some((rule, Status::Blind)),
        Some(Status::Pass | Status::Info | Status::Warn) if rule.unseen() > 0 => Some((rule, Status::Info)),
        _ => None,
    })
}

#[cfg(test)]
mod tests {
    use super::{Status, groups};
    use crate::sample;

    #[test]
    fn the_worst_come_first_and_what_is_alike_keeps_its_order() {
        let report = sample::checked();
        let told = groups(&report, |finding| finding.status > Status::Pass && finding.suppressed.is_none());
        let outline: Vec<String> = told
            .iter()
            .map(|group| {
                let entries = group
                    .entries
                    .iter()
                    .map(|entry| format!("{} {} × {}", entry.status, entry.check, entry.findings.len()));
                format!("{}: {}", group.title.unwrap_or("–"), entries.collect::<Vec<_>>().join(", "))
            })
            .collect();
        assert_eq!(
            outline,
            [
                "Indexes: fail index-invalid × 1, warn index-duplicate × 3",
                "Vacuum: blind statistics-stale × 1",
                "Tables: warn primary-key-missing × 24, info primary-key-missing × 1",
                "–: warn unknown-check × 1",
            ]
        );
    }

    #[test]
    fn cures_of_one_price_are_one() {
        let report = sample::checked();
        let told = groups(&report, |finding| finding.check == "index-duplicate");
        let cures = told[0].entries[0].cures(2);
        assert_eq!(cures.len(), 1);
        assert_eq!(cures[0].sql.lines().count(), 2);
        assert_eq!(told[0].entries[0].hints().len(), 1);
    }
}
