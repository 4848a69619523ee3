//! The archives that there are: whether ledger and store agree.

use crate::prove::the_part;
use crate::{Error, Job, Record, records};

/// How the objects of an archive are, by their sizes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Standing {
    /// Nothing of it is in the store yet.
    InTheMaking,
    /// File and manifest are there.
    Stored,
    /// An object is not there.
    Missing {
        /// Its key.
        key: String,
    },
    /// An object has another size.
    Resized {
        /// Its key.
        key: String,
        /// What the ledger says.
        expected: u64,
        /// What the store says.
        found: u64,
    },
    /// It is in another store than the one that was asked.
    Elsewhere {
        /// That store.
        store: String,
    },
}

/// An archive, and how its objects are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed {
    /// The ledger's row.
    pub record: Record,
    /// How its objects are.
    pub standing: Standing,
}

/// All archives of the database, the latest first, with what the store says of each: two small requests an archive.
///
/// Reads the ledger; locks: ACCESS SHARE on it. That sizes agree is no proof of content: [`verify`](crate::verify()) is.
///
/// # Errors
/// What the server or the store says.
pub async fn list(job: &Job<'_>) -> Result<Vec<Listed>, Error> {
    let _heed = job.stop.heed();
    let mut listed = Vec::new();
    for record in records(job.source, job.history).await? {
        let standing = job.unless_stopped(standing(job, &record)).await?;
        listed.push(Listed { record, standing });
    }
    Ok(listed)
}

async fn standing(job: &Job<'_>, record: &Record) -> Result<Standing, Error> {
    let (Some(manifest), Some(store)) = (&record.manifest, &record.store) else {
        return Ok(Standing::InTheMaking);
    };
    if *store != job.store.to_string() {
        return Ok(Standing::Elsewhere { store: store.clone() });
    }
    let part = the_part(record.exported()?)?;
    let expected = part.bytes;
    match (job.store.size(manifest).await?, job.store.size(&part.key).await?) {
        (None, _) => Ok(Standing::Missing { key: manifest.clone() }),
        (_, None) => Ok(Standing::Missing { key: part.key.clone() }),
        (_, Some(found)) if found != expected => {
            Ok(Standing::Resized { key: part.key.clone(), expected, found })
        }
        _ => Ok(Standing::Stored),
    }
}
