//! A command of the user's own.

use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

use futures_util::future::BoxFuture;
use serde::Deserialize;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::{Adapter, Form, Produced, SecretUrl, Taking};
use crate::process::{Ended, Run};
use crate::source::Source;
use crate::{Error, Job, Strength};

/// A program that takes a backup, and prints what it made as JSON:
/// `{"id": "…", "taken_at": "2026-01-02T03:04:05Z", "lsn": "0/1", "size_bytes": 1, "restored_url": "postgres://…"}`, of which the last
/// three may be left out.
///
/// It is given libpq's variables for the source, and in `PGREFIT_BACKUP_DIR` a folder that it may put files into. With a
/// `restored_url` the restored copy is read there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Script {
    /// The program.
    pub program: PathBuf,
    /// Its arguments.
    pub arguments: Vec<String>,
    /// How long it may take.
    pub limit: Duration,
    /// How old what it names may be.
    pub age_max: Duration,
}

#[derive(Debug, Deserialize, PartialEq, Eq)]
#[serde(deny_unknown_fields)]
struct Answer {
    id: String,
    taken_at: String,
    lsn: Option<String>,
    size_bytes: Option<u64>,
    restored_url: Option<String>,
}

impl Adapter for Script {
    fn name(&self) -> &'static str {
        "command"
    }

    fn strength_max(&self) -> Strength {
        Strength::Restored
    }

    fn form(&self) -> Form {
        Form::External
    }

    fn preflight<'a>(
        &'a self,
        _job: &'a Job<'a>,
        _source: &'a Source,
    ) -> BoxFuture<'a, Result<String, Error>> {
        Box::pin(async move {
            if self.program.is_absolute() && !self.program.is_file() {
                return Err(Error::ToolMissing { tool: self.program.display().to_string() });
            }
            Ok(self.program.display().to_string())
        })
    }

    fn take<'a>(&'a self, job: &'a Job<'a>, taking: Taking<'a>) -> BoxFuture<'a, Result<Produced, Error>> {
        Box::pin(async move {
            let tool = self.program.display().to_string();
            let mut command = Command::new(&self.program);
            command.args(&self.arguments).env("PGREFIT_BACKUP_DIR", taking.dir);
            let encrypted = taking.source.is_encrypted;
            let settings = job.source.settings();
            let _password =
                settings.give_to(&mut command, job.taken_by, encrypted, taking.dir).map_err(Error::Source)?;
            let Ended { status, stdout, said } =
                Run::new(&tool, command, self.limit).finish(job.stop, |_| {}).await?;
            if !status.success() {
                return Err(Error::DumpFailed { tool, status: status.to_string(), output: said });
            }
            let answer = parse(&stdout).map_err(|what| Error::ToolAnswer { tool: tool.clone(), what })?;
            produced(answer, OffsetDateTime::now_utc(), self.age_max)
                .map_err(|error| error.unwrap_or_else(|what| Error::ToolAnswer { tool, what }))
        })
    }
}

/// What is wrong is told without the text, which may have a password in it.
fn parse(stdout: &[u8]) -> Result<Answer, String> {
    if stdout.iter().all(u8::is_ascii_whitespace) {
        return Err("it printed nothing, where one JSON object was expected".to_owned());
    }
    let answer: Answer = serde_json::from_slice(stdout).map_err(|error| match error.classify() {
        serde_json::error::Category::Data => {
            let unknown = "it is JSON, but not of \"id\", \"taken_at\" and perhaps \"lsn\", \"size_bytes\", \"restored_url\"";
            format!("{unknown} (line {}, column {})", error.line(), error.column())
        }
        _ => format!("it is not JSON (line {}, column {})", error.line(), error.column()),
    })?;
    if answer.id.trim().is_empty() {
        return Err("its \"id\" is empty".to_owned());
    }
    Ok(answer)
}

fn produced(
    answer: Answer,
    now: OffsetDateTime,
    age_max: Duration,
) -> Result<Produced, Result<Error, String>> {
    let Answer { id, taken_at, lsn, size_bytes, restored_url } = answer;
    let at = OffsetDateTime::parse(&taken_at, &Rfc3339)
        .map_err(|_| Err("its \"taken_at\" is not a time such as 2026-01-02T03:04:05Z".to_owned()))?;
    // A clock may be some seconds off; a moment that lies ahead is none.
    if at > now + Duration::from_mins(5) {
        return Err(Err("its \"taken_at\" lies ahead".to_owned()));
    }
    let age = Duration::try_from(now - at).unwrap_or_default();
    if age > age_max {
        return Err(Ok(Error::TooOld { taken_at, age, limit: age_max }));
    }
    Ok(Produced {
        taken_at: Some(taken_at),
        lsn,
        external_id: Some(id),
        external_bytes: size_bytes,
        restored_url: restored_url.map(SecretUrl::new),
    })
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;

    fn check(text: &str, expected: &str) {
        let now = datetime!(2026-01-02 03:00 UTC);
        let result = parse(text.as_bytes())
            .map_err(Err)
            .and_then(|answer| produced(answer, now, Duration::from_hours(1)));
        let shown = match result {
            Ok(produced) => produced.external_id.expect("an id"),
            Err(Ok(error)) => error.to_string(),
            Err(Err(what)) => what,
        };
        assert!(shown.starts_with(expected), "{text}: {shown}");
        assert!(!shown.contains("secret"), "{shown}");
    }

    #[test]
    fn anything_but_the_object_is_an_error() {
        check(r#"{"id": "b1", "taken_at": "2026-01-02T02:30:00Z"}"#, "b1");
        check(
            r#"{"id": "b2", "taken_at": "2026-01-02T02:30:00Z", "lsn": "0/1", "size_bytes": 5, "restored_url": "postgres://u:secret@h/d"}"#,
            "b2",
        );
        check("", "it printed nothing");
        check("done secret", "it is not JSON (line 1");
        check(r#"{"id": "b", "taken_at": "2026-01-02T02:30:00Z"} more"#, "it is not JSON (line 1");
        check(r#"{"id": "b"}"#, "it is JSON, but not of");
        check(r#"{"id": "b", "taken_at": "2026-01-02T02:30:00Z", "secret": 1}"#, "it is JSON, but not of");
        check(r#"{"id": " ", "taken_at": "2026-01-02T02:30:00Z"}"#, "its \"id\" is empty");
        check(r#"{"id": "b", "taken_at": "yesterday"}"#, "its \"taken_at\" is not a time");
        check(r#"{"id": "b", "taken_at": "2026-01-02T09:00:00Z"}"#, "its \"taken_at\" lies ahead");
        check(
            r#"{"id": "b", "taken_at": "2026-01-02T01:00:00Z"}"#,
            "failed to find a backup that is young enough",
        );
    }
}
