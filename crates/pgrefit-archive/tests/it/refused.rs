//! What cannot be archived is refused before anything is changed, with the reason.

use pgrefit_archive::{Error, Obstacle};
use pgrefit_catalog::Name;
use pgrefit_pg::Settings;

use crate::place::{DATABASE, Place, chain, connector, open};

const SHAPES: &str = "CREATE TABLE whole (id int8 PRIMARY KEY, at date) PARTITION BY RANGE (id);
    CREATE TABLE whole_1 PARTITION OF whole FOR VALUES FROM (0) TO (10);
    CREATE TABLE whole_rest PARTITION OF whole DEFAULT;
    CREATE TABLE target (id int8 PRIMARY KEY) PARTITION BY RANGE (id);
    CREATE TABLE target_1 PARTITION OF target FOR VALUES FROM (0) TO (10);
    CREATE TABLE refers (target int8 REFERENCES target);
    CREATE TABLE seen (id int8); CREATE VIEW sees AS SELECT * FROM seen;
    CREATE TABLE base (id int8); CREATE TABLE derived () INHERITS (base);
    CREATE TYPE mood AS ENUM ('sad');
    CREATE TABLE moods (id int8, moods mood[]);
    CREATE TABLE classes (id int8, class regclass);
    CREATE TABLE acls (id int8, acl aclitem);
    CREATE TABLE only_generated (n int GENERATED ALWAYS AS (1) STORED);
    CREATE TABLE secret (id int8); ALTER TABLE secret ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
    CREATE TABLE plain (id int8); INSERT INTO plain VALUES (1);
    CREATE ROLE app LOGIN PASSWORD 'app'; GRANT ALL ON SCHEMA public TO app; GRANT SELECT ON ALL TABLES IN SCHEMA public TO app;
    ALTER TABLE secret OWNER TO app;";

fn named(name: &str) -> Name {
    Name::new("public", name)
}

#[tokio::test]
async fn shapes_that_cannot_be_archived_are_refused() {
    let place = Place::empty().await;
    place.write(SHAPES).await;
    let check = async |name: &str, expected: &str| {
        let error = place.run(&named(name)).await.expect_err(name);
        assert!(matches!(error, Error::Refused { .. }), "{name}: {}", chain(&error));
        assert_eq!(error.to_string(), format!("failed to archive public.{name}: {expected}"));
    };
    check("whole", "it is a partitioned table; public.whole_1 inherits from it").await;
    check(
        "whole_1",
        "beside the default partition public.whole_rest no partition can be detached concurrently",
    )
    .await;
    check("target_1", "the foreign key \"refers_target_fkey\" of public.refers refers to it").await;
    check("seen", "view public.sees needs it").await;
    check("sees", "it is a view").await;
    check("base", "public.derived inherits from it").await;
    check("derived", "it inherits from public.base").await;
    check("moods", "column \"moods\" cannot be exported: its binary form has the number of the type public.mood, which is another one in every database").await;
    check(
        "classes",
        "column \"class\" cannot be exported: regclass is the number of an object of this database",
    )
    .await;
    check("acls", "column \"acl\" cannot be exported: aclitem has no binary form").await;
    check("only_generated", "it has no column to read").await;
    let error = place.run(&named("nothing")).await.expect_err("nothing");
    assert!(matches!(error, Error::NoTable { .. }), "{}", chain(&error));
    assert_eq!(place.ask("SELECT to_regclass('pgrefit_archive')").await, "NULL");
    assert!(!place.work().exists());
}

#[tokio::test]
async fn roles_that_may_not_are_refused_and_an_owner_of_one_schema_may() {
    let place = Place::empty().await;
    place.write(SHAPES).await;
    let settings = Settings::resolve(Some(place.server.url(DATABASE).expose()), &|_| None).expect("settings");
    let app = place.connector().with_settings(settings.with_login("app", "app"));
    let scratch = connector(&place.scratch, "postgres");
    let run = async |name: &str| {
        let table = named(name);
        place
            .with(&app, &place.work(), async |job| {
                pgrefit_archive::run(job, &scratch, &table, pgrefit_archive::Until::Dropped).await
            })
            .await
    };
    let error = run("plain").await.expect_err("not the owner");
    assert!(
        matches!(&error, Error::Refused { obstacles, .. } if matches!(obstacles.as_slice(), [Obstacle::NotOwner { .. }])),
        "{}",
        chain(&error)
    );
    let error = run("secret").await.expect_err("row security");
    assert_eq!(error.to_string(), "failed to archive public.secret: row security may hide rows from app");
    assert!(error.hint().is_some());
    place.write("ALTER TABLE plain OWNER TO app").await;
    run("plain").await.unwrap_or_else(|error| panic!("{}", chain(&error)));
    assert_eq!(place.state(&named("plain")).await, "dropped");
}

