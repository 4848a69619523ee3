//! A migration that was changed after it was applied.

use pgrefit_catalog::census::Source;
use pgrefit_report::Status;

use crate::check::{Check, Group};
use crate::{Facts, Ruling};

/// The check.
pub(super) static CHECK: Check = Check {
    id: "migration-edited",
    code: "HIS-03",
    group: Group::History,
    title: "A migration was changed after it was applied.",
    level: Status::Fail,
    required: true,
    matters: "The database is what the file said then; a new database is what it says now. refinery's checksum tells, which is \
              SipHash 1-3 over name, version and text. It is computed in both widths that refinery uses. Where the text as \
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
        let same = row.checksum.as_ref().is_none_or(|recorded| migration.checksums.contains(recorded));
        if !same {
            let name = format!("V{}__{}", migration.version, migration.name);
            ruling
                .fail(name, "differs from what was applied: the checksum is another")
                .hint("`pgrefit status` shows whether the change is one of layout only");
        }
    }
}

#[cfg(test)]
mod tests {
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
}
