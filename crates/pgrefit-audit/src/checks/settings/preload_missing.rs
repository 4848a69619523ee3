//! Libraries that extensions need and the server does not load.

use pgrefit_catalog::census::Source;
use pgrefit_catalog::quote_ident;
use pgrefit_report::Status;

use crate::check::{Check, Group};
use crate::{Facts, Ruling};

/// Extensions that need their library at the start.
const NEEDED: [&str; 9] = [
    "citus",
    "pg_cron",
    "pg_qualstats",
    "pg_squeeze",
    "pg_stat_kcache",
    "pg_stat_statements",
    "pg_wait_sampling",
    "pgaudit",
    "timescaledb",
];

/// The check.
pub(super) static CHECK: Check = Check {
    id: "preload-missing",
    code: "CFG-11",
    group: Group::Settings,
    title: "A library that an extension needs is not loaded at the start.",
    level: Status::Warn,
    required: false,
    matters: "Extensions such as pg_stat_statements, pg_cron and timescaledb work only if their library is in \
              shared_preload_libraries; without it their functions raise an error or do nothing. That \
              pg_stat_statements is not loaded at all is something to know: nobody can tell afterwards which \
              statements cost what. The setting is hidden from roles without pg_monitor.",
    cure: "Add the library to shared_preload_libraries, and restart.",
    sources: &[Source::Settings, Source::Extensions],
    example: None,
    judge,
};

fn judge(facts: &Facts<'_>, ruling: &mut Ruling) {
    let Some(list) = facts.text("shared_preload_libraries") else {
        ruling.missed("shared_preload_libraries is not visible to this role", Some(facts.grant_monitor()));
        return;
    };
    ruling.saw();
    let name = |library: &str| {
        let library = library.trim().trim_matches('"');
        library.rsplit('/').next().unwrap_or(library).trim_end_matches(".so").to_owned()
    };
    let loaded: Vec<String> = list.split(',').map(name).filter(|library| !library.is_empty()).collect();
    let is_loaded = |name: &str| loaded.iter().any(|library| library == name);
    for extension in facts.census.extensions.iter().filter(|it| NEEDED.contains(&it.name.as_str())) {
        ruling.saw();
        if !is_loaded(&extension.name) {
            let name = quote_ident(&extension.name);
            ruling
                .warn(
                    &name,
                    format!("{name} is installed and does not work: its library is not loaded at the start"),
                )
                .number("shared_preload_libraries", list)
                .hint("add it to shared_preload_libraries and restart");
        }
    }
    let installed = facts.census.extensions.iter().any(|it| it.name == "pg_stat_statements");
    if !installed && !is_loaded("pg_stat_statements") {
        ruling
            .info(
                "pg_stat_statements",
                "nobody can tell which statements cost what: pg_stat_statements is not loaded",
            )
            .number("shared_preload_libraries", list)
            .hint("add it to shared_preload_libraries, restart, and CREATE EXTENSION pg_stat_statements");
    }
}

#[cfg(test)]
mod tests {
    use pgrefit_catalog::census::Extension;
    use pgrefit_report::Status;

    use super::CHECK;
    use crate::sample::Sample;

    fn with(libraries: &str, extension: &str) -> Sample {
        let (name, version, schema) = (extension.to_owned(), "1".to_owned(), "public".to_owned());
        Sample::new(18)
            .setting("shared_preload_libraries", libraries)
            .with(|census| census.extensions.push(Extension { name, version, schema }))
    }

    #[test]
    fn libraries_are_matched_with_extensions() {
        let check = |libraries: &str, extension: &str, expected: Status| {
            assert_eq!(with(libraries, extension).status(&CHECK), expected, "{libraries} {extension}");
        };
        check("pg_stat_statements", "pg_stat_statements", Status::Pass);
        check("auto_explain, \"$libdir/pg_stat_statements\"", "pg_stat_statements", Status::Pass);
        check("", "pg_stat_statements", Status::Warn);
        check("pg_stat_statements", "pg_cron", Status::Warn);
        check("", "hstore", Status::Info);
        check("pg_stat_statements", "hstore", Status::Pass);
    }

    #[test]
    fn hidden_is_blind() {
        assert_eq!(Sample::new(18).status(&CHECK), Status::Blind);
    }
}
