//! How each check ended, as a table, and the exit code of all together.

use crate::failure::{Failure, Outcome};
use std::fmt::{self, Write as _};
use std::process::ExitCode;

/// How a check ended.
pub(super) enum Verdict {
    Ok,
    Failed(Failure),
    /// It was not run, and why.
    Skipped(String),
}

impl Verdict {
    pub(super) fn of(outcome: Outcome<()>) -> Self {
        match outcome {
            Ok(()) => Self::Ok,
            Err(failure) if failure.is_unavailable() => Self::Skipped(failure.chain()),
            Err(failure) => Self::Failed(failure),
        }
    }

    pub(super) fn is_failed(&self) -> bool {
        matches!(self, Self::Failed(_))
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ok => f.write_str("ok"),
            Self::Failed(failure) => write!(f, "FAILED: {}", failure.chain()),
            Self::Skipped(why) => write!(f, "SKIPPED: {why}"),
        }
    }
}

/// One check of a run.
pub(super) struct Row {
    pub(super) step: &'static str,
    pub(super) verdict: Verdict,
    pub(super) seconds: f64,
}

impl Row {
    /// Of a check that is not worth its time any more.
    pub(super) fn not_reached(step: &'static str) -> Self {
        let why = "a check before it has failed".to_owned();
        Self { step, verdict: Verdict::Skipped(why), seconds: 0.0 }
    }
}

/// The rows as lines, each with its reason, and a sum.
pub(super) fn table(rows: &[Row]) -> String {
    let mut text = format!("{:<12} {:>7}  verdict\n", "step", "seconds");
    for Row { step, verdict, seconds } in rows {
        // Writing to a String cannot fail.
        let _ = writeln!(text, "{step:<12} {seconds:>7.1}  {verdict}");
    }
    let failed = rows.iter().filter(|row| row.verdict.is_failed()).count();
    let skipped = rows.iter().filter(|row| matches!(row.verdict, Verdict::Skipped(_))).count();
    let seconds: f64 = rows.iter().map(|row| row.seconds).sum();
    let ok = rows.len() - failed - skipped;
    let _ = writeln!(text, "{:<12} {seconds:>7.1}  {ok} ok, {failed} failed, {skipped} skipped", "all");
    text
}

/// That of the first failure; 1 if something was skipped that must not be.
pub(super) fn exit_code(rows: &[Row], nothing_skipped: bool) -> ExitCode {
    let failures = rows.iter().filter_map(|row| match &row.verdict {
        Verdict::Failed(failure) => Some(failure.exit_code()),
        Verdict::Skipped(_) if nothing_skipped => Some(ExitCode::FAILURE),
        Verdict::Ok | Verdict::Skipped(_) => None,
    });
    failures.into_iter().next().unwrap_or(ExitCode::SUCCESS)
}

#[cfg(test)]
mod tests {
    use super::{Row, Verdict, exit_code, table};
    use crate::failure::Failure;
    use std::process::ExitCode;

    fn row(step: &'static str, verdict: Verdict) -> Row {
        Row { step, verdict, seconds: 1.25 }
    }

    fn rows() -> Vec<Row> {
        let absent = Failure::unavailable("install typos", "no network");
        vec![
            row("fmt", Verdict::of(Ok(()))),
            row("typos", Verdict::of(Err(absent))),
            row("deny", Verdict::of(Err(Failure::because("pass deny", "a licence")))),
            Row::not_reached("test"),
        ]
    }

    #[test]
    fn the_table_says_why() {
        let expected = "\
step         seconds  verdict
fmt              1.2  ok
typos            1.2  SKIPPED: failed to install typos: no network
deny             1.2  FAILED: failed to pass deny: a licence
test             0.0  SKIPPED: a check before it has failed
all              3.8  1 ok, 1 failed, 2 skipped
";
        assert_eq!(table(&rows()), expected);
    }

    #[test]
    fn skipped_is_failed_for_who_asks_for_it() {
        let check = |rows: &[Row], nothing_skipped, expected: ExitCode| {
            assert_eq!(exit_code(rows, nothing_skipped), expected);
        };
        check(&[], true, ExitCode::SUCCESS);
        check(&rows(), false, ExitCode::FAILURE);
        check(&rows()[..2], false, ExitCode::SUCCESS);
        check(&rows()[..2], true, ExitCode::FAILURE);
        check(&rows()[..1], true, ExitCode::SUCCESS);
    }
}
