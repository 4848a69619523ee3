//! Size, use and dependents, as real servers give them.

use std::collections::BTreeMap;

use pgrefit_catalog::{Name, Snapshot, Usage};
use pgrefit_pg::introspect::{Scope, catalog, snapshot};

use crate::RICH;
use crate::live::Live;

const HANGING: &str = include_str!("hanging.sql");

/// Counters reach others when a session is idle or ends, unless it is told.
const FLUSH: &str = "SELECT pg_stat_force_next_flush()";
const ANALYZE: &str = "ANALYZE big; ANALYZE tree_low; ANALYZE tree_rest_any";

async fn taken(live: &Live, database: &str) -> Snapshot {
    snapshot(&mut live.reader(database).await, &Scope::everything()).await.expect("a snapshot")
}

fn usage<'a>(snapshot: &'a Snapshot, name: &str) -> &'a Usage {
    &snapshot.usage[&Name::new("public", name)]
}

/// Each dependent as one line.
fn lines(snapshot: &Snapshot) -> String {
    let lines = |(on, dependents): (&Name, &Vec<pgrefit_catalog::Dependent>)| {
        let line = |dependent: &pgrefit_catalog::Dependent| {
            let columns = dependent.columns.join(", ");
            format!("{on} <- {:?} {} ({columns})\n", dependent.kind, dependent.name)
        };
        dependents.iter().map(line).collect::<String>()
    };
    snapshot.dependents.iter().map(lines).collect()
}

