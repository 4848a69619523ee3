//! Tables that only grow, and that VACUUM does not come to.

use pgrefit_catalog::census::{Relation, RelationStatistics, Source};
use pgrefit_report::Status;

use crate::check::{Check, Group};
use crate::facts::activity::{float, percent, share, thousands};
use crate::facts::vacuum::rounded;
use crate::{Facts, Ruling};

/// Fewer rows than this are not told.
const LEAST: f64 = 100_000.0;

/// The check.
pub(super) static CHECK: Check = Check {
    id: "insert-only-not-vacuumed",
    code: "VAC-08",
    group: Group::Vacuum,
    title: "A table that only grows is not vacuumed.",
    level: Status::Warn,
    required: false,
    matters: "Until VACUUM has marked a page as all-visible, an index-only scan must look into the table for each row, and the \
              VACUUM against wraparound must one day freeze all pages at once. Autovacuum comes for inserts at \
              autovacuum_vacuum_insert_threshold plus autovacuum_vacuum_insert_scale_factor of the rows. Told of tables of \
              100,000 rows, with twice that many inserts since the last VACUUM, and most pages not all-visible.",
    cure: "VACUUM the table. If the threshold was set to -1, set it back.",
    sources: &[Source::Relations, Source::RelationStatistics, Source::Settings, Source::Progress],
    example: None,
    judge,
};

fn judge(facts: &Facts<'_>, ruling: &mut Ruling) {
    if facts.census.server.in_recovery {
        return ruling.skip("a standby counts no inserts");
    }
    for table in facts.heaps().filter(|it| it.persistence != 't') {
        let Some(counters) = facts.statistics(table.oid) else { continue };
        ruling.saw();
        let visible = share(table.pages_all_visible, table.pages);
        let due = facts.vacuum_is_due(counters.last_vacuum_age_s) && !facts.is_being_vacuumed(table.oid);
        if !only_grows(table, counters) || !due || visible >= 0.5 {
            continue;
        }
        let trigger = facts.insert_trigger(table);
        // Where autovacuum is told never to come, the defaults say when it would have.
        let usual = trigger.unwrap_or(1_000.0 + 0.2 * table.rows.unwrap_or(0.0));
        if float(counters.inserts_since_vacuum) < 2.0 * usual {
            continue;
        }
        let name = facts.name(table.oid);
        let inserts = thousands(counters.inserts_since_vacuum);
        let mut found = ruling
            .warn(&name, format!("{inserts} rows came into {name} since the last VACUUM, which only grows"));
        found
            .number("inserted_rows", counters.inserts_since_vacuum)
            .number("all_visible_percent", percent(visible))
            .number("autovacuum_begins_at_rows", trigger.map(rounded))
            .sql(format!("VACUUM {name};"), "SHARE UPDATE EXCLUSIVE", true);
        if trigger.is_none() {
            found.hint("autovacuum_vacuum_insert_threshold is -1: autovacuum does not come for inserts");
        }
    }
}

/// Large enough, and hardly a row was changed or deleted.
fn only_grows(table: &Relation, counters: &RelationStatistics) -> bool {
    let large = table.rows.is_some_and(|rows| rows >= LEAST) && table.pages > 0;
    large && counters.inserts > 0 && counters.updates + counters.deletes <= counters.inserts / 10
}

#[cfg(test)]
mod tests {
    use pgrefit_catalog::census::{Census, RelationKind};
    use pgrefit_report::Status;

    use super::CHECK;
    use crate::sample::Sample;

    /// A table of a million rows of which the last 600,000 came after the last `VACUUM`.
    fn sample(change: impl FnOnce(&mut Census)) -> Sample {
        Sample::new(16)
            .relation(100, RelationKind::Table, "t", |it| (it.rows, it.pages_all_visible) = (Some(1e6), 10))
            .counters(100, |it| (it.inserts, it.inserts_since_vacuum) = (1_000_000, 600_000))
            .with(change)
    }

    #[test]
    fn tables_that_only_grow_are_found() {
        let check = |change: fn(&mut Census), expected: Status| {
            assert_eq!(sample(change).status(&CHECK), expected);
        };
        check(|_| {}, Status::Warn);
        check(|it| it.relations[0].rows = Some(1e4), Status::Pass);
        check(|it| it.relations[0].pages_all_visible = 90, Status::Pass);
        check(|it| it.relation_statistics[0].updates = 500_000, Status::Pass);
        check(|it| it.relation_statistics[0].inserts_since_vacuum = 300_000, Status::Pass);
        check(|it| it.relation_statistics[0].last_vacuum_age_s = Some(60.0), Status::Pass);
        check(|it| it.server.in_recovery = true, Status::Skip);
    }

    #[test]
    fn a_threshold_of_its_own_counts() {
        let option = |value: &str| {
            let option = format!("autovacuum_vacuum_insert_scale_factor={value}");
            sample(|it| it.relations[0].options = vec![option]).status(&CHECK)
        };
        assert_eq!(option("0.5"), Status::Pass);
        let never = sample(|_| {}).setting("autovacuum_vacuum_insert_threshold", "-1");
        let hint = never.verdict(&CHECK).findings.remove(0).hint.expect("a hint");
        assert!(hint.contains("-1"), "{hint}");
    }

    #[test]
    fn autovacuum_is_given_time() {
        assert_eq!(sample(|_| {}).counted_days(0.2).status(&CHECK), Status::Pass);
        assert_eq!(sample(|_| {}).progress(7, "VACUUM", Some(100)).status(&CHECK), Status::Pass);
    }
}
