//! Tables and streams that tests make.

use std::fs::File;
use std::path::Path;

use pgrefit_parquet::copy::Encoder;
use pgrefit_parquet::{Column, Error, Options, PgType, Table, Writer, Written};

pub(crate) fn column(name: &str, form: PgType) -> Column {
    Column { name: name.to_owned(), type_name: format!("{form:?}"), form, not_null: false }
}

pub(crate) fn table(columns: Vec<Column>) -> Table {
    Table { name: "public.t".to_owned(), columns }
}

/// Rows that use many forms.
pub(crate) fn mixed() -> Table {
    let forms = [
        ("id", PgType::Int8),
        ("flag", PgType::Bool),
        ("body", PgType::Text),
        ("data", PgType::Jsonb),
        ("key", PgType::Uuid),
        ("at", PgType::Timestamptz),
        ("price", PgType::Numeric),
        ("embedding", PgType::Vector),
        ("ip", PgType::Send),
    ];
    table(forms.into_iter().map(|(name, form)| column(name, form)).collect())
}

pub(crate) fn mixed_row(number: i64) -> Vec<Option<Vec<u8>>> {
    let floats: Vec<u8> = (0..4_i16).flat_map(|at| (f32::from(at) / 3.0).to_be_bytes()).collect();
    let vector = [&[0, 4, 0, 0][..], &floats].concat();
    let json = format!("\u{1}{{\"k\": {number}}}");
    let digit = u8::try_from(number.rem_euclid(9) + 1).expect("small");
    let null = number % 7 == 3;
    vec![
        Some(number.to_be_bytes().to_vec()),
        (!null).then(|| vec![u8::from(number % 2 == 0)]),
        Some(
            format!("text {number} {}", "x".repeat(usize::try_from(number.rem_euclid(50)).expect("small")))
                .into_bytes(),
        ),
        (!null).then(|| json.into_bytes()),
        Some([number.to_be_bytes(), number.to_le_bytes()].concat()),
        (!null).then(|| (number * 1_000_003).to_be_bytes().to_vec()),
        Some(vec![0, 1, 0, 0, 0, 0, 0, 2, 0, digit]),
        (!null).then_some(vector),
        Some(vec![2, 32, 0, 4, 10, 0, 0, digit]),
    ]
}

/// A whole stream of these rows.
pub(crate) fn stream(columns: usize, rows: impl IntoIterator<Item = Vec<Option<Vec<u8>>>>) -> Vec<u8> {
    let encoder = Encoder::new(columns).expect("an encoder");
    let mut out = Vec::new();
    encoder.header(&mut out);
    for row in rows {
        encoder.fields(row.iter().map(Option::as_deref), &mut out).expect("a row");
    }
    encoder.trailer(&mut out);
    out
}

pub(crate) fn write(path: &Path, table: &Table, stream: &[u8], options: &Options) -> Result<Written, Error> {
    let mut writer = Writer::new(File::create(path).expect("created"), table, options)?;
    for chunk in stream.chunks(8192) {
        writer.feed(chunk)?;
    }
    Ok(writer.finish()?.0)
}
