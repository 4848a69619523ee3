//! An index that no query has used for a month.

use pgrefit_catalog::census::{Index, Source};
use pgrefit_report::{Cell, Status};

use crate::check::{Check, Group};
use crate::{Facts, Ruling};

/// From which size on it is told.
const TOLD_BYTES: u64 = 1 << 20;

/// From which size on it should go.
const WARN_BYTES: u64 = 10 << 20;

/// The check.
pub(super) static CHECK: Check = Check {
    id: "unused-index",
    code: "IDX-05",
    group: Group::Indexes,
    title: "No query has used an index since the counters were reset.",
    level: Status::Warn,
    required: false,
    matters: "Each write maintains it, and it takes up space and cache. The counters must have counted for 30 days on every \
              node, and standbys must have been asked, too: each counts for itself. Indexes that keep rows apart, replica \
              identities, what foreign keys need on either side, and what CLUSTER sorts by are left alone, and so are those under 1 MiB; \
              under 10 MiB it is only something to know. An index that is younger than the counters shows no scans either. \
              Indexes on expressions have a check of their own.",
    cure: "Drop it, and keep its definition.",
    sources: &[
        Source::Relations,
        Source::Inheritance,
        Source::Indexes,
        Source::Constraints,
        Source::IndexStatistics,
        Source::RelationStatistics,
        Source::Replicas,
        Source::Slots,
    ],
    example: None,
    judge,
};

fn judge(facts: &Facts<'_>, ruling: &mut Ruling) {
    let days = match facts.days_of_use() {
        Ok(days) => days,
        Err(why) => return ruling.skip(why),
    };
    for index in facts.declared_indexes().filter(|index| index.expressions.is_none()) {
        let Some(scans) = facts.index_scans(index.oid) else { continue };
        let bytes = facts.index_bytes(index.oid);
        if scans > 0 || bytes < TOLD_BYTES || !facts.is_for_queries_alone(index) {
            ruling.saw();
        } else if facts.has_unasked_standbys() {
            ruling.missed("there are standbys that were not asked for their use of indexes", None);
        } else {
            ruling.saw();
            tell(facts, index, bytes, days, ruling);
        }
    }
}

fn tell(facts: &Facts<'_>, index: &Index, bytes: u64, days: f64, ruling: &mut Ruling) {
    let status = if bytes >= WARN_BYTES { Status::Warn } else { Status::Info };
    let (sql, lock) = facts.drop_index_kept(index);
    ruling
        .found(status, facts.name(index.oid), format!("no query has used it for {days:.0} days"))
        .number("index_bytes", Cell::Bytes(bytes))
        .number("writes", facts.index_writes(index.table))
        .number("counted_days", days.floor())
        .sql(sql, lock, true);
}

#[cfg(test)]
mod tests {
    use pgrefit_catalog::census::{Constraint, ConstraintKind, Node, Replica, ServerNode, Slot};
    use pgrefit_report::Status;

    use super::CHECK;
    use crate::sample::Sample;

    fn sample() -> Sample {
        Sample::new(18).heap(100, "t", 100, 1e6).btree(101, 100, "t_a", &[1], 20)
    }

    fn foreign_key(columns: &[i16]) -> Constraint {
        Constraint {
            oid: 1,
            relation: 100,
            domain: None,
            name: "t_fkey".to_owned(),
            kind: ConstraintKind::ForeignKey,
            validated: true,
            enforced: true,
            deferrable: false,
            index: None,
            parent: None,
            columns: columns.to_vec(),
            referenced: Some(200),
            referenced_columns: columns.to_vec(),
            on_update: None,
            on_delete: None,
            match_type: None,
            null_test: None,
        }
    }

    #[test]
    fn an_index_without_scans_is_found() {
        let check = |sample: Sample, expected: Status| assert_eq!(sample.status(&CHECK), expected);
        check(sample(), Status::Warn);
        check(sample().scanned(1), Status::Pass);
        check(sample().with(|it| it.relations[1].pages = 200), Status::Info);
        check(sample().with(|it| it.relations[1].pages = 100), Status::Pass);
        check(sample().change_index(|it| it.unique = true), Status::Pass);
        check(sample().change_index(|it| it.replica_identity = true), Status::Pass);
        check(sample().change_index(|it| it.clustered = true), Status::Pass);
        check(sample().change_index(|it| it.expressions = Some(Node::new("({A})"))), Status::Pass);
        check(sample().change_index(|it| it.valid = false), Status::Pass);
        check(sample().with(|it| it.relations[0].of_extension = true), Status::Pass);
        check(sample().with(|it| it.index_statistics.clear()), Status::Pass);
        check(sample().with(|it| it.constraints.push(foreign_key(&[1]))), Status::Pass);
        check(sample().with(|it| it.constraints.push(foreign_key(&[1, 2]))), Status::Warn);
    }

    #[test]
    fn counters_must_have_counted_everywhere_for_a_month() {
        let node = |days: Option<f64>| ServerNode {
            name: "standby".to_owned(),
            in_recovery: true,
            counted_for_s: days.map(|days| days * 86_400.0),
        };
        let check = |sample: Sample, expected: Status| assert_eq!(sample.status(&CHECK), expected);
        check(sample().counted_days(29.0), Status::Skip);
        check(sample().with(|it| it.server.counted_for_s = None), Status::Skip);
        check(sample().with(|it| it.nodes.push(node(Some(3.0)))), Status::Skip);
        let replica = || sample().with(|it| it.replicas.push(Replica::default()));
        check(replica(), Status::Blind);
        check(replica().with(|it| it.nodes.push(node(Some(40.0)))), Status::Warn);
        let slot = Slot { kind: "logical".to_owned(), active: true, ..Slot::default() };
        check(replica().with(|it| it.slots.push(slot)), Status::Warn);
        check(replica().scanned(3), Status::Pass);
        check(sample().with(|it| it.server.in_recovery = true), Status::Skip);
    }
}
