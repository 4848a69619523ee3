//! Dead rows that autovacuum should have removed.

use pgrefit_catalog::census::{RelationKind, Source};
use pgrefit_report::{Cell, Status};

use crate::check::{Check, Group};
use crate::facts::activity::{float, percent, said, span, thousands};
use crate::facts::vacuum::rounded;
use crate::{Facts, Ruling};

/// Fewer dead rows than this do no harm.
const LEAST: i64 = 10_000;

/// The check.
pub(super) static CHECK: Check = Check {
    id: "dead-rows",
    code: "VAC-04",
    group: Group::Vacuum,
    title: "A table has many more dead rows than autovacuum should leave.",
    level: Status::Warn,
    required: false,
    matters: "Dead rows take space, and scans read them. Autovacuum begins at autovacuum_vacuum_threshold plus \
              autovacuum_vacuum_scale_factor of the rows, from version 18 on at autovacuum_vacuum_max_threshold at the latest; \
              options of the table go first. Told from twice that number on, if the last VACUUM is an hour ago: then it does \
              not come, is cancelled each time by a lock, or may not remove them.",
    cure: "VACUUM the table, and see autovacuum-off, autovacuum-saturated and xmin-held-back for the reason.",
    sources: &[Source::Relations, Source::RelationStatistics, Source::Settings, Source::Progress],
    example: None,
    judge,
};

fn judge(facts: &Facts<'_>, ruling: &mut Ruling) {
    if facts.census.server.in_recovery {
        return ruling.skip("a standby counts no dead rows");
    }
    let is_heap =
        |kind| matches!(kind, RelationKind::Table | RelationKind::MaterializedView | RelationKind::Toast);
    for table in facts.census.relations.iter().filter(|it| is_heap(it.kind) && !facts.is_of_extension(it)) {
        let Some(counters) = facts.statistics(table.oid) else { continue };
        ruling.saw();
        let trigger = facts.vacuum_trigger(table);
        let many = counters.dead >= LEAST && float(counters.dead) >= 2.0 * trigger;
        let due = facts.vacuum_is_due(counters.last_vacuum_age_s);
        if !many || !due || facts.is_being_vacuumed(table.oid) || table.persistence == 't' {
            continue;
        }
        let name = facts.name(table.oid);
        let last =
            counters.last_vacuum_age_s.map_or("not known".to_owned(), |it| format!("{} ago", said(it)));
        let message = format!(
            "{name} has {} dead rows beside {} live ones; the last VACUUM is {last}",
            thousands(counters.dead),
            thousands(counters.live)
        );
        ruling
            .warn(name, message)
            .number("dead_rows", counters.dead)
            .number(
                "dead_percent",
                percent(float(counters.dead) / float((counters.dead + counters.live).max(1))),
            )
            .number("autovacuum_begins_at_rows", rounded(trigger))
            .number("last_vacuum_ms", counters.last_vacuum_age_s.map_or(Cell::Missing, span))
            .sql(
                format!("VACUUM (ANALYZE) {};", facts.vacuum_name(table.oid)),
                "SHARE UPDATE EXCLUSIVE",
                true,
            );
    }
}

#[cfg(test)]
mod tests {
    use pgrefit_catalog::census::{RelationKind, RelationStatistics};
    use pgrefit_report::Status;

    use super::CHECK;
    use crate::sample::Sample;

    /// A table of a million rows, with so many dead ones, vacuumed a day ago.
    fn sample(major: u32, dead: i64, change: impl FnOnce(&mut RelationStatistics)) -> Sample {
        let table = |it: &mut pgrefit_catalog::census::Relation| it.rows = Some(1e6);
        Sample::new(major).relation(100, RelationKind::Table, "t", table).counters(100, |it| {
            (it.dead, it.live, it.last_vacuum_age_s) = (dead, 1_000_000, Some(86_400.0));
            change(it);
        })
    }

    #[test]
    fn dead_rows_are_held_against_the_trigger_of_the_table() {
        let check = |sample: Sample, expected: &[&str]| assert_eq!(sample.objects(&CHECK), expected);
        // Autovacuum begins at 200,050.
        check(sample(18, 300_000, |_| {}), &[]);
        check(sample(18, 500_000, |_| {}), &["public.t"]);
        check(sample(18, 100_000, |_| {}).setting("autovacuum_vacuum_scale_factor", "0.01"), &["public.t"]);
        check(sample(18, 500_000, |_| {}).setting("autovacuum_vacuum_scale_factor", "0.4"), &[]);
        let own = |value: &str| vec![format!("autovacuum_vacuum_scale_factor={value}")];
        check(sample(18, 100_000, |_| {}).with(|it| it.relations[0].options = own("0.01")), &["public.t"]);
        check(sample(18, 500_000, |_| {}).with(|it| it.relations[0].options = own("0.4")), &[]);
        check(sample(18, 100_000, |_| {}).setting("autovacuum_vacuum_max_threshold", "40000"), &["public.t"]);
        check(sample(18, 100_000, |_| {}).setting("autovacuum_vacuum_max_threshold", "-1"), &[]);
    }

    #[test]
    fn autovacuum_is_given_time() {
        let check = |sample: Sample, expected: Status| assert_eq!(sample.status(&CHECK), expected);
        let last = |age: Option<f64>| sample(16, 500_000, |it| it.last_vacuum_age_s = age);
        check(last(Some(60.0)), Status::Pass);
        check(last(None), Status::Warn);
        check(last(None).counted_days(0.5), Status::Pass);
        check(last(Some(86_400.0)).progress(7, "VACUUM", Some(100)), Status::Pass);
        check(last(Some(86_400.0)).progress(7, "VACUUM", Some(101)), Status::Warn);
        check(last(Some(86_400.0)).standby(), Status::Skip);
    }

    #[test]
    fn a_toast_table_is_vacuumed_with_its_table() {
        let sample = Sample::new(15)
            .relation(100, RelationKind::Table, "t", |it| it.toast = Some(101))
            .relation(101, RelationKind::Toast, "pg_toast_100", |it| it.rows = None)
            .counters(101, |it| it.dead = 50_000);
        let found = sample.verdict(&CHECK).findings.remove(0);
        assert_eq!(found.object.as_deref(), Some("TOAST table of public.t"));
        assert_eq!(found.remediation.expect("a cure").sql, "VACUUM (ANALYZE) public.t;");
    }
}
