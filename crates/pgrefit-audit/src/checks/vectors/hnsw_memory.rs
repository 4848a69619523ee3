//! An HNSW index that cannot be rebuilt in memory.

use pgrefit_catalog::census::Source;
use pgrefit_report::{Cell, Status};

use crate::check::{Check, Group};
use crate::{Facts, Ruling};

/// The check.
pub(super) static CHECK: Check = Check {
    id: "hnsw-memory",
    code: "VEC-10",
    group: Group::Vectors,
    title: "An HNSW index is larger than the memory that a rebuild of it may use.",
    level: Status::Info,
    required: false,
    matters: "While an HNSW index is built, its graph is kept in maintenance_work_mem. When it no longer fits, the rest is \
              inserted row by row into the index on disk, which takes many times as long. The graph is about as large as \
              the index that comes of it; its size is that of the last VACUUM or build.",
    cure: "SET maintenance_work_mem above the size of the index in the session that builds it, if the machine has the memory.",
    sources: &[Source::Indexes, Source::Settings],
    example: None,
    judge,
};

fn judge(facts: &Facts<'_>, ruling: &mut Ruling) {
    if facts.hides_any(&["maintenance_work_mem"], ruling) {
        return;
    }
    let Some(memory) = facts.setting_bytes("maintenance_work_mem") else { return };
    let mut indexes = facts.vector_indexes();
    indexes.dedup_by_key(|it| it.index.oid);
    for found in indexes.into_iter().filter(|it| it.method == "hnsw") {
        let index = found.index;
        if !facts.parents(index.oid).is_empty() {
            continue;
        }
        ruling.saw();
        // The indexes of partitions are built one by one.
        let bytes = facts.children(index.oid).iter().chain([&index.oid]).map(|it| facts.bytes(*it)).max();
        let Some(bytes) = bytes.filter(|bytes| *bytes > memory) else { continue };
        let message =
            format!("a rebuild needs about {} MB, maintenance_work_mem is {} MB", bytes >> 20, memory >> 20);
        ruling
            .info(facts.name(index.oid), message)
            .number("index_bytes", Cell::Bytes(bytes))
            .number("maintenance_work_mem_bytes", Cell::Bytes(memory))
            .hint(format!(
                "in the session that builds it: SET maintenance_work_mem = '{}MB'",
                (bytes + bytes / 5) >> 20
            ));
    }
}

#[cfg(test)]
mod tests {
    use super::CHECK;
    use crate::sample::Sample;

    #[test]
    fn the_index_is_held_against_the_setting() {
        let check = |method: &str, pages: i64, expected: &[&str]| {
            let sample = Sample::new(18)
                .setting_in("maintenance_work_mem", "65536", Some("kB"))
                .documents(1_000.0, 3)
                .vector_index(200, method, "vector_l2_ops", false, |_| {})
                .with(|census| census.relations[2].pages = pages);
            assert_eq!(sample.objects(&CHECK), expected, "{method} {pages}");
        };
        check("hnsw", 20_000, &["public.documents_200"]);
        check("hnsw", 8_000, &[]);
        check("ivfflat", 20_000, &[]);
    }
}
