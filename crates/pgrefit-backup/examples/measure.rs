//! The parts of a verified backup, one by one, for `cargo xtask bench backup`. Each prints one line.
//!
//! `verified <url> <directory> <programs>` takes a verified backup and prints how long its parts took, as JSON.
//! `digest <url> <sessions>` digests every table and prints how long that took, in ms.
//! `server <directory> <programs>` starts a server that is set up as the one that backups are restored on, prints its URL, and
//! stops it when its standard input ends.

use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::time::Instant;

use pgrefit_backup::{
    Comparison, Content, Error, Job, Limits, Look, PgDump, SCRATCH_SETTINGS, Scratch, Target, Thoroughness,
    ToolSearch, VerifyOptions, take_verified,
};
use pgrefit_pg::digest::Encoding;
use pgrefit_pg::{Connector, Settings, Stop};
use pgrefit_scratch::{Binaries, Home, Options, Search, Server};

type Failure = Box<dyn std::error::Error>;

#[tokio::main(flavor = "current_thread")]
#[expect(clippy::print_stdout, reason = "it is read by the benchmark")]
async fn main() -> Result<(), Failure> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match arguments[..] {
        ["verified", url, dir, bin] => println!("{}", verified(url, Path::new(dir), bin.into()).await?),
        ["digest", url, sessions] => println!("{}", digest(url, sessions.parse()?).await?),
        ["server", dir, bin] => {
            let server = server(&home(Path::new(dir)), bin.into())?;
            println!("{}", server.url("postgres").expose());
            std::io::stdin().read_to_end(&mut Vec::new())?;
        }
        _ => return Err("unknown arguments".into()),
    }
    Ok(())
}

fn connector(url: &str) -> Result<Connector, Failure> {
    let settings = Settings::resolve(Some(url), &|_| None)?;
    Ok(Connector::new(settings, "pgrefit/bench".to_owned(), pgrefit_pg::Limits::default()))
}

/// The path of a socket must be short.
fn home(dir: &Path) -> Home {
    Home { cache: dir.join("cache"), servers: PathBuf::from(format!("/tmp/pgb-{}", std::process::id())) }
}

fn server(home: &Home, bin: PathBuf) -> Result<Server, Failure> {
    let binaries = Binaries::find(home, &Search { bin_dir: Some(bin), ..Search::default() })?;
    let settings = SCRATCH_SETTINGS.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec();
    Ok(Server::start(home, &binaries, &Options { settings, ..Options::default() })?)
}

/// Of this process alone: what is told of children includes the servers that they start. Linux only.
fn rss_bytes_max() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    Some(line.split_whitespace().next()?.parse::<u64>().ok()? * 1024)
}

async fn digest(url: &str, jobs: u16) -> Result<u128, Failure> {
    let limits = Limits::default();
    let look = Look {
        connector: &connector(url)?,
        snapshot_id: None,
        jobs,
        encoding: Encoding::Binary,
        thoroughness: Thoroughness::Full,
        limit: limits.digest,
        lock: limits.lock,
        stop: &Stop::default(),
        on_event: &|_| {},
    };
    let begun = Instant::now();
    Content::read(&look, None, Error::Source).await?;
    Ok(begun.elapsed().as_millis())
}

async fn verified(url: &str, dir: &Path, bin: PathBuf) -> Result<serde_json::Value, Failure> {
    let home = home(dir);
    let servers = home.servers.clone();
    let scratch = Scratch {
        home,
        bin_dir: Some(bin.clone()),
        path_dirs: Vec::new(),
        python: "python3".into(),
        offline: true,
        supervisor: None,
        settings: Vec::new(),
    };
    let job = Job {
        source: &connector(url)?,
        dir,
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
    let (rows, tables) =
        verified.verification().comparison.as_ref().map(Comparison::equal_rows).unwrap_or_default();
    let timings = verified.timings();
    let line = serde_json::json!({
        "rows": rows,
        "tables": tables,
        "bytes": verified.manifest().bytes,
        "preflight_ms": timings.preflight.as_millis(),
        "take_ms": timings.take.as_millis(),
        "restore_ms": timings.restore.as_millis(),
        "digest_source_ms": timings.digest_source.as_millis(),
        "digest_copy_ms": timings.digest_copy.as_millis(),
        "snapshot_ms": timings.snapshot.as_millis(),
        "total_ms": timings.total.as_millis(),
        "rss_bytes_max": rss_bytes_max(),
    });
    drop(verified);
    std::fs::remove_dir_all(servers)?;
    Ok(line)
}