#[tokio::test]
async fn places_that_do_not_do_are_refused() {
    let mut place = Place::empty().await;
    place.write(SHAPES).await;
    place.limits.work_bytes = Some(10);
    let error = place.run(&named("plain")).await.expect_err("no room");
    assert!(matches!(error, Error::NoSpace { available: 10, .. }), "{}", chain(&error));
    place.limits.work_bytes = None;
    let live = connector(&place.server, "postgres");
    let plain = named("plain");
    let error = place
        .with_job(async |job| pgrefit_archive::run(job, &live, &plain, pgrefit_archive::Until::Dropped).await)
        .await
        .expect_err("the live server");
    assert!(matches!(error, Error::LiveServer), "{}", chain(&error));
    assert_eq!(place.ask("SELECT to_regclass('pgrefit_archive')").await, "NULL");
    for (url, expected) in [
        ("file:///nowhere/at/all", "failed to read the store's folder /nowhere/at/all"),
        ("/tmp", "failed to understand the store /tmp: it is no URL"),
        (
            "ftp://host/x",
            "failed to understand the store ftp://host/x: it begins with none of file:, s3:, gs: and az:",
        ),
        (
            "s3://me:secret@bucket",
            "failed to understand the store s3://…@bucket: credentials are given as variables, not in the URL",
        ),
        (
            "az://c/x?sig=abc",
            "failed to understand the store az://c/x: credentials are given as variables, not in the URL",
        ),
    ] {
        assert_eq!(open(url, &[]).expect_err(url).to_string(), expected);
    }
}

#[tokio::test]
async fn a_restore_that_cannot_be_is_refused() {
    let place = Place::empty().await;
    place.write("CREATE TABLE whole (id int8 PRIMARY KEY, note text) PARTITION BY RANGE (id);
        CREATE TABLE whole_1 PARTITION OF whole FOR VALUES FROM (0) TO (10); INSERT INTO whole VALUES (1, 'x')").await;
    let table = named("whole_1");
    let what = table.to_string();
    let error = place.restore(&what).await.expect_err("nothing there");
    assert!(matches!(error, Error::NoArchive { .. }), "{}", chain(&error));
    place.run(&table).await.unwrap_or_else(|error| panic!("{}", chain(&error)));
    place.write("CREATE TABLE whole_1 (id int8)").await;
    let error = place.restore(&what).await.expect_err("the name is taken");
    assert!(error.to_string().contains("there is another table of its name"), "{}", chain(&error));
    place.write("DROP TABLE whole_1; ALTER TABLE whole DROP COLUMN note").await;
    let error = place.restore(&what).await.expect_err("the parent has changed");
    assert!(error.to_string().contains("public.whole has no column \"note\" any more"), "{}", chain(&error));
    place.write("ALTER TABLE whole ADD COLUMN note text, ADD COLUMN more int DEFAULT 7 NOT NULL").await;
    assert!(place.restore(&what).await.unwrap_or_else(|error| panic!("{}", chain(&error))).attached);
    assert_eq!(place.ask("SELECT id || note || more FROM whole").await, "1x7");
    let error = place.restore(&what).await.expect_err("it is there");
    assert!(matches!(error, Error::WrongState { .. }), "{}", chain(&error));
    place.run(&table).await.unwrap_or_else(|error| panic!("{}", chain(&error)));
    place.write("DROP TABLE whole").await;
    let restored = place.restore(&what).await.unwrap_or_else(|error| panic!("{}", chain(&error)));
    assert!(!restored.attached);
    assert_eq!(place.ask("SELECT id || note || more FROM whole_1").await, "1x7");
}
