//! However large a table is, a run needs little memory.

use std::path::PathBuf;
use std::process::{Command, Stdio};

use pgrefit_archive::{Job, Limits, Placement, Until, restore, run};
use pgrefit_catalog::Name;
use pgrefit_pg::Stop;

use crate::place::{DATABASE, Place, connector_of, open};

/// More than this a process of ours never has, whatever it is doing.
const MOST_KIB: u64 = 256 << 10;

fn variable(name: &str) -> Option<String> {
    std::env::var(format!("PGREFIT_TEST_WIDE_{name}")).ok()
}

/// Run by the test below, in a process of its own, whose memory is that of one run and one restore.
#[tokio::test]
async fn child() {
    let Some(url) = variable("URL") else { return };
    let [scratch, dir] = ["SCRATCH", "DIR"].map(|name| variable(name).expect("a variable"));
    let (source, scratch, dir) = (connector_of(&url), connector_of(&scratch), PathBuf::from(dir));
    let store = open(&format!("file://{}", dir.join("store").display()), &[]).expect("a store");
    let job = Job {
        source: &source,
        history: "refinery_schema_history",
        store: &store,
        work: &dir.join("work"),
        tool: "pgrefit/wide",
        limits: Limits::default(),
        stop: &Stop::default(),
        on_event: &|_| {},
    };
    let wide = Name::new("public", "wide");
    let archived = run(&job, &scratch, &wide, Until::Dropped).await.expect("archived");
    let restored = restore(&job, &archived.record.id, Placement::AsBefore).await.expect("restored");
    let status = std::fs::read_to_string("/proc/self/status").expect("of Linux");
    let peak = status.lines().find(|line| line.starts_with("VmHWM")).expect("a peak");
    let kib: u64 = peak.split_whitespace().nth(1).and_then(|kib| kib.parse().ok()).expect("a number");
    let raw = archived.record.export.expect("exported").parts[0].raw_bytes;
    println!("{} rows, {raw} bytes of COPY: {kib} KiB", restored.rows);
    assert!(kib < MOST_KIB, "{kib} KiB");
}

#[tokio::test]
async fn many_wide_rows_need_little_memory() {
    let place = Place::empty().await;
    let rows = variable("ROWS").and_then(|rows| rows.parse().ok()).unwrap_or(15_000);
    let sql = format!(
        "CREATE TABLE wide AS SELECT n, repeat(md5(n::text), 100) AS content, ARRAY(SELECT n * i / 7.0::float4 FROM generate_series(1, 500) AS i)::float4[] AS numbers \
         FROM generate_series(1, {rows}) AS n; INSERT INTO wide SELECT -1, repeat('x', 20000000)"
    );
    place.write(&sql).await;
    let mut command = Command::new(std::env::current_exe().expect("this program"));
    command.args(["wide::child", "--exact", "--nocapture"]).stdout(Stdio::piped()).stderr(Stdio::piped());
    command.env("PGREFIT_TEST_WIDE_URL", place.server.url(DATABASE).expose());
    command.env("PGREFIT_TEST_WIDE_SCRATCH", place.scratch.url("postgres").expose());
    command.env("PGREFIT_TEST_WIDE_DIR", place.dir());
    let output = command.output().expect("a child");
    let text =
        String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{text}");
    println!("{}", text.lines().find(|line| line.contains("KiB")).unwrap_or_default());
}
