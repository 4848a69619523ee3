//! Takes a verified backup and prints what it took, as one line of JSON: for `cargo xtask bench backup`.
//!
//! Arguments: the URL of the source, the directory for backups, the directory of PostgreSQL's programs.

use std::path::PathBuf;

use pgrefit_backup::{
    Job, Limits, PgDump, Scratch, Target, Thoroughness, ToolSearch, VerifyOptions, take_verified,
};
use pgrefit_pg::{Connector, Settings, Stop};
use pgrefit_scratch::Home;

type Failure = Box<dyn std::error::Error>;

#[tokio::main(flavor = "current_thread")]
#[expect(clippy::print_stdout, reason = "it is read by the benchmark")]
async fn main() -> Result<(), Failure> {
    let mut arguments = std::env::args().skip(1);
    let [url, dir, bin] = [(); 3].map(|()| arguments.next());
    let (url, dir) = (url.ok_or("no URL")?, PathBuf::from(dir.ok_or("no directory")?));
    let bin = PathBuf::from(bin.ok_or("no directory of programs")?);
    let settings = Settings::resolve(Some(&url), &|_| None)?;
    let source = Connector::new(settings, "pgrefit/bench".to_owned(), pgrefit_pg::Limits::default());
    let scratch = Scratch {
        home: Home {
            cache: dir.join("cache"),
            servers: PathBuf::from(format!("/tmp/pgb-{}", std::process::id())),
        },
        bin_dir: Some(bin.clone()),
        path_dirs: Vec::new(),
        python: "python3".into(),
        offline: true,
        supervisor: None,
        settings: Vec::new(),
    };
    let servers = scratch.home.servers.clone();
    let job = Job {
        source: &source,
        dir: &dir,
        adapter: &PgDump,
        tools: &ToolSearch { bin_dir: Some(bin), ..ToolSearch::default() },
        jobs: 2,
        taken_by: "pgrefit/bench",
        limits: Limits::default(),
        stop: &Stop::default(),
        on_event: &|_| {},
    };
    let options = VerifyOptions { target: Target::Scratch(scratch), thoroughness: Thoroughness::Full };
    let verified = take_verified(&job, &options).await?;
    let (rows, tables) = verified.verification().comparison.equal_rows();
    let timings = verified.timings();
    println!(
        "{}",
        serde_json::json!({
            "rows": rows, "tables": tables, "bytes": verified.manifest().bytes,
            "preflight_ms": timings.preflight.as_millis(), "take_ms": timings.take.as_millis(),
            "restore_ms": timings.restore.as_millis(), "digest_source_ms": timings.digest_source.as_millis(),
            "digest_copy_ms": timings.digest_copy.as_millis(), "snapshot_ms": timings.snapshot.as_millis(),
            "total_ms": timings.total.as_millis(),
        })
    );
    drop(verified);
    std::fs::remove_dir_all(servers)?;
    Ok(())
}
