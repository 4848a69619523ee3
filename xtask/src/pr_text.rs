//! `cargo xtask pr-text`: the text of a pull request, from what the deployment to staging has left behind.

use crate::failure::Outcome;
use crate::workspace;
use std::fmt::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;

/// GitHub takes 65,536 characters.
const CHARACTERS_MAX: usize = 60_000;

/// Reports, in the order in which they are read.
const REPORTS: [(&str, &str); 3] =
    [("audit", "Audit of staging, after the migration"), ("plan", "Plan"), ("migrate", "Migration")];

/// Print the text of a pull request: what was planned, migrated and found on staging
#[derive(clap::Args)]
pub(crate) struct Args {
    /// The folder that `cargo xtask deploy --reports` has written
    reports: PathBuf,
    /// The commit that was deployed
    #[arg(long)]
    commit: String,
    /// Where the run can be seen
    #[arg(long)]
    run: String,
}

pub(crate) fn run(args: &Args) -> Outcome<ExitCode> {
    let mut reports = Vec::new();
    for (name, title) in REPORTS {
        let path = args.reports.join(format!("{name}.md"));
        let text = if path.exists() { Some(workspace::read(&path)?) } else { None };
        reports.push((title, text));
    }
    print!("{}", text(&args.commit, &args.run, &reports));
    Ok(ExitCode::SUCCESS)
}

/// Each report has its share of what GitHub takes; what is left out is in the run.
fn text(commit: &str, run: &str, reports: &[(&str, Option<String>)]) -> String {
    let mut text = format!("The checks have passed, and {commit} runs on staging: [the run]({run}).\n");
    let share = CHARACTERS_MAX / reports.len().max(1);
    for (title, report) in reports {
        // Writing to a String cannot fail.
        let _ = write!(text, "\n<details><summary>{title}</summary>\n\n");
        match report {
            Some(report) => text.push_str(&shortened(report, share)),
            None => text.push_str("There is none: that step did not run.\n"),
        }
        text.push_str("\n</details>\n");
    }
    text
}

/// The beginning, up to the end of a line, with its fence closed.
fn shortened(report: &str, characters_max: usize) -> String {
    let Some((end, _)) = report.char_indices().nth(characters_max) else {
        return report.to_owned();
    };
    let kept = report[..end].rfind('\n').map_or("", |at| &report[..at]);
    let fence =
        kept.lines().find(|line| line.starts_with("```")).unwrap_or_default().trim_end_matches("text");
    format!("{kept}\n{fence}\n\n(The rest is in the run.)\n")
}

#[cfg(test)]
mod tests {
    use super::{shortened, text};

    #[test]
    fn a_report_is_folded_and_one_that_is_missing_is_told() {
        let reports = [("Plan", Some("## plan\n".to_owned())), ("Audit", None)];
        let expected = "\
The checks have passed, and abc runs on staging: [the run](https://host/1).

<details><summary>Plan</summary>

## plan

</details>

<details><summary>Audit</summary>

There is none: that step did not run.

</details>
";
        assert_eq!(text("abc", "https://host/1", &reports), expected);
    }

    #[test]
    fn a_long_report_ends_with_a_whole_line_and_a_closed_fence() {
        let report = format!("## plan\n\n````text\n{}````\n", "é line\n".repeat(40));
        let short = shortened(&report, 100);
        assert!(short.ends_with("é line\n````\n\n(The rest is in the run.)\n"), "{short}");
        assert!(short.chars().count() < 140, "{short}");
        assert_eq!(shortened(&report, 1000), report);
        let all = text("c", "r", &[("Plan", Some("x\n".repeat(100_000)))]);
        assert!(all.chars().count() < 65_536);
    }
}
