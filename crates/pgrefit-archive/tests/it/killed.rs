//! `kill -9` anywhere, and rows that come in between: the next run goes on from what is true, and no row is lost.

use std::collections::BTreeSet;
use std::os::unix::process::ExitStatusExt as _;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use pgrefit_archive::{Job, Limits, Placement, State, Until, failpoint, restore, run};
use pgrefit_catalog::Name;
use pgrefit_pg::Stop;

use crate::place::{DATABASE, Place, chain, connector, connector_of, open};

const SIMPLE: &str = "CREATE TABLE logs (id int8 NOT NULL, at date NOT NULL, note text, PRIMARY KEY (id, at)) PARTITION BY RANGE (at);
    CREATE TABLE logs_1 PARTITION OF logs FOR VALUES FROM ('2024-01-01') TO ('2024-02-01');
    CREATE TABLE logs_2 PARTITION OF logs FOR VALUES FROM ('2024-02-01') TO ('2024-03-01');
    INSERT INTO logs SELECT n, date '2024-01-01' + n::int % 60, repeat('x', n::int % 200) FROM generate_series(1, 1000) AS n;";

fn logs() -> Name {
    Name::new("public", "logs_1")
}

fn variable(name: &str) -> Option<String> {
    std::env::var(format!("PGREFIT_TEST_ARCHIVE_{name}")).ok()
}

/// Run by the tests below, in a process of its own; on its own it does nothing.
#[tokio::test]
async fn child() {
    let Some(url) = variable("URL") else { return };
    let [scratch, dir, point, nth, what] =
        ["SCRATCH", "DIR", "POINT", "NTH", "WHAT"].map(|name| variable(name).expect("a variable"));
    failpoint::arm(&point, nth.parse().expect("a number"));
    let (source, scratch, dir) = (connector_of(&url), connector_of(&scratch), PathBuf::from(dir));
    let store = open(&format!("file://{}", dir.join("store").display()), &[]).expect("a store");
    let job = Job {
        source: &source,
        history: "refinery_schema_history",
        store: &store,
        work: &dir.join("work"),
        tool: "pgrefit/killed",
        limits: Limits::default(),
        stop: &Stop::default(),
        on_event: &|_| {},
    };
    if what == "restore" {
        restore(&job, &logs().to_string(), Placement::AsBefore).await.expect("restored");
    } else {
        run(&job, &scratch, &logs(), Until::Dropped).await.expect("archived");
    }
}

fn start(place: &Place, point: &str, nth: u32, what: &str) -> Child {
    let mut command = Command::new(std::env::current_exe().expect("this program"));
    command.args(["killed::child", "--exact", "--nocapture"]).stdout(Stdio::null()).stderr(Stdio::piped());
    let values = [
        ("URL", place.server.url(DATABASE).expose().to_owned()),
        ("SCRATCH", place.scratch.url("postgres").expose().to_owned()),
        ("DIR", place.dir().display().to_string()),
        ("POINT", point.to_owned()),
        ("NTH", nth.to_string()),
        ("WHAT", what.to_owned()),
    ];
    command.envs(values.map(|(name, value)| (format!("PGREFIT_TEST_ARCHIVE_{name}"), value)));
    command.spawn().expect("a child")
}

