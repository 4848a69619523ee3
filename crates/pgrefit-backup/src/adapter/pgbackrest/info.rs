//! What `pgbackrest info --output=json` says. Pure.

use std::time::Duration;

use serde::Deserialize;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::TOOL;
use crate::{Error, Produced};

#[derive(Debug, Deserialize)]
struct Stanza {
    name: String,
    #[serde(default)]
    backup: Vec<Backup>,
    #[serde(default)]
    db: Vec<Database>,
    status: Status,
}

#[derive(Debug, Deserialize)]
struct Status {
    code: i64,
    message: String,
}

#[derive(Debug, Deserialize)]
struct Database {
    id: u64,
    #[serde(rename = "system-id")]
    system_id: u64,
}

/// One backup of a stanza.
#[derive(Debug, Deserialize)]
pub(super) struct Backup {
    label: String,
    #[serde(default)]
    error: Option<bool>,
    timestamp: Timestamp,
    #[serde(default)]
    lsn: Option<Lsn>,
    database: Of,
    info: Size,
}

#[derive(Debug, Deserialize)]
struct Timestamp {
    stop: i64,
}

#[derive(Debug, Deserialize)]
struct Lsn {
    stop: Option<String>,
}

#[derive(Debug, Deserialize)]
struct Of {
    id: u64,
}

#[derive(Debug, Deserialize)]
struct Size {
    size: u64,
}

/// The backups of a stanza that are of the source's own cluster.
pub(super) fn parse(
    stdout: &[u8],
    stanza: &str,
    system_identifier: Option<u64>,
) -> Result<Vec<Backup>, Error> {
    let answer = |what: String| Error::ToolAnswer { tool: TOOL.to_owned(), what };
    let all: Vec<Stanza> = serde_json::from_slice(stdout).map_err(|error| answer(error.to_string()))?;
    let found = all.into_iter().find(|one| one.name == stanza);
    let Stanza { backup, db, status, .. } =
        found.ok_or_else(|| Error::NoBackup { what: format!("there is no stanza \"{stanza}\"") })?;
    if status.code != 0 {
        return Err(Error::NoBackup {
            what: format!("of the stanza \"{stanza}\" it is said: {}", status.message),
        });
    }
    let is_ours = |one: &Database| system_identifier.is_none_or(|wanted| one.system_id == wanted);
    let ours: Vec<_> = db.iter().filter(|one| is_ours(one)).map(|one| one.id).collect();
    if ours.is_empty() {
        return Err(Error::NoBackup { what: format!("the stanza \"{stanza}\" is of another server") });
    }
    Ok(backup.into_iter().filter(|one| ours.contains(&one.database.id)).collect())
}

/// The newest one without an error, if it is young enough.
pub(super) fn newest(backups: &[Backup], now: OffsetDateTime, age_max: Duration) -> Result<Produced, Error> {
    let good = backups.iter().filter(|backup| backup.error != Some(true));
    let newest = good.max_by_key(|backup| backup.timestamp.stop);
    let newest =
        newest.ok_or_else(|| Error::NoBackup { what: "there is none without an error".to_owned() })?;
    let at = OffsetDateTime::from_unix_timestamp(newest.timestamp.stop).unwrap_or(OffsetDateTime::UNIX_EPOCH);
    let taken_at = at.format(&Rfc3339).unwrap_or_default();
    let age = Duration::try_from(now - at).unwrap_or_default();
    if age > age_max {
        return Err(Error::TooOld { taken_at, age, limit: age_max });
    }
    Ok(Produced {
        taken_at: Some(taken_at),
        lsn: newest.lsn.as_ref().and_then(|lsn| lsn.stop.clone()),
        external_id: Some(newest.label.clone()),
        external_bytes: Some(newest.info.size),
        restored_url: None,
    })
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;

    fn answer(error: &str, code: u8) -> String {
        format!(
            r#"[{{"name": "main", "status": {{"code": {code}, "message": "no valid backups"}},
                "db": [{{"id": 1, "system-id": 7, "version": "15"}}],
                "backup": [
                    {{"label": "F", "type": "full", "error": false, "timestamp": {{"start": 1, "stop": 1767312000}},
                      "lsn": {{"start": "0/1", "stop": "0/2"}}, "database": {{"id": 1}}, "info": {{"size": 100}}}},
                    {{"label": "I", "type": "incr", "error": {error}, "timestamp": {{"start": 1, "stop": 1767315600}},
                      "database": {{"id": 1}}, "info": {{"size": 200}}}}]}}]"#
        )
    }

    fn check(text: &str, stanza: &str, system: Option<u64>, hours: u64, expected: &str) {
        // An hour after the newest one.
        let now = datetime!(2026-01-02 02:00 UTC);
        let found = parse(text.as_bytes(), stanza, system);
        let found = found.and_then(|backups| newest(&backups, now, Duration::from_hours(hours)));
        let shown = found.map_or_else(|error| error.to_string(), |found| found.external_id.expect("a label"));
        assert!(shown.contains(expected), "{shown}");
    }

    #[test]
    fn the_newest_good_one_counts() {
        check(&answer("false", 0), "main", Some(7), 2, "I");
        check(&answer("null", 0), "main", None, 2, "I");
        check(&answer("true", 0), "main", Some(7), 3, "F");
        check(
            &answer("true", 0),
            "main",
            Some(7),
            1,
            "young enough: the newest is of 2026-01-02T00:00:00Z, 7200 s old",
        );
        check(&answer("false", 2), "main", Some(7), 2, "no valid backups");
        check(&answer("false", 0), "other", Some(7), 2, "no stanza \"other\"");
        check(&answer("false", 0), "main", Some(8), 2, "of another server");
        check("[]", "main", None, 2, "no stanza");
        check("{", "main", None, 2, "failed to understand pgbackrest");
    }
}
