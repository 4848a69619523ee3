//! Where values come from, and names that need quoting.

use std::time::Duration;

use pgrefit_load::{Error, LoadOptions, LoadStatement, ParamSource, Params, Results, Workload, draw};

use super::place::{Place, closed};

const ODD: &str = r#"
    CREATE SCHEMA "Odd ""Schema";
    CREATE TABLE "Odd ""Schema"."Mixed Case" ("a""b" int PRIMARY KEY, "Text" text, list int[], doc json, "a" uuid, none text);
    INSERT INTO "Odd ""Schema"."Mixed Case"
    SELECT n, 'it''s ' || n, ARRAY[n, 2], '{"k": "v"}', gen_random_uuid(), NULL FROM generate_series(1, 50) AS n;
"#;

#[tokio::test]
async fn values_are_drawn_from_the_database() {
    for place in Place::all() {
        place.setup(ODD).await;
        let from = r#"SELECT "Text", "a""b", "a""b" AS "Text", list::text, doc::text, a, none FROM "Odd ""Schema"."Mixed Case" ORDER BY 2 -- all"#;
        let sql = r#"SELECT "Text" FROM "Odd ""Schema"."Mixed Case" WHERE "Text" = $1 AND "a""b" = $2 AND "a""b" = $3 AND list = $4
                     AND doc::text = $5 AND a = $6 AND none IS NOT DISTINCT FROM $7"#;
        let query = Params::Query { sql: from.to_owned(), rows_max: 20 };
        let odd = LoadStatement { params: query, results: Results::Binary, ..LoadStatement::new("odd", sql) };
        let column = ParamSource::Query { sql: "SELECT 'x' UNION ALL SELECT NULL".to_owned(), rows_max: 9 };
        let each = Params::Each(vec![column, ParamSource::Integer { min: 1, max: 5 }]);
        let both =
            LoadStatement { params: each, ..LoadStatement::new("both", "SELECT $1::text, $2::int + 1") };
        let drawn = place.drawn(&[odd, both]).await;
        let lists = drawn.values("odd", 200, 1);
        assert!(lists.iter().all(|list| list.len() == 7 && list[1] == list[2] && list[6].is_none()));
        let mut first: Vec<_> = lists.iter().map(|list| list[0].clone()).collect();
        first.sort();
        first.dedup();
        assert!(first.len() > 15 && first.len() <= 20, "{first:?}");
        let run = place.run(&drawn, &LoadOptions { pipeline: 3, ..closed(2) }).await;
        assert!(run.failed == 0 && run.done > 0, "{:?}", run.failures);
        let odd = run.statement("odd").expect("it is there");
        assert_eq!(odd.rows, odd.done, "each list of values finds its row");
    }
}

/// The Doc Server as it is found in production, with a few documents.
const DOCUMENTS: &str = r"
    INSERT INTO document_sources (doc_type, source_name) VALUES ('rust', 'serde'), ('rust', 'tokio');
    INSERT INTO documents (doc_type, source_name, doc_path, content, metadata, embedding, token_count, created_at)
    SELECT 'rust', (ARRAY['serde', 'tokio'])[1 + n % 2], 'path/' || n, 'async deserialize with a timeout, part ' || n,
           jsonb_build_object('crate_name', (ARRAY['serde', 'tokio'])[1 + n % 2], 'crate_version', '1.0.' || n),
           (SELECT array_agg(sin(n * i))::vector(3072) FROM generate_series(1, 3072) AS i), n, now() - n * interval '1 minute'
    FROM generate_series(1, 100) AS n;
    INSERT INTO crate_jobs (crate_name, operation) VALUES ('serde', 'add_crate');
";

#[tokio::test]
async fn the_doc_server_workload_runs() {
    for place in Place::all().into_iter().filter(|place| place.has_pgvector) {
        place.setup(include_str!("../../../../docs/docserver/legacy.sql")).await;
        place.setup(DOCUMENTS).await;
        let drawn = place.draw(&Workload::docserver().expect("it is read")).await;
        let mix = place.run(&drawn, &LoadOptions { duration: Duration::from_secs(3), ..closed(2) }).await;
        assert!(mix.failed == 0 && mix.done > 50, "{:?}", mix.failures);
        for statement in drawn.statements() {
            let alone = drawn.only(&statement.name).expect("it is there");
            let options =
                LoadOptions { warm_up: Duration::ZERO, duration: Duration::from_millis(100), ..closed(1) };
            let run = place.run(&alone, &options).await;
            assert!(run.failed == 0 && run.done > 0, "{}: {:?}", statement.name, run.failures);
            let rows = run.statements[0].rows;
            let empty = ["jobs-by-status", "list-crates", "type-page"].contains(&statement.name.as_str());
            assert!(rows > 0 || empty, "{} finds nothing", statement.name);
        }
    }
}

#[tokio::test]
async fn a_query_without_values_is_said() {
    let place = Place::one();
    let session = place.connector().read_only().await.expect("a session");
    let check = async |sql: &str, expected: &str| {
        let query = Params::Query { sql: sql.to_owned(), rows_max: 5 };
        let statement = LoadStatement { params: query, ..LoadStatement::new("s", "SELECT $1") };
        let workload = Workload { name: "w".to_owned(), statements: vec![statement] };
        let error = draw(&session, &workload).await.expect_err(sql);
        let cause = std::error::Error::source(&error).and_then(std::error::Error::source);
        let text = format!("{error}: {}", cause.map(ToString::to_string).unwrap_or_default());
        assert!(text.contains(expected), "{sql}: {text}");
    };
    check("SELECT 1 WHERE false", "gives no row").await;
    check("SELECT", "gives no columns").await;
    check("SELECT absent", "42703").await;
    check("SELECT 1) AS a; DROP TABLE t; SELECT * FROM (SELECT 1", "42601").await;
    check("CREATE TABLE t (n int)", "42601").await;
    assert!(matches!(
        draw(&session, &Workload { name: "w".to_owned(), statements: Vec::new() }).await,
        Err(Error::Workload { .. })
    ));
}

#[tokio::test]
async fn the_same_seed_asks_the_same() {
    let place = Place::one();
    let params =
        Params::Each(vec![ParamSource::Zipf { min: 1, max: 1_000, exponent: 1.1 }, ParamSource::Uuid]);
    let drawn =
        place.drawn(&[LoadStatement { params, ..LoadStatement::new("s", "SELECT $1::int, $2::uuid") }]).await;
    assert_eq!(drawn.values("s", 50, 3), drawn.values("s", 50, 3));
    assert_ne!(drawn.values("s", 50, 3), drawn.values("s", 50, 4));
    assert!(drawn.values("absent", 5, 1).is_empty());
    let run = place.run(&drawn, &LoadOptions { duration: Duration::from_millis(500), ..closed(1) }).await;
    assert!(run.failed == 0 && run.done > 0 && run.windows.is_empty(), "{run:?}");
}
