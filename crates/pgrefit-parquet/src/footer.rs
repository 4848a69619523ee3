//! What the file says about itself, in the key-value metadata of its footer.

use parquet::file::metadata::{KeyValue, ParquetMetaData};

use crate::{Column, Error, RowDigest, Table};

/// The version of the whole: forms, names of keys, the digest. A reader refuses what is newer.
const FORMAT: &str = "1";
const KEY_FORMAT: &str = "pgrefit.format";
const KEY_TABLE: &str = "pgrefit.table";
/// JSON: of each column `name`, `type`, `form`, `not_null`.
const KEY_COLUMNS: &str = "pgrefit.columns";
const KEY_ROWS: &str = "pgrefit.rows";
const KEY_DIGEST: &str = "pgrefit.digest";
/// For whoever reads the file with something else.
const KEY_NOTE: &str = "pgrefit.note";
const NOTE: &str = "form send: the bytes of the type's send function; numeric: decimal text; date, timestamp, timestamptz: \
    the largest number is infinity, its negative -infinity; digest: the first 16 bytes of the SHA-256 of each COPY BINARY tuple \
    without its field count, as two numbers, each summed modulo 2^64";

/// The metadata, read.
#[derive(Clone, Debug)]
pub(crate) struct Footer {
    pub(crate) table: Table,
    pub(crate) digest: RowDigest,
}

impl Footer {
    /// The entries to be written.
    pub(crate) fn entries(table: &Table, digest: RowDigest) -> Result<Vec<KeyValue>, Error> {
        let columns = serde_json::to_string(&table.columns);
        let columns = columns.map_err(|cause| Error::Foreign(cause.to_string()))?;
        let entries = [
            (KEY_FORMAT, FORMAT.to_owned()),
            (KEY_TABLE, table.name.clone()),
            (KEY_COLUMNS, columns),
            (KEY_ROWS, digest.rows.to_string()),
            (KEY_DIGEST, digest.to_string()),
            (KEY_NOTE, NOTE.to_owned()),
        ];
        Ok(entries.into_iter().map(|(key, value)| KeyValue::new(key.to_owned(), value)).collect())
    }

    /// Reads the entries, and checks that the schema is that of the columns.
    pub(crate) fn read(metadata: &ParquetMetaData) -> Result<Self, Error> {
        let entries = metadata.file_metadata().key_value_metadata();
        let entry = |key: &str| {
            let found = entries.into_iter().flatten().find(|entry| entry.key == key);
            found.and_then(|entry| entry.value.as_deref()).ok_or_else(|| foreign(&format!("it has no {key}")))
        };
        let format = entry(KEY_FORMAT)?;
        if format != FORMAT {
            return Err(foreign(&format!("its format is {format}, this version reads {FORMAT}")));
        }
        let columns: Vec<Column> =
            serde_json::from_str(entry(KEY_COLUMNS)?).map_err(|cause| foreign(&cause.to_string()))?;
        let table = Table { name: entry(KEY_TABLE)?.to_owned(), columns };
        let rows = entry(KEY_ROWS)?.parse().map_err(|_| foreign("its number of rows is none"))?;
        let digest = RowDigest::parse(rows, entry(KEY_DIGEST)?)?;
        let schema = crate::schema::schema(&table).map_err(Error::Read)?;
        if metadata.file_metadata().schema() != &*schema {
            return Err(foreign("its columns are not those of its metadata"));
        }
        Ok(Self { table, digest })
    }
}

fn foreign(what: &str) -> Error {
    Error::Foreign(what.to_owned())
}
