//! Out of the database, and back.

use pgrefit_archive::{Standing, State, list, query, verify};
use pgrefit_catalog::Name;

use crate::place::{Place, chain, connector, majors};

/// Everything that a query could notice of the table, rows as text.
const CONTENT: &str = "SELECT md5(string_agg(d::text, '|' ORDER BY d.id)) FROM documents AS d";

fn odd() -> Name {
    Name::new("Odd \"Schema\"", "documents 2023, \"old\"")
}

async fn out_and_back(major: u32) {
    let place = Place::docserver_on(major).await;
    let before = place.ask(CONTENT).await;
    let described = "SELECT string_agg(c.conname || pg_get_constraintdef(c.oid), ';' ORDER BY c.conname) || \
        (SELECT string_agg(pg_get_indexdef(indexrelid), ';' ORDER BY indexrelid::regclass::text) FROM pg_index WHERE indrelid = conrelid) \
        FROM pg_constraint AS c WHERE conrelid = '\"Odd \"\"Schema\"\"\".\"documents 2023, \"\"old\"\"\"'::regclass AND contype <> 'n' GROUP BY conrelid";
    let shape = place.ask(described).await;
    for table in [odd(), Name::new("public", "documents_2024")] {
        let archived = place.run(&table).await.unwrap_or_else(|error| panic!("{major}: {}", chain(&error)));
        assert_eq!((archived.record.state, archived.exports), (State::Dropped, 1));
        let reached: Vec<_> = archived.record.moments.iter().map(|(state, _)| *state).collect();
        assert_eq!(reached, State::ALL[..8]);
        assert_eq!(std::fs::read_dir(place.work()).expect("a folder").count(), 0);
    }
    assert_eq!(place.ask("SELECT count(*) FROM documents").await, "151");
    let scratch = connector(&place.scratch, "postgres");
    let listed = place.with_job(list).await.expect("listed");
    assert!(listed.iter().all(|one| one.standing == Standing::Stored), "{listed:?}");
    assert_eq!(listed.len(), 2);
    let verified = place
        .with_job(async |job| verify(job, &odd().to_string(), Some(&scratch)).await)
        .await
        .unwrap_or_else(|error| panic!("{}", chain(&error)));
    assert_eq!(verified.rows, 183);
    let reading = query(&listed[0].record, &place.store).expect("stored");
    assert!(std::path::Path::new(&reading.urls[0]).is_file(), "{reading:?}");
    for table in [odd(), Name::new("public", "documents_2024")] {
        let restored = place.restore(&table.to_string()).await;
        let restored = restored.unwrap_or_else(|error| panic!("{major}: {}", chain(&error)));
        assert!(restored.attached);
        assert_eq!(restored.record.state, State::Restored);
    }
    assert_eq!(place.ask(CONTENT).await, before);
    assert_eq!(place.ask(described).await, shape);
    let databases = "SELECT count(*) FROM pg_database WHERE datname LIKE 'pgrefit%'";
    let left = scratch.read_only().await.expect("connected").simple(databases).await.expect("asked");
    assert_eq!(left, [[Some("0".to_owned())]]);
}

#[tokio::test]
async fn a_partition_goes_out_and_comes_back_as_it_was() {
    for major in majors() {
        Box::pin(out_and_back(major)).await;
    }
}
