//! Transaction ids that grow old: the server stops before they run out.

use pgrefit_catalog::census::Source;
use pgrefit_report::Status;

use crate::check::{Check, Group};
use crate::facts::activity::thousands;
use crate::facts::vacuum::Counter;
use crate::{Facts, Ruling};

static XIDS: Counter = Counter {
    freeze_max_age: "autovacuum_freeze_max_age",
    freeze_max_age_default: 200_000_000,
    failsafe_age: "vacuum_failsafe_age",
    of_relation: |relation| relation.xid_age,
    of_database: |database| database.xid_age,
};

/// The check.
pub(super) static CHECK: Check = Check {
    id: "xid-wraparound",
    code: "VAC-01",
    group: Group::Vacuum,
    title: "Transaction ids are not frozen in time: the server will stop to take writes.",
    level: Status::Fail,
    required: true,
    matters: "A row must be frozen before two billion transactions have passed since it was written. Three million before that \
              end the server gives out no more transaction ids, and every write fails until a VACUUM is through. Autovacuum \
              begins at autovacuum_freeze_max_age, or sooner if an option of the table says so. Told from twice that age on: \
              autovacuum does not come, or does not get through. A failure from four times the age on, from \
              vacuum_failsafe_age on, or with a quarter of all ids left, whichever is first. TOAST tables, materialized views, \
              tables of extensions and the other databases of the cluster are looked at as well.",
    cure: "Find what keeps VACUUM from freezing: see xmin-held-back. Then VACUUM the oldest tables, by hand if need be.",
    sources: &[Source::Relations, Source::Databases, Source::Settings],
    example: None,
    judge,
};

fn judge(facts: &Facts<'_>, ruling: &mut Ruling) {
    let (count, late) = facts.late(&XIDS);
    ruling.saw_many(count);
    for aged in late {
        let status = if aged.age >= aged.fail { Status::Fail } else { Status::Warn };
        let message = format!(
            "{} is {} transactions old; {} more, and the server takes no writes",
            aged.said(),
            thousands(aged.age),
            thousands(aged.left)
        );
        let mut found = ruling.found(status, aged.object.as_str(), message);
        found
            .number("age_transactions", aged.age)
            .number("left_transactions", aged.left)
            .number("freeze_max_age_transactions", aged.freeze_max_age);
        facts.cure_age(&aged, &mut found);
    }
}

#[cfg(test)]
mod tests {
    use pgrefit_catalog::census::RelationKind;
    use pgrefit_report::Status;

    use super::CHECK;
    use crate::sample::Sample;

    const MILLION: i64 = 1_000_000;

    /// A table `t` with a TOAST table, their ages in millions, and options of the table.
    fn sample(table: i64, toast: i64, options: &[&str]) -> Sample {
        Sample::new(18)
            .relation(100, RelationKind::Table, "t", |it| {
                it.xid_age = Some(table * MILLION);
                it.toast = Some(101);
                it.options = options.iter().map(|it| (*it).to_owned()).collect();
            })
            .relation(101, RelationKind::Toast, "pg_toast_100", |it| it.xid_age = Some(toast * MILLION))
    }

    #[test]
    fn tables_are_told_by_their_age() {
        let check = |table: i64, toast: i64, options: &[&str], expected: Status, objects: &[&str]| {
            let verdict = sample(table, toast, options).verdict(&CHECK);
            let found: Vec<_> = verdict.findings.iter().filter_map(|it| it.object.as_deref()).collect();
            assert_eq!(
                (verdict.status, found.as_slice()),
                (expected, objects),
                "{table} {toast} {options:?}"
            );
        };
        check(10, 10, &[], Status::Pass, &[]);
        // Autovacuum may be on its way.
        check(210, 210, &[], Status::Pass, &[]);
        check(400, 10, &[], Status::Warn, &["public.t"]);
        check(10, 400, &[], Status::Warn, &["TOAST table of public.t"]);
        check(800, 10, &[], Status::Fail, &["public.t"]);
        check(210, 10, &["autovacuum_freeze_max_age=100000000"], Status::Warn, &["public.t"]);
        check(10, 210, &["autovacuum_freeze_max_age=100000000"], Status::Warn, &["TOAST table of public.t"]);
        // An option cannot make it later.
        check(400, 10, &["autovacuum_freeze_max_age=900000000"], Status::Warn, &["public.t"]);
    }

    #[test]
    fn settings_move_the_limits() {
        let check = |name: &str, value: &str, age: i64, expected: Status| {
            assert_eq!(sample(age, 1, &[]).setting(name, value).status(&CHECK), expected, "{name} {value}");
        };
        check("autovacuum_freeze_max_age", "500000000", 800, Status::Pass);
        check("autovacuum_freeze_max_age", "500000000", 1_000, Status::Warn);
        check("vacuum_failsafe_age", "500000000", 500, Status::Fail);
    }

    #[test]
    fn what_has_no_transaction_ids_is_passed_over() {
        let view = Sample::new(15).relation(1, RelationKind::Partitioned, "p", |_| {});
        let zero = view.relation(2, RelationKind::Table, "t", |it| it.xid_age = Some(i64::from(i32::MAX)));
        assert_eq!(zero.status(&CHECK), Status::Pass);
    }

    #[test]
    fn databases_are_told_once() {
        let databases = |sample: Sample| {
            let old = |it: &mut pgrefit_catalog::census::Database| it.xid_age = 900 * MILLION;
            sample.database("app", old).database("Old", old).objects(&CHECK)
        };
        assert_eq!(databases(sample(900, 1, &[])), ["\"Old\"", "public.t"]);
        // Here a catalog of the system is what is old.
        assert_eq!(databases(sample(1, 1, &[])), ["\"Old\"", "app"]);
    }

    #[test]
    fn a_database_is_called_one_and_where_to_look_depends_on_it() {
        let finding = |name: &str, open: bool| {
            let sample = sample(1, 1, &[]).database(name, |it| {
                (it.xid_age, it.allows_connections) = (900 * MILLION, open);
            });
            let finding = sample.verdict(&CHECK).findings.remove(0);
            (finding.message, finding.hint.unwrap_or_default())
        };
        let (message, hint) = finding("other", true);
        assert!(message.starts_with("the database other is ") && hint.starts_with("connect to"), "{message}");
        assert!(finding("app", true).1.contains("pg_class"));
        assert!(finding("template0", false).1.starts_with("nobody can connect"));
    }

    #[test]
    fn temporary_tables_and_standbys_have_no_sql() {
        let temporary = Sample::new(18).relation(1, RelationKind::Table, "t", |it| {
            (it.persistence, it.xid_age) = ('t', Some(900 * MILLION));
        });
        for sample in [temporary, sample(900, 1, &[]).standby()] {
            let findings = sample.verdict(&CHECK).findings;
            assert!(findings[0].remediation.is_none() && findings[0].hint.is_some());
        }
    }
}
