//! Takes down transactions as they end, in a bounded amount of memory.

use std::collections::BTreeMap;
use std::time::Duration;

use super::{Bucket, Failures, Longest, QueryTraffic, Stall, Traffic};
use crate::histogram::Latencies;
use crate::{Error, Query, Trouble};

/// Pieces of time that are kept; when there would be more, two neighbours become one.
const BUCKETS_MAX: usize = 600;
/// Kinds of failures that are told apart.
const KINDS_MAX: usize = 64;
/// The kind of those that came after so many.
const OTHER_KINDS: &str = "other";

/// How a transaction ended.
pub(crate) enum Outcome {
    Served,
    Failed {
        key: String,
        trouble: Trouble,
        timed_out: bool,
        lost: bool,
    },
    /// Cancelled because the replay ended.
    CutOff,
}

/// One transaction that has ended; moments are counted from the beginning of the replay.
pub(crate) struct Transaction {
    /// Index of the query.
    pub(crate) query: usize,
    /// When it was to begin.
    pub(crate) due: Duration,
    pub(crate) ended: Duration,
    pub(crate) outcome: Outcome,
}

#[derive(Debug)]
pub(crate) struct Recorder {
    all: Latencies,
    queries: Vec<Part>,
    buckets: Vec<Part>,
    /// What a bucket begins as.
    empty: Part,
    bucket_length: Duration,
    failures: BTreeMap<String, Failures>,
    timed_out: u64,
    lost: u64,
    cut_off: u64,
    longest: Option<(usize, Duration, Duration)>,
    last_completed: Duration,
    longest_stall: Stall,
    pub(crate) reconnects: u64,
    pub(crate) prepared_again: u64,
    pub(crate) gave_up: u64,
}

/// The transactions of one query or one piece of time.
#[derive(Debug, Clone)]
struct Part {
    served: Latencies,
    failed: u64,
    max: Duration,
}

impl Recorder {
    pub(crate) fn new(queries: usize, bucket_length: Duration) -> Result<Self, Error> {
        let empty = Part { served: Latencies::new()?, failed: 0, max: Duration::ZERO };
        Ok(Self {
            all: Latencies::new()?,
            queries: vec![empty.clone(); queries],
            empty,
            buckets: Vec::new(),
            bucket_length,
            failures: BTreeMap::new(),
            timed_out: 0,
            lost: 0,
            cut_off: 0,
            longest: None,
            last_completed: Duration::ZERO,
            longest_stall: Stall::default(),
            reconnects: 0,
            prepared_again: 0,
            gave_up: 0,
        })
    }

    /// Takes one down, in the order in which they ended; `queries` are those of the mix, for their names.
    pub(crate) fn record(&mut self, transaction: Transaction, queries: &[Query]) {
        let Transaction { query, due, ended, outcome } = transaction;
        let took = ended.saturating_sub(due);
        if self.longest.is_none_or(|(_, _, longest)| took > longest) {
            self.longest = Some((query, due, took));
        }
        let is_served = match outcome {
            Outcome::CutOff => {
                self.cut_off += 1;
                return;
            }
            Outcome::Served => true,
            Outcome::Failed { key, trouble, timed_out, lost } => {
                self.timed_out += u64::from(timed_out);
                self.lost += u64::from(lost);
                self.fail(key, trouble, ended, &queries[query].name);
                false
            }
        };
        if is_served {
            self.all.record(took);
            self.complete(ended);
        }
        let bucket = self.bucket(due);
        for part in [&mut self.queries[query], &mut self.buckets[bucket]] {
            part.record(took, is_served);
        }
    }

    fn fail(&mut self, key: String, trouble: Trouble, at: Duration, query: &str) {
        let is_known = self.failures.contains_key(&key) || self.failures.len() < KINDS_MAX;
        let key = if is_known { key } else { OTHER_KINDS.to_owned() };
        let failures = self.failures.entry(key).or_insert_with(|| Failures {
            count: 0,
            first_at: at,
            last_at: at,
            query: query.to_owned(),
            first: trouble,
        });
        failures.count += 1;
        failures.last_at = failures.last_at.max(at);
    }

    /// Moments come in their order: see [`Self::record`].
    fn complete(&mut self, at: Duration) {
        let lasted = at.saturating_sub(self.last_completed);
        if lasted > self.longest_stall.lasted {
            self.longest_stall = Stall { began_at: self.last_completed, lasted };
        }
        self.last_completed = self.last_completed.max(at);
    }

