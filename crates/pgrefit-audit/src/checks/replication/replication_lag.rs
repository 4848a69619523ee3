//! A standby or subscriber that is far behind.

use std::collections::BTreeMap;

use pgrefit_catalog::census::{Replica, Source};
use pgrefit_report::{Cell, Status, human_bytes, human_duration};

use crate::check::{Check, Group};
use crate::{Facts, Ruling};

/// From how many seconds of replay on it is told.
const LAG_S: f64 = 60.0;

/// From how many bytes of WAL on it is told.
const LAG_BYTES: i64 = 1 << 30;

/// The check.
pub(super) static CHECK: Check = Check {
    id: "replication-lag",
    code: "REP-01",
    group: Group::Replication,
    title: "A standby or subscriber is far behind.",
    level: Status::Warn,
    required: false,
    matters: "What a standby has not yet received is lost if the primary fails now, and what it has not yet \
              replayed makes it late to take over; queries there read old rows. Told from 60 seconds or 1 GiB of \
              WAL on, of each name the worst. A standby with recovery_min_apply_delay is late on purpose. A base \
              backup that runs is left out; a client that replays nothing, such as pg_receivewal, is judged by the \
              bytes that it has not flushed.",
    cure: "Look at the network, the disk and the conflicts of the standby; a long query there may hold replay \
              back.",
    sources: &[Source::Replicas],
    example: None,
    judge,
};

fn judge(facts: &Facts<'_>, ruling: &mut Ruling) {
    if facts.census.replicas.is_empty() {
        ruling.skip("no standby or subscriber is connected");
        return;
    }
    let mut worst: BTreeMap<String, &Replica> = BTreeMap::new();
    for replica in &facts.census.replicas {
        let Some(state) = replica.state.as_deref() else {
            ruling.missed("replication is not visible to this role", Some(facts.grant_monitor()));
            continue;
        };
        ruling.saw();
        if state != "backup" && is_late(replica) {
            let kept = worst.entry(replica.application.clone().unwrap_or_default()).or_insert(replica);
            if behind_bytes(kept) < behind_bytes(replica) {
                *kept = replica;
            }
        }
    }
    for (name, replica) in worst {
        let bytes = behind_bytes(replica).map(Facts::whole_bytes);
        let replays = replica.replay_lag_bytes.is_some();
        let time = replica.replay_lag_s.filter(|_| replays).map(Facts::whole_ms);
        let behind = bytes.map(human_bytes).into_iter().chain(time.map(human_duration)).collect::<Vec<_>>();
        let (done, hint) = if replays {
            ("replayed", "if little is unsent, replay is slow there; else look at the network")
        } else {
            (
                "confirmed",
                "it replays nothing: if little is unsent, its disk is slow; else look at the network",
            )
        };
        ruling
            .warn(&name, format!("{name} has not yet {done} the last {}", behind.join(", ")))
            .number("replay_lag_bytes", replica.replay_lag_bytes.map(Facts::whole_bytes).map(Cell::Bytes))
            .number("replay_lag_ms", time.map(Cell::DurationMs))
            .number("flush_lag_bytes", replica.flush_lag_bytes.map(Facts::whole_bytes).map(Cell::Bytes))
            .number("send_lag_bytes", replica.send_lag_bytes.map(Facts::whole_bytes).map(Cell::Bytes))
            .number("state", replica.state.clone())
            .hint(hint);
    }
}

/// How much WAL it has not replayed; of a client that replays nothing, such as `pg_receivewal`, what it has not flushed or, if it
/// does not say that either, was not sent.
fn behind_bytes(replica: &Replica) -> Option<i64> {
    replica.replay_lag_bytes.or(replica.flush_lag_bytes).or(replica.send_lag_bytes)
}

/// The time counts of those that replay only: of others it grows without end.
fn is_late(replica: &Replica) -> bool {
    let replays = replica.replay_lag_bytes.is_some();
    replica.replay_lag_s.is_some_and(|lag| replays && lag >= LAG_S)
        || behind_bytes(replica).is_some_and(|lag| lag >= LAG_BYTES)
}

#[cfg(test)]
mod tests {
    use pgrefit_report::Status;

    use super::CHECK;
    use crate::sample::Sample;

    #[test]
    fn lag_is_told_by_time_and_by_bytes() {
        let check = |seconds: Option<f64>, bytes: i64, state: &str, expected: &[&str]| {
            let sample = Sample::new(16).streaming("b", |it| {
                it.replay_lag_s = seconds;
                it.replay_lag_bytes = Some(bytes);
                it.state = Some(state.to_owned());
            });
            assert_eq!(sample.objects(&CHECK), expected, "{seconds:?} {bytes} {state}");
        };
        check(None, 0, "streaming", &[]);
        check(Some(59.0), 1 << 20, "streaming", &[]);
        check(Some(60.0), 1 << 20, "streaming", &["b"]);
        check(None, 1 << 30, "catchup", &["b"]);
        check(None, 1 << 40, "backup", &[]);
    }

    #[test]
    fn who_replays_nothing_is_judged_by_what_it_flushed() {
        let check = |flush: Option<i64>, send: i64, expected: Status| {
            let sample = Sample::new(16).streaming("pg_receivewal", |it| {
                (it.replay_lag_bytes, it.flush_lag_bytes, it.send_lag_bytes) = (None, flush, Some(send));
                it.replay_lag_s = Some(90_000.0);
            });
            assert_eq!(sample.status(&CHECK), expected, "{flush:?} {send}");
        };
        check(Some(1 << 20), 0, Status::Pass);
        check(Some(1 << 30), 0, Status::Warn);
        check(None, 1 << 20, Status::Pass);
        check(None, 1 << 30, Status::Warn);
    }

    #[test]
    fn hidden_replicas_are_blind_and_none_is_skipped() {
        assert_eq!(Sample::new(18).status(&CHECK), Status::Skip);
        assert_eq!(Sample::new(18).streaming("b", |it| it.state = None).status(&CHECK), Status::Blind);
    }
}
