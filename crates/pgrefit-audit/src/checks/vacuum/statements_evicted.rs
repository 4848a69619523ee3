//! A table of statements that is too small for what is run.

use pgrefit_catalog::census::Source;
use pgrefit_report::Status;

use crate::check::{Check, Group};
use crate::facts::activity::{DAY_S, HOUR_S, float, said, span, tenths};
use crate::{Facts, Ruling};

/// Each time a twentieth goes; so often a day, and none stays for a day.
const WARN_A_DAY: f64 = 20.0;

/// The check.
pub(super) static CHECK: Check = Check {
    id: "statements-evicted",
    code: "VAC-12",
    group: Group::Vacuum,
    title: "pg_stat_statements throws statements out to make room.",
    level: Status::Warn,
    required: false,
    matters: "When pg_stat_statements.max is reached, the twentieth that was called least is thrown out, and its counts are lost: \
              a costly statement that is run once a night is never seen, and each eviction stops the others for a moment. \
              Told from one a day on; a warning from twenty a day on. Often statements that differ only in the length of a \
              list, or in the names of temporary tables, fill it; from version 18 on the first kind is one entry.",
    cure: "Raise pg_stat_statements.max, with a restart. Write IN lists as = ANY($1).",
    sources: &[Source::Statements],
    example: None,
    judge,
};

fn judge(facts: &Facts<'_>, ruling: &mut Ruling) {
    const NAME: &str = "pg_stat_statements.max";
    let Some(totals) = &facts.census.statement_totals else {
        return ruling.skip("there are no totals of pg_stat_statements");
    };
    // Before an hour is over, a rate says nothing.
    let window = totals.reset_age_s.filter(|age| *age >= HOUR_S);
    ruling.saw();
    let (Some(evictions), Some(window)) = (totals.deallocations, window) else { return };
    let a_day = float(evictions) / (window / DAY_S);
    if a_day < 1.0 {
        return;
    }
    let status = if a_day >= WARN_A_DAY { Status::Warn } else { Status::Info };
    let max = facts.number(NAME).unwrap_or(5_000.0);
    ruling
        .found(status, NAME, format!("statements were thrown out {evictions} times in {}", said(window)))
        .number("evictions", evictions)
        .number("evictions_per_day", tenths(a_day))
        .number("entries", totals.entries)
        .number("window_ms", span(window))
        .sql(format!("ALTER SYSTEM SET {NAME} = {:.0};", max * 2.0), "", true)
        .hint("it needs a restart");
}

#[cfg(test)]
mod tests {
    use pgrefit_catalog::census::StatementTotals;
    use pgrefit_report::Status;

    use super::CHECK;
    use crate::sample::Sample;

    #[test]
    fn evictions_are_told_by_their_rate() {
        let check = |deallocations: Option<i64>, age_s: f64, expected: Status| {
            let (entries, hidden, reset_age_s) = (5_000, 0, Some(age_s));
            let totals = StatementTotals { entries, hidden, deallocations, reset_age_s };
            let sample = Sample::new(18).with(|census| census.statement_totals = Some(totals));
            assert_eq!(sample.status(&CHECK), expected, "{deallocations:?} {age_s}");
        };
        check(Some(0), 864_000.0, Status::Pass);
        check(Some(3), 864_000.0, Status::Pass);
        check(Some(30), 864_000.0, Status::Info);
        check(Some(300), 864_000.0, Status::Warn);
        check(Some(300), 60.0, Status::Pass);
        check(None, 864_000.0, Status::Pass);
        assert_eq!(Sample::new(18).status(&CHECK), Status::Skip);
    }
}