    fn bucket(&mut self, at: Duration) -> usize {
        while self.index(at) >= BUCKETS_MAX {
            self.halve();
        }
        let index = self.index(at);
        if index >= self.buckets.len() {
            self.buckets.resize(index + 1, self.empty.clone());
        }
        index
    }

    fn index(&self, at: Duration) -> usize {
        let index = at.as_micros() / self.bucket_length.as_micros().max(1);
        usize::try_from(index).unwrap_or(usize::MAX)
    }

    fn halve(&mut self) {
        self.bucket_length = self.bucket_length.saturating_mul(2);
        let halved = self.buckets.chunks(2).map(|pair| {
            let mut first = pair[0].clone();
            pair[1..].iter().for_each(|second| first.add(second));
            first
        });
        self.buckets = halved.collect();
    }

    /// What became of it all by `elapsed`.
    pub(crate) fn finish(&mut self, elapsed: Duration, overdue: u64, queries: &[Query]) -> Traffic {
        self.complete(elapsed);
        let longest = self.longest.take().map(|(query, began_at, took)| Longest {
            query: queries[query].name.clone(),
            began_at,
            took,
        });
        let length = self.bucket_length;
        let bucket = |(index, part): (usize, &Part)| {
            part.bucket(length.saturating_mul(u32::try_from(index).unwrap_or(u32::MAX)), length)
        };
        Traffic {
            elapsed,
            served: self.all.count(),
            failed: self.failures.values().map(|failures| failures.count).sum(),
            timed_out: self.timed_out,
            lost: self.lost,
            overdue,
            cut_off: self.cut_off,
            reconnects: self.reconnects,
            prepared_again: self.prepared_again,
            gave_up: self.gave_up,
            failures: std::mem::take(&mut self.failures),
            p50: self.all.percentile(50),
            p99: self.all.percentile(99),
            longest,
            longest_stall: self.longest_stall,
            queries: self.queries.iter().zip(queries).map(|(part, query)| part.query(query)).collect(),
            buckets: self.buckets.iter().enumerate().map(bucket).collect(),
        }
    }
}

impl Part {
    fn record(&mut self, took: Duration, is_served: bool) {
        self.max = self.max.max(took);
        if is_served {
            self.served.record(took);
        } else {
            self.failed += 1;
        }
    }

    fn add(&mut self, other: &Self) {
        self.served.add(&other.served);
        self.failed += other.failed;
        self.max = self.max.max(other.max);
    }

    fn query(&self, query: &Query) -> QueryTraffic {
        QueryTraffic {
            name: query.name.clone(),
            budget: query.budget,
            served: self.served.count(),
            failed: self.failed,
            p50: self.served.percentile(50),
            p95: self.served.percentile(95),
            p99: self.served.percentile(99),
            max: self.served.max(),
        }
    }

