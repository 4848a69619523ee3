//! Sequences, privileges and statistics afterwards.

use pgrefit_pg::integrity::{Behind, Privileges, Sequences};
use pgrefit_report::{Finding, Status, counted};

use crate::Settled;
use crate::steps::apply::More;
use crate::steps::gate::Expected;

const SEQUENCES: &str = "sequence-behind";
const PRIVILEGES: &str = "privileges-changed";
const STATISTICS: &str = "statistics-old";

/// A sequence behind its key is a failure, unless it was so before.
pub(super) fn judge_sequences(before: &Sequences, now: &Sequences) -> Finding {
    let is_new = |behind: &&Behind| !before.behind.iter().any(|then| then.sequence == behind.sequence);
    let new: Vec<&Behind> = now.behind.iter().filter(is_new).collect();
    let hidden =
        if now.hidden > 0 { format!("; {} hidden from this role", now.hidden) } else { String::new() };
    match (new.first(), now.behind.first()) {
        (Some(first), _) => behind(first, Status::Fail, "since this run", new.len()),
        (None, Some(first)) => behind(first, Status::Warn, "as before this run", now.behind.len()),
        (None, None) if now.seen == 0 && now.hidden > 0 => {
            let message = format!("{} hidden from this role", counted(now.hidden, "sequence"));
            Finding::new(SEQUENCES, Status::Blind, message)
                .hint("GRANT SELECT on the sequences and their tables")
        }
        (None, None) => {
            let what = counted(now.seen, "sequence");
            let (is, keys) = if now.seen == 1 { ("is", "its key") } else { ("are", "their keys") };
            Finding::new(SEQUENCES, Status::Pass, format!("{what} {is} ahead of {keys}{hidden}"))
        }
    }
}

fn behind(first: &Behind, status: Status, when: &str, count: usize) -> Finding {
    let more = if count > 1 { format!(", and {} more", count - 1) } else { String::new() };
    let last = first.last_value.map_or_else(|| "was never used".to_owned(), |last| format!("is at {last}"));
    let message = format!(
        "it {last} and {} has {}: the next row would have a key that is there ({when}){more}",
        first.column, first.reached
    );
    Finding::new(SEQUENCES, status, message).about(first.sequence.clone()).hint(format!(
        "SELECT setval('{}', {})",
        first.sequence.replace('\'', "''"),
        first.reached
    ))
}

/// What is there before and afterwards has the privileges of before, or those that the rehearsal has made.
pub(super) fn judge_privileges(before: &More, expected: Option<&Expected>, now: &Privileges) -> Vec<Finding> {
    let rehearsed = expected.and_then(|expected| expected.privileges.as_ref());
    let mut changed = Vec::new();
    let mut kept = 0;
    for (object, then) in &before.privileges {
        let Some(found) = now.get(object) else { continue };
        if found == then {
            kept += 1;
            continue;
        }
        let (status, end) = match rehearsed {
            Some(rehearsed) if rehearsed.get(object) == Some(found) => (Status::Info, "as rehearsed"),
            Some(_) => (Status::Fail, "which the rehearsal did not show"),
            None => (Status::Warn, "and no rehearsal with the same roles says whether it should"),
        };
        let message = if then.owner == found.owner {
            format!("its privileges were {}, and are {}, {end}", shown(&then.items), shown(&found.items))
        } else {
            format!("its owner was {}, and is {}, {end}", then.owner, found.owner)
        };
        changed.push(Finding::new(PRIVILEGES, status, message).about(object.1.clone()));
    }
    changed.extend(new_objects(before, rehearsed, now));
    let what = if kept == 1 {
        "object has the owner and the privileges"
    } else {
        "objects have the owners and privileges"
    };
    let message = format!("{kept} {what} of before");
    changed.push(Finding::new(PRIVILEGES, Status::Pass, message).number("objects", kept));
    changed
}

/// What was not there before has the privileges that the rehearsal has given it.
fn new_objects(before: &More, rehearsed: Option<&Privileges>, now: &Privileges) -> Vec<Finding> {
    let Some(rehearsed) = rehearsed else { return Vec::new() };
    let new = now.iter().filter(|(object, _)| !before.privileges.contains_key(*object));
    let other = new.filter_map(|(object, found)| {
        let wanted = rehearsed.get(object).filter(|wanted| *wanted != found)?;
        let message = format!(
            "new, with the owner {} and the privileges {}; the rehearsal has given it {} and {}",
            found.owner,
            shown(&found.items),
            wanted.owner,
            shown(&wanted.items)
        );
        Some(Finding::new(PRIVILEGES, Status::Fail, message).about(object.1.clone()))
    });
    other.collect()
}

fn shown(items: &str) -> &str {
    if items.is_empty() { "none" } else { items }
}

/// Every changed table was analyzed.
pub(super) fn judge_statistics(settled: &Settled) -> Vec<Finding> {
    let left = settled.left.iter().map(|(table, why)| {
        Finding::new(STATISTICS, Status::Warn, format!("it could not be analyzed: {why}"))
            .about(table.to_string())
            .hint(format!("ANALYZE {table}"))
    });
    let mut findings: Vec<Finding> = left.collect();
    if findings.is_empty() {
        let done = settled.analyzed.len();
        let message = format!("{} analyzed after the change", counted(done, "changed table"));
        findings.push(Finding::new(STATISTICS, Status::Pass, message).number("tables", done));
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::*;

    fn behind_at(sequence: &str) -> Behind {
        Behind { sequence: sequence.into(), column: "t.id".into(), last_value: Some(6), reached: 7 }
    }

    #[test]
    fn only_a_sequence_that_was_ahead_fails() {
        let check = |before: &[&str], now: &[&str], status: Status, words: &str| {
            let of = |names: &[&str]| Sequences {
                seen: 3,
                hidden: 0,
                behind: names.iter().map(|name| behind_at(name)).collect(),
            };
            let finding = judge_sequences(&of(before), &of(now));
            assert_eq!(finding.status, status, "{before:?} {now:?}");
            assert!(finding.message.contains(words), "{}", finding.message);
        };
        check(&[], &[], Status::Pass, "3 sequences are ahead of their keys");
        check(&["s"], &["s"], Status::Warn, "as before this run");
        check(&["s"], &["s", "u"], Status::Fail, "since this run");
        check(&[], &["s", "u"], Status::Fail, ", and 1 more");
    }
}
