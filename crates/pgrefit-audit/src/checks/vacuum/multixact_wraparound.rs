//! Multixact ids that grow old.

use pgrefit_catalog::census::Source;
use pgrefit_report::Status;

use crate::check::{Check, Group};
use crate::facts::activity::thousands;
use crate::facts::vacuum::Counter;
use crate::{Facts, Ruling};

static MULTIXACTS: Counter = Counter {
    freeze_max_age: "autovacuum_multixact_freeze_max_age",
    freeze_max_age_default: 400_000_000,
    failsafe_age: "vacuum_multixact_failsafe_age",
    of_relation: |relation| relation.mxid_age,
    of_database: |database| database.mxid_age,
};

/// The check.
pub(super) static CHECK: Check = Check {
    id: "multixact-wraparound",
    code: "VAC-02",
    group: Group::Vacuum,
    title: "Multixact ids are not frozen in time: the server will refuse to lock rows.",
    level: Status::Fail,
    required: true,
    matters: "A row that several transactions lock at once, as foreign keys do with the row referred to, carries a multixact id. \
              They run out as transaction ids do, and then each statement that needs a new one fails. Autovacuum begins at \
              autovacuum_multixact_freeze_max_age; told from twice that age on, a failure from vacuum_multixact_failsafe_age \
              on. The space for the members of multixacts, which can run out earlier, is not visible in the catalogs.",
    cure: "Find the transaction that keeps VACUUM from freezing, then VACUUM the oldest tables.",
    sources: &[Source::Relations, Source::Databases, Source::Settings],
    example: None,
    judge,
};

fn judge(facts: &Facts<'_>, ruling: &mut Ruling) {
    let (count, late) = facts.late(&MULTIXACTS);
    ruling.saw_many(count);
    for aged in late {
        let status = if aged.age >= aged.fail { Status::Fail } else { Status::Warn };
        let message = format!(
            "{} is {} multixacts old; {} more, and rows can no longer be locked",
            aged.said(),
            thousands(aged.age),
            thousands(aged.left)
        );
        let mut found = ruling.found(status, aged.object.as_str(), message);
        found
            .number("age_multixacts", aged.age)
            .number("left_multixacts", aged.left)
            .number("freeze_max_age_multixacts", aged.freeze_max_age);
        facts.cure_age(&aged, &mut found);
    }
}

#[cfg(test)]
mod tests {
    use pgrefit_catalog::census::RelationKind;
    use pgrefit_report::Status;

    use super::CHECK;
    use crate::sample::Sample;

    #[test]
    fn tables_are_told_by_their_age() {
        let check = |age: i64, expected: Status| {
            let sample = Sample::new(16).relation(100, RelationKind::MaterializedView, "m", |it| {
                it.mxid_age = Some(age);
                // Is another matter.
                it.xid_age = Some(900_000_000);
            });
            assert_eq!(sample.status(&CHECK), expected, "{age}");
        };
        check(500_000_000, Status::Pass);
        check(800_000_000, Status::Warn);
        check(1_600_000_000, Status::Fail);
        // What a relation without multixacts has.
        check(i64::from(i32::MAX), Status::Pass);
    }
}
