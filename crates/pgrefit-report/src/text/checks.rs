//! What the checks themselves have to say: what they did not see, how many passed.

use super::TextOptions;
use super::flow::width;
use super::hang::Label;
use super::paint::{BOLD, PLAIN, paint, style_of};
use crate::{Report, RuleInfo, Status, counted, grouped, phrase, printable};

/// What was not seen, and the line about the rest.
pub(super) fn sections(report: &Report, options: &TextOptions) -> [Vec<String>; 2] {
    [unseen(report, options), rest(report, options)]
}

/// A line for each check that did not see everything, and below it what would let it.
fn unseen(report: &Report, options: &TextOptions) -> Vec<String> {
    let mut lines = Vec::new();
    for (rule, status) in grouped::unseeing(report) {
        let word = Label::new(2, &format!("{status}:"), style_of(status), options);
        lines.extend(word.before(&format!("{} {}", rule.id, phrase::blindness(rule)), options));
        let grants = rule.grant.iter().flat_map(|grant| printable::lines(grant));
        lines.extend(grants.map(|line| format!("    {line}")));
    }
    if !lines.is_empty() {
        lines.insert(0, paint("Not seen", BOLD, options.color));
    }
    lines
}

/// `41 checks passed, 6 skipped`; when asked, the list.
fn rest(report: &Report, options: &TextOptions) -> Vec<String> {
    let ended = |status| report.checks().filter(move |rule| rule.status == Some(status));
    let (passed, skipped) = (ended(Status::Pass).count(), ended(Status::Skip).count());
    if report.checks().next().is_none() {
        return Vec::new();
    }
    let skipped_too = if skipped > 0 { format!(", {skipped} skipped") } else { String::new() };
    let mut lines = vec![format!("{} passed{skipped_too}", counted(passed, "check"))];
    if options.verbose {
        let told: Vec<_> = ended(Status::Pass).chain(ended(Status::Skip)).collect();
        let column = told.iter().map(|rule| width(&rule.id)).max().unwrap_or(0) + 11;
        lines.extend(told.iter().flat_map(|rule| listed(rule, column, options)));
    }
    lines
}

/// `  pass: index-invalid      412 of 412`.
fn listed(rule: &RuleInfo, column: usize, options: &TextOptions) -> Vec<String> {
    let status = rule.status.unwrap_or(Status::Pass);
    let word = paint(&format!("{status}:"), style_of(status), options.color);
    let name = Label::new(0, &printable::line(&rule.id), PLAIN, options).up_to(column - 8);
    let narrower = TextOptions { width: options.width.saturating_sub(8), ..*options };
    let lines = name.before(&phrase::sight(rule), &narrower);
    let mut lines: Vec<String> = lines.iter().map(|line| format!("        {line}")).collect();
    if let Some(first) = lines.first_mut() {
        first.replace_range(..8, &format!("  {word} "));
    }
    lines
}
