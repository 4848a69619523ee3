//! A history that does not fit the migrations.

use std::collections::{BTreeMap, BTreeSet};

use pgrefit_catalog::census::Source;
use pgrefit_report::Status;

use crate::check::{Check, Group};
use crate::{Facts, Ruling};

/// The check.
pub(super) static CHECK: Check = Check {
    id: "history-out-of-step",
    code: "HIS-02",
    group: Group::History,
    title: "The history of migrations does not fit the project's migrations.",
    level: Status::Fail,
    required: true,
    matters: "A version that was passed over, one that is recorded twice, and one that the project does not have are faults. \
              Versions behind the last one that was applied are pending, which is a note.",
    cure: "`pgrefit status` shows each version and where it stands.",
    sources: &[Source::History],
    example: None,
    judge,
};

fn judge(facts: &Facts<'_>, ruling: &mut Ruling) {
    let (Some(history), Some(migrations)) = (&facts.census.history, &facts.options.migrations) else {
        return ruling.skip("there is no history, or no migrations to compare it with");
    };
    let mut applied: BTreeMap<i64, usize> = BTreeMap::new();
    for row in history {
        *applied.entry(row.version).or_default() += 1;
    }
    let last = applied.keys().next_back().copied().unwrap_or(i64::MIN);
    for migration in migrations {
        ruling.saw();
        let name = format!("V{}__{}", migration.version, migration.name);
        match applied.get(&migration.version) {
            None if migration.version < last && !migration.any_time => {
                ruling.fail(name, format!("was passed over: V{last} is applied already"));
            }
            None => {
                ruling.info(name, "is pending").hint("`pgrefit plan` says what it would do");
            }
            Some(1) => {}
            Some(count) => {
                ruling.fail(name, format!("is recorded {count} times"));
            }
        }
    }
    let known: BTreeSet<i64> = migrations.iter().map(|it| it.version).collect();
    for row in history.iter().filter(|row| !known.contains(&row.version)) {
        let name = row.name.as_ref().map_or(String::new(), |name| format!("__{name}"));
        ruling.fail(format!("V{}{name}", row.version), "is applied, and no migration of this project");
    }
}

#[cfg(test)]
mod tests {
    use super::CHECK;
    use crate::sample::Sample;

    #[test]
    fn versions_are_held_against_the_files() {
        let check = |applied: &[i64], files: &[i64], expected: &[&str]| {
            let sample = Sample::new(18).history(applied).migrations(files);
            let found = sample.verdict(&CHECK).findings;
            let told: Vec<_> = found
                .iter()
                .map(|it| format!("{} {}", it.status, it.object.as_deref().unwrap_or_default()))
                .collect();
            assert_eq!(told, expected, "{applied:?} {files:?}");
        };
        check(&[1, 2], &[1, 2], &[]);
        check(&[1], &[1, 2], &["info V2__m2"]);
        check(&[1, 3], &[1, 2, 3], &["fail V2__m2"]);
        check(&[1, 2, 9], &[1, 2], &["fail V9__m9"]);
        check(&[1, 1, 2], &[1, 2], &["fail V1__m1"]);
    }
}
