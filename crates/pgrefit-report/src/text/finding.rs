//! One finding: the judgement in a line, its reasons and cure beneath.

use super::hang::Label;
use super::paint::{BOLD, PLAIN, paint, style_of};
use super::{TextOptions, failure};
use crate::{Cell, Finding, Remediation, phrase, printable};

/// The lines of one finding.
pub(super) fn lines(finding: &Finding, options: &TextOptions) -> Vec<String> {
    let body = Label::new(2, "", PLAIN, options);
    let mut lines = vec![heading(finding, options)];
    lines.extend(body.before(&finding.message, options));
    if options.verbose && !finding.numbers.is_empty() {
        lines.extend(body.before(&numbers(finding), options));
    }
    if let Some(location) = &finding.location {
        lines.extend(failure::excerpt(location, options));
    }
    if let Some(hint) = &finding.hint {
        lines.extend(Label::new(2, "hint:", BOLD, options).before(hint, options));
    }
    if let Some(remediation) = &finding.remediation {
        lines.extend(cure(remediation, options));
    }
    lines
}

fn heading(finding: &Finding, options: &TextOptions) -> String {
    let status = paint(finding.status.as_str(), style_of(finding.status), options.color);
    let check = printable::line(&finding.check);
    match &finding.object {
        Some(object) => {
            let object = paint(&printable::line(object), BOLD, options.color);
            format!("{status}: {object} [{check}]")
        }
        None => format!("{status}: [{check}]"),
    }
}

/// `rows 12, lock wait 3.4 s`: the key without the unit that the value already carries.
fn numbers(finding: &Finding) -> String {
    let named = finding.numbers.iter().map(|(key, value)| {
        let name = match value {
            Cell::DurationMs(_) => key.trim_end_matches("_ms"),
            Cell::Bytes(_) => key.trim_end_matches("_bytes"),
            _ => key,
        };
        format!("{} {}", name.replace('_', " "), phrase::value(value))
    });
    named.collect::<Vec<_>>().join(", ")
}

/// The SQL is not wrapped: it is there to be copied.
fn cure(remediation: &Remediation, options: &TextOptions) -> Vec<String> {
    let mut lines = Label::new(2, "fix:", BOLD, options).before(&phrase::price(remediation), options);
    lines.extend(printable::lines(&remediation.sql).map(|line| format!("    {line}")));
    lines
}
