//! A catalog written as a script, run into an empty database, is the same catalog.

use pgrefit_catalog::{Catalog, Comparison};
use pgrefit_pg::introspect::{Scope, catalog};
use pgrefit_sql::Script;

use crate::live::Live;
use crate::{CHANGED, RICH, VIEWS};

const LEGACY: &str = include_str!("../../../../docs/docserver/legacy.sql");
const ORDER: &str = include_str!("order.sql");
const NEWEST: &str = include_str!("newest.sql");

/// What a script cannot make: foreign servers are not in a catalog.
const SERVERS: &str =
    "CREATE FOREIGN DATA WRAPPER nowhere; CREATE SERVER nowhere FOREIGN DATA WRAPPER nowhere";

async fn everything(live: &Live, database: &str) -> Catalog {
    catalog(&mut live.reader(database).await, &Scope::everything()).await.expect("a catalog")
}

/// What differs between the schema that `scripts` make and the one that its own script makes on the same server.
async fn check(live: &Live, name: &str, scripts: &[&str], expected: &str) {
    live.database(name, scripts).await;
    let first = everything(live, name).await;
    let script = first.to_sql();
    let again = format!("{name}_again");
    live.database(&again, &[SERVERS]).await;
    let run = live.writer(&again).await.batch(&script).await;
    run.unwrap_or_else(|error| panic!("{name}: {error:?}\n{script}"));
    let second = everything(live, &again).await;
    assert_eq!(first.difference(&second, Comparison::Exact).to_string(), expected, "{script}");
    assert_eq!(second.to_sql(), script.replace("-- invalid\nCREATE UNIQUE", "CREATE UNIQUE"));
}

#[tokio::test]
async fn a_script_makes_the_same_schema_again() {
    for live in Live::all() {
        check(&live, "rich", &[RICH], "").await;
        check(&live, "views", &[VIEWS], "").await;
        check(&live, "ordered", &[ORDER], "").await;
        let was_invalid = "index public.\"People Tags\": valid is yes, expected no\n";
        check(&live, "changed", &[RICH, CHANGED], was_invalid).await;
    }
}

/// It needs pgvector, which only the server that ships with pgrefit is sure to have.
#[tokio::test]
async fn the_doc_server_and_what_is_new_in_18_are_made_again() {
    let live = Live::start();
    check(&live, "legacy", &[LEGACY], "").await;
    check(&live, "newest", &[NEWEST], "").await;
}

#[tokio::test]
async fn the_parser_reads_every_statement_of_a_script() {
    let live = Live::start();
    for (name, script) in
        [("rich", RICH), ("views", VIEWS), ("ordered", ORDER), ("legacy", LEGACY), ("newest", NEWEST)]
    {
        live.database(name, &[script]).await;
        let sql = everything(&live, name).await.to_sql();
        let unread: Vec<_> =
            sql.split(";\n\n").filter(|statement| !Script::parse(statement).is_understood()).collect();
        assert!(Script::parse(&sql).is_understood(), "{unread:#?}");
    }
}
