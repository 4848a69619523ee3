//! Every kind of index that is proposed, on a real server: either side of an OR, words, BRIN, partial, the last of a group, a join.

use std::time::Duration;

use pgrefit_tune::indexes::{Options, Statement};

use super::place::Place;

const SETUP: &str =
    "CREATE TABLE log (id int PRIMARY KEY, at timestamptz NOT NULL, a int, b int, state text, body text);
INSERT INTO log SELECT n, timestamptz '2024-01-01' + n * interval '1 minute', n % 5003, (n * 7) % 5009,
    CASE WHEN n % 200 = 0 THEN 'open' ELSE 'done' END,
    CASE WHEN n % 500 = 0 THEN 'needle ' ELSE '' END || 'hay ' || md5(n::text) || repeat(' stack', 20)
FROM generate_series(1, 60000) AS n";

/// Searches for one statement alone.
async fn check(place: &Place, sql: &str, args: &[&str], expected: &[&str]) {
    let list: Vec<Option<String>> = args.iter().map(|value| Some((*value).to_owned())).collect();
    let args = if list.is_empty() { Vec::new() } else { vec![list] };
    let statement = Statement::given("it", sql).with_args(args).with_budget(Duration::from_millis(500));
    let found = place.find("kinds", &[statement], &Options { rounds: 1, ..Options::default() }).await;
    let definitions: Vec<&str> = found.kept.iter().map(|kept| kept.definition.as_str()).collect();
    assert_eq!(definitions, expected, "{sql}: {found:#?}");
}

#[tokio::test]
async fn each_kind_is_found_where_it_pays() {
    for place in Place::all() {
        drop(place.database("kinds", SETUP).await);
        check(&place, "SELECT id, body FROM log WHERE a = $1 OR b = $2", &["7", "9"], &["(a)", "(b)"]).await;
        check(
            &place,
            "SELECT body FROM log WHERE a IN (3, 5) AND state = 'open'",
            &[],
            &["(a) WHERE state = 'open'::text"],
        )
        .await;
        let words = "SELECT id FROM log WHERE to_tsvector('english', body) @@ to_tsquery('english', $1)";
        check(&place, words, &["needle"], &["USING gin ((to_tsvector('english'::regconfig, body)))"]).await;
        check(&place, "SELECT max(at) FROM log WHERE a = $1", &["17"], &["(a, at)"]).await;
        let newest = "SELECT id, body FROM log WHERE state = 'open' ORDER BY at DESC NULLS LAST, id LIMIT 20";
        check(&place, newest, &[], &["(at, id DESC) WHERE state = 'open'::text"]).await;
        check(&place, "SELECT count(*) FROM log WHERE id = $1", &["5"], &[]).await;
    }
}

/// Rows lie in the order of their time: BRIN brings a day under its budget for a hundredth of the space. What is faster still does
/// not pay if nothing but the budget counts.
#[tokio::test]
async fn time_that_only_grows_takes_a_brin_index() {
    let place = Place::new();
    drop(place.database("kinds", SETUP).await);
    let day = Statement::given("day", "SELECT count(body) FROM log WHERE at >= $1 AND at < $2")
        .with_args(vec![vec![Some("2024-01-20".to_owned()), Some("2024-01-21".to_owned())]]);
    let options = Options { rounds: 1, saving_min: 1.0, faster_min: 1e9, ..Options::default() };
    // How long it takes here is not known before.
    let as_it_is = place.find("kinds", std::slice::from_ref(&day), &options).await;
    assert_eq!(as_it_is.kept, [], "{as_it_is:#?}");
    let budget = Duration::from_secs_f64(as_it_is.statements[0].before_ms * 0.6 / 1e3);
    let found = place.find("kinds", &[day.with_budget(budget)], &options).await;
    let definitions: Vec<&str> = found.kept.iter().map(|kept| kept.definition.as_str()).collect();
    assert_eq!(definitions, ["USING brin (at)"], "{found:#?}");
    assert!(found.kept[0].size_bytes < 100_000, "{found:#?}");
    assert!(found.statements[0].blocks_after * 3 < found.statements[0].blocks_before, "{found:#?}");
}
