//! pgvector in the database is older than its files.

use pgrefit_catalog::census::Source;
use pgrefit_report::Status;

use crate::check::{Check, Group};
use crate::{Facts, Ruling};

/// The check.
pub(super) static CHECK: Check = Check {
    id: "vector-extension-outdated",
    code: "VEC-01",
    group: Group::Vectors,
    title: "The extension vector of this database is older than what the server has of it.",
    level: Status::Warn,
    required: false,
    matters: "New files bring a new library, but types, operators and operator classes come only with ALTER EXTENSION … \
              UPDATE: halfvec and binary_quantize with 0.7.0, iterative scans with 0.8.0. Between the two, the library runs \
              with functions of an older version. Versions are compared number by number.",
    cure: "ALTER EXTENSION vector UPDATE.",
    sources: &[Source::Extensions, Source::AvailableExtensions],
    example: None,
    judge,
};

fn judge(facts: &Facts<'_>, ruling: &mut Ruling) {
    let Some(installed) = facts.census.extensions.iter().find(|it| it.name == "vector") else {
        ruling.skip("the extension vector is not installed");
        return;
    };
    ruling.saw();
    let available = facts.census.available_extensions.iter().find(|it| it.name == "vector");
    let Some(offered) = available.and_then(|it| it.default_version.as_deref()) else { return };
    let (Some(has), Some(could)) = (numbers(&installed.version), numbers(offered)) else { return };
    if has < could {
        ruling
            .warn("vector", format!("vector is of version {}, the server has {offered}", installed.version))
            .number("installed_version", installed.version.as_str())
            .number("offered_version", offered)
            .sql("ALTER EXTENSION vector UPDATE;", "", false);
    }
}

/// The numbers of a version.
fn numbers(version: &str) -> Option<Vec<u32>> {
    version.split('.').map(|part| part.parse().ok()).collect()
}

#[cfg(test)]
mod tests {
    use pgrefit_catalog::census::{AvailableExtension, Extension};
    use pgrefit_report::Status;

    use super::CHECK;
    use crate::sample::Sample;

    #[test]
    fn versions_are_compared_as_numbers() {
        let check = |installed: &str, offered: Option<&str>, expected: Status| {
            let sample = Sample::new(18).with(|census| {
                census.extensions.push(Extension {
                    name: "vector".to_owned(),
                    version: installed.to_owned(),
                    schema: "public".to_owned(),
                });
                census.available_extensions.push(AvailableExtension {
                    name: "vector".to_owned(),
                    default_version: offered.map(str::to_owned),
                });
            });
            assert_eq!(sample.status(&CHECK), expected, "{installed} {offered:?}");
        };
        check("0.7.4", Some("0.8.2"), Status::Warn);
        check("0.9.0", Some("0.10.0"), Status::Warn);
        check("0.8.2", Some("0.8.2"), Status::Pass);
        check("0.10.0", Some("0.9.0"), Status::Pass);
        check("0.8.2", None, Status::Pass);
        check("0.8.2", Some("unstable"), Status::Pass);
        assert_eq!(Sample::new(18).status(&CHECK), Status::Skip);
    }
}
