//! One psql session that runs a prepared query with each of its arguments, and says what each took.

use super::data::rows;
use super::paths::Path;
use crate::bench::server::Server;
use crate::failure::{Failure, Outcome};
use crate::workspace;
use std::fmt::Write as _;
use std::path::PathBuf;

/// One call.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Sample {
    /// As the client saw it.
    pub(super) wall_ms: f64,
    /// Processor time of the backend.
    pub(super) cpu_ms: f64,
}

pub(super) struct Session<'a> {
    server: &'a Server,
    url: &'a str,
    limit_s: u32,
    script: PathBuf,
}

/// The backend's own processor time so far, in ns.
const CPU: &str = "\\o\nSELECT 'cpu ' || split_part(pg_read_file('/proc/self/schedstat', 0, 100), ' ', 1);\n\\o /dev/null\n";

/// The first calls of a session fill its caches and are not counted: by the sixth the plan is what it stays.
const WARM: usize = 6;

impl<'a> Session<'a> {
    pub(super) fn new(server: &'a Server, url: &'a str, limit_s: u32) -> Outcome<Self> {
        let dir = workspace::target("bench");
        workspace::create_dir(&dir)?;
        Ok(Self { server, url, limit_s, script: dir.join("queries.sql") })
    }

    /// The samples, and the buffers of one call.
    pub(super) fn measure(&self, path: &Path, sql: &str, repetitions: usize) -> Outcome<(Vec<Sample>, u64)> {
        let arguments = rows(&mut self.server.psql(self.url), path.arguments)?;
        let arguments: Vec<&str> = arguments.lines().collect();
        let is_slow = repetitions < WARM;
        workspace::write(&self.script, self.script_of(sql, &arguments, repetitions, is_slow))?;
        let mut psql = self.server.psql(self.url);
        psql.args(["-At", "-v", "ON_ERROR_STOP=0", "-v", "VERBOSITY=sqlstate"]);
        let output = psql.arg("-f").arg(&self.script).output();
        let output = output.map_err(|cause| Failure::because("start psql", cause))?;
        let errors = String::from_utf8_lossy(&output.stderr);
        // Only the limit may end a query.
        if errors.lines().any(|line| line.contains("ERROR") && !line.contains("57014")) {
            return Err(Failure::because(format!("measure {}", path.name), errors.into_owned()));
        }
        let text = String::from_utf8_lossy(&output.stdout);
        let samples = samples_in(&text);
        let counted = if is_slow { samples } else { samples.into_iter().skip(WARM).collect() };
        Ok((counted, buffers_in(&text)))
    }

    fn script_of(&self, sql: &str, arguments: &[&str], repetitions: usize, is_slow: bool) -> String {
        let mut script = format!(
            "SET statement_timeout = '{}s';\nSET max_parallel_workers_per_gather = 0;\nSET jit = off;\n\\set FETCH_COUNT 1000\n\
             PREPARE measured AS {sql};\n",
            self.limit_s
        );
        let warm = if is_slow { 0 } else { WARM };
        for number in 0..warm + repetitions {
            let argument = arguments.get(number % arguments.len().max(1)).copied().unwrap_or_default();
            let call = if argument.is_empty() {
                "EXECUTE measured".to_owned()
            } else {
                format!("EXECUTE measured ({argument})")
            };
            // Writing to a String cannot fail.
            let _ = write!(script, "{CPU}\\timing on\n{call};\n\\timing off\n");
            if number + 1 == warm + repetitions {
                let explained = format!("EXPLAIN (ANALYZE, BUFFERS, TIMING off, FORMAT json) {call};\n");
                let _ = write!(script, "{CPU}\\o\n{}", if is_slow { "" } else { &explained });
            }
        }
        script
    }
}

/// Lines `cpu <ns>`, `Time: <ms> ms …` in turn; a sample lies between two of the first kind.
fn samples_in(text: &str) -> Vec<Sample> {
    let (mut samples, mut before, mut wall) = (Vec::new(), None, None);
    for line in text.lines() {
        if let Some(ns) = line.strip_prefix("cpu ").and_then(|ns| ns.parse::<f64>().ok()) {
            if let (Some(before), Some(wall_ms)) = (before, wall) {
                samples.push(Sample { wall_ms, cpu_ms: (ns - before) / 1e6 });
            }
            (before, wall) = (Some(ns), None);
        } else if let Some(ms) = line.strip_prefix("Time: ").and_then(|rest| rest.split(' ').next()) {
            wall = ms.parse().ok();
        }
    }
    samples
}

/// Buffers of the whole plan: its first node.
fn buffers_in(text: &str) -> u64 {
    let of = |key: &str| {
        let line = text.lines().find_map(|line| line.trim().strip_prefix(key));
        line.and_then(|rest| rest.trim_end_matches(',').trim().parse::<u64>().ok()).unwrap_or_default()
    };
    of("\"Shared Hit Blocks\":") + of("\"Shared Read Blocks\":")
}

#[cfg(test)]
mod tests {
    use super::{Sample, buffers_in, samples_in};

    #[test]
    fn a_sample_lies_between_two_readings() {
        let text = "cpu 1000000\nTime: 2.500 ms\ncpu 3000000\nTime: 1100.0 ms (00:01.100)\ncpu 1003000000\ncpu 1004000000\n";
        let expected = [Sample { wall_ms: 2.5, cpu_ms: 2.0 }, Sample { wall_ms: 1100.0, cpu_ms: 1000.0 }];
        assert_eq!(samples_in(text), expected);
        assert_eq!(samples_in(""), []);
    }

    #[test]
    fn the_first_node_has_the_buffers() {
        let plan = " \"Shared Hit Blocks\": 7,\n \"Shared Read Blocks\": 2,\n \"Shared Hit Blocks\": 5,\n";
        assert_eq!(buffers_in(plan), 9);
        assert_eq!(buffers_in(""), 0);
    }
}
