//! Transactions that are rolled back.

use pgrefit_catalog::census::Source;
use pgrefit_catalog::quote_ident;
use pgrefit_report::Status;

use crate::check::{Check, Group};
use crate::facts::activity::{percent, share, thousands};
use crate::{Facts, Ruling};

/// Fewer transactions than this say nothing.
const LEAST: i64 = 10_000;

/// The check.
pub(super) static CHECK: Check = Check {
    id: "rollback-ratio",
    code: "ACT-07b",
    group: Group::Activity,
    title: "Many transactions are rolled back.",
    level: Status::Info,
    required: false,
    matters: "What a transaction wrote before it was rolled back stays behind as dead rows. Errors of the application look so, and \
              retries after a serialization failure; but also drivers that end each read with ROLLBACK, which harms nothing. \
              Told from a tenth on.",
    cure: "Look for ERROR in the log of the server. If there is none, it is the driver.",
    sources: &[Source::Databases],
    example: None,
    judge,
};

fn judge(facts: &Facts<'_>, ruling: &mut Ruling) {
    let Some(database) = facts.database() else { return };
    ruling.saw();
    let (Some(commits), Some(rollbacks)) = (database.commits, database.rollbacks) else { return };
    let part = share(rollbacks, commits + rollbacks);
    if commits + rollbacks < LEAST || part < 0.1 {
        return;
    }
    let message = format!(
        "{} transactions were rolled back, and {} committed",
        thousands(rollbacks),
        thousands(commits)
    );
    ruling
        .info(quote_ident(&database.name), message)
        .number("rollbacks", rollbacks)
        .number("commits", commits)
        .number("rollback_percent", percent(part));
}

#[cfg(test)]
mod tests {
    use pgrefit_report::Status;

    use super::CHECK;
    use crate::sample::Sample;

    #[test]
    fn a_tenth_is_much() {
        let check = |commits: i64, rollbacks: i64, expected: Status| {
            let sample = Sample::new(18).database("app", |it| {
                (it.commits, it.rollbacks) = (Some(commits), Some(rollbacks));
            });
            assert_eq!(sample.status(&CHECK), expected, "{commits} {rollbacks}");
        };
        check(1_000_000, 50_000, Status::Pass);
        check(1_000_000, 200_000, Status::Info);
        check(10, 90, Status::Pass);
    }
}
