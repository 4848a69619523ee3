//! Extensions that are older than what the server has of them.

use pgrefit_catalog::census::Source;
use pgrefit_catalog::quote_ident;
use pgrefit_report::Status;

use crate::check::{Check, Group};
use crate::{Facts, Ruling};

/// The check.
pub(super) static CHECK: Check = Check {
    id: "extension-outdated",
    code: "SEC-13",
    group: Group::Security,
    title: "An extension is older than its installed files.",
    level: Status::Warn,
    required: false,
    matters: "The library is already that of the new version, the SQL objects are those of the old: new functions \
              are missing, and corrections of their definitions, some for security, are not in place. After an \
              upgrade of the server each extension must be updated by hand, in each database.",
    cure: "ALTER EXTENSION … UPDATE; read its notes first: some updates rebuild indexes or must be run in a \
              quiet hour.",
    sources: &[Source::Extensions, Source::AvailableExtensions],
    example: None,
    judge,
};

fn judge(facts: &Facts<'_>, ruling: &mut Ruling) {
    for available in &facts.census.available_extensions {
        let Some(installed) = facts.census.extensions.iter().find(|it| it.name == available.name) else {
            continue;
        };
        ruling.saw();
        let Some(newest) = available.default_version.as_deref() else { continue };
        if numbers(newest) > numbers(&installed.version) {
            let name = quote_ident(&installed.name);
            ruling
                .warn(&name, format!("{name} is {}, and the server has {newest}", installed.version))
                .number("installed_version", installed.version.as_str())
                .number("newest_version", newest)
                .sql(format!("ALTER EXTENSION {name} UPDATE;"), "ACCESS EXCLUSIVE", false);
        }
    }
}

/// The numbers in a version: 1.10 comes behind 1.9.
fn numbers(version: &str) -> Vec<u64> {
    version.split(|it: char| !it.is_ascii_digit()).filter_map(|it| it.parse().ok()).collect()
}

#[cfg(test)]
mod tests {
    use pgrefit_catalog::census::{AvailableExtension, Extension};

    use super::CHECK;
    use crate::sample::Sample;

    #[test]
    fn versions_are_compared_by_number() {
        let check = |installed: &str, newest: Option<&str>, expected: &[&str]| {
            let (name, version) = ("pg_trgm".to_owned(), installed.to_owned());
            let sample = Sample::new(18).with(|census| {
                census.extensions.push(Extension {
                    name: name.clone(),
                    version,
                    schema: "public".to_owned(),
                });
                let default_version = newest.map(str::to_owned);
                census.available_extensions.push(AvailableExtension { name, default_version });
            });
            assert_eq!(sample.objects(&CHECK), expected, "{installed} {newest:?}");
        };
        check("1.9", Some("1.10"), &["pg_trgm"]);
        check("1.10", Some("1.9"), &[]);
        check("1.6", Some("1.6"), &[]);
        check("1.6", None, &[]);
    }
}
