//! An index that queries may not use.

use pgrefit_catalog::census::{Index, RelationKind, Source};
use pgrefit_report::Status;

use crate::check::{Check, Example, Group};
use crate::{Facts, Ruling};

/// The check.
pub(super) static CHECK: Check = Check {
    id: "invalid-index",
    code: "IDX-01",
    group: Group::Indexes,
    title: "An index is invalid: no query may use it.",
    level: Status::Fail,
    required: true,
    matters: "CREATE INDEX CONCURRENTLY that failed leaves an index which each write maintains and no query uses; CREATE INDEX \
              IF NOT EXISTS then takes it for done. A unique one does not keep the rows apart that were there before: that is \
              a failure. Indexes that somebody builds at this moment, leftovers of REINDEX and indexes of partitioned tables \
              are not looked at here.",
    cure: "REINDEX INDEX CONCURRENTLY builds it anew. For a unique one, remove what is double first.",
    sources: &[Source::Relations, Source::Indexes, Source::Progress],
    example: Some(Example {
        bad: include_str!("invalid_index/bad.sql"),
        good: include_str!("invalid_index/good.sql"),
    }),
    judge,
};

fn judge(facts: &Facts<'_>, ruling: &mut Ruling) {
    for index in &facts.census.indexes {
        let Some(table) = facts.relation(index.table).filter(|table| !table.of_extension) else { continue };
        let kind = facts.relation(index.oid).map(|it| it.kind);
        if kind == Some(RelationKind::PartitionedIndex) || facts.is_leftover(index) {
            continue;
        }
        if Facts::is_usable(index) || index.being_built {
            ruling.saw();
        } else if facts.has_hidden_builds() {
            ruling.missed(
                "which indexes are being built is hidden from this role",
                Some(facts.grant_monitor()),
            );
        } else {
            ruling.saw();
            tell(facts, index, table.kind, ruling);
        }
    }
}

fn tell(facts: &Facts<'_>, index: &Index, table_kind: RelationKind, ruling: &mut Ruling) {
    let (name, table) = (facts.name(index.oid), facts.name(index.table));
    let cost = if index.ready { ", and each write maintains it" } else { "" };
    let (status, message) = if index.unique {
        (Status::Fail, format!("the unique index is invalid: {table} may hold what it forbids{cost}"))
    } else {
        (Status::Warn, format!("the index is invalid: no query on {table} may use it{cost}"))
    };
    let (sql, lock) = if !index.live || table_kind == RelationKind::Toast {
        // What is being dropped cannot be built anew.
        facts.drop_index(index)
    } else if index.exclusion {
        (format!("REINDEX INDEX {name};"), "ACCESS EXCLUSIVE")
    } else {
        (format!("REINDEX INDEX CONCURRENTLY {name};"), "SHARE UPDATE EXCLUSIVE")
    };
    ruling.found(status, name, message).number("table_rows", facts.rows(index.table)).sql(sql, lock, true);
}

#[cfg(test)]
mod tests {
    use pgrefit_catalog::census::Progress;
    use pgrefit_report::Status;

    use super::CHECK;
    use crate::sample::Sample;

    #[test]
    fn a_hidden_build_makes_it_blind() {
        let sample = |relation: Option<u32>| {
            let build = Progress {
                pid: 1,
                command: "CREATE INDEX CONCURRENTLY".to_owned(),
                relation,
                phase: None,
                done: None,
                total: None,
            };
            let sample = Sample::new(18).heap(100, "t", 1, 1e3).btree(101, 100, "i", &[1], 1);
            sample.change_index(|it| it.valid = false).with(|census| census.progress.push(build))
        };
        assert_eq!(sample(None).status(&CHECK), Status::Blind);
        assert_eq!(sample(Some(7)).objects(&CHECK), ["public.i"]);
        assert_eq!(sample(Some(7)).change_index(|it| it.being_built = true).status(&CHECK), Status::Pass);
    }
}
