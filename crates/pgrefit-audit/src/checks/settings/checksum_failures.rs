//! Pages that were found damaged.

use pgrefit_catalog::census::Source;
use pgrefit_catalog::quote_ident;
use pgrefit_report::Status;

use crate::check::{Check, Group};
use crate::{Facts, Ruling};

/// The check.
pub(super) static CHECK: Check = Check {
    id: "checksum-failures",
    code: "CFG-02b",
    group: Group::Settings,
    title: "Damaged pages were found.",
    level: Status::Fail,
    required: true,
    matters: "A checksum did not match: the disk, its controller or its memory changed a page. What is on it is \
              lost unless a backup or a standby has it, and there may be more that nobody has read yet. The \
              counters begin when the statistics of the database are reset.",
    cure: "Do not delete anything. Save the cluster as it is, find the pages by pg_amcheck and the log, and \
              restore from before the damage.",
    sources: &[Source::Settings, Source::Databases],
    example: None,
    judge,
};

fn judge(facts: &Facts<'_>, ruling: &mut Ruling) {
    if facts.is_on("data_checksums") == Some(false) {
        ruling.skip("data checksums are off");
        return;
    }
    for database in &facts.census.databases {
        let Some(failures) = database.checksum_failures else { continue };
        ruling.saw();
        if failures > 0 {
            let name = quote_ident(&database.name);
            ruling
                .fail(&name, format!("{failures} damaged pages were read in {name}"))
                .number("checksum_failures", failures)
                .hint("save the cluster as it is, before anything else");
        }
    }
}

#[cfg(test)]
mod tests {
    use pgrefit_catalog::census::Database;
    use pgrefit_report::Status;

    use super::CHECK;
    use crate::sample::Sample;

    #[test]
    fn each_database_is_looked_at() {
        let check = |on: &str, failures: Option<i64>, expected: Status| {
            let database =
                Database { name: "shop".to_owned(), checksum_failures: failures, ..Database::default() };
            let sample = Sample::new(18).setting("data_checksums", on);
            assert_eq!(sample.with(|census| census.databases.push(database)).status(&CHECK), expected);
        };
        check("on", Some(0), Status::Pass);
        check("on", Some(2), Status::Fail);
        check("off", None, Status::Skip);
    }
}
