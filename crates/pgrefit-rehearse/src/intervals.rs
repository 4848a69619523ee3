//! From looks at the locks of a backend to when each was held. A look says what is held at one moment; between two looks the
//! earliest grant and the latest release are assumed, so that no time is told too short.

use std::collections::BTreeMap;

use pgrefit_sql::LockMode;

use crate::LockTrace;
use crate::sampler::to_microseconds;

/// A lock as `pg_locks` shows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Seen {
    pub(crate) oid: u32,
    pub(crate) mode: LockMode,
    pub(crate) granted: bool,
}

/// One or more looks in a row that showed the same.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Observation {
    /// When the answer of the first of them had come.
    pub(crate) got_ms: f64,
    /// When the question of the last of them was sent: what it did not show was not there then.
    pub(crate) sent_ms: f64,
    /// Sorted.
    pub(crate) locks: Vec<Seen>,
}

/// When a lock was held without a break.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Segment {
    pub(crate) oid: u32,
    pub(crate) mode: LockMode,
    pub(crate) asked_ms: Option<f64>,
    pub(crate) granted_ms: Option<f64>,
    pub(crate) until_ms: f64,
}

/// When the statements of a step began, with their numbers.
pub(crate) type Starts = [(usize, f64)];

/// The times between `began_ms` and `end_ms`. A lock is taken by a statement, and so not before one has begun. Where all
/// succeeded (`is_done`), one that was waited for and is gone at the next look was held between them.
pub(crate) fn segments(
    observations: &[Observation],
    starts: &Starts,
    began_ms: f64,
    end_ms: f64,
    is_done: bool,
) -> Vec<Segment> {
    let mut open: BTreeMap<(u32, LockMode), Segment> = BTreeMap::new();
    let mut closed = Vec::new();
    let mut before_ms = began_ms;
    for observation in observations {
        let since = before_ms.max(start_before(starts, observation.got_ms).unwrap_or(began_ms));
        let since = since.min(observation.got_ms);
        let granted_ms = is_done.then_some(since);
        close_missing(&mut open, &mut closed, observation, granted_ms, end_ms);
        for seen in &observation.locks {
            let segment = open.entry((seen.oid, seen.mode)).or_insert(Segment {
                oid: seen.oid,
                mode: seen.mode,
                asked_ms: None,
                granted_ms: None,
                until_ms: end_ms,
            });
            if seen.granted {
                segment.granted_ms.get_or_insert(since);
            } else {
                segment.asked_ms.get_or_insert(since);
            }
        }
        before_ms = observation.sent_ms;
    }
    let granted_ms = is_done.then_some(before_ms);
    closed.extend(
        open.into_values()
            .map(|segment| Segment { granted_ms: segment.granted_ms.or(granted_ms), ..segment }),
    );
    closed
}

fn close_missing(
    open: &mut BTreeMap<(u32, LockMode), Segment>,
    closed: &mut Vec<Segment>,
    observation: &Observation,
    granted_ms: Option<f64>,
    end_ms: f64,
) {
    let is_there = |key: &(u32, LockMode)| observation.locks.iter().any(|seen| (seen.oid, seen.mode) == *key);
    open.retain(|key, segment| {
        let stays = is_there(key);
        if !stays {
            let granted_ms = segment.granted_ms.or(granted_ms);
            closed.push(Segment { granted_ms, until_ms: observation.got_ms.min(end_ms), ..*segment });
        }
        stays
    });
}

fn start_before(starts: &Starts, at_ms: f64) -> Option<f64> {
    starts.iter().rev().find(|(_, start)| *start <= at_ms).map(|(_, start)| *start)
}

/// What a lock counts for.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Target {
    /// The table, quoted.
    pub(crate) relation: String,
    pub(crate) existed_before: bool,
    /// Whether it is an index or the TOAST table of it.
    pub(crate) is_part: bool,
}

/// The times by relation and mode; those that `target` knows nothing of are left out.
pub(crate) fn by_relation(
    segments: &[Segment],
    starts: &Starts,
    target: impl Fn(u32) -> Option<Target>,
) -> Vec<LockTrace> {
    let mut groups: BTreeMap<(String, LockMode, bool), Vec<(Segment, bool)>> = BTreeMap::new();
    for segment in segments {
        let Some(Target { relation, existed_before, is_part }) = target(segment.oid) else { continue };
        groups.entry((relation, segment.mode, existed_before)).or_default().push((*segment, is_part));
    }
    let mut traces: Vec<LockTrace> = groups
        .into_iter()
        .map(|((relation, mode, existed_before), group)| {
            of_group(relation, mode, existed_before, &group, starts)
        })
        .collect();
    traces.sort_by(|a, b| first_ms(a).total_cmp(&first_ms(b)));
    traces
}

fn first_ms(lock: &LockTrace) -> f64 {
    lock.granted_ms.or(lock.asked_ms).unwrap_or(lock.until_ms)
}