#[tokio::test]
async fn what_hangs_on_a_relation_is_known_on_every_major() {
    for live in Live::all() {
        live.database("hanging", &[HANGING]).await;
        expect_test::expect![[r#"
            "Odd.Schema"."Line Items" <- Policy "Odd.Schema"."Line Items".theirs (Order)
            "Odd.Schema"."Line Items_item_seq" <- Default "Odd.Schema"."Line Items".item ()
            public.costly <- View public.upon (id)
            public.orders <- View "Odd.Schema".counted ()
            public.orders <- View public.costly (amount, code, id)
            public.orders <- MaterializedView public.totals (amount)
            public.orders <- Function public.named(text) (code, id)
            public.orders <- Function public.shown(public.orders[]) ()
            public.orders <- Policy "Odd.Schema"."Line Items".theirs (id)
            public.orders <- Trigger public.orders.on_code (code, note)
            public.orders <- Rule public.orders."keep it" ()
            public.orders <- ForeignKey "Odd.Schema"."Line Items"."Line Items_Order_fkey" (id)
            public.orders <- ForeignKey "Odd.Schema"."Line Items"."Line Items_code_fkey" (code)
            public.orders <- GeneratedColumn public.orders.net (amount)
        "#]]
        .assert_eq(&lines(&taken(&live, "hanging").await));
    }
}

#[tokio::test]
async fn sizes_are_near_the_truth_after_analyze() {
    for live in Live::all() {
        live.database("hanging", &[HANGING, FLUSH, ANALYZE]).await;
        let taken = taken(&live, "hanging").await;
        let big = usage(&taken, "big");
        assert_eq!((big.rows, big.live_rows, big.partitions), (Some(10_000), Some(10_000), 0), "{big:?}");
        // The truth: heap, TOAST and its index; then the index.
        let sizes =
            "SELECT pg_table_size('big') - pg_relation_size('big', 'fsm') - pg_relation_size('big', 'vm'),
            pg_indexes_size('big')";
        let mut truth = live.reader("hanging").await.simple(sizes).await.expect("sizes");
        let truth: Vec<f64> =
            truth.remove(0).into_iter().flatten().filter_map(|size| size.parse().ok()).collect();
        for (found, truth) in [(big.bytes, truth[0]), (big.index_bytes, truth[1])] {
            let found = f64::from(u32::try_from(found).expect("small"));
            assert!((truth * 0.9..truth * 1.4).contains(&found), "{found} for {truth}: {big:?}");
        }
        assert!(big.toast_bytes > 500_000 && big.toast_bytes < big.bytes, "{big:?}");
        assert!(big.last_analyze.as_ref().is_some_and(|at| at.ends_with('Z')), "{big:?}");

        let never = usage(&taken, "never");
        assert_eq!((never.rows, never.bytes, &never.last_analyze), (None, 0, &None));
        let tree = usage(&taken, "tree");
        assert_eq!((tree.rows, tree.partitions), (Some(1_000), 3), "{tree:?}");
        let (low, rest) = (usage(&taken, "tree_low"), usage(&taken, "tree_rest"));
        assert_eq!((rest.rows, rest.partitions), (Some(900), 2), "{rest:?}");
        assert_eq!(
            (tree.bytes, tree.index_bytes),
            (low.bytes + rest.bytes, low.index_bytes + rest.index_bytes)
        );
        assert_eq!((usage(&taken, "bare").rows, usage(&taken, "bare").partitions), (Some(0), 0));
        assert_eq!(usage(&taken, "totals").rows, None);
        let unknown =
            "rows and size are not known: \"Odd.Schema\".\"Line Items\" and 4 more were never analysed";
        assert!(taken.blind.iter().any(|blind| blind == unknown), "{:?}", taken.blind);
    }
}

#[tokio::test]
async fn a_snapshot_says_where_it_was_taken_and_is_read_back() {
    for live in Live::all() {
        live.database("rich", &[RICH]).await;
        let settings = "ALTER DATABASE rich SET search_path = nowhere, \"$user\", \"Odd.Schema\", public;
            ALTER DATABASE rich SET timezone = 'Asia/Tokyo'";
        live.writer("rich").await.batch(settings).await.expect("set");
        let mut session = live.reader("rich").await;
        let version = session.version_num();
        let taken = snapshot(&mut session, &Scope::everything()).await.expect("a snapshot");
        assert_eq!(Snapshot::from_json(&taken.to_json()).expect("a snapshot"), taken);
        assert_eq!(
            (taken.format, taken.server_version_num, taken.standby),
            (Snapshot::FORMAT, version, false)
        );
        assert_eq!((taken.database.as_str(), taken.time_zone.as_str()), ("rich", "Asia/Tokyo"));
        assert_eq!(taken.search_path, ["Odd.Schema", "public"]);
        assert_eq!(taken.catalog, catalog(&mut session, &Scope::everything()).await.expect("a catalog"));
        let (at, minute) = (&taken.taken_at, "now() - interval '1 minute' AND now() + interval '1 minute'");
        let recent = format!("SELECT timestamptz '{at}' BETWEEN {minute}");
        assert_eq!(session.simple(&recent).await.expect("a row"), [[Some("t".to_owned())]], "{at}");
        let scoped = Scope::everything().without_schema("Odd.Schema");
        let scoped = snapshot(&mut session, &scoped).await.expect("a snapshot");
        assert!(scoped.usage.keys().all(|name| name.schema != "Odd.Schema") && !scoped.usage.is_empty());
    }
}

/// Statistics of others' tables are no secret.
#[tokio::test]
async fn a_role_that_may_only_connect_sees_the_same() {
    for live in Live::all() {
        live.database("hanging", &[HANGING]).await;
        let before = taken(&live, "hanging").await;
        let plain = "CREATE ROLE plain; REVOKE ALL ON SCHEMA public FROM PUBLIC;
            DO $$ BEGIN EXECUTE format('ALTER ROLE %I IN DATABASE hanging SET role = plain', current_user); END $$";
        live.writer("hanging").await.batch(plain).await.expect("set");
        let after = taken(&live, "hanging").await;
        assert_eq!((&after.dependents, &after.blind), (&before.dependents, &before.blind));
        let sizes = |taken: &Snapshot| -> BTreeMap<Name, _> {
            let size = |usage: &Usage| (usage.rows, usage.bytes, usage.index_bytes, usage.live_rows);
            taken.usage.iter().map(|(name, usage)| (name.clone(), size(usage))).collect()
        };
        assert_eq!(sizes(&after), sizes(&before));
        assert_eq!(after.search_path, Vec::<String>::new());
    }
}

#[tokio::test]
async fn what_the_server_did_not_count_is_not_known() {
    let live = Live::start();
    live.database("counted", &["CREATE TABLE t (id int); SELECT pg_stat_reset()"]).await;
    let young = taken(&live, "counted").await;
    assert_eq!(usage(&young, "t").writes_per_s, None);
    assert!(young.blind[0].contains("for less than 5 minutes"), "{:?}", young.blind);
    live.writer("counted").await.batch("ALTER DATABASE counted SET track_counts = off").await.expect("off");
    let off = taken(&live, "counted").await;
    assert_eq!((usage(&off, "t").reads_per_s, usage(&off, "t").live_rows), (None, None));
    assert!(off.blind[0].contains("track_counts"), "{:?}", off.blind);
}

/// Definitions are printed under a lock; sizes, counters and dependents are not.
#[tokio::test]
async fn a_locked_table_without_definitions_is_read() {
    let live = Live::start();
    live.database("locked", &["CREATE TABLE t (id int, at text); INSERT INTO t VALUES (1); ANALYZE t"]).await;
    let mut writer = live.writer("locked").await;
    writer.batch("BEGIN; LOCK TABLE t IN ACCESS EXCLUSIVE MODE").await.expect("locked");
    assert_eq!(usage(&taken(&live, "locked").await, "t").rows, Some(1));
}
