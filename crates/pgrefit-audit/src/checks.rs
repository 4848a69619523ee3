//! The checks, by group; a test sees that none is forgotten.

use crate::check::Check;

mod activity;
mod constraints;
mod contract;
mod design;
mod history;
mod indexes;
mod partitions;
mod replication;
mod security;
mod sequences;
mod settings;
mod vacuum;
mod vectors;

static GROUPS: &[&[&Check]] = &[
    contract::CHECKS,
    history::CHECKS,
    constraints::CHECKS,
    sequences::CHECKS,
    indexes::CHECKS,
    vectors::CHECKS,
    design::CHECKS,
    vacuum::CHECKS,
    activity::CHECKS,
    replication::CHECKS,
    partitions::CHECKS,
    security::CHECKS,
    settings::CHECKS,
];

/// Every check, in the order of reports.
pub fn checks() -> impl Iterator<Item = &'static Check> {
    GROUPS.iter().copied().flatten().copied()
}

/// The check of that name.
#[must_use]
pub fn check(id: &str) -> Option<&'static Check> {
    checks().find(|check| check.id == id)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::path::Path;

    use super::{Check, checks};

    /// Where the room of a check is, without an ending.
    fn room(check: &Check) -> String {
        format!("{}/{}", check.group.word(), check.id.replace('-', "_"))
    }

    #[test]
    fn no_room_is_forgotten() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/checks");
        let mut found = BTreeSet::new();
        for group in
            std::fs::read_dir(&folder).expect("the folder").map(|entry| entry.expect("an entry").path())
        {
            let Ok(rooms) = std::fs::read_dir(&group) else { continue };
            for room in rooms.map(|entry| entry.expect("an entry").path()) {
                if room.extension().is_some_and(|it| it == "rs") {
                    let name = |path: &Path| path.file_stem().expect("a name").to_string_lossy().into_owned();
                    found.insert(format!("{}/{}", name(&group), name(&room)));
                }
            }
        }
        assert_eq!(found, checks().map(room).collect());
    }

    #[test]
    fn ids_and_codes_are_unique_and_words_are_sentences() {
        let ids: BTreeSet<_> = checks().map(|check| check.id).collect();
        let codes: BTreeSet<_> = checks().map(|check| check.code).collect();
        assert_eq!((ids.len(), codes.len()), (checks().count(), checks().count()));
        for check in checks() {
            for text in [check.title, check.matters, check.cure] {
                assert!(text.ends_with('.'), "{}: {text}", check.id);
                assert!(!text.contains("  "), "{}: {text}", check.id);
            }
            // Drift is told to an audit, not read with the census.
            assert_ne!(check.sources.is_empty(), check.id != "schema-drift", "{} rests on nothing", check.id);
        }
    }
}
