//! Statements that `pg_stat_statements` forgets.

use pgrefit_catalog::census::Source;
use pgrefit_report::{Cell, Status, human_duration};

use crate::check::{Check, Group};
use crate::{Facts, Ruling};

/// How long it must have counted.
const WINDOW_S: f64 = 86_400.0;

/// How far apart it may happen.
const APART_S: f64 = 3_600.0;

/// The check.
pub(super) static CHECK: Check = Check {
    id: "statements-evicted",
    code: "CFG-11e",
    group: Group::Settings,
    title: "pg_stat_statements forgets statements to make room for others.",
    level: Status::Info,
    required: false,
    matters: "When it is full, it throws out the least used in twentieths, so that its sums are too small and what \
              is rare never shows. Told from one time in an hour on, over at least a day; from 14 on. Often the \
              cause is a list of changing length in IN (…), or names of tables that change.",
    cure: "Raise pg_stat_statements.max (it needs a restart), or make the application send parameters.",
    sources: &[Source::Settings, Source::Statements],
    example: None,
    judge,
};

fn judge(facts: &Facts<'_>, ruling: &mut Ruling) {
    let Some(totals) = &facts.census.statement_totals else { return };
    ruling.saw();
    let (Some(evicted), Some(window)) = (totals.deallocations, totals.reset_age_s) else { return };
    #[expect(clippy::cast_precision_loss, reason = "a rate")]
    let often = evicted as f64 * APART_S >= window;
    if window >= WINDOW_S && often {
        ruling
            .info(
                "pg_stat_statements.max",
                format!(
                    "statements were thrown out {evicted} times in {}",
                    human_duration(Facts::whole_ms(window))
                ),
            )
            .number("deallocations", evicted)
            .number("window_ms", Cell::DurationMs(Facts::whole_ms(window)))
            .number("entries", totals.entries)
            .hint("raise pg_stat_statements.max, which needs a restart");
    }
}

#[cfg(test)]
mod tests {
    use pgrefit_catalog::census::StatementTotals;
    use pgrefit_report::Status;

    use super::CHECK;
    use crate::sample::Sample;

    #[test]
    fn only_a_steady_loss_is_told() {
        let check = |evicted: Option<i64>, days: f64, expected: Status| {
            let reset_age_s = Some(days * 86_400.0);
            let totals = StatementTotals { entries: 5_000, hidden: 0, deallocations: evicted, reset_age_s };
            let sample = Sample::new(18).with(|census| census.statement_totals = Some(totals));
            assert_eq!(sample.status(&CHECK), expected, "{evicted:?} {days}");
        };
        check(Some(0), 2.0, Status::Pass);
        check(Some(100), 2.0, Status::Info);
        check(Some(100), 0.5, Status::Pass);
        check(Some(10), 30.0, Status::Pass);
        check(None, 30.0, Status::Pass);
    }
}
