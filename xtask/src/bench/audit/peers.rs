//! The checks of other tools as files of SQL, each run once by a psql of its own.
//!
//! Their text is not ours to give away: whoever measures gets it from the tools themselves.

use crate::bench::server::Server;
use crate::failure::{Failure, Outcome};
use serde_json::{Value, json};
use std::fs::read_dir;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// What a check may take. One that takes longer is stopped, and counted with it.
const LIMIT: Duration = Duration::from_mins(3);

/// How a check ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum End {
    Well,
    TimedOut,
    /// For example because it needs an extension that is not there: counted with the time that it took.
    Failed,
}

/// One file.
pub(super) struct Check {
    tool: String,
    name: String,
    ms: f64,
    end: End,
}

/// All files.
pub(super) struct Peers(Vec<Check>);

impl Peers {
    /// Runs the files of a folder, and of the folders in it, each of which is a tool.
    pub(super) fn run(dir: &Path, server: &Server, url: &str) -> Outcome<Self> {
        let mut checks = Vec::new();
        for (tool, file) in files(dir)? {
            let name = stem(&file);
            eprint!("{tool}/{name}: ");
            let (ms, end) = time(&mut psql(server, url, &file))?;
            eprintln!("{ms:.0} ms{}", end.note());
            checks.push(Check { tool, name, ms, end });
        }
        match checks.len() {
            0 => Err(Failure::new(format!("find files of SQL in {}", dir.display()))),
            _ => Ok(Self(checks)),
        }
    }

    pub(super) fn total_ms(&self) -> f64 {
        self.0.iter().map(|check| check.ms).sum()
    }

    /// A line for each tool: its files, how many of them timed out or failed, its time, and its slowest file.
    pub(super) fn lines(&self) -> String {
        let mut tools: Vec<_> = self.0.iter().map(|check| check.tool.as_str()).collect();
        tools.dedup();
        let line = |tool: &str| {
            let checks: Vec<_> = self.0.iter().filter(|check| check.tool == tool).collect();
            let count = |end| checks.iter().filter(|check| check.end == end).count();
            let total_ms: f64 = checks.iter().map(|check| check.ms).sum();
            let slowest = checks.iter().max_by(|a, b| a.ms.total_cmp(&b.ms));
            let slowest = slowest.map_or_else(String::new, |check| {
                format!("{} {:.0}{}", check.name, check.ms, check.end.note())
            });
            format!(
                "{tool:<20} {:>5} {:>9} {:>7} {total_ms:>9.0}  {slowest}\n",
                checks.len(),
                count(End::TimedOut),
                count(End::Failed)
            )
        };
        let head = ["files", "timed out", "failed", "ms", " slowest"];
        let head =
            format!("{:<20} {:>5} {:>9} {:>7} {:>9} {}\n", "", head[0], head[1], head[2], head[3], head[4]);
        tools.into_iter().fold(head, |lines, tool| lines + &line(tool))
    }

    pub(super) fn to_json(&self) -> Value {
        let check = |it: &Check| json!({ "tool": it.tool, "name": it.name, "ms": it.ms, "end": format!("{:?}", it.end).to_lowercase() });
        json!({ "total_ms": self.total_ms(), "checks": self.0.iter().map(check).collect::<Vec<_>>() })
    }
}

impl End {
    const fn note(self) -> &'static str {
        match self {
            Self::Well => "",
            Self::TimedOut => " (timed out)",
            Self::Failed => " (failed)",
        }
    }
}

/// The files in order, each with the name of its folder.
fn files(dir: &Path) -> Outcome<Vec<(String, PathBuf)>> {
    let mut found = Vec::new();
    let mut folders = Vec::new();
    for path in entries(dir)? {
        if path.is_dir() {
            folders.push(path);
        } else {
            found.push((stem(dir), path));
        }
    }
    for folder in folders {
        found.extend(entries(&folder)?.into_iter().map(|path| (stem(&folder), path)));
    }
    found.retain(|(_, path)| path.extension().is_some_and(|it| it == "sql"));
    Ok(found)
}

fn entries(dir: &Path) -> Outcome<Vec<PathBuf>> {
    let failed = |cause| Failure::because(format!("read {}", dir.display()), cause);
    let entries = read_dir(dir).map_err(failed)?;
    let mut paths =
        entries.map(|entry| entry.map(|it| it.path())).collect::<Result<Vec<_>, _>>().map_err(failed)?;
    paths.sort();
    Ok(paths)
}

fn stem(path: &Path) -> String {
    path.file_stem().unwrap_or_default().to_string_lossy().into_owned()
}

fn psql(server: &Server, url: &str, file: &Path) -> Command {
    let mut psql = server.psql(url);
    let options = format!("-c client_min_messages=warning -c statement_timeout={}", LIMIT.as_millis());
    psql.env("PGOPTIONS", options).args(["-A", "-t", "-f"]).arg(file);
    psql.stdin(Stdio::null()).stdout(Stdio::null());
    psql
}

fn time(psql: &mut Command) -> Outcome<(f64, End)> {
    let start = Instant::now();
    let output =
        psql.stderr(Stdio::piped()).output().map_err(|cause| Failure::because("start psql", cause))?;
    let ms = start.elapsed().as_secs_f64() * 1e3;
    let said = String::from_utf8_lossy(&output.stderr);
    Ok(match output.status.success() {
        true => (ms, End::Well),
        false if said.contains("statement timeout") => (LIMIT.as_secs_f64() * 1e3, End::TimedOut),
        false => (ms, End::Failed),
    })
}

#[cfg(test)]
mod tests {
    use super::{Check, End, Peers, time};
    use std::process::Command;

    #[test]
    fn a_line_for_each_tool_names_its_slowest() {
        let check = |tool: &str, name: &str, ms, end| Check { tool: tool.into(), name: name.into(), ms, end };
        let peers = Peers(vec![
            check("a", "fast", 10.0, End::Well),
            check("a", "slow", 180_000.0, End::TimedOut),
            check("b", "only", 5.0, End::Failed),
        ]);
        let lines: Vec<_> = peers
            .lines()
            .lines()
            .skip(1)
            .map(|line| line.split_whitespace().collect::<Vec<_>>().join(" "))
            .collect();
        assert_eq!(lines, ["a 2 1 0 180010 slow 180000 (timed out)", "b 1 0 1 5 only 5 (failed)"]);
        assert!((peers.total_ms() - 180_015.0).abs() < 1e-6);
    }

    #[test]
    fn a_timeout_counts_as_the_limit() {
        let check = |script: &str, expected| {
            let mut sh = Command::new("sh");
            let (ms, end) = time(sh.args(["-c", script])).expect("a shell");
            assert_eq!((ms >= 180_000.0, end), expected, "{script}");
        };
        check("true", (false, End::Well));
        check(
            "echo 'ERROR:  canceling statement due to statement timeout' >&2; exit 3",
            (true, End::TimedOut),
        );
        check("exit 3", (false, End::Failed));
    }
}
