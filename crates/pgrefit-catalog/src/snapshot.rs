//! A schema with the facts about size and use that go with it, to be judged later and elsewhere.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};

use crate::{Catalog, Dependent, Name, Usage};

/// The schema of a database at one moment, how large and how busy its tables are, and what hangs on them.
///
/// It holds names, definitions and numbers. Of rows it holds no value, except what definitions themselves contain.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Snapshot {
    /// The version of this form; [`Snapshot::FORMAT`] when it is taken.
    pub format: u32,
    /// When it was taken by the server's clock, in RFC 3339: `2026-01-31T12:00:00Z`.
    pub taken_at: String,
    /// Of the server, as in `server_version_num`: 180006.
    pub server_version_num: u32,
    /// The database.
    pub database: String,
    /// `TimeZone` of the session that took it.
    pub time_zone: String,
    /// The schemas in which that session looks up names without one, in order; `pg_catalog` comes before them all unless it is
    /// among them.
    pub search_path: Vec<String>,
    /// Whether the server takes no writes. A standby counts reads of its own, and no writes.
    pub standby: bool,
    /// The schema.
    pub catalog: Catalog,
    /// Of tables and materialized views.
    pub usage: BTreeMap<Name, Usage>,
    /// What hangs on tables, views and sequences or their columns; of what has nothing, there is no entry.
    pub dependents: BTreeMap<Name, Vec<Dependent>>,
    /// What could not be seen, each in one sentence for a reader.
    pub blind: Vec<String>,
}

impl Snapshot {
    /// The version of the form that this program writes, and the newest that it reads.
    pub const FORMAT: u32 = 1;

    /// As indented JSON, ending with a newline, for [`Snapshot::from_json`].
    #[must_use]
    #[expect(
        clippy::missing_panics_doc,
        reason = "all keys are strings and no value can refuse to be written"
    )]
    pub fn to_json(&self) -> String {
        let mut json = serde_json::to_string_pretty(self).expect("a snapshot is always valid JSON");
        json.push('\n');
        json
    }

    /// Reads what [`Snapshot::to_json`] wrote.
    ///
    /// # Errors
    /// [`SnapshotError::Newer`] for a form that a later version of this program wrote, whatever else is in it;
    /// [`SnapshotError::Malformed`] for anything that is no snapshot.
    pub fn from_json(json: &str) -> Result<Self, SnapshotError> {
        #[derive(Deserialize)]
        struct Format {
            format: u32,
        }
        let Format { format } = serde_json::from_str(json).map_err(SnapshotError::Malformed)?;
        if format > Self::FORMAT {
            return Err(SnapshotError::Newer { format });
        }
        serde_json::from_str(json).map_err(SnapshotError::Malformed)
    }
}

/// Why a text is not read as a snapshot.
#[derive(Debug)]
pub enum SnapshotError {
    /// It is no JSON, or not that of a snapshot.
    Malformed(serde_json::Error),
    /// A later version of this program wrote it.
    Newer {
        /// The version of its form.
        format: u32,
    },
}

impl fmt::Display for SnapshotError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Malformed(_) => f.write_str("not a snapshot"),
            Self::Newer { format } => write!(
                f,
                "the snapshot has format {format}, and this version reads up to {}: it was taken by a newer pgrefit",
                Snapshot::FORMAT
            ),
        }
    }
}

impl std::error::Error for SnapshotError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Malformed(error) => Some(error),
            Self::Newer { .. } => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::DependentKind;

    fn snapshot() -> Snapshot {
        let name = Name::new("Odd.Schema", "a \"b\"");
        let usage = Usage {
            rows: Some(3),
            bytes: 1 << 40,
            reads_per_s: Some(1_234_567.123_457),
            writes_per_s: Some(0.000_001),
            last_analyze: Some("2026-01-31T12:00:00Z".to_owned()),
            ..Usage::default()
        };
        let dependent = Dependent {
            kind: DependentKind::ForeignKey,
            name: "app.orders.orders_fk".to_owned(),
            columns: vec!["id".to_owned()],
        };
        Snapshot {
            format: Snapshot::FORMAT,
            taken_at: "2026-01-31T12:00:00Z".to_owned(),
            server_version_num: 180_006,
            database: "app".to_owned(),
            time_zone: "UTC".to_owned(),
            search_path: vec!["public".to_owned()],
            standby: false,
            catalog: Catalog::empty(18),
            usage: BTreeMap::from([(name.clone(), usage)]),
            dependents: BTreeMap::from([(name, vec![dependent])]),
            blind: vec!["something".to_owned()],
        }
    }

    #[test]
    fn a_snapshot_is_read_back_as_it_was() {
        let json = snapshot().to_json();
        assert_eq!(Snapshot::from_json(&json).expect("a snapshot"), snapshot());
        assert!(json.contains("\"kind\": \"foreign_key\""), "{json}");
    }

    #[test]
    fn what_is_no_snapshot_is_refused_with_the_reason() {
        let check = |json: &str, expected: &str| {
            assert_eq!(Snapshot::from_json(json).expect_err("refused").to_string(), expected, "{json}");
        };
        let newer =
            "the snapshot has format 2, and this version reads up to 1: it was taken by a newer pgrefit";
        check("{\"format\": 2, \"unknown\": []}", newer);
        for json in ["", "[]", "{}", "{\"format\": 1}", "{\"format\": \"1\"}", "{\"format\": -1}"] {
            check(json, "not a snapshot");
        }
    }
}
