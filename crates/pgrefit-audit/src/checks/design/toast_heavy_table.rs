//! A table that lies mostly in TOAST.

use pgrefit_catalog::census::Source;
use pgrefit_report::{Cell, Status};

use crate::check::{Check, Group};
use crate::{Facts, Ruling};

/// From so much in TOAST on.
const TOAST_BYTES_MIN: u64 = 1 << 30;

/// How many times as large as the table itself.
const FACTOR: u64 = 10;

/// The check.
pub(super) static CHECK: Check = Check {
    id: "toast-heavy-table",
    code: "TYP-11b",
    group: Group::Design,
    title: "Almost all of a table lies in its TOAST table.",
    level: Status::Info,
    required: false,
    matters: "The planner and most figures of size go by the table itself and do not see it. A query that names a large column reads \
              many times as much as one that does not, so SELECT * is dear; VACUUM of the TOAST table goes by counters of its \
              own. Told from 1 GB, and ten times the table, on. Sizes are of the last VACUUM.",
    cure: "Nothing, if that is what the table is for: name the columns that are needed.",
    sources: &[Source::Relations],
    example: None,
    judge,
};

fn judge(facts: &Facts<'_>, ruling: &mut Ruling) {
    for table in facts.root_tables() {
        ruling.saw();
        let leaves = facts.leaves(table.oid);
        let heap: u64 = leaves.iter().map(|leaf| facts.bytes(leaf.oid)).sum();
        let toast = leaves.iter().map(|leaf| facts.table_bytes(leaf.oid)).sum::<u64>() - heap;
        if toast >= TOAST_BYTES_MIN && toast / FACTOR >= heap {
            ruling
                .info(
                    facts.name(table.oid),
                    format!("{} GB lie in TOAST, {} MB in the table", toast >> 30, heap >> 20),
                )
                .number("toast_bytes", Cell::Bytes(toast))
                .number("table_bytes", Cell::Bytes(heap))
                .hint("name the columns that are needed; SELECT * reads it all");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::CHECK;
    use crate::sample::Sample;

    #[test]
    fn both_size_and_share_count() {
        let check = |rows: f64, pages: i64, expected: &[&str]| {
            let sample = Sample::new(18).documents(rows, 3_072);
            let sample = sample.with(|census| census.relations[0].pages = pages);
            assert_eq!(sample.objects(&CHECK), expected, "{rows} {pages}");
        };
        check(100_000.0, 4_000, &["public.documents"]);
        check(100_000.0, 100_000, &[]);
        check(10_000.0, 400, &[]);
    }
}
