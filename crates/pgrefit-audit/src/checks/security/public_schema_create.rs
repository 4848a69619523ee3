//! Schemas in which everybody may make objects.

use pgrefit_catalog::census::Source;
use pgrefit_catalog::quote_ident;
use pgrefit_report::Status;

use crate::check::{Check, Example, Group};
use crate::{Facts, Ruling};

/// The check.
pub(super) static CHECK: Check = Check {
    id: "public-schema-create",
    code: "SEC-03",
    group: Group::Security,
    title: "Everybody may make objects in a schema.",
    level: Status::Warn,
    required: false,
    matters: "Whoever can connect can put a function or a table there that others then use unawares, because it \
              comes first in their search_path (CVE-2018-1058). Before 15, initdb gave CREATE on the schema public \
              to everybody, and a database that was upgraded keeps it.",
    cure: "Revoke CREATE from PUBLIC, and grant it to the role that migrates.",
    sources: &[Source::Namespaces],
    example: Some(Example {
        bad: include_str!("public_schema_create/bad.sql"),
        good: include_str!("public_schema_create/good.sql"),
    }),
    judge,
};

fn judge(facts: &Facts<'_>, ruling: &mut Ruling) {
    for namespace in facts.census.namespaces.iter().filter(|namespace| !namespace.of_extension) {
        ruling.saw();
        if Facts::public_privileges(namespace.acl.as_ref()).contains('C') {
            let name = quote_ident(&namespace.name);
            ruling.warn(&name, format!("everybody who can connect may make objects in {name}")).sql(
                format!("REVOKE CREATE ON SCHEMA {name} FROM PUBLIC;"),
                "",
                true,
            );
        }
    }
}
