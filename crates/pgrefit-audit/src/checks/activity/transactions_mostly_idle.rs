//! Transactions that wait for their client most of the time.

use pgrefit_catalog::census::Source;
use pgrefit_catalog::quote_ident;
use pgrefit_report::Status;

use crate::check::{Check, Group};
use crate::facts::activity::{HOUR_S, percent, said, span};
use crate::{Facts, Ruling};

/// The check.
pub(super) static CHECK: Check = Check {
    id: "transactions-mostly-idle",
    code: "ACT-06c",
    group: Group::Activity,
    title: "Transactions wait for their client more than they work.",
    level: Status::Info,
    required: false,
    matters: "Between two statements of a transaction the server waits, with all locks held, and a pooler in transaction mode cannot \
              give the connection to another client. Told if two thirds of the time in transactions went so, of ten hours at \
              least: clients that call another service, or compute, inside of a transaction.",
    cure: "Do what takes time before the transaction begins, or after it ends.",
    sources: &[Source::Databases],
    example: None,
    judge,
};

fn judge(facts: &Facts<'_>, ruling: &mut Ruling) {
    let Some(database) = facts.database() else { return };
    let (Some(active), Some(idle)) = (database.active_time_ms, database.idle_in_transaction_time_ms) else {
        return ruling.skip("this version does not count the time of sessions");
    };
    ruling.saw();
    let (active_s, idle_s) = (active / 1_000.0, idle / 1_000.0);
    if idle_s < 10.0 * HOUR_S || idle_s < 2.0 * active_s {
        return;
    }
    let part = idle_s / (active_s + idle_s);
    let message = format!("transactions were idle for {}, and at work for {}", said(idle_s), said(active_s));
    ruling
        .info(quote_ident(&database.name), message)
        .number("idle_in_transaction_ms", span(idle_s))
        .number("active_ms", span(active_s))
        .number("idle_percent", percent(part));
}

#[cfg(test)]
mod tests {
    use pgrefit_report::Status;

    use super::CHECK;
    use crate::sample::Sample;

    #[test]
    fn two_thirds_are_much() {
        let check = |active_h: f64, idle_h: f64, expected: Status| {
            let sample = Sample::new(18).database("app", |it| {
                it.active_time_ms = Some(active_h * 3_600_000.0);
                it.idle_in_transaction_time_ms = Some(idle_h * 3_600_000.0);
            });
            assert_eq!(sample.status(&CHECK), expected, "{active_h} {idle_h}");
        };
        check(100.0, 50.0, Status::Pass);
        check(100.0, 250.0, Status::Info);
        check(0.1, 1.0, Status::Pass);
        assert_eq!(Sample::new(18).database("app", |_| {}).status(&CHECK), Status::Skip);
    }
}
