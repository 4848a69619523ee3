//! Queues whose end VACUUM cuts off again and again, under a lock that standbys repeat.

use pgrefit_catalog::census::{Relation, RelationStatistics, Source};
use pgrefit_report::Status;

use crate::check::{Check, Group};
use crate::facts::activity::{DAY_S, float, thousands};
use crate::{Facts, Ruling};

/// Rows deleted a day from which on it is told.
const DELETES_A_DAY: f64 = 100_000.0;

/// The check.
pub(super) static CHECK: Check = Check {
    id: "vacuum-truncate-lock",
    code: "VAC-10",
    group: Group::Vacuum,
    title: "VACUUM may cancel queries on standbys when it shortens a table.",
    level: Status::Info,
    required: false,
    matters: "To give the empty end of a table back, VACUUM takes ACCESS EXCLUSIVE for a moment. The primary gives way to whoever \
              waits; a standby repeats the lock, and cancels queries on that table after max_standby_streaming_delay. A table \
              that is filled and emptied all the time, such as a queue, gains nothing by it. Told of such tables if there is \
              a standby, and vacuum_truncate is on: an option of the table, from version 18 on a setting, too.",
    cure: "Switch vacuum_truncate off for the table.",
    sources: &[Source::Relations, Source::RelationStatistics, Source::Replicas, Source::Settings],
    example: None,
    judge,
};

fn judge(facts: &Facts<'_>, ruling: &mut Ruling) {
    let server = &facts.census.server;
    if server.in_recovery || facts.census.replicas.is_empty() {
        return ruling.skip("there is no standby of this server");
    }
    let Some(days) = server.counted_for_s.map(|it| it / DAY_S).filter(|days| *days >= 1.0) else { return };
    for table in facts.heaps() {
        let Some(counters) = facts.statistics(table.oid) else { continue };
        ruling.saw();
        if !is_queue(counters, days) || !truncates(facts, table) {
            continue;
        }
        let name = facts.name(table.oid);
        let deletes = thousands(counters.deletes);
        ruling
            .info(&name, format!("{name} is filled and emptied all the time: {deletes} rows were deleted"))
            .number("deleted_rows", counters.deletes)
            .number("inserted_rows", counters.inserts)
            .number("live_rows", counters.live)
            .sql(format!("ALTER TABLE {name} SET (vacuum_truncate = off);"), "SHARE UPDATE EXCLUSIVE", true);
    }
}

/// What comes in goes out.
fn is_queue(counters: &RelationStatistics, days: f64) -> bool {
    let many = float(counters.deletes) >= DELETES_A_DAY * days;
    many && counters.deletes >= counters.inserts / 10 * 9 && counters.live <= counters.inserts / 10
}

fn truncates(facts: &Facts<'_>, table: &Relation) -> bool {
    let option = Facts::option(&table.options, "vacuum_truncate");
    let option =
        option.map(|value| matches!(value.to_ascii_lowercase().as_str(), "on" | "true" | "yes" | "1"));
    option.or_else(|| facts.server_text("vacuum_truncate").map(|value| value == "on")).unwrap_or(true)
}

#[cfg(test)]
mod tests {
    use pgrefit_catalog::census::{Census, RelationKind, Replica};
    use pgrefit_report::Status;

    use super::CHECK;
    use crate::sample::Sample;

    /// A queue that 200,000 rows a day go through, and a standby.
    fn sample(change: impl FnOnce(&mut Census)) -> Sample {
        Sample::new(18)
            .relation(100, RelationKind::Table, "queue", |_| {})
            .counters(100, |it| (it.inserts, it.deletes, it.live) = (12_000_500, 12_000_000, 500))
            .with(|it| it.replicas.push(Replica::default()))
            .with(change)
    }

    #[test]
    fn queues_are_told_where_there_is_a_standby() {
        let check = |change: fn(&mut Census), expected: Status| {
            assert_eq!(sample(change).status(&CHECK), expected);
        };
        check(|_| {}, Status::Info);
        check(|it| it.replicas.clear(), Status::Skip);
        check(|it| it.relation_statistics[0].deletes = 6_000_000, Status::Pass);
        check(|it| it.relation_statistics[0].live = 6_000_000, Status::Pass);
        check(|it| it.relations[0].options = vec!["vacuum_truncate=false".to_owned()], Status::Pass);
        check(|it| it.server.counted_for_s = None, Status::Pass);
        assert_eq!(sample(|_| {}).setting("vacuum_truncate", "off").status(&CHECK), Status::Pass);
        let own = |it: &mut Census| it.relations[0].options = vec!["vacuum_truncate=true".to_owned()];
        assert_eq!(sample(own).setting("vacuum_truncate", "off").status(&CHECK), Status::Info);
    }
}
