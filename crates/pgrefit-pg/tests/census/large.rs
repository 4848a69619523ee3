//! What a census of many tables costs. Takes minutes to set up, so it is run by hand: `--ignored`.

use std::time::Instant;

use pgrefit_pg::census::{CensusOptions, census};

use super::live::Live;

/// 500 tables with an identity, a sequence of their own, a foreign key, a comment and three indexes each.
const TABLES: &str = "DO $$ BEGIN FOR i IN first..first + 499 LOOP EXECUTE format('
    CREATE TABLE t%1$s (id serial PRIMARY KEY, parent int REFERENCES root, name text NOT NULL DEFAULT ''x'',
                        made timestamptz DEFAULT now(), body jsonb, amount numeric, tag text);
    CREATE INDEX ON t%1$s (parent, made); CREATE INDEX ON t%1$s (lower(name)) WHERE amount IS NOT NULL;
    COMMENT ON TABLE t%1$s IS ''a table''; INSERT INTO t%1$s (name) VALUES (''a''), (''b'')', i); END LOOP; END $$";

#[tokio::test]
#[ignore = "takes minutes"]
async fn ten_thousand_tables_take_seconds() {
    for live in Live::all() {
        live.database("large", "CREATE TABLE root (id int PRIMARY KEY)").await;
        let mut writer = live.writer("large").await;
        for first in (0..10_000).step_by(500) {
            writer.batch(&TABLES.replace("first", &first.to_string())).await.expect("tables");
        }
        for analysed in [false, true] {
            if analysed {
                writer.batch("ANALYZE").await.expect("analysed");
            }
            let mut session = live.reader("postgres", "large").await;
            let begun = Instant::now();
            let options = CensusOptions { deep: analysed, ..CensusOptions::default() };
            let census = census(&mut session, &options).await.expect("a census");
            let status = std::fs::read_to_string("/proc/self/status").expect("Linux");
            let memory = status.lines().find(|line| line.starts_with("VmHWM")).unwrap_or_default();
            println!(
                "{} analysed {analysed}: {:?}, {memory}, {:?}, unseen {:?}, {} column statistics",
                live.major,
                begun.elapsed(),
                census.origin,
                census.unseen.keys(),
                census.column_statistics.len()
            );
            let temp = writer
                .simple("SELECT temp_files, temp_bytes FROM pg_stat_database WHERE datname = 'large'")
                .await;
            println!("temporary files: {temp:?}");
        }
    }
}