/// Whether the child was killed where it was told to be; otherwise it must have ended well.
fn is_killed(place: &Place, point: &str, nth: u32, what: &str) -> bool {
    let output = start(place, point, nth, what).wait_with_output().expect("a child");
    let killed = output.status.signal() == Some(9);
    assert!(killed || output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    killed
}

/// The connection of a killed process is noticed within half a second.
async fn until_free(place: &Place) {
    let sql = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'";
    for _ in 0..200 {
        if place.ask(sql).await == "0" {
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    panic!("the lock of a killed run is held");
}

const ALL: [&str; 12] = [
    "planned",
    "detached but not recorded",
    "detached",
    "exported but not recorded",
    "exported",
    "file_verified",
    "restored_verified",
    "uploaded but not recorded",
    "uploaded",
    "recounted, in the transaction",
    "dropped but not committed",
    "dropped and committed",
];

#[tokio::test]
async fn whatever_is_killed_goes_on_to_the_same_end() {
    let place = Place::empty().await;
    place.write(SIMPLE).await;
    let digest = "SELECT md5(string_agg(l::text, '|' ORDER BY id)) FROM logs AS l";
    let before = place.ask(digest).await;
    for point in ALL {
        assert!(is_killed(&place, point, 1, "run"), "{point} was not reached");
        until_free(&place).await;
        if point != "dropped and committed" {
            let archived = place.run(&logs()).await;
            let archived = archived.unwrap_or_else(|error| panic!("{point}: {}", chain(&error)));
            assert_eq!(archived.record.state, State::Dropped, "{point}");
        }
        assert_eq!(place.ask("SELECT to_regclass('logs_1')").await, "NULL", "{point}");
        assert_eq!(place.state(&logs()).await, "dropped", "{point}");
        place.restore(&logs().to_string()).await.unwrap_or_else(|error| panic!("{point}: {}", chain(&error)));
        assert_eq!(place.ask(digest).await, before, "{point}");
    }
}

#[tokio::test]
async fn a_restore_that_is_killed_goes_on_too() {
    let place = Place::empty().await;
    place.write(SIMPLE).await;
    let digest = "SELECT md5(string_agg(l::text, '|' ORDER BY id)) FROM logs AS l";
    let before = place.ask(digest).await;
    let points = [
        "loaded but not committed",
        "loaded and committed",
        "bound but not attached",
        "attached but not committed",
    ];
    for point in points {
        place.run(&logs()).await.unwrap_or_else(|error| panic!("{point}: {}", chain(&error)));
        assert!(is_killed(&place, point, 1, "restore"), "{point} was not reached");
        until_free(&place).await;
        let restored = place.restore(&logs().to_string()).await;
        assert!(restored.unwrap_or_else(|error| panic!("{point}: {}", chain(&error))).attached, "{point}");
        assert_eq!(place.ask(digest).await, before, "{point}");
        let checks = "SELECT count(*) FROM pg_constraint WHERE conname LIKE 'pgrefit%bound'";
        assert_eq!(place.ask(checks).await, "0", "{point}");
    }
}

/// The ids in the database, and in archives that the ledger calls stored and whose table is not there.
async fn ids(place: &Place) -> BTreeSet<i64> {
    let all = place.ask(
        "SELECT coalesce(string_agg(id::text, ' '), '') FROM (SELECT id FROM logs UNION ALL SELECT id FROM query_ids('logs_1') AS q (id)) AS s",
    );
    let mut found: BTreeSet<i64> =
        all.await.split_whitespace().map(|id| id.parse().expect("a number")).collect();
    if place.ask("SELECT to_regclass('pgrefit_archive')").await == "NULL" {
        return found;
    }
    let listed = place.with_job(pgrefit_archive::list).await.expect("listed");
    for one in listed.iter().filter(|one| matches!(one.record.state, State::Dropped | State::Loaded)) {
        let scratch = connector(&place.scratch, "postgres");
        let id = one.record.id.clone();
        place
            .with_job(async |job| pgrefit_archive::verify(job, &id, Some(&scratch)).await)
            .await
            .unwrap_or_else(|error| panic!("{}", chain(&error)));
        let url = pgrefit_archive::query(&one.record, &place.store).expect("stored").urls.remove(0);
        let mut reader = pgrefit_parquet::Reader::open_unlisted(url.as_ref()).expect("a file");
        while let Some(row) = reader.next_row().expect("a row") {
            let first = row.fields().next().flatten().expect("an id");
            found.insert(i64::from_be_bytes(first.try_into().expect("eight bytes")));
        }
    }
    found
}

/// Reads the ids of a table that may be gone.
const QUERY_IDS: &str = "CREATE FUNCTION query_ids(name text) RETURNS SETOF int8 LANGUAGE plpgsql AS $$
    BEGIN
        IF to_regclass(name) IS NOT NULL THEN RETURN QUERY EXECUTE format('SELECT id FROM ONLY %I', name); END IF;
    END $$";

/// The model is the set of ids that were committed. Runs are killed at random places while rows come in; after each, every id is
/// in the database or in a verified archive.
#[tokio::test]
async fn no_row_is_lost_whatever_is_killed_and_inserted() {
    let seed =
        variable("SEED").and_then(|seed| seed.parse().ok()).unwrap_or_else(|| fastrand::u64(..1 << 32));
    let mut random = fastrand::Rng::with_seed(seed);
    let place = Place::empty().await;
    place.write(SIMPLE).await;
    place.write(QUERY_IDS).await;
    let mut model: BTreeSet<i64> = (1..=1000).collect();
    let mut next = 1001;
    let (mut killed, mut ended, mut rounds) = (0, 0, 0);
    let steps = variable("STEPS").and_then(|steps| steps.parse().ok()).unwrap_or(12);
    while rounds < steps {
        rounds += 1;
        let nth = random.u32(1..10);
        let what = if place.ask("SELECT to_regclass('logs_1')").await != "NULL" && !is_loaded(&place).await {
            "run"
        } else {
            "restore"
        };
        let inserting = inserting(&place, &mut next, random.u32(0..40), random.fork());
        let (is_over, added) = Box::pin(beside(&place, nth, what, inserting)).await;
        model.extend(added);
        (killed, ended) = if is_over { (killed, ended + 1) } else { (killed + 1, ended) };
        until_free(&place).await;
        let found = ids(&place).await;
        let lost: Vec<_> = model.difference(&found).collect();
        assert!(lost.is_empty(), "seed {seed}, step {rounds} ({what}, killed at place {nth}): lost {lost:?}");
    }
    println!("seed {seed}: {rounds} runs, {killed} killed, {ended} ended, {} rows", model.len());
    assert!(killed > 0, "seed {seed}: nothing was killed");
}

async fn is_loaded(place: &Place) -> bool {
    place.ask("SELECT to_regclass('pgrefit_archive')").await != "NULL"
        && place.state(&logs()).await == "loaded"
}

/// Rows for the partition, one a transaction, directly into it: through the parent there is no way once it is detached. Those that
/// were committed.
async fn inserting(place: &Place, next: &mut i64, count: u32, mut random: fastrand::Rng) -> Vec<i64> {
    let mut added = Vec::new();
    let mut writer = place.writer().await;
    for _ in 0..count {
        tokio::time::sleep(std::time::Duration::from_millis(random.u64(0..20))).await;
        let id = *next;
        *next += 1;
        let sql = format!("INSERT INTO logs_1 VALUES ({id}, '2024-01-15', 'added')");
        // The table may be gone, or locked for longer than we wait.
        if writer.batch(&sql).await.is_ok() {
            added.push(id);
        }
    }
    added
}

/// Whether the run ended, not killed; and what was inserted beside it.
async fn beside(
    place: &Place,
    nth: u32,
    what: &str,
    inserting: impl Future<Output = Vec<i64>>,
) -> (bool, Vec<i64>) {
    let (sender, receiver) = tokio::sync::oneshot::channel();
    let outcome = async {
        // The child is waited for in a thread, so that rows come in meanwhile.
        let child = start(place, "*", nth, what);
        tokio::task::spawn_blocking(move || sender.send(child.wait_with_output()));
        receiver.await.expect("an answer").expect("a child")
    };
    let (output, added) = tokio::join!(outcome, inserting);
    let is_killed = output.status.signal() == Some(9);
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    let accepted = ["Changing", "Locked"].iter().any(|word| text.contains(word));
    assert!(is_killed || output.status.success() || accepted, "{text}");
    (!is_killed, added)
}
