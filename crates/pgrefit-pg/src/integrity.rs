//! What must be true of a database after its schema was changed: sequences are ahead of the keys they feed, privileges are
//! what they were, statistics are fresh.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::time::Duration;

use crate::{Error, ReadOnly, SimpleRow};

/// A sequence behind the column that it feeds: the next row would have a key that is there already.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Behind {
    /// The sequence, as SQL would write it.
    pub sequence: String,
    /// The column, as SQL would write it: `schema.table.column`.
    pub column: String,
    /// Its last value; nothing if it was never used.
    pub last_value: Option<i64>,
    /// The largest value in the column, or the smallest of a sequence that counts down.
    pub reached: i64,
}

/// The sequences that feed an indexed column.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Sequences {
    /// How many were looked at.
    pub seen: usize,
    /// How many this role may not look at.
    pub hidden: usize,
    /// Those that are behind.
    pub behind: Vec<Behind>,
}

/// Owner and privileges of an object.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Grants {
    /// Who owns it.
    pub owner: String,
    /// Who may do what, as `aclitem` prints it, sorted.
    pub items: String,
}

/// Objects by kind and name, such as `("relation", "public.documents")`.
pub type Privileges = BTreeMap<(String, String), Grants>;

/// A sequence with its column.
struct Fed {
    sequence: String,
    table: String,
    column: String,
    counts_down: bool,
    last_value: Option<i64>,
}

/// So many columns are looked at with one query.
const COLUMNS_A_QUERY: usize = 50;

/// Holds each sequence of an identity or serial column against the column, where an index finds its largest value.
///
/// Reads catalogs, `pg_sequences` and one end of an index each; locks: ACCESS SHARE on the tables, for at most 100 ms each.
///
/// # Errors
/// What the server says.
pub async fn sequences(session: &ReadOnly) -> Result<Sequences, Error> {
    let rows = session.simple(include_str!("integrity/sequences.sql")).await?;
    let total = rows.len();
    let fed: Vec<Fed> = rows.into_iter().filter_map(fed).collect();
    let mut found = Sequences { seen: fed.len(), hidden: total - fed.len(), behind: Vec::new() };
    for some in fed.chunks(COLUMNS_A_QUERY) {
        let reached = session.simple(&ends(some)).await?;
        for (fed, row) in some.iter().zip(reached) {
            let reached = row.into_iter().next().flatten().and_then(|text| text.parse().ok());
            found.behind.extend(reached.and_then(|reached| fed.behind(reached)));
        }
    }
    Ok(found)
}

/// Nothing for a sequence that this role may not see.
fn fed(row: SimpleRow) -> Option<Fed> {
    let mut values = row.into_iter();
    let mut next = || values.next().flatten();
    let (sequence, table, column) = (next()?, next()?, next()?);
    let counts_down = next()? == "t";
    let last_value = next().and_then(|text| text.parse().ok());
    (next()? == "t").then_some(Fed { sequence, table, column, counts_down, last_value })
}

/// The last value of each column, in order.
fn ends(fed: &[Fed]) -> String {
    let mut sql = String::new();
    for (index, Fed { table, column, counts_down, .. }) in fed.iter().enumerate() {
        let (end, union) =
            (if *counts_down { "min" } else { "max" }, if index == 0 { "" } else { " UNION ALL " });
        // Writing to a string cannot fail.
        let _ = write!(sql, "{union}SELECT (SELECT {end}({column}) FROM {table}), {index}");
    }
    sql + " ORDER BY 2"
}

impl Fed {
    fn behind(&self, reached: i64) -> Option<Behind> {
        let is_ahead = |last: i64| if self.counts_down { last <= reached } else { last >= reached };
        if self.last_value.is_some_and(is_ahead) {
            return None;
        }
        Some(Behind {
            sequence: self.sequence.clone(),
            column: format!("{}.{}", self.table, self.column),
            last_value: self.last_value,
            reached,
        })
    }
}

/// Owners and privileges of relations, columns, routines, types and schemas of users.
///
/// Reads catalogs, without a lock on any table.
///
/// # Errors
/// What the server says.
pub async fn privileges(session: &ReadOnly) -> Result<Privileges, Error> {
    let rows = session.simple(include_str!("integrity/privileges.sql")).await?;
    let grants = rows.into_iter().filter_map(|row| {
        let mut values = row.into_iter().flatten();
        let name = (values.next()?, values.next()?);
        Some((name, Grants { owner: values.next()?, items: values.next()? }))
    });
    Ok(grants.collect())
}

/// How long ago each table was last analyzed, by the server's clock; nothing if never.
///
/// Reads the statistics, which lag behind by up to a second on servers before PostgreSQL 15.
///
/// # Errors
/// What the server says.
pub async fn analyzed(session: &ReadOnly) -> Result<BTreeMap<String, Option<Duration>>, Error> {
    let rows = session.simple(include_str!("integrity/statistics.sql")).await?;
    let ages = rows.into_iter().filter_map(|row| {
        let mut values = row.into_iter();
        let table = values.next().flatten()?;
        let ms = values.next().flatten().and_then(|text| text.parse::<i64>().ok());
        Some((table, ms.map(|ms| Duration::from_millis(u64::try_from(ms).unwrap_or(0)))))
    });
    Ok(ages.collect())
}

#[cfg(test)]
mod tests {
    use super::Fed;

    #[test]
    fn a_sequence_is_behind_when_its_next_value_may_be_taken() {
        let check = |counts_down, last_value, reached, expected: bool| {
            let fed =
                Fed { sequence: "s".into(), table: "t".into(), column: "id".into(), counts_down, last_value };
            assert_eq!(fed.behind(reached).is_some(), expected, "{counts_down} {last_value:?} {reached}");
        };
        check(false, Some(7), 7, false);
        check(false, Some(9), 7, false);
        check(false, Some(6), 7, true);
        check(false, None, 7, true);
        check(true, Some(-7), -7, false);
        check(true, Some(-6), -7, true);
    }
}
