//! Keeps a copy from reaching out to others: what is rehearsed on it must not be written to a server that is in use.

use std::collections::BTreeSet;

use pgrefit_pg::Connector;

use crate::Error;

/// Takes from subscriptions and foreign servers of the copy what leads elsewhere. Returns what a person should know of it.
///
/// Written: `pg_subscription`, `pg_foreign_server`, `pg_foreign_data_wrapper` of the copy, in one transaction.
pub(crate) async fn seal(copy: &Connector) -> Result<Vec<String>, Error> {
    let mut session = copy.migrator().await.map_err(Error::Target)?;
    let rows = session.simple(include_str!("sql/seal.sql")).await.map_err(Error::Target)?;
    let (mut script, mut notes) = (vec!["BEGIN".to_owned()], BTreeSet::new());
    for row in rows {
        let mut values = row.into_iter();
        script.extend(values.next().flatten());
        notes.extend(values.next().flatten());
    }
    if notes.is_empty() {
        return Ok(Vec::new());
    }
    script.push("COMMIT".to_owned());
    session.batch(&script.join(";\n")).await.map_err(Error::Target)?;
    Ok(notes.into_iter().collect())
}
