//! Backends that had to call fsync themselves.

use pgrefit_catalog::census::Source;
use pgrefit_report::{Cell, Status};

use crate::check::{Check, Group};
use crate::{Facts, Ruling};

/// How often it may have happened.
const FEW: i64 = 100;

/// The check.
pub(super) static CHECK: Check = Check {
    id: "backend-fsync",
    code: "WAL-03",
    group: Group::Replication,
    title: "Sessions had to sync files themselves.",
    level: Status::Warn,
    required: false,
    matters: "The checkpointer takes over what must be synced; when its queue is full, each session syncs its own \
              writes and waits for the disk. From 17 on pg_stat_io has it, before that pg_stat_bgwriter. Told from \
              100 times on: fewer are a single burst.",
    cure: "Give the server more shared_buffers, on which the length of the queue depends, or spread bulk \
              writes.",
    sources: &[Source::Checkpoints],
    example: None,
    judge,
};

fn judge(facts: &Facts<'_>, ruling: &mut Ruling) {
    if facts.major() >= 17 && facts.census.io.is_empty() {
        ruling.skip("pg_stat_io was not read");
        return;
    }
    let by_io = || {
        let rows = facts.census.io.iter();
        let own = rows.filter(|row| row.backend_type == "client backend" && row.object == "relation");
        own.filter(|row| row.context == "normal").filter_map(|row| row.fsyncs).sum()
    };
    let checkpoints = facts.census.checkpoints.as_ref();
    let fsyncs: i64 = checkpoints.and_then(|it| it.fsyncs_backend).unwrap_or_else(by_io);
    ruling.saw();
    if fsyncs >= FEW {
        ruling
            .warn("client backend", format!("sessions had to sync files themselves {fsyncs} times"))
            .number("fsyncs", fsyncs)
            .number("shared_buffers_bytes", facts.setting_bytes("shared_buffers").map(Cell::Bytes))
            .hint("raise shared_buffers if it is the default, and look at bulk loads");
    }
}

#[cfg(test)]
mod tests {
    use pgrefit_catalog::census::{Checkpoints, IoStatistics};
    use pgrefit_report::Status;

    use super::CHECK;
    use crate::sample::Sample;

    fn io(kind: &str, fsyncs: Option<i64>) -> IoStatistics {
        IoStatistics {
            backend_type: kind.to_owned(),
            object: "relation".to_owned(),
            context: "normal".to_owned(),
            reads: None,
            read_ms: None,
            writes: None,
            write_ms: None,
            fsyncs,
        }
    }

    #[test]
    fn each_version_has_its_own_source() {
        let check = |major: u32, old: Option<i64>, new: Vec<IoStatistics>, expected: Status| {
            let sample = Sample::new(major).with(|census| {
                census.checkpoints = Some(Checkpoints { fsyncs_backend: old, ..Checkpoints::default() });
                census.io = new;
            });
            assert_eq!(sample.status(&CHECK), expected, "{major} {old:?}");
        };
        check(15, Some(0), vec![], Status::Pass);
        check(15, Some(500), vec![], Status::Warn);
        check(18, None, vec![io("client backend", Some(500))], Status::Warn);
        check(18, None, vec![io("checkpointer", Some(500)), io("client backend", None)], Status::Pass);
        check(18, None, vec![], Status::Skip);
    }
}
