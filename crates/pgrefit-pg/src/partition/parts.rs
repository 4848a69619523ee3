//! Partitions and foreign keys from rows of the catalog.

use pgrefit_catalog::Name;
use tokio_postgres::Row;
use tokio_postgres::types::FromSql;

use super::{Bound, Datum, ForeignKey, KeyPart, Partition, PartitionKind, PartitionedTable, Strategy};
use crate::Error;

/// The value of a column.
pub(super) fn get<'a, T: FromSql<'a>>(row: &'a Row, column: &str) -> Result<T, Error> {
    row.try_get(column).map_err(Error::in_session)
}

pub(super) fn name(row: &Row) -> Result<Name, Error> {
    Ok(Name { schema: get(row, "schema")?, name: get(row, "name")? })
}

pub(super) fn table(row: &Row) -> Result<PartitionedTable, Error> {
    let (columns, types): (Vec<Option<String>>, Vec<Option<String>>) =
        (get(row, "columns")?, get(row, "types")?);
    let part = |(column, data_type)| KeyPart { column, data_type };
    Ok(PartitionedTable {
        oid: get(row, "oid")?,
        name: name(row)?,
        owner: get(row, "owner")?,
        strategy: strategy(get(row, "strategy")?)?,
        key: columns.into_iter().zip(types).map(part).collect(),
        key_definition: get(row, "key_definition")?,
        partitions: Vec::new(),
        inbound: Vec::new(),
    })
}

fn strategy(code: &str) -> Result<Strategy, Error> {
    match code {
        "r" => Ok(Strategy::Range),
        "l" => Ok(Strategy::List),
        "h" => Ok(Strategy::Hash),
        other => Err(Error::Exchange(format!("unknown partition strategy {other:?}").into())),
    }
}

pub(super) fn partition(row: &Row) -> Result<Partition, Error> {
    // A partition whose detach ends at this moment has none any more.
    let bound_text = get::<Option<String>>(row, "bound")?.unwrap_or_default();
    let rows: Option<f64> = get(row, "rows")?;
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "an estimate, and not negative"
    )]
    let rows = rows.map(|rows| rows.max(0.0) as u64);
    Ok(Partition {
        oid: get(row, "oid")?,
        name: name(row)?,
        owner: get(row, "owner")?,
        kind: match get(row, "kind")? {
            "p" => PartitionKind::Partitioned,
            "f" => PartitionKind::Foreign,
            _ => PartitionKind::Ordinary,
        },
        bound: Bound::parse(&bound_text),
        bound_text,
        detach_pending: get(row, "detach_pending")?,
        comment: get(row, "comment")?,
        rows,
        bytes: get::<i64>(row, "bytes")?.unsigned_abs(),
    })
}

pub(super) fn foreign_key(row: &Row) -> Result<ForeignKey, Error> {
    Ok(ForeignKey {
        table: name(row)?,
        name: get(row, "constraint")?,
        definition: get(row, "definition")?,
        columns: get(row, "columns")?,
        references: Name { schema: get(row, "referenced_schema")?, name: get(row, "referenced_name")? },
        referenced: get(row, "referenced")?,
        validated: get(row, "validated")?,
        owned: get(row, "owned")?,
    })
}

/// For the order of partitions: the default one last, ranges by their lower bound. Numbers are compared as such, and times as text,
/// which in ISO is their order.
pub(super) fn place(partition: &Partition) -> (u8, i128, String) {
    match &partition.bound {
        Bound::Range { from, .. } => match from.first() {
            Some(Datum::Value(text)) => match text.parse::<i128>() {
                Ok(number) => (1, number, String::new()),
                Err(_) if text.ends_with(" BC") => (0, 1, text.clone()),
                Err(_) => (1, 0, text.clone()),
            },
            Some(Datum::MaxValue) => (2, 0, String::new()),
            Some(Datum::MinValue) | None => (0, 0, String::new()),
        },
        Bound::List(values) => (1, 0, values.iter().flatten().next().cloned().unwrap_or_default()),
        Bound::Hash { remainder, .. } => (1, i128::from(*remainder), String::new()),
        Bound::Unknown => (3, 0, String::new()),
        Bound::Default => (4, 0, String::new()),
    }
}
