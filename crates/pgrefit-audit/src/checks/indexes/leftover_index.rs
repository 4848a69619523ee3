//! What a REINDEX CONCURRENTLY that failed leaves behind.

use pgrefit_catalog::census::Source;
use pgrefit_report::{Cell, Status};

use crate::check::{Check, Example, Group};
use crate::{Facts, Ruling};

/// The check.
pub(super) static CHECK: Check = Check {
    id: "leftover-index",
    code: "IDX-02",
    group: Group::Indexes,
    title: "A REINDEX CONCURRENTLY that failed left an index behind.",
    level: Status::Warn,
    required: false,
    matters: "The index named _ccnew or _ccold is invalid, takes up space, and may slow down each write. It is told by its name \
              and by another index of the same form on the same table: one that is valid, or the one that it is named after, \
              which is what to build anew if it is invalid, too. Without either it is an invalid index like others.",
    cure: "Drop it, and run the REINDEX again if it was wanted.",
    sources: &[Source::Relations, Source::Indexes, Source::Progress],
    example: Some(Example {
        bad: include_str!("leftover_index/bad.sql"),
        good: include_str!("leftover_index/good.sql"),
    }),
    judge,
};

fn judge(facts: &Facts<'_>, ruling: &mut Ruling) {
    for index in &facts.census.indexes {
        if facts.relation(index.table).is_none_or(|table| table.of_extension) {
            continue;
        }
        if !facts.is_leftover(index) || index.being_built {
            ruling.saw();
            continue;
        }
        if facts.has_hidden_builds() {
            ruling.missed(
                "which indexes are being built is hidden from this role",
                Some(facts.grant_monitor()),
            );
            continue;
        }
        ruling.saw();
        let (sql, lock) = facts.drop_index(index);
        let message = format!("a REINDEX CONCURRENTLY of an index of {} failed", facts.name(index.table));
        ruling
            .warn(facts.name(index.oid), message)
            .number("index_bytes", Cell::Bytes(facts.bytes(index.oid)))
            .sql(sql, lock, true);
    }
}