fn of_group(
    relation: String,
    mode: LockMode,
    existed_before: bool,
    group: &[(Segment, bool)],
    starts: &Starts,
) -> LockTrace {
    let earliest = |times: &mut dyn Iterator<Item = f64>| times.min_by(f64::total_cmp);
    let asked_ms = earliest(&mut group.iter().filter_map(|(segment, _)| segment.asked_ms));
    let granted_ms = earliest(&mut group.iter().filter_map(|(segment, _)| segment.granted_ms));
    let until_ms = group.iter().map(|(segment, _)| segment.until_ms).fold(0.0, f64::max);
    let (held_ms, times) = joined(group);
    let first = asked_ms.or(granted_ms).unwrap_or(until_ms);
    let statement = starts.iter().rev().find(|(_, start)| *start <= first).or(starts.first());
    LockTrace {
        relation,
        mode,
        existed_before,
        statement: statement.map_or(1, |(number, _)| *number),
        asked_ms,
        granted_ms,
        until_ms,
        held_ms,
        times,
        on_parts_only: group.iter().all(|(_, is_part)| *is_part),
    }
}

/// The longest time for which one of them was held, and how many such times there were.
fn joined(group: &[(Segment, bool)]) -> (f64, u64) {
    let mut spans: Vec<(f64, f64)> =
        group.iter().filter_map(|(segment, _)| Some((segment.granted_ms?, segment.until_ms))).collect();
    spans.sort_by(|a, b| a.0.total_cmp(&b.0));
    let mut joined: Vec<(f64, f64)> = Vec::new();
    for (from, until) in spans {
        match joined.last_mut() {
            Some(last) if from <= last.1 => last.1 = last.1.max(until),
            _ => joined.push((from, until)),
        }
    }
    let longest = joined.iter().map(|(from, until)| until - from).fold(0.0, f64::max);
    (to_microseconds(longest), joined.len() as u64)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Looks as `sent-got oid mode, …` (`?` behind a mode that is waited for), one a line.
    fn looks(text: &str) -> Vec<Observation> {
        let line = |line: &str| {
            let (times, locks) = line.split_once(' ').unwrap_or((line, ""));
            let (sent, got) = times.split_once('-').unwrap();
            let lock = |text: &str| {
                let (oid, mode) = text.trim().split_once(' ').unwrap();
                let granted = !mode.ends_with('?');
                let mode = LockMode::of_pg_locks(&format!("{}Lock", mode.trim_end_matches('?'))).unwrap();
                Seen { oid: oid.parse().unwrap(), mode, granted }
            };
            let locks = locks.split(',').filter(|text| !text.trim().is_empty()).map(lock).collect();
            Observation { sent_ms: sent.parse().unwrap(), got_ms: got.parse().unwrap(), locks }
        };
        text.lines().map(str::trim).filter(|text| !text.is_empty()).map(line).collect()
    }

    fn check(text: &str, expected: &[&str]) {
        let starts = [(1, 10.0), (2, 50.0)];
        let segments = segments(&looks(text), &starts, 0.0, 100.0, true);
        let target = |oid: u32| {
            (oid < 100).then(|| Target {
                relation: format!("t{}", oid % 10),
                existed_before: true,
                is_part: oid >= 10,
            })
        };
        let found: Vec<String> = by_relation(&segments, &starts, target)
            .iter()
            .map(|lock| {
                let parts = if lock.on_parts_only { " parts" } else { "" };
                format!(
                    "{} {} by {} {:?}/{:?}-{} held {} x{}{parts}",
                    lock.relation,
                    lock.mode.sql(),
                    lock.statement,
                    lock.asked_ms.unwrap_or(-1.0),
                    lock.granted_ms.unwrap_or(-1.0),
                    lock.until_ms,
                    lock.held_ms,
                    lock.times
                )
            })
            .collect();
        assert_eq!(found, expected, "{text}");
    }

    #[test]
    fn a_lock_lasts_from_the_earliest_grant_to_the_latest_release() {
        check("", &[]);
        // Kept to the end, and not there before the statement began.
        check("20-21 1 Share", &["t1 SHARE by 1 -1.0/10.0-100 held 90 x1"]);
        // Not there at the look before.
        check("30-31\n40-41 1 Share", &["t1 SHARE by 1 -1.0/30.0-100 held 70 x1"]);
        // Let go before the look at 61.
        check("30-31\n40-41 1 Share\n60-61", &["t1 SHARE by 1 -1.0/30.0-61 held 31 x1"]);
        // Waited for first.
        check(
            "20-21 1 AccessExclusive?\n30-31 1 AccessExclusive",
            &["t1 ACCESS EXCLUSIVE by 1 10.0/20.0-100 held 80 x1"],
        );
        check("20-21 1 Share?\n30-31", &["t1 SHARE by 1 10.0/20.0-31 held 11 x1"]);
        // Taken by the second statement.
        check("45-46\n60-61 1 Share", &["t1 SHARE by 2 -1.0/50.0-100 held 50 x1"]);
    }

    #[test]
    fn indexes_count_as_of_their_table() {
        check("20-21 11 Share,21 Share", &["t1 SHARE by 1 -1.0/10.0-100 held 90 x1 parts"]);
        check("20-21 1 Share,11 Share\n60-61 1 Share", &["t1 SHARE by 1 -1.0/10.0-100 held 90 x1"]);
        check("20-21 101 Share", &[]);
        check("20-21 1 Share\n30-31\n60-61 1 Share\n70-71", &["t1 SHARE by 1 -1.0/10.0-71 held 21 x2"]);
    }
}
