//! What is not to count: `audit.toml`, and an earlier report.

use std::collections::BTreeMap;
use std::path::Path;

use pgrefit_audit::{Group, Ignore};
use pgrefit_report::Status;
use serde::Deserialize;

use crate::{Exit, Failed};

use super::{catalogue, unknown};

/// The file that is read when none is named.
const FILE: &str = "audit.toml";

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    ignore: Vec<Entry>,
}

#[derive(Deserialize)]
struct Entry {
    expires: Option<toml::value::Datetime>,
    #[serde(flatten)]
    rest: toml::Table,
}

/// Reads the entries. A file that was named must exist.
pub(super) fn read(file: Option<&Path>) -> Result<Vec<Ignore>, Failed> {
    let path = file.unwrap_or(Path::new(FILE));
    let wrong = |what: &str| Failed::new(Exit::Usage, format!("failed to read {}: {what}", path.display()));
    let text = match std::fs::read_to_string(path) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound && file.is_none() => return Ok(Vec::new()),
        Err(error) => return Err(wrong(&error.to_string())),
    };
    let File { ignore } = toml::from_str(&text).map_err(|error| {
        wrong(error.to_string().trim_end()).hint(
            "an entry is [[ignore]] with check, reason, and as you like object (with * for anything) and expires",
        )
    })?;
    let entry = |entry: Entry| -> Result<Ignore, Failed> {
        let mut ignore: Ignore = entry.rest.try_into().map_err(|error: toml::de::Error| {
            wrong(error.to_string().trim_end())
                .hint("an entry has check and reason, and as you like object and expires")
        })?;
        let Some(check) = catalogue::one(&ignore.check) else {
            if Group::ALL.iter().any(|group| group.word() == ignore.check) {
                return Err(wrong(&format!("{} is a group", ignore.check)).hint("an entry is for one check"));
            }
            return Err(unknown(&ignore.check).within(&format!("failed to read {}", path.display())));
        };
        check.id.clone_into(&mut ignore.check);
        if ignore.reason.trim().is_empty() {
            return Err(wrong(&format!("the entry for {} gives no reason", ignore.check)));
        }
        ignore.expires = match entry.expires {
            Some(at) => {
                Some(at.date.ok_or_else(|| wrong("expires is a day such as 2027-01-31"))?.to_string())
            }
            None => None,
        };
        Ok(ignore)
    };
    ignore.into_iter().map(entry).collect()
}

/// The fingerprints of the findings of an earlier report, with their levels.
pub(super) fn baseline(path: &Path) -> Result<BTreeMap<String, Status>, Failed> {
    #[derive(Deserialize)]
    struct Report {
        findings: Vec<Found>,
    }
    #[derive(Deserialize)]
    struct Found {
        fingerprint: String,
        status: Status,
    }
    let wrong = |what: String| {
        Failed::new(Exit::Usage, format!("failed to read the baseline {}: {what}", path.display()))
            .hint("it is the report of an earlier audit: `pgrefit audit --report baseline.json`")
    };
    let text = std::fs::read_to_string(path).map_err(|error| wrong(error.to_string()))?;
    let report: Report = serde_json::from_str(&text).map_err(|error| wrong(error.to_string()))?;
    Ok(report.findings.into_iter().map(|found| (found.fingerprint, found.status)).collect())
}
