//! Deadlocks.

use pgrefit_catalog::census::Source;
use pgrefit_catalog::quote_ident;
use pgrefit_report::Status;

use crate::check::{Check, Group};
use crate::facts::activity::{DAY_S, float, said, span, tenths};
use crate::{Facts, Ruling};

/// The check.
pub(super) static CHECK: Check = Check {
    id: "deadlocks",
    code: "ACT-07",
    group: Group::Activity,
    title: "Transactions run into deadlocks.",
    level: Status::Warn,
    required: false,
    matters: "Each deadlock makes one transaction fail, after all have waited for deadlock_timeout. It comes from transactions that \
              lock the same rows in different orders. A warning from one a day on average on; fewer are told from one a week \
              on.",
    cure: "Look up the statements in the log of the server. Lock rows in one order, such as that of the key.",
    sources: &[Source::Databases],
    example: None,
    judge,
};

fn judge(facts: &Facts<'_>, ruling: &mut Ruling) {
    let Some(database) = facts.database() else { return };
    ruling.saw();
    let (Some(deadlocks), Some(window)) = (database.deadlocks, facts.window_s(database)) else { return };
    let a_day = float(deadlocks) / (window / DAY_S);
    if a_day < 1.0 / 7.0 {
        return;
    }
    let status = if a_day >= 1.0 { Status::Warn } else { Status::Info };
    let times =
        if deadlocks == 1 { "was 1 deadlock".to_owned() } else { format!("were {deadlocks} deadlocks") };
    ruling
        .found(status, quote_ident(&database.name), format!("there {times} in {}", said(window)))
        .number("deadlocks", deadlocks)
        .number("deadlocks_per_day", tenths(a_day))
        .number("window_ms", span(window))
        .hint("the log of the server has the statements of each");
}

#[cfg(test)]
mod tests {
    use pgrefit_report::Status;

    use super::CHECK;
    use crate::sample::Sample;

    #[test]
    fn the_rate_counts() {
        let check = |deadlocks: i64, days: f64, expected: Status| {
            let change = |it: &mut pgrefit_catalog::census::Database| {
                (it.deadlocks, it.stats_reset_age_s) = (Some(deadlocks), Some(days * 86_400.0));
            };
            let sample = Sample::new(18).counted_days(days).database("app", change);
            assert_eq!(sample.status(&CHECK), expected, "{deadlocks} {days}");
        };
        check(0, 30.0, Status::Pass);
        check(1, 30.0, Status::Pass);
        check(10, 30.0, Status::Info);
        check(40, 30.0, Status::Warn);
        check(40, 0.5, Status::Pass);
    }

    #[test]
    fn other_databases_are_judged_by_audits_of_their_own() {
        let sample = Sample::new(18).database("shop", |it| it.deadlocks = Some(1_000));
        assert_eq!(sample.status(&CHECK), Status::Pass);
    }
}
