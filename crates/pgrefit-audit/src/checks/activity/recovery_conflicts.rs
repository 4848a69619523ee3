//! Queries on a standby that replay cancels.

use pgrefit_catalog::census::Source;
use pgrefit_catalog::quote_ident;
use pgrefit_report::Status;

use crate::check::{Check, Group};
use crate::facts::activity::{DAY_S, float, said, tenths};
use crate::{Facts, Ruling};

/// The check.
pub(super) static CHECK: Check = Check {
    id: "recovery-conflicts",
    code: "ACT-07c",
    group: Group::Activity,
    title: "Replay cancels queries on this standby.",
    level: Status::Warn,
    required: false,
    matters: "Replay waits for a query that needs rows which the primary has removed, or a table that is locked there, for \
              max_standby_streaming_delay; then it cancels the query. Told from ten a day on, on a standby.",
    cure: "Switch hot_standby_feedback on, and accept that long queries here keep dead rows there; or let replay wait longer.",
    sources: &[Source::Databases],
    example: None,
    judge,
};

fn judge(facts: &Facts<'_>, ruling: &mut Ruling) {
    if !facts.census.server.in_recovery {
        return ruling.skip("this is no standby");
    }
    let Some(database) = facts.database() else { return };
    ruling.saw();
    let (Some(conflicts), Some(window)) = (database.conflicts, facts.window_s(database)) else { return };
    let a_day = float(conflicts) / (window / DAY_S);
    if a_day >= 10.0 {
        ruling
            .warn(
                quote_ident(&database.name),
                format!("replay cancelled {conflicts} queries in {}", said(window)),
            )
            .number("conflicts", conflicts)
            .number("conflicts_per_day", tenths(a_day))
            .number("hot_standby_feedback", facts.is_on("hot_standby_feedback"))
            .number("max_standby_streaming_delay_ms", facts.setting_ms("max_standby_streaming_delay"))
            .hint("hot_standby_feedback, or a longer max_standby_streaming_delay");
    }
}

#[cfg(test)]
mod tests {
    use pgrefit_report::Status;

    use super::CHECK;
    use crate::sample::Sample;

    #[test]
    fn ten_a_day_are_many() {
        let sample = |conflicts| {
            Sample::new(18).counted_days(10.0).database("app", |it| it.conflicts = Some(conflicts))
        };
        assert_eq!(sample(1_000).status(&CHECK), Status::Skip);
        assert_eq!(sample(50).standby().status(&CHECK), Status::Pass);
        assert_eq!(sample(1_000).standby().status(&CHECK), Status::Warn);
    }
}
