//! What a linter says of the work on whole tables, held against a real server: which tables it wrote anew, where it built an
//! index, and which it read.

use std::os::unix::fs::MetadataExt as _;
use std::path::PathBuf;

use pgrefit_catalog::Name;
use pgrefit_lint::{Cost, Linter, Options, Source};
use pgrefit_pg::introspect::{Scope, snapshot};
use pgrefit_pg::{Connector, Limits, Settings};
use pgrefit_scratch::{Binaries, Home, Options as ServerOptions, Search, Server};

const SCHEMA: &str = "
    CREATE FUNCTION volatile_value() RETURNS int LANGUAGE plpgsql VOLATILE AS 'BEGIN RETURN 1; END';
    CREATE FUNCTION stable_value() RETURNS int LANGUAGE plpgsql STABLE AS 'BEGIN RETURN 1; END';
    CREATE DOMAIN plain AS text;
    CREATE DOMAIN short AS text CHECK (length(VALUE) < 9);
    CREATE TABLE customers (id int PRIMARY KEY);
    CREATE TABLE orders (
        id int PRIMARY KEY, code varchar(20), note text, made timestamp, at timestamp, price numeric(9,2), n int,
        checked varchar(20) CHECK (checked <> ''), partial varchar(20), proven int, customer int,
        CONSTRAINT proven_not_null CHECK (proven IS NOT NULL)
    );
    INSERT INTO orders (id, proven, note, n) VALUES (1, 1, 'x', 2);
    CREATE INDEX orders_code ON orders (code);
    CREATE INDEX orders_made ON orders (made);
    CREATE INDEX orders_partial ON orders (n) WHERE partial = 'x';
    CREATE UNIQUE INDEX orders_proven ON orders (proven);
    CREATE UNIQUE INDEX orders_n ON orders (n);
    ALTER TABLE orders ADD CONSTRAINT waits CHECK (n > 0) NOT VALID;
    CREATE TABLE events (at int, kind int) PARTITION BY RANGE (at);
    CREATE TABLE events_1 PARTITION OF events FOR VALUES FROM (0) TO (10);
    CREATE TABLE events_default PARTITION OF events DEFAULT;
    CREATE TABLE bare (at int, kind int);
    CREATE TABLE bound (at int NOT NULL, kind int, CHECK (at >= 20 AND at < 30));
";

/// Statements with the table looked at and what is done with it.
const STATEMENTS: &[(&str, &str, Option<Cost>)] = &[
    ("ALTER TABLE orders ALTER code TYPE varchar(40)", "orders", None),
    ("ALTER TABLE orders ALTER code TYPE text", "orders", None),
    ("ALTER TABLE orders ALTER code TYPE plain", "orders", None),
    ("ALTER TABLE orders ALTER code TYPE short", "orders", Some(Cost::Rewrite)),
    ("ALTER TABLE orders ALTER code TYPE varchar(10)", "orders", Some(Cost::Rewrite)),
    ("ALTER TABLE orders ALTER price TYPE numeric(12,2)", "orders", None),
    ("ALTER TABLE orders ALTER n TYPE bigint", "orders", Some(Cost::Rewrite)),
    ("ALTER TABLE orders ALTER checked TYPE varchar(40)", "orders", Some(Cost::Scan)),
    ("ALTER TABLE orders ALTER partial TYPE varchar(40)", "orders", Some(Cost::Build)),
    ("ALTER TABLE orders ALTER at TYPE timestamptz", "orders", None),
    ("ALTER TABLE orders ALTER made TYPE timestamptz", "orders", Some(Cost::Build)),
    ("ALTER TABLE orders ALTER note SET NOT NULL", "orders", Some(Cost::Scan)),
    ("ALTER TABLE orders ALTER proven SET NOT NULL", "orders", None),
    ("ALTER TABLE orders ALTER id SET NOT NULL", "orders", None),
    ("ALTER TABLE orders ADD CHECK (n > 1)", "orders", Some(Cost::Scan)),
    ("ALTER TABLE orders ADD CHECK (n > 1) NOT VALID", "orders", None),
    ("ALTER TABLE orders VALIDATE CONSTRAINT waits", "orders", Some(Cost::Scan)),
    ("ALTER TABLE orders VALIDATE CONSTRAINT proven_not_null", "orders", None),
    ("ALTER TABLE orders ADD FOREIGN KEY (customer) REFERENCES customers", "orders", Some(Cost::Scan)),
    ("ALTER TABLE orders ADD FOREIGN KEY (customer) REFERENCES customers NOT VALID", "orders", None),
    ("ALTER TABLE orders ADD UNIQUE (note)", "orders", Some(Cost::Build)),
    ("ALTER TABLE orders ADD CONSTRAINT u UNIQUE USING INDEX orders_n", "orders", None),
    ("ALTER TABLE orders ADD COLUMN x int", "orders", None),
    ("ALTER TABLE orders ADD COLUMN x int NOT NULL DEFAULT 1", "orders", None),
    ("ALTER TABLE orders ADD COLUMN x timestamptz DEFAULT now()", "orders", None),
    ("ALTER TABLE orders ADD COLUMN x int DEFAULT stable_value()", "orders", None),
    ("ALTER TABLE orders ADD COLUMN x int DEFAULT volatile_value()", "orders", Some(Cost::Rewrite)),
    ("ALTER TABLE orders ADD COLUMN x uuid DEFAULT gen_random_uuid()", "orders", Some(Cost::Rewrite)),
    ("ALTER TABLE orders ADD COLUMN x serial", "orders", Some(Cost::Rewrite)),
    (
        "ALTER TABLE orders ADD COLUMN x int GENERATED ALWAYS AS (id + 1) STORED",
        "orders",
        Some(Cost::Rewrite),
    ),
    ("ALTER TABLE orders ADD COLUMN x plain", "orders", None),
    ("ALTER TABLE orders ADD COLUMN x short", "orders", Some(Cost::Rewrite)),
    ("ALTER TABLE orders ADD COLUMN IF NOT EXISTS code serial", "orders", None),
    ("ALTER TABLE orders ADD COLUMN x int CHECK (x > 0)", "orders", Some(Cost::Scan)),
    ("ALTER TABLE orders ADD COLUMN x int UNIQUE", "orders", Some(Cost::Build)),
    ("ALTER TABLE orders ADD COLUMN x int REFERENCES customers", "orders", None),
    ("ALTER TABLE orders ADD COLUMN x int, ALTER proven SET NOT NULL", "orders", None),
    ("ALTER TABLE orders ALTER proven SET NOT NULL, ALTER n TYPE bigint", "orders", Some(Cost::Rewrite)),
    ("ALTER TABLE orders SET UNLOGGED", "orders", Some(Cost::Rewrite)),
    ("ALTER TABLE orders RENAME COLUMN n TO m", "orders", None),
    ("ALTER TABLE orders DROP COLUMN note", "orders", None),
    ("CREATE INDEX x ON orders (note)", "orders", Some(Cost::Build)),
    ("CREATE INDEX IF NOT EXISTS orders_code ON orders (code)", "orders", None),
    ("CREATE INDEX x ON ONLY events (at)", "events_1", None),
    ("CREATE INDEX x ON events_1 (at)", "events_1", Some(Cost::Build)),
    ("REINDEX TABLE orders", "orders", Some(Cost::Build)),
    ("CLUSTER orders USING orders_code", "orders", Some(Cost::Rewrite)),
    ("ALTER TABLE events ATTACH PARTITION bare FOR VALUES FROM (20) TO (30)", "bare", Some(Cost::Scan)),
    ("ALTER TABLE events ATTACH PARTITION bound FOR VALUES FROM (20) TO (30)", "bound", None),
    (
        "ALTER TABLE events ATTACH PARTITION bound FOR VALUES FROM (20) TO (30)",
        "events_default",
        Some(Cost::Scan),
    ),
    (
        "CREATE TABLE events_2 PARTITION OF events FOR VALUES FROM (40) TO (50)",
        "events_default",
        Some(Cost::Scan),
    ),
    ("ALTER DOMAIN plain ADD CHECK (VALUE <> '')", "orders", None),
    ("CREATE TABLE fresh (a int); ALTER TABLE fresh ALTER a SET NOT NULL", "orders", None),
    ("COMMENT ON TABLE orders IS 'x'", "orders", None),
];

