//! Owner, privileges and publications: they are copied on the server from what is there, because installations of one schema differ in them.

use super::swap::allow;
use super::{Job, literal};
use pgrefit_pg::partition::PublicationReach;

/// SQL that gives the new tables what the old one has.
pub(super) fn copied(job: &Job<'_>) -> String {
    let old = literal(&job.layout.old.to_string());
    let tables: Vec<String> = [job.name()]
        .into_iter()
        .chain(job.layout.ahead.iter().map(|part| &part.name))
        .map(|name| literal(&name.to_string()))
        .collect();
    allow("work-under-lock", CATALOGS_ONLY) + &of_tables(&old, &tables)
}

/// Why a block that copies what the catalogs say may do so under a lock.
pub(super) const CATALOGS_ONLY: &str = "a few rows of the catalogs are read";

/// SQL that puts the new table in the place of the old one where that was published by name.
pub(super) fn published(job: &Job<'_>) -> String {
    if !job.facts.table.publications.iter().any(|publication| publication.reach == PublicationReach::Table) {
        return String::new();
    }
    let sql = include_str!("publications.sql")
        .replace("$old", &literal(&job.layout.old.to_string()))
        .replace("$new", &literal(&job.name().to_string()));
    allow("work-under-lock", CATALOGS_ONLY) + &sql
}

/// The same for these tables, as literals.
pub(crate) fn of_tables(old: &str, tables: &[String]) -> String {
    include_str!("rights.sql").replace("$old", old).replace("$tables", &tables.join(",\n        "))
}
