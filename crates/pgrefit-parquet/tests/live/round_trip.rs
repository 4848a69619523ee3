//! What came from a table goes back into one, byte by byte, and digests as the server says.

use pgrefit_parquet::{FileSum, Options, PgType, Reader, Table, Writer, Written, file_sum};
use pgrefit_pg::Migrator;

use crate::place::{Place, ask, describe, digest, file, run};

/// Chunks as they may come, row groups of a few hundred rows.
fn write(place: &Place, table: &Table, stream: &[u8], chunk_bytes: usize) -> Written {
    let options = Options { group_rows: 700, ..Options::default() };
    let path = place.path("t.parquet");
    let mut writer = Writer::new(file(&path), table, &options).expect("begun");
    stream.chunks(chunk_bytes).for_each(|chunk| writer.feed(chunk).expect("fed"));
    let (written, file) = writer.finish().expect("finished");
    let bytes = file.metadata().expect("metadata").len();
    assert_eq!((written.file_bytes, written.raw_bytes), (bytes, stream.len() as u64));
    assert_eq!(file_sum(&path).expect("summed"), written.sum);
    written
}

fn read(place: &Place, sum: &FileSum, table: &Table) -> Vec<u8> {
    let mut reader = Reader::open(&place.path("t.parquet"), sum).expect("opened");
    assert_eq!(reader.table(), table);
    let mut stream = Vec::new();
    while reader.copy(&mut stream, 10_000).expect("read") {}
    assert!(!reader.copy(&mut stream, 1).expect("read"), "nothing is left");
    stream
}

/// Returns the forms that there were.
async fn check(place: &Place, session: &mut Migrator, name: &str, chunk_bytes: usize) -> Vec<PgType> {
    let (table, sends) = describe(session, name).await;
    let stream = place.copy_out(session, name).await;
    let written = write(place, &table, &stream, chunk_bytes);
    assert!(read(place, &written.sum, &table) == stream, "{name}: another stream");
    let (rows, high, low) = digest(session, &table, &sends).await;
    assert_eq!((rows, format!("{high:016x}{low:016x}")), (written.digest.rows, written.digest.to_string()));
    table.columns.iter().map(|column| column.form).collect()
}

#[tokio::test]
async fn every_type_comes_back() {
    for place in Place::all() {
        let mut session = place.session().await;
        run(&mut session, include_str!("types.sql")).await;
        let name = r#""Odd ""Name"".t""#;
        let forms = check(&place, &mut session, name, 4096).await;
        check(&place, &mut session, name, 1).await;
        for form in [PgType::Bool, PgType::Text, PgType::Jsonb, PgType::Numeric, PgType::Uuid, PgType::Send] {
            assert!(forms.contains(&form), "{form:?}");
        }
        assert!(!forms.contains(&PgType::Vector));
        restored(&place, &mut session, name).await;
    }
}

/// The server takes the stream, and has the same rows then.
async fn restored(place: &Place, session: &mut Migrator, name: &str) {
    let (table, sends) = describe(session, name).await;
    let stream = place.copy_out(session, name).await;
    let written = write(place, &table, &stream, 8192);
    let back = read(place, &written.sum, &table);
    run(session, &format!("CREATE TABLE restored (LIKE {name})")).await;
    place.copy_in(session, "restored", &back).await;
    let before = digest(session, &table, &sends).await;
    let restored = Table { name: "restored".to_owned(), ..table };
    assert_eq!(digest(session, &restored, &sends).await, before);
}

#[tokio::test]
async fn vectors_come_back() {
    for place in Place::all() {
        let mut session = place.session().await;
        let there = "SELECT 1 FROM pg_catalog.pg_available_extensions WHERE name = 'vector'";
        if ask(&mut session, there).await.is_empty() {
            continue;
        }
        run(&mut session, include_str!("vectors.sql")).await;
        let forms = check(&place, &mut session, "\"My Vectors\".t", 5000).await;
        assert_eq!(forms, [PgType::Int4, PgType::Vector, PgType::Vector, PgType::Halfvec, PgType::Send]);
    }
}

#[tokio::test]
async fn tables_of_odd_shapes_come_back() {
    for place in Place::all() {
        let mut session = place.session().await;
        run(&mut session, include_str!("shapes.sql")).await;
        for name in ["empty", "nothing", "one", "many", "long"] {
            check(&place, &mut session, name, 70_000).await;
        }
    }
}
