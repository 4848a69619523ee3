//! Extensions among the tables of users.

use pgrefit_catalog::census::Source;
use pgrefit_catalog::quote_ident;
use pgrefit_report::Status;

use crate::check::{Check, Group};
use crate::{Facts, Ruling};

/// The check.
pub(super) static CHECK: Check = Check {
    id: "extension-in-public",
    code: "SEC-13c",
    group: Group::Security,
    title: "An extension has its objects in the schema public.",
    level: Status::Info,
    required: false,
    matters: "Its functions stand among those of the application, in dumps, in lists and in every search_path. It \
              works; a schema for extensions is tidier, and can be closed to everybody but those who may use it.",
    cure: "Make a schema for extensions, and use it for the next one; few extensions can be moved without \
              trouble.",
    sources: &[Source::Extensions],
    example: None,
    judge,
};

fn judge(facts: &Facts<'_>, ruling: &mut Ruling) {
    for extension in &facts.census.extensions {
        ruling.saw();
        if extension.schema == "public" {
            let name = quote_ident(&extension.name);
            ruling
                .info(&name, format!("the objects of {name} are in public, among those of users"))
                .hint("use a schema of its own for the next one: CREATE EXTENSION … SCHEMA extensions");
        }
    }
}

#[cfg(test)]
mod tests {
    use pgrefit_catalog::census::Extension;

    use super::CHECK;
    use crate::sample::Sample;

    #[test]
    fn only_public_is_told() {
        let check = |schema: &str, expected: &[&str]| {
            let extension =
                Extension { name: "hstore".to_owned(), version: "1.8".to_owned(), schema: schema.to_owned() };
            let sample = Sample::new(18).with(|census| census.extensions.push(extension));
            assert_eq!(sample.objects(&CHECK), expected, "{schema}");
        };
        check("public", &["hstore"]);
        check("extensions", &[]);
        check("pg_catalog", &[]);
    }
}
