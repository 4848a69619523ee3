//! Values as bytes that are the same on both sides of a comparison.

use pgrefit_catalog::{Name, quote_ident};
use tokio_postgres::Row;
use tokio_postgres::types::Type;

use crate::{Error, Snapshot};

/// How the values of a row are brought into a form that can be hashed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Encoding {
    /// Each as `text`: equal after a change of type that keeps the text.
    #[default]
    Text,
    /// Each as its type keeps it, where that is exact and the same on every server, and as `text` where it is not. For two
    /// copies of one schema. Three times as fast where rows hold vectors. Needs PostgreSQL 14 (`hash_record_extended`).
    Binary,
}

impl Encoding {
    /// The fastest that servers of all these versions (`server_version_num`) give alike.
    #[must_use]
    pub fn common(version_nums: &[u32]) -> Self {
        if version_nums.iter().all(|version| *version >= 140_000) { Self::Binary } else { Self::Text }
    }

    /// Two 64-bit hashes of each row of `from`, as the columns `high` and `low`.
    pub(super) fn hashes(self, values: &[String], from: &str) -> String {
        let values = values.join(", ");
        match self {
            // The text of a record is unambiguous: NULL is nothing, the empty text is `""`, and separators are quoted.
            Self::Text => format!(
                "SELECT pg_catalog.hashtextextended(r, 1) AS high, pg_catalog.hashtextextended(r, 2) AS low \
                 FROM (SELECT ROW({values})::text COLLATE \"C\" AS r FROM {from} OFFSET 0) AS encoded"
            ),
            // The hash of a record is a weighted sum of those of its columns. Summed over rows it would not notice a value
            // that changed places with that of another row, so each is mixed with a hash of itself first.
            Self::Binary => format!(
                "SELECT pg_catalog.hashint8extended(high, 1) # high AS high, \
                        pg_catalog.hashint8extended(low, 2) # low AS low \
                 FROM (SELECT pg_catalog.hash_record_extended(r, 1) AS high, \
                              pg_catalog.hash_record_extended(r, 2) AS low \
                       FROM (SELECT ROW({values}) AS r FROM {from} OFFSET 0) AS encoded OFFSET 0) AS hashed"
            ),
        }
    }
}

/// A column and how its values are encoded.
struct Column {
    name: String,
    binary: String,
}

/// The expressions of all columns of the relation, or of those in `wanted`, sorted by name.
pub(super) async fn expressions(
    snapshot: &Snapshot<'_>,
    relation: &Name,
    wanted: Option<&[String]>,
    encoding: Encoding,
) -> Result<Vec<String>, Error> {
    if let (Some(wanted), Encoding::Text) = (wanted, encoding) {
        return Ok(texts(wanted));
    }
    let rows = snapshot.query(include_str!("columns.sql"), &[(&relation.to_string(), Type::TEXT)]).await?;
    let columns = rows.iter().map(column).collect::<Result<Vec<_>, _>>().map_err(Error::in_session)?;
    let is_wanted = |column: &&Column| wanted.is_none_or(|wanted| wanted.contains(&column.name));
    let columns: Vec<_> = columns.iter().filter(is_wanted).collect();
    Ok(match encoding {
        Encoding::Text => texts(&columns.iter().map(|column| column.name.clone()).collect::<Vec<_>>()),
        // A record without columns has no hash.
        Encoding::Binary if columns.is_empty() => vec!["true".to_owned()],
        Encoding::Binary => columns.into_iter().map(|column| column.binary.clone()).collect(),
    })
}

fn texts(columns: &[String]) -> Vec<String> {
    let mut texts: Vec<_> = columns.iter().map(|column| format!("t.{}::text", quote_ident(column))).collect();
    texts.sort();
    texts.dedup();
    texts
}

fn column(row: &Row) -> Result<Column, tokio_postgres::Error> {
    let name: String = row.try_get("name")?;
    let value = format!("t.{}", quote_ident(&name));
    let (type_name, extension): (&str, Option<&str>) = (row.try_get("type_name")?, row.try_get("extension")?);
    let binary = if row.try_get("built_in")? {
        built_in(type_name, &value)
    } else if extension == Some("vector") && ["vector", "halfvec"].contains(&type_name) {
        // Dimensions and IEEE floats, big-endian.
        let send: &str = row.try_get("send")?;
        Some(format!("{send}({value})"))
    } else {
        None
    };
    Ok(Column { name, binary: binary.unwrap_or_else(|| text(&value)) })
}

fn text(value: &str) -> String {
    format!("{value}::pg_catalog.text COLLATE \"C\"")
}

/// `None` for a type whose hash does not tell all values apart (in `interval` a day is 24 hours), or whose form depends on
/// the database (an enum is the oid of its label).
fn built_in(type_name: &str, value: &str) -> Option<String> {
    let send = |function: &str| Some(format!("pg_catalog.{function}({value})"));
    match type_name {
        // Their hash is one of all their bits; a domain is hashed as the type under it.
        "bool" | "int2" | "int4" | "oid" | "date" | "uuid" | "bytea" => {
            Some(format!("{value}::pg_catalog.{type_name}"))
        }
        // The hash of these keeps 32 bits only, or calls 0 and -0, or 1.0 and 1.00, equal.
        "int8" => send("int8send"),
        "float4" => send("float4send"),
        "float8" => send("float8send"),
        "numeric" => send("numeric_send"),
        "timestamp" => send("timestamp_send"),
        "timestamptz" => send("timestamptz_send"),
        "time" => send("time_send"),
        // The elements' type is in it, by an oid that is the same in every database.
        "_bool" | "_int2" | "_int4" | "_int8" | "_float4" | "_float8" | "_numeric" | "_text" | "_uuid"
        | "_timestamptz" => send("array_send"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_sorted_and_quoted() {
        let columns = ["b", "A\"", "b", "a"].map(str::to_owned);
        assert_eq!(texts(&columns), [r#"t."A"""::text"#, "t.a::text", "t.b::text"]);
    }

    #[test]
    fn what_is_not_exact_goes_as_text() {
        let check = |type_name, expected: Option<&str>| {
            assert_eq!(built_in(type_name, "v").as_deref(), expected, "{type_name}");
        };
        check("int4", Some("v::pg_catalog.int4"));
        check("int8", Some("pg_catalog.int8send(v)"));
        check("interval", None);
        check("jsonb", None);
        check("regclass", None);
    }

    #[test]
    fn an_old_server_makes_both_sides_text() {
        assert_eq!(Encoding::common(&[180_006, 150_000]), Encoding::Binary);
        assert_eq!(Encoding::common(&[130_010, 180_006]), Encoding::Text);
    }
}
