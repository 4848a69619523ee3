//! What a verification looks at, read without a lock on any table: no function that prints a definition is called.

use std::collections::BTreeSet;

use tokio_postgres::types::Type;

use crate::{Error, ReadOnly};

/// What is left when something did not go well, or is not finished. Names are quoted, each with its table.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Faults {
    /// Indexes that no query can use: left by a failed `CREATE INDEX CONCURRENTLY`.
    pub invalid_indexes: BTreeSet<String>,
    /// `NOT VALID` constraints.
    pub unvalidated_constraints: BTreeSet<String>,
}

/// Reads `pg_index` and `pg_constraint`, in one query. Waits for no lock that a user's statement can take.
///
/// # Errors
/// What the server says.
pub async fn faults(session: &ReadOnly) -> Result<Faults, Error> {
    let mut faults = Faults::default();
    for row in session.simple(include_str!("faults.sql")).await? {
        let mut values = row.into_iter().flatten();
        let (Some(kind), Some(object)) = (values.next(), values.next()) else { continue };
        match kind.as_str() {
            "index" => faults.invalid_indexes.insert(object),
            _ => faults.unvalidated_constraints.insert(object),
        };
    }
    Ok(faults)
}

/// How many tables, views, sequences, routines and types users have made, `without` some tables of the given schema.
/// Extensions and their objects do not count, nor do schemas. Waits for no lock that a user's statement can take.
///
/// # Errors
/// What the server says.
pub async fn count_objects(session: &ReadOnly, schema: &str, without: &[&str]) -> Result<u64, Error> {
    let rows = session
        .query(include_str!("count_objects.sql"), &[(&schema, Type::TEXT), (&without, Type::TEXT_ARRAY)])
        .await?;
    let count: i64 =
        rows.first().map(|row| row.try_get(0)).transpose().map_err(Error::in_session)?.unwrap_or(0);
    Ok(count.unsigned_abs())
}
