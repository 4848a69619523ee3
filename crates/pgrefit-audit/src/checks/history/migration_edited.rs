//! A migration that was changed after it was applied.

use pgrefit_catalog::census::{HistoryRow, Source};
use pgrefit_report::Status;

use crate::check::{Check, Group};
use crate::{Facts, Migration, Ruling};

/// The check.
pub(super) static CHECK: Check = Check {
    id: "migration-edited",
    code: "HIS-03",
    group: Group::History,
    title: "A migration was changed after it was applied.",
    level: Status::Fail,
    required: true,
    matters: "The database is what the file said then; a new database is what it says now. refinery's checksum tells, which is \
              SipHash 1-3 over name, version and text. It is computed in both widths that refinery uses. A row of another name, \
              and one without a checksum, were changed by hand or come from elsewhere. Where the text as \
              applied is known, `pgrefit status` also says whether the change is one of layout only.",
    cure: "Put the file back as it was and make the change a new migration; `pgrefit repair` records a change of layout.",
    sources: &[Source::History],
    example: None,
    judge,
};

fn judge(facts: &Facts<'_>, ruling: &mut Ruling) {
    let (Some(history), Some(migrations)) = (&facts.census.history, &facts.options.migrations) else {
        return ruling.skip("there is no history, or no migrations to compare it with");
    };
    for migration in migrations {
        let Some(row) = history.iter().find(|row| row.version == migration.version) else { continue };
        ruling.saw();
        if let Some(fault) = fault(migration, row) {
            let name = format!("V{}__{}", migration.version, migration.name);
            ruling.fail(name, fault).hint("`pgrefit status` shows what is recorded, and what the file is");
        }
    }
}

/// Why a migration is not what is recorded, if so. refinery's checksum is over the name too, so that a name that was changed in
/// the history shows by itself only.
fn fault(migration: &Migration, row: &HistoryRow) -> Option<String> {
    if let Some(name) = row.name.as_deref().filter(|it| !it.is_empty() && *it != migration.name) {
        return Some(format!("is recorded under another name: {name}"));
    }
    match &row.checksum {
        None => {
            Some("is recorded without a checksum: nobody can say whether it is what was applied".to_owned())
        }
        Some(recorded) if migration.checksums.contains(recorded) => None,
        Some(_) => Some("differs from what was applied: the checksum is another".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use pgrefit_catalog::census::HistoryRow;

    use super::CHECK;
    use crate::sample::Sample;

    #[test]
    fn a_checksum_tells() {
        let check = |recorded: &str, expected: &[&str]| {
            let sample = Sample::new(18).history(&[1]).migrations(&[1]);
            let sample = sample.with(|census| {
                census.history.as_mut().expect("a history")[0].checksum = Some(recorded.to_owned());
            });
            assert_eq!(sample.objects(&CHECK), expected, "{recorded}");
        };
        check("1", &[]);
        check("1001", &[]);
        check("2", &["V1__m1"]);
    }

    #[test]
    fn a_row_that_was_changed_by_hand_tells() {
        let told = |change: &dyn Fn(&mut HistoryRow)| {
            let sample = Sample::new(18).history(&[1]).migrations(&[1]);
            let sample = sample.with(|census| change(&mut census.history.as_mut().expect("a history")[0]));
            sample.verdict(&CHECK).findings.into_iter().map(|it| it.message).collect::<Vec<_>>()
        };
        assert_eq!(told(&|row| row.name = Some("foo".to_owned())), ["is recorded under another name: foo"]);
        assert!(told(&|row| row.checksum = None)[0].contains("without a checksum"));
    }
}
