//! Plans as the servers print them: kept as files, which the tests of the parser read. `UPDATE_EXPECT=1` writes them anew.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use pgrefit_bench::PlanShape;
use pgrefit_pg::StatementLimits;

use super::place::Place;

const QUERIES: [(&str, &str); 7] = [
    ("index", "SELECT * FROM documents WHERE id = 7"),
    ("bitmap", "SELECT * FROM documents d WHERE d.source = 's1' OR d.id < 10"),
    ("sequential", "SELECT count(*) FROM documents WHERE size % 7 = 3"),
    ("backward", "SELECT id FROM documents ORDER BY id DESC LIMIT 3"),
    (
        "hash-join",
        "SELECT s.enabled, count(*) FROM documents d LEFT JOIN sources s ON s.name = d.source GROUP BY 1",
    ),
    (
        "nested",
        "WITH few AS MATERIALIZED (SELECT * FROM sources LIMIT 2) \
         SELECT (SELECT max(d.size) FROM documents d WHERE d.source = few.name) FROM few WHERE few.enabled",
    ),
    ("odd-names", "SELECT \"Key\" FROM \"Odd Schema\".\"T\" WHERE \"Key\" > 3"),
];

#[tokio::test]
async fn the_files_are_what_the_servers_print() {
    for place in Place::all().await {
        place
            .admin()
            .await
            .batch("ALTER DATABASE postgres SET max_parallel_workers_per_gather = 0")
            .await
            .expect("set");
        let session = place.connector().read_only().await.expect("a session");
        let limits = StatementLimits { statement: Duration::from_secs(10), lock: Duration::from_secs(1) };
        let mut plans = BTreeMap::new();
        for (name, sql) in QUERIES {
            let how =
                if name == "index" { "ANALYZE, VERBOSE, BUFFERS, TIMING OFF" } else { "VERBOSE, COSTS" };
            let rows = session.texts(&format!("EXPLAIN ({how}, FORMAT JSON) {sql}"), &[], limits).await;
            let text = rows.expect("explained").remove(0).remove(0).expect("a plan");
            plans.insert(name, serde_json::from_str::<serde_json::Value>(&text).expect("JSON"));
        }
        check(place.major, &plans);
    }
}

#[expect(clippy::print_stdout, reason = "a test that did not look says so")]
fn check(major: u32, plans: &BTreeMap<&str, serde_json::Value>) {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/plans/{major}.json"));
    if std::env::var_os("UPDATE_EXPECT").is_some() {
        std::fs::write(&file, serde_json::to_string_pretty(plans).expect("JSON") + "\n").expect("written");
    }
    let Ok(kept) = std::fs::read_to_string(&file) else {
        println!("skipped: no plans of {major} are kept");
        return;
    };
    let kept: BTreeMap<String, serde_json::Value> = serde_json::from_str(&kept).expect("JSON");
    for (name, plan) in plans {
        let outline =
            |plan: &serde_json::Value| PlanShape::parse(&plan.to_string()).expect("a plan").outline();
        assert_eq!(outline(plan), outline(&kept[*name]), "{name} on {major}");
    }
}
