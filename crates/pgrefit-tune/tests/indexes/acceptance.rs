//! From the Doc Server's schema as it was found, and its traffic, alone: indexes that come within twice of those made by hand.

use std::time::Duration;

use pgrefit_pg::Migrator;
use pgrefit_tune::indexes::{Options, Statement, migrations, report};
use serde::Deserialize;

use super::place::{Place, rows, standing};

const LEGACY: &str = include_str!("../../../../docs/docserver/legacy.sql");
const DOCUMENTS: &str = include_str!("docserver.sql");
const CONFIG: &str = include_str!("../../../../pgrefit.toml");
const ROWS: &str = "20000";
/// What was made by hand: V15 to V18, V20 to V22.
const BY_HAND: [&str; 7] = [
    include_str!("../../../../migrations/V15__documents_source_name_created_at_index.sql"),
    include_str!("../../../../migrations/V16__documents_doc_type_created_at_id_index.sql"),
    include_str!("../../../../migrations/V17__documents_created_at_id_index.sql"),
    include_str!("../../../../migrations/V18__drop_superseded_indexes.sql"),
    include_str!("../../../../migrations/V20__documents_crate_index.sql"),
    include_str!("../../../../migrations/V21__documents_ingestion_job_index.sql"),
    include_str!("../../../../migrations/V22__drop_low_value_indexes.sql"),
];

#[derive(Deserialize)]
struct Config {
    queries: Vec<Query>,
}

#[derive(Deserialize)]
struct Query {
    name: String,
    sql: String,
    budget: String,
    weight: f64,
    #[serde(default)]
    args: Vec<Vec<String>>,
}

/// The queries of the repository's own configuration; without pgvector not those that need it.
fn statements(has_vector: bool) -> Vec<Statement> {
    let config: Config = toml::from_str(CONFIG).expect("the configuration");
    let statement = |query: Query| {
        let text = query.budget.strip_suffix("ms").expect("milliseconds");
        let mut args = query.args;
        if query.name == "crate-by-name" {
            // Those that take long as it was: a crate with few documents, and one that is not there.
            args.extend([vec!["source-250".to_owned()], vec!["no-such-crate".to_owned()]]);
        }
        let args = args.into_iter().map(|list| list.into_iter().map(Some).collect()).collect();
        Statement::given(query.name, query.sql)
            .with_args(args)
            .with_weight(query.weight)
            .with_budget(Duration::from_millis(text.parse().expect("a number")))
    };
    let usable = |query: &Query| has_vector || !query.name.starts_with("nearest");
    config.queries.into_iter().filter(usable).map(statement).collect()
}

fn setup(has_vector: bool, count: &str) -> String {
    let legacy = if has_vector {
        LEGACY.to_owned()
    } else {
        LEGACY
            .replace("CREATE EXTENSION IF NOT EXISTS vector;", "")
            .replace("embedding vector(3072)", "embedding bytea")
    };
    let vector = if has_vector {
        "CASE WHEN n % 20 = 0 THEN (SELECT array_agg(sin(n + i))::vector(3072) FROM generate_series(1, 3072) AS i) END"
    } else {
        "CASE WHEN n % 20 = 0 THEN decode(repeat(md5(n::text), 380), 'hex') END"
    };
    legacy + &DOCUMENTS.replace("{rows}", count).replace("{vector}", vector)
}

/// Blocks and median milliseconds of a statement, the most of its lists of values.
async fn cost(session: &mut Migrator, statement: &Statement) -> (u64, f64) {
    session.batch("DEALLOCATE ALL; SET plan_cache_mode = force_custom_plan").await.expect("set");
    session.batch(&format!("PREPARE p AS {}", statement.sql)).await.expect("prepared");
    let mut most = (0, 0.0_f64);
    let none = vec![Vec::new()];
    for list in if statement.args.is_empty() { &none } else { &statement.args } {
        let values: Vec<String> =
            list.iter().map(|value| format!("'{}'", value.as_deref().expect("a value"))).collect();
        let values = if values.is_empty() { String::new() } else { format!("({})", values.join(", ")) };
        let sql = format!("EXPLAIN (ANALYZE, BUFFERS, TIMING OFF, FORMAT JSON) EXECUTE p{values}");
        let mut times = Vec::new();
        for _ in 0..5 {
            let text = rows(session, &sql).await[0][0].clone();
            let plan: serde_json::Value = serde_json::from_str(&text).expect("JSON");
            let count = |key: &str| plan[0]["Plan"][key].as_u64().expect("a count");
            times.push(plan[0]["Execution Time"].as_f64().expect("a time"));
            most.0 = most.0.max(count("Shared Hit Blocks") + count("Shared Read Blocks"));
        }
        times.sort_by(f64::total_cmp);
        most.1 = most.1.max(times[2]);
    }
    most
}

async fn apply(session: &mut Migrator, text: &str) {
    let code: String = text.lines().filter(|line| !line.starts_with("--")).collect::<Vec<_>>().join("\n");
    for statement in code.split(';').filter(|statement| !statement.trim().is_empty()) {
        session.batch(statement).await.expect(statement);
    }
}

#[tokio::test]
async fn what_is_found_comes_near_to_what_was_made_by_hand() {
    let count = std::env::var("PGREFIT_TEST_ROWS").unwrap_or_else(|_| ROWS.to_owned());
    // A search over all of them takes a minute or more: the newest version only. What differs between versions is in `odd`.
    for place in [Place::new()] {
        let has_vector = place.major != 15;
        let mut own = place.database("own", &setup(has_vector, &count)).await;
        let statements = statements(has_vector);
        let before = standing(&mut own).await;
        let found = place
            .find("own", &statements, &Options { rounds: 2, runs: 2, write_rows: 300, ..Options::default() })
            .await;
        assert_eq!(standing(&mut own).await, before, "the copy is as it was");
        assert!(found.unread.is_empty(), "{:?}", found.unread);
        let text = pgrefit_report::render_text(
            &report(&found, "test", "2026-01-01T00:00:00Z"),
            &pgrefit_report::TextOptions { color: false, width: 200, verbose: false },
        );
        println!("{text}");
        let mut by_hand = place.database("by_hand", &setup(has_vector, &count)).await;
        for file in BY_HAND {
            apply(&mut by_hand, file).await;
        }
        for file in migrations(&found, 15) {
            println!("{}\n{}", file.name, file.text);
            apply(&mut own, &file.text).await;
        }
        for session in [&mut own, &mut by_hand] {
            session.batch("VACUUM ANALYZE").await.expect("vacuumed");
        }
        let mut worse = Vec::new();
        for statement in &statements {
            let (ours, theirs) = (cost(&mut own, statement).await, cost(&mut by_hand, statement).await);
            let line = format!(
                "{} {}: {} blocks {:.2} ms; by hand {} blocks {:.2} ms",
                place.major, statement.name, ours.0, ours.1, theirs.0, theirs.1
            );
            println!("{line}");
            // A few blocks and a millisecond are no difference; the time counts only beside the blocks, because the machine is shared.
            if ours.0 > 2 * theirs.0 + 10 && ours.1 > 2.0 * theirs.1 + 0.2 {
                worse.push(line);
            }
        }
        assert_eq!(worse, Vec::<String>::new());
        let improved: Vec<&str> = found
            .statements
            .iter()
            .filter(|one| one.blocks_after * 2 < one.blocks_before)
            .map(|one| one.name.as_str())
            .collect();
        for name in ["find-by-source", "crate-by-name", "by-ingestion-job", "count-crate"] {
            assert!(improved.contains(&name), "{name} is not among {improved:?}");
        }
    }
}