fn start() -> Server {
    let own_file = tempfile::NamedTempFile::new().expect("a file");
    let uid = own_file.path().metadata().expect("metadata").uid();
    let variable = |name| std::env::var_os(name).map(PathBuf::from);
    let home = Home::default_for(variable("HOME").as_deref(), variable("XDG_CACHE_HOME").as_deref(), uid);
    let binaries = Binaries::find(&home, &Search::default()).expect("PostgreSQL");
    Server::start(&home, &binaries, &ServerOptions::default()).expect("a server")
}

fn connector(server: &Server) -> Connector {
    let settings = Settings::resolve(Some(server.url("postgres").expose()), &|_| None).expect("a URL");
    Connector::new(settings, "pgrefit test".to_owned(), Limits::default())
}

/// Filenodes of the table and of its indexes, and how often it was read in this transaction.
fn look(table: &str) -> String {
    format!(
        "SELECT pg_relation_filenode('{table}'), (SELECT string_agg(pg_relation_filenode(indexrelid)::text, ',' \
         ORDER BY pg_relation_filenode(indexrelid)) FROM pg_index WHERE indrelid = '{table}'::regclass), \
         pg_stat_get_xact_numscans('{table}'::regclass)"
    )
}

#[tokio::test]
async fn the_work_is_what_the_server_does() {
    let server = start();
    let mut session = connector(&server).migrator().await.expect("a session");
    session.batch("SET timezone = 'UTC'; ALTER DATABASE postgres SET timezone = 'UTC'").await.expect("UTC");
    session.batch(SCHEMA).await.expect("the schema");
    let taken = snapshot(&mut connector(&server).read_only().await.expect("a session"), &Scope::everything())
        .await
        .expect("a snapshot");
    assert!(taken.catalog.tables.contains_key(&Name::new("public", "orders")));
    let mut linter = Linter::new(Options::default());
    linter.seed(&taken);
    let mut wrong = Vec::new();
    for (sql, table, expected) in STATEMENTS {
        let judged = linter.clone().judge(&Source { file: "V1__x.sql", text: sql, is_migration: true });
        let said = judged.statements.iter().flat_map(|statement| &statement.work);
        let said = said.filter(|work| work.table == *table).map(|work| work.cost).max();
        let look = look(table);
        let before = session.simple(&format!("BEGIN; {look}")).await.expect("a look").remove(0);
        session.batch(sql).await.unwrap_or_else(|error| panic!("{sql}: {error:?}"));
        let after = session.simple(&format!("{look}; ROLLBACK")).await.expect("a look").remove(0);
        let done = match (&before[..], &after[..]) {
            ([one, ..], [other, ..]) if one != other => Some(Cost::Rewrite),
            ([_, one, _], [_, other, _]) if one != other => Some(Cost::Build),
            ([.., one], [.., other]) if one != other => Some(Cost::Scan),
            _ => None,
        };
        if said != done || said != *expected {
            wrong.push(format!("{sql}: says {said:?}, does {done:?} with {table}, expected {expected:?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
