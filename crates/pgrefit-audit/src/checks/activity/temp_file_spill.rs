//! Sorts and hashes that do not fit into memory.

use pgrefit_catalog::census::{Source, Statement};
use pgrefit_catalog::quote_ident;
use pgrefit_report::{Cell, Status, human_bytes};

use crate::check::{Check, Group};
use crate::facts::activity::{DAY_S, excerpt, said, span};
use crate::{Facts, Ruling};

/// Bytes a day that are told.
const INFO_BYTES: u64 = 1 << 30;
/// Bytes a day that wear on the disk.
const WARN_BYTES: u64 = 50 << 30;

/// The check.
pub(super) static CHECK: Check = Check {
    id: "temp-file-spill",
    code: "ACT-09",
    group: Group::Activity,
    title: "Statements write much into temporary files.",
    level: Status::Warn,
    required: false,
    matters: "A sort, a hash or a materialized result that is larger than work_mem goes to disk. Told from 1 GiB a day on, a warning \
              from 50 GiB a day on; the statement that wrote most is named if pg_stat_statements is there. The building of \
              indexes counts as well.",
    cure: "Give that statement an index that spares the sort, or its role a larger work_mem. Do not raise work_mem for everybody.",
    sources: &[Source::Databases],
    example: None,
    judge,
};

fn judge(facts: &Facts<'_>, ruling: &mut Ruling) {
    let Some(database) = facts.database() else { return };
    ruling.saw();
    let (Some(bytes), Some(window)) = (database.temp_bytes, facts.window_s(database)) else { return };
    let bytes = u64::try_from(bytes).unwrap_or(0);
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "seconds of a day and more")]
    let days_s = window as u64;
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a constant")]
    let a_day = bytes / days_s.max(1) * DAY_S as u64;
    if a_day < INFO_BYTES {
        return;
    }
    let status = if a_day >= WARN_BYTES { Status::Warn } else { Status::Info };
    let message = format!("{} a day go into temporary files", human_bytes(a_day));
    let mut found = ruling.found(status, quote_ident(&database.name), message);
    found
        .number("temp_bytes", Cell::Bytes(bytes))
        .number("temp_bytes_per_day", Cell::Bytes(a_day))
        .number("temp_files", database.temp_files)
        .number("window_ms", span(window))
        .number("work_mem_bytes", facts.setting_bytes("work_mem").map(Cell::Bytes));
    match worst(facts) {
        Some((query, calls)) => {
            found.hint(format!("most of it by a statement with {calls} calls: {}", excerpt(query)))
        }
        None => found.hint(format!("log_temp_files tells which statements; counted for {}", said(window))),
    };
}

/// The statement with most temporary blocks, if its text can be seen.
fn worst<'a>(facts: &Facts<'a>) -> Option<(&'a str, i64)> {
    let writes = |it: &&Statement| it.temp_blocks > 0;
    let worst = facts.census.statements.iter().filter(writes).max_by_key(|it| it.temp_blocks)?;
    Some((worst.query.as_deref()?, worst.calls))
}

#[cfg(test)]
mod tests {
    use pgrefit_report::Status;

    use super::CHECK;
    use crate::sample::Sample;

    /// Ten days.
    fn sample(gib: i64) -> Sample {
        Sample::new(18).counted_days(10.0).database("app", |it| it.temp_bytes = Some(gib << 30))
    }

    #[test]
    fn bytes_are_told_by_day() {
        let check = |gib: i64, expected: Status| assert_eq!(sample(gib).status(&CHECK), expected, "{gib}");
        check(0, Status::Pass);
        check(5, Status::Pass);
        check(20, Status::Info);
        check(1_000, Status::Warn);
    }

    #[test]
    fn the_worst_statement_is_named() {
        let sample = sample(20)
            .statement("SELECT a", |it| it.temp_blocks = 10)
            .statement("SELECT b ORDER BY c", |it| it.temp_blocks = 900);
        let hint = sample.verdict(&CHECK).findings.remove(0).hint.expect("a hint");
        assert!(hint.ends_with("SELECT b ORDER BY c"), "{hint}");
    }
}