    fn bucket(&self, begins_at: Duration, length: Duration) -> Bucket {
        Bucket {
            begins_at,
            length,
            served: self.served.count(),
            failed: self.failed,
            p50: self.served.percentile(50),
            p99: self.served.percentile(99),
            max: self.max,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BUCKET: Duration = Duration::from_millis(100);

    fn ms(ms: u64) -> Duration {
        Duration::from_millis(ms)
    }

    fn queries() -> Vec<Query> {
        ["a", "b"].map(|name| Query::new(name, "SELECT 1", ms(20))).into()
    }

    fn served(query: usize, due: u64, ended: u64) -> Transaction {
        Transaction { query, due: ms(due), ended: ms(ended), outcome: Outcome::Served }
    }

    fn failed(key: &str, at: u64) -> Transaction {
        let trouble = Trouble { sqlstate: None, message: format!("at {at}"), hint: None };
        let outcome =
            Outcome::Failed { key: key.to_owned(), trouble, timed_out: key == "57014", lost: key == "lost" };
        Transaction { query: 0, due: ms(at), ended: ms(at + 1), outcome }
    }

    fn recorded(transactions: impl IntoIterator<Item = Transaction>, elapsed: u64) -> Traffic {
        let mut recorder = Recorder::new(2, BUCKET).expect("histograms");
        transactions.into_iter().for_each(|transaction| recorder.record(transaction, &queries()));
        recorder.finish(ms(elapsed), 0, &queries())
    }

    #[test]
    fn the_longest_stall_is_where_nothing_was_completed() {
        let check = |ended: &[u64], elapsed: u64, began_at: u64, lasted: u64| {
            let traffic = recorded(ended.iter().map(|&ended| served(0, ended, ended)), elapsed);
            assert_eq!(
                traffic.longest_stall,
                Stall { began_at: ms(began_at), lasted: ms(lasted) },
                "{ended:?}"
            );
        };
        check(&[], 500, 0, 500);
        check(&[10, 20, 900, 910], 1000, 20, 880);
        check(&[400, 500], 600, 0, 400);
        check(&[10, 20], 1000, 20, 980);
    }

    #[test]
    fn failures_complete_nothing() {
        let traffic = recorded((0..10).map(|at| failed("42P01", at * 10)), 100);
        assert_eq!(traffic.longest_stall.lasted, ms(100));
        assert_eq!((traffic.served, traffic.failed, traffic.p99), (0, 10, Duration::ZERO));
    }

    #[test]
    fn failures_are_counted_by_kind() {
        let all = [failed("57014", 5), failed("lost", 7), failed("57014", 9), served(1, 0, 3)];
        let traffic = recorded(all, 100);
        assert_eq!((traffic.served, traffic.failed, traffic.timed_out, traffic.lost), (1, 3, 2, 1));
        let cancelled = &traffic.failures["57014"];
        assert_eq!((cancelled.count, cancelled.first_at, cancelled.last_at), (2, ms(6), ms(10)));
        assert_eq!((cancelled.query.as_str(), cancelled.first.message.as_str()), ("a", "at 5"));
        assert_eq!((traffic.queries[0].failed, traffic.queries[1].served), (3, 1));
    }

    #[test]
    fn it_survives_a_file() {
        let traffic = recorded([failed("57014", 5), served(1, 0, 3)], 100);
        let text = serde_json::to_string(&traffic).expect("written");
        assert_eq!(serde_json::from_str::<Traffic>(&text).expect("read"), traffic);
        assert!(text.contains("\"longest_stall\":{\"began_at_ms\":3.0,\"lasted_ms\":97.0}"), "{text}");
    }

    #[test]
    fn kinds_of_failures_are_bounded() {
        let traffic = recorded((0..500).map(|at| failed(&format!("X{at:04}"), at)), 1000);
        assert_eq!(traffic.failures.len(), KINDS_MAX + 1);
        assert_eq!(traffic.failures[OTHER_KINDS].count, 500 - KINDS_MAX as u64);
        assert_eq!(traffic.failed, 500);
    }

    #[test]
    fn what_was_cut_off_counts_as_the_longest_only() {
        let cut = Transaction { query: 1, due: ms(10), ended: ms(900), outcome: Outcome::CutOff };
        let traffic = recorded([served(0, 0, 5), cut], 900);
        assert_eq!((traffic.served, traffic.failed, traffic.cut_off), (1, 0, 1));
        let longest = traffic.longest.expect("one");
        assert_eq!((longest.query.as_str(), longest.began_at, longest.took), ("b", ms(10), ms(890)));
    }

    #[test]
    fn a_transaction_is_in_the_piece_of_its_intended_start() {
        let traffic =
            recorded([served(0, 50, 60), served(0, 90, 350), served(1, 299, 300), failed("lost", 250)], 400);
        let found: Vec<_> =
            traffic.buckets.iter().map(|it| (it.begins_at, it.served, it.failed, it.max)).collect();
        assert_eq!(found, [(ms(0), 2, 0, ms(260)), (ms(100), 0, 0, ms(0)), (ms(200), 1, 1, ms(1))]);
    }

    #[test]
    fn pieces_of_time_are_bounded() {
        let traffic = recorded((0..100_000).map(|at| served(0, at * 10, at * 10 + 1)), 1_000_000);
        assert!(traffic.buckets.len() <= BUCKETS_MAX && traffic.buckets.len() > BUCKETS_MAX / 4);
        assert_eq!(traffic.buckets.iter().map(|it| it.served).sum::<u64>(), 100_000);
        assert_eq!(traffic.buckets[0].length, ms(3200));
        assert_eq!(traffic.buckets[1].begins_at, traffic.buckets[0].length);
        // A moment beyond everything does not take memory either.
        let traffic = recorded([served(0, 0, 1), served(0, u64::MAX / 1_000_000, u64::MAX / 1_000_000)], 1);
        assert!(traffic.buckets.len() <= BUCKETS_MAX);
    }
}
