//! Extensions whose files are gone.

use pgrefit_catalog::census::Source;
use pgrefit_catalog::quote_ident;
use pgrefit_report::Status;

use crate::check::{Check, Group};
use crate::{Facts, Ruling};

/// The check.
pub(super) static CHECK: Check = Check {
    id: "extension-files-missing",
    code: "SEC-13b",
    group: Group::Security,
    title: "The files of an extension are not on the server.",
    level: Status::Fail,
    required: true,
    matters: "Its functions and types fail as soon as their library is loaded, a dump cannot be restored here, and \
              pg_upgrade stops. It happens when the server is moved to a machine or an image without the package.",
    cure: "Install the package, or drop the extension if nothing needs it.",
    sources: &[Source::Extensions, Source::AvailableExtensions],
    example: None,
    judge,
};

fn judge(facts: &Facts<'_>, ruling: &mut Ruling) {
    for available in &facts.census.available_extensions {
        ruling.saw();
        if available.default_version.is_none() {
            let name = quote_ident(&available.name);
            ruling
                .fail(
                    &name,
                    format!("{name} is installed in the database, and its files are not on the server"),
                )
                .hint("install the package of the extension for this version of PostgreSQL");
        }
    }
}

#[cfg(test)]
mod tests {
    use pgrefit_catalog::census::AvailableExtension;

    use super::CHECK;
    use crate::sample::Sample;

    #[test]
    fn missing_files_are_found() {
        let check = |version: Option<&str>, expected: &[&str]| {
            let default_version = version.map(str::to_owned);
            let row = AvailableExtension { name: "uuid-ossp".to_owned(), default_version };
            let sample = Sample::new(18).with(|census| census.available_extensions.push(row));
            assert_eq!(sample.objects(&CHECK), expected);
        };
        check(Some("1.1"), &[]);
        check(None, &["\"uuid-ossp\""]);
    }
}
