//! Copies and what is taken for one.

use pgrefit_pg::introspect::Scope;
use pgrefit_rehearse::{
    CopyMarker, Error, Tolerance, read_marker, read_source_facts, sameness, write_marker,
};
use pgrefit_report::Status;

use super::place::Place;

const SETUP: &str =
    "CREATE TABLE a (id int PRIMARY KEY); INSERT INTO a SELECT generate_series(1, 5000); ANALYZE;";

#[tokio::test]
async fn a_copy_is_compared_with_its_source() {
    let (source_place, copy_place) = (Place::one(), Place::one());
    let source = source_place.database("app", SETUP).await;
    let scope = Scope::everything();
    let facts =
        read_source_facts(&mut source.read_only().await.expect("a session"), &scope).await.expect("facts");
    let refused = sameness(&facts, &source, &scope, Tolerance::default()).await;
    assert!(matches!(&refused, Err(Error::IsLive { database }) if database == "app"), "{refused:?}");
    // Nor by another name for the cluster.
    let hidden = pgrefit_rehearse::SourceFacts { system_identifier: None, ..facts.clone() };
    assert!(matches!(
        sameness(&hidden, &source, &scope, Tolerance::default()).await,
        Err(Error::IsLive { .. })
    ));

    let copy = copy_place.database("staging", SETUP).await;
    let marker = CopyMarker {
        system_identifier: facts.system_identifier.expect("known"),
        database: "app".into(),
        lsn: "0/1".into(),
        at: "2020-01-01T00:00:00Z".into(),
    };
    let mut session = copy.migrator().await.expect("a session");
    session.batch("COMMENT ON DATABASE staging IS 'It''s a\nstaging'").await.expect("commented");
    let older = CopyMarker { lsn: "0/0".into(), ..marker.clone() };
    write_marker(&mut session, &older).await.expect("marked");
    write_marker(&mut session, &marker).await.expect("marked");
    let read = read_marker(&copy.read_only().await.expect("a session")).await.expect("read");
    assert_eq!(read.as_ref(), Some(&marker));

    let check = async |expected: &[(&str, Status)]| {
        let same = sameness(&facts, &copy, &scope, Tolerance::default()).await.expect("compared");
        let found: Vec<_> =
            same.findings.iter().map(|finding| (finding.check.as_str(), finding.status)).collect();
        assert_eq!(found, expected);
        same
    };
    let same = check(&[
        ("copy-differs", Status::Pass),
        ("copy-packed-otherwise", Status::Info),
        ("copy-rows-differ", Status::Pass),
        ("copy-old", Status::Warn),
    ])
    .await;
    assert_eq!((same.same_catalog, same.same_cluster), (true, Some(false)));
    session
        .batch("DELETE FROM a WHERE id > 3000; ANALYZE a; ALTER TABLE a ADD COLUMN x int")
        .await
        .expect("changed");
    write_marker(&mut session, &CopyMarker { database: "other".into(), ..marker }).await.expect("marked");
    check(&[
        ("copy-differs", Status::Fail),
        ("copy-packed-otherwise", Status::Info),
        ("copy-rows-differ", Status::Warn),
        ("copy-old", Status::Fail),
    ])
    .await;
}
