//! The server's files of pgvector are of a version with a known fault.

use pgrefit_catalog::census::Source;
use pgrefit_report::Status;

use crate::check::{Check, Group};
use crate::{Facts, Ruling};

/// The first version whose parallel builds of HNSW indexes stay within their buffers.
const SOUND: [u32; 3] = [0, 8, 2];

/// The check.
pub(super) static CHECK: Check = Check {
    id: "vector-library-outdated",
    code: "VEC-01b",
    group: Group::Vectors,
    title: "The server's library of pgvector has a known fault.",
    level: Status::Warn,
    required: false,
    matters: "Before 0.8.2, a parallel build of an HNSW index could write past a buffer (pgvector's CHANGELOG). The library is \
              that of the server's files, whatever version the database has. A build without parallel workers is not \
              affected. Distributions may have mended it in a package of the same number.",
    cure: "Install a newer package of pgvector; sessions load the new library when they begin. Until then, build HNSW indexes \
           with max_parallel_maintenance_workers = 0.",
    sources: &[Source::Extensions, Source::AvailableExtensions],
    example: None,
    judge,
};

fn judge(facts: &Facts<'_>, ruling: &mut Ruling) {
    if !facts.census.extensions.iter().any(|it| it.name == "vector") {
        ruling.skip("the extension vector is not installed");
        return;
    }
    let available = facts.census.available_extensions.iter().find(|it| it.name == "vector");
    let Some(version) = available.and_then(|it| it.default_version.as_deref()) else { return };
    ruling.saw();
    let numbers: Option<Vec<u32>> = version.split('.').map(|part| part.parse().ok()).collect();
    // Parallel builds came with 0.6.0.
    if numbers.is_some_and(|it| it.as_slice() >= [0, 6].as_slice() && it.as_slice() < SOUND.as_slice()) {
        ruling
            .warn(
                "vector",
                format!("pgvector {version}: a parallel build of an HNSW index can write past a buffer"),
            )
            .number("library_version", version)
            .hint("install pgvector 0.8.2 or newer; until then SET max_parallel_maintenance_workers = 0 for builds");
    }
}

#[cfg(test)]
mod tests {
    use pgrefit_catalog::census::{AvailableExtension, Extension};
    use pgrefit_report::Status;

    use super::CHECK;
    use crate::sample::Sample;

    #[test]
    fn the_files_count_not_the_database() {
        let check = |files: &str, expected: Status| {
            let sample = Sample::new(18).with(|census| {
                census.extensions.push(Extension {
                    name: "vector".to_owned(),
                    version: "0.5.0".to_owned(),
                    schema: "public".to_owned(),
                });
                census.available_extensions.push(AvailableExtension {
                    name: "vector".to_owned(),
                    default_version: Some(files.to_owned()),
                });
            });
            assert_eq!(sample.status(&CHECK), expected, "{files}");
        };
        check("0.8.1", Status::Warn);
        check("0.6.0", Status::Warn);
        check("0.5.1", Status::Pass);
        check("0.8.2", Status::Pass);
        check("0.10.0", Status::Pass);
        assert_eq!(Sample::new(18).status(&CHECK), Status::Skip);
    }
}
