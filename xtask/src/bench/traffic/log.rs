//! pgbench's log of single transactions, and what it says of clients that gave up. Pure.

use crate::failure::{Failure, Outcome};

/// What became of one transaction of the application.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(in crate::bench) enum Fate {
    /// Answered so long after the time it was due, waiting for a free connection included.
    Served { latency_us: u64 },
    /// Not even begun: later than the limit.
    Skipped,
    /// Ended by an error that pgbench survives, such as a deadlock.
    Failed,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(in crate::bench) struct Transaction {
    /// Microseconds since 1970.
    pub(in crate::bench) ended_us: u64,
    /// Which script, by its place in the list.
    pub(in crate::bench) script: usize,
    pub(in crate::bench) fate: Fate,
}

/// A file of `pgbench --log` with `--rate`, one transaction a line: client, number, time, script, seconds,
/// microseconds, lag.
pub(super) fn transactions(text: &str) -> Outcome<Vec<Transaction>> {
    text.lines()
        .map(|line| {
            transaction(line)
                .ok_or_else(|| Failure::because("read pgbench's log", format!("the line {line:?}")))
        })
        .collect()
}

fn transaction(line: &str) -> Option<Transaction> {
    let columns: Vec<_> = line.split(' ').collect();
    let [_client, _number, time, script, seconds, micros, _lag] = columns[..] else { return None };
    let fate = match time {
        "skipped" => Fate::Skipped,
        "failed" => Fate::Failed,
        time => Fate::Served { latency_us: time.parse().ok()? },
    };
    let ended_us = seconds.parse::<u64>().ok()? * 1_000_000 + micros.parse::<u64>().ok()?;
    Some(Transaction { ended_us, script: script.parse().ok()?, fate })
}

/// The clients that met any other error: each has lost its transaction and all that it would have done after.
pub(super) fn aborted_clients(said: &str) -> usize {
    said.lines().filter(|line| line.contains("client ") && line.contains(" aborted")).count()
}

#[cfg(test)]
mod tests {
    use super::{Fate, Transaction, aborted_clients, transactions};

    #[test]
    fn lines_of_the_log() {
        let check = |line, ended_us, script, fate| {
            let read = transactions(line).expect("a transaction");
            assert_eq!(read, [Transaction { ended_us, script, fate }], "{line}");
        };
        let served = |latency_us| Fate::Served { latency_us };
        check("2 85 2353 0 1795641120 910920 109", 1_795_641_120_910_920, 0, served(2353));
        // The microseconds have no leading zeros.
        check("1 1 124 2 1795641121 25659 124", 1_795_641_121_025_659, 2, served(124));
        check("0 9 skipped 0 1795641121 7 1000213", 1_795_641_121_000_007, 0, Fate::Skipped);
        check("0 9 failed 1 1795641121 0 12", 1_795_641_121_000_000, 1, Fate::Failed);
    }

    #[test]
    fn another_form_is_an_error_and_not_a_lost_transaction() {
        let check = |line: &str| assert!(transactions(line).is_err(), "{line}");
        // Without --rate there is no lag, and the time would not count from when the transaction was due.
        check("2 85 2353 0 1795641120 910920");
        check("2 85 2353 0 1795641120 910920 109 0");
        check("2 85 none 0 1795641120 910920 109");
        check("0 199 2241 0");
    }

    #[test]
    fn clients_that_gave_up_are_counted() {
        let check = |said, expected| assert_eq!(aborted_clients(said), expected, "{said}");
        check("", 0);
        check("pgbench (18.6)\nnumber of failed transactions: 0 (0.000%)", 0);
        check(
            "pgbench: error: client 0 script 0 aborted in command 0 query 0: ERROR:  division by zero\n\
             pgbench: error: client 12 script 2 aborted in command 1 query 0: ERROR:  no field\n\
             pgbench: error: Run was aborted; the above results are incomplete.",
            2,
        );
        check("pgbench: error: client 3 aborted while establishing connection", 1);
    }
}
