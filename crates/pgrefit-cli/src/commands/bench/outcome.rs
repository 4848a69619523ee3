//! From findings to an exit code, and from a result to files.

use std::path::Path;

use pgrefit_report::{Chart, Finding, Outcome, Report, Status, render_html_with};

use crate::output::write_beside;
use crate::{Exit, Failed, Output};

/// The report with its findings, ended as they say.
pub(super) fn ended(mut report: Report, findings: Vec<Finding>, summary: String) -> (Exit, Report) {
    let worst = Status::worst(findings.iter().map(|finding| finding.status)).unwrap_or(Status::Pass);
    let (exit, status) = match worst {
        Status::Fail | Status::Error => (Exit::Findings, Status::Fail),
        Status::Blind => (Exit::Blind, Status::Blind),
        Status::Warn => (Exit::Done, Status::Warn),
        _ => (Exit::Done, Status::Pass),
    };
    report.findings = findings;
    report.outcome = Outcome::new(exit.code(), status, summary);
    (exit, report)
}

/// What goes to the user; of a run that was stopped, with a failure that says so.
pub(super) fn told(exit: Exit, report: Report, was_stopped: bool) -> Result<Output, Failed> {
    if !was_stopped {
        return Ok(Output::Report(exit, Box::new(report)));
    }
    let failed = Failed::new(Exit::TryAgain, "failed to come to the end: the benchmark was stopped");
    Err(failed.hint("the figures are of the time until then; run the same command again").with_report(report))
}

/// Writes the page.
pub(super) fn write_page(report: &Report, charts: &[Chart], path: Option<&Path>) -> Result<(), Failed> {
    path.map_or(Ok(()), |path| write(path, &render_html_with(report, charts)))
}

/// Writes a file, beside its name first.
pub(super) fn write(path: &Path, text: &str) -> Result<(), Failed> {
    write_beside(path, text)
        .map_err(|error| Failed::new(Exit::Usage, format!("failed to write {}: {error}", path.display())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_worst_finding_decides() {
        let check = |statuses: &[Status], expected: (Exit, Status)| {
            let findings = statuses.iter().map(|status| Finding::new("c", *status, "m")).collect();
            let report = Report::new("bench", "0", "", Outcome::new(0, Status::Pass, ""));
            let (exit, report) = ended(report, findings, "s".to_owned());
            assert_eq!((exit, report.outcome.status), expected);
            assert_eq!(report.outcome.exit_code, exit.code());
        };
        check(&[], (Exit::Done, Status::Pass));
        check(&[Status::Info, Status::Skip], (Exit::Done, Status::Pass));
        check(&[Status::Info, Status::Warn], (Exit::Done, Status::Warn));
        check(&[Status::Blind, Status::Warn], (Exit::Blind, Status::Blind));
        check(&[Status::Blind, Status::Fail], (Exit::Findings, Status::Fail));
    }
}
