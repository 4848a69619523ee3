//! An index on an expression that no query spells as the index does.

use pgrefit_catalog::census::Source;
use pgrefit_report::{Cell, Status};

use crate::check::{Check, Group};
use crate::{Facts, Ruling};

/// From which size on it is told.
const TOLD_BYTES: u64 = 1 << 20;

/// From which size on it should be acted upon.
const WARN_BYTES: u64 = 10 << 20;

/// The check.
pub(super) static CHECK: Check = Check {
    id: "expression-index-unused",
    code: "IDX-11b",
    group: Group::Indexes,
    title: "No query has used an index on an expression since the counters were reset.",
    level: Status::Warn,
    required: false,
    matters: "The server uses it only where a query has the very expression: lower(mail) = lower($1), not mail ILIKE $1; \
              (doc ->> 'kind') = $1, not doc @> $1. So it is often not the index that is wrong but the query. The same \
              conditions hold as for unused indexes: 30 days on every node, and 1 MiB at least.",
    cure: "Write the query as the index has it, or drop the index.",
    sources: &[Source::Relations, Source::Indexes, Source::IndexStatistics],
    example: None,
    judge,
};

fn judge(facts: &Facts<'_>, ruling: &mut Ruling) {
    let Some(days) = facts.days_counted() else {
        return ruling.skip("the counters have not counted for 30 days on every node");
    };
    for index in facts.declared_indexes().filter(|index| index.expressions.is_some()) {
        let Some(scans) = facts.index_scans(index.oid) else { continue };
        let bytes = facts.index_bytes(index.oid);
        if scans > 0 || bytes < TOLD_BYTES || !facts.is_for_queries(index) {
            ruling.saw();
            continue;
        }
        if facts.has_unasked_standbys() {
            ruling.missed("there are standbys that were not asked for their use of indexes", None);
            continue;
        }
        ruling.saw();
        let status = if bytes >= WARN_BYTES { Status::Warn } else { Status::Info };
        let message = format!("no query has had its expression for {days:.0} days");
        let (sql, lock) = facts.drop_index_kept(index);
        ruling
            .found(status, facts.name(index.oid), message)
            .number("index_bytes", Cell::Bytes(bytes))
            .number("counted_days", days.floor())
            .hint("look first whether a query means it and spells it otherwise")
            .sql(sql, lock, true);
    }
}

#[cfg(test)]
mod tests {
    use pgrefit_catalog::census::Node;
    use pgrefit_report::Status;

    use super::CHECK;
    use crate::sample::Sample;

    #[test]
    fn an_expression_that_no_query_has_is_found() {
        let sample = || {
            let sample = Sample::new(18).heap(100, "t", 100, 1e6).btree(101, 100, "t_lower", &[0], 20);
            sample.change_index(|it| it.expressions = Some(Node::new("({FUNCEXPR :funcid 870})")))
        };
        let check = |sample: Sample, expected: Status| assert_eq!(sample.status(&CHECK), expected);
        check(sample(), Status::Warn);
        check(sample().scanned(5), Status::Pass);
        check(sample().change_index(|it| it.unique = true), Status::Pass);
        check(sample().change_index(|it| it.expressions = None), Status::Pass);
        check(sample().counted_days(10.0), Status::Skip);
    }
}
