//! Counters that have not counted for long.

use pgrefit_catalog::census::Source;
use pgrefit_catalog::quote_ident;
use pgrefit_report::Status;

use crate::check::{Check, Group};
use crate::facts::activity::{DAY_S, said, span};
use crate::{Facts, Ruling};

/// A month: what is used once a month has been used.
const MONTH_S: f64 = 30.0 * DAY_S;

/// The check.
pub(super) static CHECK: Check = Check {
    id: "statistics-window-short",
    code: "VAC-11",
    group: Group::Vacuum,
    title: "The counters have counted for less than 30 days.",
    level: Status::Info,
    required: false,
    matters: "What is used once a month looks unused in a shorter time. Counters begin anew with pg_stat_reset(), after a crash, \
              and with a new standby. Checks that rest on use over time are silent till then. Autovacuum loses sight of what \
              changed, too, for it goes by the same counters.",
    cure: "Audit again when 30 days are over. If somebody resets the counters regularly, let a monitor take the difference instead.",
    sources: &[Source::Databases],
    example: None,
    judge,
};

fn judge(facts: &Facts<'_>, ruling: &mut Ruling) {
    let server = &facts.census.server;
    let here = (quote_ident(&server.database), server.counted_for_s);
    let nodes = facts.census.nodes.iter().map(|node| (node.name.clone(), node.counted_for_s));
    for (name, counted) in std::iter::once(here).chain(nodes) {
        let Some(counted) = counted else {
            ruling.missed("since when the counters count is not known", None);
            continue;
        };
        ruling.saw();
        if counted < MONTH_S {
            let message = format!("the counters of {name} have counted for {}", said(counted));
            ruling.info(name, message).number("counted_ms", span(counted));
        }
    }
}

#[cfg(test)]
mod tests {
    use pgrefit_catalog::census::ServerNode;
    use pgrefit_report::Status;

    use super::CHECK;
    use crate::sample::Sample;

    #[test]
    fn a_month_is_enough() {
        let check = |days: f64, expected: Status| {
            assert_eq!(Sample::new(18).counted_days(days).status(&CHECK), expected, "{days}");
        };
        check(31.0, Status::Pass);
        check(3.0, Status::Info);
    }

    #[test]
    fn other_nodes_count_as_well() {
        let node = |counted_for_s| {
            let node = ServerNode { name: "standby".to_owned(), in_recovery: true, counted_for_s };
            Sample::new(18).with(|it| it.nodes.push(node))
        };
        assert_eq!(node(Some(60.0)).objects(&CHECK), ["standby"]);
        assert_eq!(node(None).status(&CHECK), Status::Blind);
    }
}
