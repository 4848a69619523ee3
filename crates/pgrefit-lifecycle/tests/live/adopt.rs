//! A table becomes the first partition of one of its name.

use std::time::Duration;

use crate::place::{Place, apply, ask, drafts, lines, set};

pub(crate) const RICH: &str = include_str!("rich.sql");
const REFERRED: &str = include_str!("rich_referred.sql");
pub(crate) const AROUND: &str = include_str!("around.sql");

pub(crate) const RICH_SET: &str = "
table = 'app.documents'
key = 'created_at'
interval = 'month'
accept = ['unique:documents_pkey', 'unique:documents_number', 'inbound-fk:app.lost.lost_document']
";

#[tokio::test]
async fn everything_on_a_table_is_on_the_partitioned_one() {
    for place in Place::all() {
        let connector = place.database("rich", &format!("{RICH}{REFERRED}")).await;
        let mut session = connector.migrator().await.expect("a session");
        let before = lines(&mut session, AROUND).await;
        let next = ask(&mut session, "SELECT last_value FROM app.documents_id_seq").await;
        let set = set(RICH_SET);
        let drafts = drafts(&connector, &set).await;
        let took = apply(&connector, &drafts).await;
        let after = lines(&mut session, AROUND).await;
        let expected = as_widened(&before);
        let missing: Vec<_> = expected.iter().filter(|line| !after.contains(line)).collect();
        let new: Vec<_> = after.iter().filter(|line| !expected.contains(line)).collect();
        assert!(missing.is_empty() && new.is_empty(), "{}: missing {missing:#?}\nnew {new:#?}", place.major);
        assert_eq!(ask(&mut session, "SELECT last_value FROM app.documents_id_seq").await, next);
        assert_eq!(ask(&mut session, "SELECT count(*) FROM app.documents").await, "3000");
        assert!(took.iter().all(|(_, took)| *took < Duration::from_secs(20)), "{took:?}");
        behaves(&place).await;
    }
}

/// What must be there afterwards: the same, with the key in what is unique.
pub(crate) fn as_widened(before: &[String]) -> Vec<String> {
    let widened = |line: &String| {
        line.replace("PRIMARY KEY (id)", "PRIMARY KEY (id, created_at)")
            .replace(
                "documents_pkey ON app.documents USING btree (id)",
                "documents_pkey ON app.documents USING btree (id, created_at)",
            )
            .replace(
                "documents_number ON app.documents USING btree (number)",
                "documents_number ON app.documents USING btree (number, created_at)",
            )
    };
    before.iter().filter(|line| !line.contains("lost_document")).map(widened).collect()
}

/// What roles may and may not do, and what happens to their rows.
async fn behaves(place: &Place) {
    let mut writer = place.connector_as("life_writer", "rich").migrator().await.expect("a session");
    writer
        .batch("INSERT INTO app.documents (source_name, path, body) VALUES ('rust', 'new', 'abc')")
        .await
        .expect("inserted");
    let denied = writer.batch("SELECT body FROM app.documents").await;
    assert!(denied.is_err(), "{denied:?}");
    let mut reader = place.connector_as("life_reader", "rich").migrator().await.expect("a session");
    assert_eq!(ask(&mut reader, "SELECT count(*) FROM app.documents").await, "1000");
    let mut session = place.connector("rich").migrator().await.expect("a session");
    assert_eq!(ask(&mut session, "SELECT n > 0 FROM app.of_recent").await, "t");
    let row = "SELECT (id - 100) % 5 || ' ' || size || ' ' || (number > 3000) FROM app.documents WHERE path = 'new'";
    assert_eq!(ask(&mut session, row).await, "0 3 true");
    session.batch("UPDATE app.documents SET body = 'abcd' WHERE path = 'new'").await.expect("updated");
    assert_eq!(
        ask(&mut session, "SELECT updated_at IS NOT NULL FROM app.documents WHERE path = 'new'").await,
        "t"
    );
    let orphan = session.batch("INSERT INTO app.documents (source_name, path) VALUES ('none', 'x')").await;
    assert!(orphan.is_err());
    let referred = session
        .batch("DELETE FROM app.documents WHERE (number, created_at) IN (SELECT number, at FROM app.pages)")
        .await;
    assert!(referred.is_err());
    assert_eq!(
        ask(&mut session, "SELECT has_table_privilege('life_default', 'app.documents', 'SELECT')").await,
        "f"
    );
    let ahead = "INSERT INTO app.documents (source_name, path, created_at) SELECT 'rust', 'ahead' || i, now() + i * interval '1 month' FROM generate_series(0, 3) i";
    session.batch(ahead).await.expect("partitions are ahead");
    assert_eq!(ask(&mut session, "SELECT count(DISTINCT tableoid) > 2 FROM app.documents").await, "t");
}
