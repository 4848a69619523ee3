//! Foreign servers that everybody is mapped on.

use pgrefit_catalog::census::Source;
use pgrefit_catalog::quote_ident;
use pgrefit_report::Status;

use crate::check::{Check, Example, Group};
use crate::{Facts, Ruling};

/// The check.
pub(super) static CHECK: Check = Check {
    id: "foreign-server-mapping",
    code: "SEC-12b",
    group: Group::Security,
    title: "Everybody is mapped on a foreign server.",
    level: Status::Warn,
    required: false,
    matters: "A user mapping for PUBLIC lets each role that may use the foreign server work there as one remote \
              role, with the password that is stored in the mapping.",
    cure: "Make a mapping for each role that needs it, and drop that of PUBLIC.",
    sources: &[Source::ForeignServers],
    example: Some(Example {
        bad: include_str!("foreign_server_mapping/bad.sql"),
        good: include_str!("foreign_server_mapping/good.sql"),
    }),
    judge,
};

fn judge(facts: &Facts<'_>, ruling: &mut Ruling) {
    if facts.census.foreign_servers.is_empty() {
        ruling.skip("there is no foreign server");
    }
    for server in &facts.census.foreign_servers {
        ruling.saw();
        if server.public_mapping {
            let name = quote_ident(&server.name);
            ruling
                .warn(&name, format!("everybody who may use {name} works there as the same remote role"))
                .number("mappings", server.mappings)
                .sql(format!("DROP USER MAPPING FOR PUBLIC SERVER {name};"), "", false);
        }
    }
}
