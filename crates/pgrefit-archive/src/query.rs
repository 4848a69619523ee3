//! How an archive is read where it lies.

use crate::prove::the_part;
use crate::{Error, Record, Store};

/// How an archive is read where it lies.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Query {
    /// Its files: paths or URLs.
    pub urls: Vec<String>,
    /// The statements with which `DuckDB` reads them; no credentials are in them.
    pub duckdb: String,
}

/// How an archive is read where it lies, without a server and without bringing it back. Asks nobody.
///
/// # Errors
/// [`Error::WrongState`] where there is nothing in the store yet.
pub fn query(record: &Record, store: &Store) -> Result<Query, Error> {
    if !record.state.is_stored() {
        return Err(Error::WrongState { action: "query", id: record.id.clone(), state: record.state });
    }
    let url = store.url_of(&the_part(record.exported()?)?.key);
    let duckdb = format!("{}SELECT * FROM read_parquet('{}');", setup(&url), url.replace('\'', "''"));
    Ok(Query { urls: vec![url], duckdb })
}

/// What a URL needs before it can be read.
fn setup(url: &str) -> String {
    let secret = |kind: &str, extension: &str| {
        format!(
            "INSTALL {extension}; LOAD {extension};\nCREATE SECRET (TYPE {kind}, PROVIDER credential_chain);\n"
        )
    };
    match url.split_once("://").map(|(scheme, _)| scheme) {
        Some("s3" | "s3a") => secret("s3", "httpfs"),
        Some("gs") => secret("gcs", "httpfs"),
        Some("az" | "azure" | "abfs" | "abfss" | "adl") => secret("azure", "azure"),
        _ => String::new(),
    }
}
