//! `kill -9` in the middle: nothing goes on, and the next run cleans up.

use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use pgrefit_backup::{
    Job, Limits, PgDump, Scratch, Target, Thoroughness, ToolSearch, VerifyOptions, sweep, take_verified,
};
use pgrefit_pg::Stop;
use pgrefit_scratch::Home;

use crate::place::{Place, ask, connector};

/// What the test below hands to its child: a URL and directories.
fn variable(name: &str) -> Option<PathBuf> {
    std::env::var_os(format!("PGREFIT_TEST_KILLED_{name}")).map(PathBuf::from)
}

/// Run by the test below, in a process of its own; on its own it does nothing.
#[tokio::test]
async fn child() {
    let Some(url) = variable("URL") else { return };
    let [dir, cache, servers] = ["DIR", "CACHE", "SERVERS"].map(|name| variable(name).expect("a directory"));
    let source = connector(url.to_str().expect("a URL"));
    let tools = ToolSearch { cache: Some(cache.clone()), ..ToolSearch::default() };
    let job = Job {
        source: &source,
        dir: &dir,
        adapter: &PgDump,
        tools: &tools,
        jobs: 2,
        taken_by: "pgrefit/killed",
        limits: Limits::default(),
        stop: &Stop::default(),
        on_event: &|_| {},
    };
    let scratch = Scratch {
        home: Home { cache, servers },
        bin_dir: None,
        path_dirs: Vec::new(),
        python: "python3".into(),
        offline: true,
        supervisor: None,
        settings: Vec::new(),
    };
    let options = VerifyOptions { target: Target::Scratch(scratch), thoroughness: Thoroughness::Full };
    take_verified(&job, &options).await.expect("verified");
}

fn start_child(place: &Place) -> std::process::Child {
    let mut command = Command::new(std::env::current_exe().expect("this program"));
    command.args(["killed::child", "--exact", "--nocapture"]).stdout(Stdio::null()).stderr(Stdio::null());
    command.env("PGREFIT_TEST_KILLED_URL", place.server.url("My \"db\"").expose());
    command.env("PGREFIT_TEST_KILLED_DIR", place.backups());
    command.env("PGREFIT_TEST_KILLED_CACHE", &place.home.cache);
    command.env("PGREFIT_TEST_KILLED_SERVERS", &place.home.servers);
    command.spawn().expect("a child")
}

/// Waits until the query gives the value.
async fn eventually(place: &Place, what: &str, sql: &str, is_expected: impl Fn(u32) -> bool) {
    let end = Instant::now() + Duration::from_secs(30);
    loop {
        let now = ask(&place.connector_to("postgres"), sql).await.parse().expect("a number");
        if is_expected(now) {
            return;
        }
        assert!(Instant::now() < end, "{what}: {now}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

fn processes(place: &Place) -> usize {
    let own = place.backups().display().to_string();
    let entries = std::fs::read_dir("/proc").expect("processes").flatten();
    let lines = entries.filter_map(|entry| std::fs::read(entry.path().join("cmdline")).ok());
    lines.filter(|line| String::from_utf8_lossy(line).contains(&own)).count()
}

#[tokio::test]
async fn a_killed_run_leaves_no_dump_no_server_no_folder() {
    let place = Place::nasty().await;
    let fill = "CREATE TABLE big AS SELECT n, repeat(md5(n::text), 20) FROM generate_series(1, 600000) AS n";
    place.writer().await.batch(fill).await.expect("filled");
    let mut child = start_child(&place);
    let dumping = "SELECT count(*) FROM pg_stat_activity WHERE application_name LIKE '% pg_dump' AND query LIKE 'COPY %'";
    eventually(&place, "it dumps", dumping, |count| count > 0).await;
    assert!(place.names().iter().any(|name| name.ends_with(".partial")) && processes(&place) > 0);
    assert!(sweep(&place.backups()).expect("swept").is_empty(), "somebody is at work on it");
    child.kill().expect("killed");
    child.wait().expect("gone");
    let sessions = "SELECT count(*) FROM pg_stat_activity WHERE application_name LIKE 'pgrefit/killed%'";
    eventually(&place, "no session is left", sessions, |count| count == 0).await;
    let end = Instant::now() + Duration::from_secs(10);
    while processes(&place) > 0 {
        assert!(Instant::now() < end, "a process is left");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert_eq!(sweep(&place.backups()).expect("swept").len(), 1);
    assert!(place.names().is_empty(), "{:?}", place.names());
    // The scratch server had no supervisor: the next one that is started removes it.
    let removed = pgrefit_scratch::sweep(&place.home).expect("swept");
    assert_eq!(removed.len(), 1, "{removed:?}");
}
