//! The six changes by hand, as a careful person with psql makes them: no statement waits long for a lock, and
//! what met its limit is tried again after a pause. The statements are those of pgrefit's migrations.

use super::files::{Files, Script};
use crate::bench::process::{Process, tail};
use crate::bench::server::Server;
use crate::failure::Outcome;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// Longer than any short lock of the application, shorter than what a person notices.
const LOCK_TIMEOUT: &str = "50ms";

/// Pauses between two tries grow from the first to the second of these.
const PAUSES: (Duration, Duration) = (Duration::from_millis(100), Duration::from_secs(2));

/// The backfill in batches.
const BACKFILL: &str = include_str!("hand/backfill.sql");

/// What stopped them, or nothing.
pub(super) fn run(
    server: &Server,
    files: &Files,
    url: &str,
    scripts: &[Script],
    end: Instant,
) -> Outcome<Option<String>> {
    let hand = Hand { server, files, url, end };
    for script in scripts {
        if let Some(problem) = hand.step(*script)? {
            return Ok(Some(format!("{}: {problem}", script.name)));
        }
    }
    Ok(None)
}

struct Hand<'a> {
    server: &'a Server,
    files: &'a Files,
    url: &'a str,
    end: Instant,
}

impl Hand<'_> {
    fn step(&self, script: Script) -> Outcome<Option<String>> {
        // A build that waits for old transactions must not be hurried, or it leaves an invalid index; a batch
        // waits for single rows only.
        match script {
            _ if script.is_backfill() => self.psql(BACKFILL, "0"),
            _ if script.is_concurrent() => Ok(self.psql(script.sql, "0")?.or(self.invalid_index()?)),
            _ => self.with_retries(script.sql),
        }
    }

    fn with_retries(&self, sql: &str) -> Outcome<Option<String>> {
        let mut pause = PAUSES.0;
        loop {
            let problem = self.psql(sql, LOCK_TIMEOUT)?;
            if !problem.as_deref().is_some_and(is_passing) || Instant::now() + pause >= self.end {
                return Ok(problem);
            }
            std::thread::sleep(jittered(pause));
            pause = (pause * 3 / 2).min(PAUSES.1);
        }
    }

    /// Runs one message: several statements are one transaction. What went wrong begins with its SQLSTATE.
    fn psql(&self, sql: &str, lock_timeout: &str) -> Outcome<Option<String>> {
        let log = self.files.log("hand");
        let mut psql = self.server.psql(self.url);
        psql.args(["-A", "-t", "-v", "VERBOSITY=verbose", "-c", sql]);
        psql.env("PGOPTIONS", format!("-c client_min_messages=warning -c lock_timeout={lock_timeout}"));
        let status = Process::start(&mut psql, &log)?.wait_until(self.end)?;
        Ok(match status {
            Some(status) if status.success() => None,
            Some(_) => Some(tail(&log)),
            None => Some("it did not end in time".to_owned()),
        })
    }

    fn invalid_index(&self) -> Outcome<Option<String>> {
        let count = "DO $$ BEGIN ASSERT NOT EXISTS (SELECT FROM pg_index WHERE NOT indisvalid), 'invalid index'; END $$";
        self.psql(count, "0")
    }
}

/// `lock_not_available` and `deadlock_detected`: the same may succeed a moment later.
fn is_passing(problem: &str) -> bool {
    ["55P03", "40P01"].iter().any(|sqlstate| problem.contains(&format!("ERROR:  {sqlstate}:")))
}

/// Between half and one and a half of it, so as not to fall in step with anything. The clock is random enough.
fn jittered(pause: Duration) -> Duration {
    let nanos = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().subsec_nanos();
    pause / 2 + pause * (nanos / 1000 % 1000) / 1000
}

#[cfg(test)]
mod tests {
    use super::{is_passing, jittered};
    use std::time::Duration;

    #[test]
    fn only_a_lock_is_tried_again() {
        let check = |problem, expected| assert_eq!(is_passing(problem), expected, "{problem}");
        check("ERROR:  55P03: canceling statement due to lock timeout | LOCATION:  ProcessInterrupts", true);
        check("ERROR:  40P01: deadlock detected", true);
        check("ERROR:  23505: could not create unique index \"x\"", false);
        check("ERROR:  23514: row 55P03: is bad", false);
        check("it did not end in time", false);
    }

    #[test]
    fn jitter_stays_within_half() {
        let pause = Duration::from_millis(100);
        let jittered = jittered(pause);
        assert!((pause / 2..pause * 3 / 2).contains(&jittered), "{jittered:?}");
    }
}
