//! Prometheus' push gateway: it keeps the last run of each command and database until somebody deletes it there.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use pgrefit_metrics::{Metrics, Run};
use url::Url;

use crate::{Error, Target};

/// Replaces what the gateway knows of this command on this database. `POST` and not `PUT`: a run that failed says nothing of the
/// last success, and so leaves it there.
///
/// One attempt, bounded by `limit`.
///
/// # Errors
/// [`Error::Send`] when nobody answers in time, [`Error::Refused`] for any answer but success.
pub async fn to_pushgateway(target: &Target, run: &Run, limit: Duration) -> Result<(), Error> {
    let body = run.encode().map_err(|source| Error::Metrics { to: target.shown(), source })?;
    let answer = target.post(group(target, run), Metrics::CONTENT_TYPE, body, limit).await;
    answer.map(drop)
}

/// The group: the command as `job`, and the database.
fn group(target: &Target, run: &Run) -> Url {
    let job = format!("pgrefit-{}", run.command);
    let [job_name, job] = label("job", &job);
    let [database_name, database] = label("database", &run.database);
    target.below(&["metrics", &job_name, &job, &database_name, &database])
}

/// A name and a value as segments of the path. What a segment cannot hold is written in base64.
fn label(name: &str, value: &str) -> [String; 2] {
    match value {
        "" => [format!("{name}@base64"), "=".to_owned()],
        _ if value.contains('/') || value.starts_with('.') => {
            [format!("{name}@base64"), URL_SAFE_NO_PAD.encode(value)]
        }
        _ => [name.to_owned(), value.to_owned()],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_as_segments() {
        let check = |value: &str, expected: &str| assert_eq!(label("database", value).join("/"), expected);
        check("shop", "database/shop");
        check("größe 1", "database/größe 1");
        check("", "database@base64/=");
        check("a/b", "database@base64/YS9i");
        check("..", "database@base64/Li4");
    }
}
