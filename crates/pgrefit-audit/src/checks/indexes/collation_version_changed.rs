//! Text indexes that were sorted by another version of the library than the one that searches them.

use pgrefit_catalog::census::{Database, Source};
use pgrefit_catalog::quote_ident;
use pgrefit_report::Status;

use crate::check::{Check, Group};
use crate::{Facts, Ruling};

/// The oid of the collation `default`.
const DEFAULT_COLLATION: u32 = 100;

/// The check.
pub(super) static CHECK: Check = Check {
    id: "collation-version-changed",
    code: "IDX-15",
    group: Group::Indexes,
    title: "The library that sorts text is another version than the one the database was made with.",
    level: Status::Fail,
    required: true,
    matters: "Indexes on text are in the order of the old version and searched by that of the new one: rows are not found, and \
              a unique index lets doubles in. So it is after an upgrade of the operating system (glibc 2.28 changed nearly all \
              of it) or of ICU, or on a standby with another one. The version is recorded by 15 and later. Templates are a warning: \
              CREATE DATABASE refuses to copy them. The other databases are told by audits of theirs. Collations other than the database's own are not looked at.",
    cure: "REINDEX what is sorted by it, then ALTER DATABASE … REFRESH COLLATION VERSION. The other order hides the damage. \
           CONCURRENTLY passes over indexes of exclusion constraints: build those anew without it.",
    sources: &[Source::Databases, Source::Indexes],
    example: None,
    judge,
};

fn judge(facts: &Facts<'_>, ruling: &mut Ruling) {
    if facts.major() < 15 {
        return ruling.skip("the version of a database's collation is recorded from 15 on");
    }
    let own = facts.census.server.database.as_str();
    for database in facts.census.databases.iter().filter(|it| it.name == own || it.is_template) {
        ruling.saw();
        let versions = (&database.collation_version, &database.actual_collation_version);
        if let (Some(recorded), Some(actual)) = versions
            && recorded != actual
        {
            tell(facts, database, recorded, actual, ruling);
        }
    }
}

fn tell(facts: &Facts<'_>, database: &Database, recorded: &str, actual: &str, ruling: &mut Ruling) {
    let name = quote_ident(&database.name);
    let status = if database.is_template { Status::Warn } else { Status::Fail };
    let message = format!("it was sorted by version {recorded}, and is searched by version {actual}");
    let mut found = ruling.found(status, name.clone(), message);
    found.number("recorded_version", recorded).number("actual_version", actual);
    if database.name == facts.census.server.database {
        found.number("indexes", affected(facts));
    }
    let refresh = format!("ALTER DATABASE {name} REFRESH COLLATION VERSION;");
    if facts.census.server.in_recovery {
        found.hint("install the version that the primary has; an index cannot be built on a standby");
    } else if database.allows_connections && !database.is_template {
        found.sql(
            format!("REINDEX (CONCURRENTLY) DATABASE {name};  -- connected to it\n{refresh}"),
            "SHARE UPDATE EXCLUSIVE",
            false,
        );
    } else {
        found.sql(refresh, "", false);
    }
}

/// Indexes of users that sort by the database's own collation.
fn affected(facts: &Facts<'_>) -> usize {
    let sorts = |collations: &[u32]| collations.contains(&DEFAULT_COLLATION);
    facts.user_indexes().filter(|(index, _)| sorts(&index.collations)).count()
}

#[cfg(test)]
mod tests {
    use pgrefit_catalog::census::Database;
    use pgrefit_report::Status;

    use super::CHECK;
    use crate::sample::Sample;

    fn sample(major: u32, recorded: Option<&str>, actual: Option<&str>, template: bool) -> Sample {
        let database = Database {
            name: "app".to_owned(),
            allows_connections: true,
            is_template: template,
            collation_version: recorded.map(str::to_owned),
            actual_collation_version: actual.map(str::to_owned),
            ..Database::default()
        };
        Sample::new(major).with(|census| census.databases.push(database))
    }

    #[test]
    fn another_version_is_found() {
        let check = |sample: Sample, expected: Status| assert_eq!(sample.status(&CHECK), expected);
        check(sample(18, Some("2.28"), Some("2.36"), false), Status::Fail);
        check(sample(18, Some("2.28"), Some("2.36"), true), Status::Warn);
        check(sample(18, Some("2.36"), Some("2.36"), false), Status::Pass);
        check(sample(18, None, None, false), Status::Pass);
        check(sample(18, None, Some("2.36"), false), Status::Pass);
        check(sample(14, Some("2.28"), Some("2.36"), false), Status::Skip);
    }

    #[test]
    fn indexes_on_text_are_counted() {
        let sample = sample(18, Some("1"), Some("2"), false).heap(100, "t", 1, 1e3);
        let sample = sample.btree(101, 100, "a", &[1], 1).btree(102, 100, "b", &[2], 1);
        let sample = sample.change_index(|it| it.collations = vec![100]);
        let found = sample.verdict(&CHECK).findings.remove(0);
        assert_eq!(found.object.as_deref(), Some("app"));
        assert_eq!(format!("{:?}", found.numbers["indexes"]), "Integer(1)");
    }
}
