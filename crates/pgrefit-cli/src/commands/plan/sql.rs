//! `pgrefit plan --sql`: what a run would send, for somebody who wants to read it.

use std::fmt::Write as _;

use pgrefit_history::{Part, Sent};
use pgrefit_migrate::{Job, Planned, preview};

use crate::{Failed, Output};

const HEAD: &str = "\
-- What `pgrefit migrate` sends in order to write, in this order. Questions to the catalog are left out; <...> is known only
-- while it runs. A transaction that waits for a gap asks for its locks for a shorter time than shown, at first.
";

/// The messages of a plan that can be run.
pub(super) async fn run(job: &Job<'_>, planned: &Planned) -> Result<Output, Failed> {
    planned.refuse_unfit()?;
    Ok(Output::Plain(rendered(&preview(job, planned).await?)))
}

fn rendered(all: &[Sent]) -> String {
    let mut text = HEAD.to_owned();
    if all.is_empty() {
        text.push_str("-- Nothing is pending.\n");
    }
    for Sent { title, parts } in all {
        let title = title.as_deref().unwrap_or("before the first migration");
        let _ = write!(text, "\n-- {} {title}\n", "=".repeat(16));
        for Part { about, sql } in parts {
            let _ = write!(text, "\n-- {about}\n");
            if !sql.is_empty() {
                let _ = writeln!(text, "{};", sql.trim_end().trim_end_matches(';'));
            }
        }
    }
    text
}
