//! What an application that was connected before notices.

use pgrefit_rehearse::{CanaryKind, Limits, findings};

use super::place::{Place, rehearse};

const SETUP: &str =
    "CREATE TABLE a (id int PRIMARY KEY, n int, t text); CREATE TABLE b (id int PRIMARY KEY, \"N x\" int);
    CREATE VIEW w AS SELECT id FROM b; INSERT INTO a VALUES (1, 1, 'x'); INSERT INTO b VALUES (1, 1);
    CREATE TABLE quiet (id int);";

#[tokio::test]
async fn a_connected_application_notices_what_it_does() {
    for place in Place::all() {
        let mut number = 0;
        let mut check = async |sql: &str, expected: &[&str], checks: &[&str]| {
            number += 1;
            let connector = place.database(&format!("canary_{number}"), SETUP).await;
            let trace = rehearse(&connector, &[sql]).await;
            assert_eq!(trace.failure, None, "{sql}");
            assert_eq!((trace.canary.relations, trace.canary.left_out), (4, 0));
            let word = |kind| if kind == CanaryKind::Star { "star" } else { "columns" };
            let found: Vec<String> = trace
                .canary
                .errors
                .iter()
                .map(|error| format!("{} {} {}", error.relation, word(error.kind), error.sqlstate))
                .collect();
            assert_eq!(found, expected, "{}: {sql}", place.major);
            let told = findings(&trace, Limits::default());
            let told: Vec<_> =
                told.iter().map(|finding| format!("{} {}", finding.check, finding.status)).collect();
            assert_eq!(told, checks, "{sql}");
        };
        check("CREATE INDEX a_n ON a (n)", &[], &[]).await;
        check("ALTER TABLE a ADD COLUMN x int", &["public.a star 0A000"], &["cached-plan-fails warn"]).await;
        check(
            "ALTER TABLE a DROP COLUMN n",
            &["public.a star 0A000", "public.a columns 42703"],
            &["cached-plan-fails warn", "prepared-query-fails fail"],
        )
        .await;
        check(
            "-- pgrefit:phase contract\nALTER TABLE a DROP COLUMN n",
            &["public.a star 0A000", "public.a columns 42703"],
            &["cached-plan-fails warn", "prepared-query-fails warn"],
        )
        .await;
        check(
            "ALTER TABLE a ALTER COLUMN n TYPE bigint",
            &["public.a star 0A000", "public.a columns 0A000"],
            &["cached-plan-fails warn", "cached-plan-fails warn"],
        )
        .await;
        check(
            "ALTER TABLE b RENAME COLUMN \"N x\" TO m",
            &["public.b star 0A000", "public.b columns 42703"],
            &["cached-plan-fails warn", "prepared-query-fails fail"],
        )
        .await;
        check(
            "ALTER TABLE a RENAME TO c",
            &["public.a star 42P01", "public.a columns 42P01"],
            &["prepared-query-fails fail", "prepared-query-fails fail"],
        )
        .await;
        check(
            "CREATE OR REPLACE VIEW w AS SELECT id, 1 AS one FROM b",
            &["public.w star 0A000"],
            &["cached-plan-fails warn"],
        )
        .await;
        check(
            "DROP TABLE quiet",
            &["public.quiet star 42P01", "public.quiet columns 42P01"],
            &["prepared-query-fails fail"; 2],
        )
        .await;
        check(
            "DO $$ BEGIN EXECUTE 'ALTER TABLE a ADD COLUMN x int'; END $$",
            &["public.a star 0A000"],
            &["cached-plan-fails warn"],
        )
        .await;
    }
}

#[tokio::test]
async fn each_file_is_blamed_for_its_own() {
    let place = Place::one();
    let connector = place.database("blame", SETUP).await;
    let texts = ["ALTER TABLE a ADD COLUMN x int", "SELECT 1", "ALTER TABLE a ADD COLUMN y int; VACUUM a;"];
    let trace = rehearse(&connector, &texts).await;
    let found: Vec<_> = trace.canary.errors.iter().map(|error| (error.version, error.step)).collect();
    assert_eq!(found, [(1, 1), (3, 1)]);
}
