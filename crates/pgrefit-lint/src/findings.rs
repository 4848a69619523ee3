//! Findings of drafts: weighed, allowed or not, in the order of their places.

use std::collections::HashSet;
use std::ops::Range;

use pgrefit_report::{Finding, Location, Remediation};

use crate::allow::Allows;
use crate::found::Draft;
use crate::linter::Judged;
use crate::options::Options;
use crate::weigh;
use crate::work::Statement;

/// Makes findings of drafts, in the order of their places.
pub(crate) fn finish(
    file: &str,
    text: &str,
    mut drafts: Vec<Draft>,
    mut allows: Allows,
    statements: Vec<Statement>,
    options: &Options,
) -> Judged {
    let ranges: Vec<Range<usize>> = statements.iter().map(|statement| statement.range.clone()).collect();
    let mut judged = Judged { statements, ..Judged::default() };
    drafts.retain(|draft| !options.off.iter().any(|off| *off == draft.rule));
    let mut is_first = firsts(&drafts).into_iter();
    drafts.retain(|_| is_first.next().unwrap_or(true));
    let mut kept = Vec::new();
    for mut draft in drafts {
        // Before it is weighed: what an empty table needs no comment for, a full one does.
        let reason = allows.reason(&draft, &ranges);
        if let Some((cost, usage)) = draft.cost {
            match cost.level(&usage, draft.status) {
                Some(level) => draft.status = level,
                None => continue,
            }
        }
        kept.push((draft, reason));
    }
    // Of a file that was not understood nobody knows what it offends.
    let understood = !kept.iter().any(|(draft, _)| draft.rule == "syntax-error");
    if understood && !options.off.iter().any(|off| off == "unused-allow") {
        kept.extend(allows.leftovers(options).into_iter().map(|draft| (draft, None)));
    }
    kept.sort_by_key(|(draft, _)| (draft.span.start, std::cmp::Reverse(draft.status)));
    for (draft, reason) in kept {
        if let (Some(fix), None) = (&draft.fix, &reason) {
            judged.fixes.push(fix.clone());
        }
        let mut finding = report(file, text, draft);
        finding.suppressed = reason;
        judged.findings.push(finding);
    }
    judged
}

/// For each draft whether none before it says the same.
fn firsts(drafts: &[Draft]) -> Vec<bool> {
    let mut seen = HashSet::with_capacity(drafts.len());
    drafts
        .iter()
        .map(|draft| seen.insert((&*draft.rule, draft.span.start, draft.span.end, draft.object.as_deref())))
        .collect()
}

fn report(file: &str, text: &str, draft: Draft) -> Finding {
    let mut message = draft.message;
    let mut finding = Finding::new(draft.rule, draft.status, "");
    if let Some((cost, usage)) = draft.cost {
        message = format!("{message} ({}", weigh::describe(&usage));
        if let Some(time) = cost.estimate(&usage).filter(|time| time.as_millis() > 0) {
            message = format!("{message}; {}", weigh::about(time));
            finding = finding.number("estimated_ms", u64::try_from(time.as_millis()).unwrap_or(u64::MAX));
        }
        message.push(')');
        finding = finding.number("bytes", usage.bytes);
        if let Some(rows) = usage.rows {
            finding = finding.number("rows", rows);
        }
    }
    finding.message = message;
    finding.object = draft.object;
    finding.caret = draft.caret;
    finding.hint = draft.help;
    finding.remediation =
        draft.sql.map(|(sql, lock)| Remediation { sql, lock: Some(lock.sql().to_owned()), reversible: true });
    for (span, message) in draft.labels {
        finding = finding.label(Location::at_range(file, text, span), message);
    }
    finding.at(Location::at_range(file, text, draft.span))
}
