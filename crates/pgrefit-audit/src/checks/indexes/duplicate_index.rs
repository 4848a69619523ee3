//! Two indexes of the same form.

use pgrefit_catalog::census::Source;
use pgrefit_report::{Cell, Status};

use crate::check::{Check, Example, Group};
use crate::{Facts, Ruling};

/// The check.
pub(super) static CHECK: Check = Check {
    id: "duplicate-index",
    code: "IDX-03",
    group: Group::Indexes,
    title: "Two indexes of a table are the same.",
    level: Status::Warn,
    required: false,
    matters: "Each write maintains both, and both take up space and cache; queries need one. The same are two usable indexes \
              with the same access method, key columns or expressions in the same order, operator classes, collations, \
              directions, predicate and columns behind INCLUDE. A unique one goes only if the other is unique in the same way. \
              Primary keys, exclusion constraints, replica identities, targets of foreign keys, and what CLUSTER sorts by stay. \
              Of gist and brin it is only something to know: parameters of operator classes are not compared.",
    cure: "Drop the one that is named.",
    sources: &[Source::Relations, Source::Indexes, Source::Constraints, Source::Inheritance],
    example: Some(Example {
        bad: include_str!("duplicate_index/bad.sql"),
        good: include_str!("duplicate_index/good.sql"),
    }),
    judge,
};

fn judge(facts: &Facts<'_>, ruling: &mut Ruling) {
    ruling.saw_many(facts.declared_indexes().count());
    for (index, other) in facts.duplicates() {
        let sure = !matches!(facts.access_method(index), "gist" | "brin");
        let status = if sure { Status::Warn } else { Status::Info };
        let message = format!("it is the same as {}", facts.name(other.oid));
        let (sql, lock) = facts.drop_index(index);
        ruling
            .found(status, facts.name(index.oid), message)
            .number("index_bytes", Cell::Bytes(facts.index_bytes(index.oid)))
            .number("scans", facts.index_scans(index.oid))
            .sql(sql, lock, true);
    }
}
