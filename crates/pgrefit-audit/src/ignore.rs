//! What a project has decided to live with: findings that are ignored for a reason, until a day.

use std::collections::BTreeMap;

use pgrefit_report::{Finding, Status, fingerprints};
use serde::Deserialize;

use crate::Verdict;

/// An entry of `audit.toml`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Ignore {
    /// Id of the check.
    pub check: String,
    /// The objects, as findings name them, with `*` for anything; without it the whole check, and that it is blind.
    pub object: Option<String>,
    /// Why.
    pub reason: String,
    /// The first day on which it counts no more: `2027-01-01`.
    #[serde(skip)]
    pub expires: Option<String>,
}

/// The id of findings about entries themselves.
pub const IGNORE: &str = "audit-ignore";

/// Takes out of the count what is ignored on the day `today` (`2026-11-26`), and tells of entries that count no more, or match
/// nothing.
pub fn ignore(verdicts: &mut [Verdict], entries: &[Ignore], today: &str) -> Vec<Finding> {
    let mut about = Vec::new();
    for entry in entries {
        let name = entry.object.as_ref().map_or(entry.check.clone(), |it| format!("{} {it}", entry.check));
        if let Some(day) = entry.expires.as_ref().filter(|day| day.as_str() <= today) {
            let message = format!("ignoring {name} ended on {day}: {}", entry.reason);
            about.push(Finding::new(IGNORE, Status::Warn, message).about(name));
            continue;
        }
        let mut matched = false;
        for verdict in verdicts.iter_mut().filter(|verdict| verdict.check.id == entry.check) {
            matched |= verdict.ignore(entry);
        }
        if !matched {
            let message = format!("ignoring {name} matches nothing: remove it");
            about.push(Finding::new(IGNORE, Status::Info, message).about(name));
        }
    }
    about
}

/// Why a finding does not count that an earlier report has.
pub const KNOWN: &str = "in the baseline";

/// Takes out of the count what was found before: fingerprints of an earlier report, each with its level. What is worse now
/// counts.
pub fn ignore_known(verdicts: &mut [Verdict], known: &BTreeMap<String, Status>) {
    for verdict in verdicts {
        let prints = fingerprints(&verdict.findings);
        for (finding, print) in verdict.findings.iter_mut().zip(prints) {
            let is_known = known.get(&print).is_some_and(|level| finding.status <= *level);
            if is_known && finding.suppressed.is_none() {
                finding.suppressed = Some(KNOWN.to_owned());
            }
        }
        verdict.judge_again();
    }
}

impl Verdict {
    fn ignore(&mut self, entry: &Ignore) -> bool {
        let mut matched = false;
        for finding in &mut self.findings {
            let object = finding.object.as_deref().unwrap_or_default();
            if entry.object.as_ref().is_none_or(|pattern| matches(pattern, object)) {
                finding.suppressed = Some(entry.reason.clone());
                matched = true;
            }
        }
        if entry.object.is_none() && self.is_blind {
            self.is_blind = false;
            matched = true;
        }
        self.judge_again();
        matched
    }
}

/// Whether `text` is what `pattern` says, where `*` is any text.
fn matches(pattern: &str, text: &str) -> bool {
    let Some((head, rest)) = pattern.split_once('*') else { return pattern == text };
    let Some(mut left) = text.strip_prefix(head) else { return false };
    let mut parts: Vec<&str> = rest.split('*').collect();
    let tail = parts.pop().unwrap_or_default();
    for part in parts {
        let Some(at) = left.find(part) else { return false };
        left = &left[at + part.len()..];
    }
    left.ends_with(tail)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check;
    use crate::sample::Sample;

    #[test]
    fn patterns_match_whole_names() {
        let check = |pattern: &str, text: &str, expected: bool| {
            assert_eq!(matches(pattern, text), expected, "{pattern} {text}");
        };
        check("public.t", "public.t", true);
        check("public.t", "public.tt", false);
        check("public.*", "public.t", true);
        check("*.t", "public.t", true);
        check("*.t", "public.tt", false);
        check("p*.t*_x", "public.t_1_x", true);
        check("a*a", "a", false);
        check("*", "", true);
        check("", "a", false);
    }

    fn verdicts() -> Vec<Verdict> {
        let check = check("durability-off").or_else(|| check("fsync-off")).expect("a check");
        vec![Sample::new(18).setting("fsync", "off").verdict(check)]
    }

    fn entry(check: &str, object: Option<&str>, expires: Option<&str>) -> Ignore {
        Ignore {
            check: check.to_owned(),
            object: object.map(str::to_owned),
            reason: "a scratch server".to_owned(),
            expires: expires.map(str::to_owned),
        }
    }

    #[test]
    fn an_entry_counts_until_its_day() {
        let check = |object: Option<&str>, expires: Option<&str>, expected: Status, about: &[Status]| {
            let mut found = verdicts();
            let id = found[0].check.id;
            let told = ignore(&mut found, &[entry(id, object, expires)], "2026-11-26");
            assert_eq!(found[0].status, expected, "{object:?} {expires:?}");
            assert_eq!(told.iter().map(|it| it.status).collect::<Vec<_>>(), about);
        };
        check(Some("fsync"), None, Status::Pass, &[]);
        check(None, Some("2026-11-27"), Status::Pass, &[]);
        check(Some("fsync"), Some("2026-11-26"), Status::Fail, &[Status::Warn]);
        check(Some("other"), None, Status::Fail, &[Status::Info]);
    }

    #[test]
    fn what_is_known_does_not_count() {
        let print = fingerprints(&verdicts()[0].findings).remove(0);
        let check = |print: &str, level: Status, expected: Status| {
            let mut found = verdicts();
            ignore_known(&mut found, &BTreeMap::from([(print.to_owned(), level)]));
            assert_eq!(found[0].status, expected, "{print} {level:?}");
        };
        check(&print, Status::Fail, Status::Pass);
        check("0000", Status::Fail, Status::Fail);
        // It has become worse since.
        check(&print, Status::Warn, Status::Fail);
    }
}
