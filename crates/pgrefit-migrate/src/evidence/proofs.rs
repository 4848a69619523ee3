//! What the gate was shown, and what the run was held to.

use pgrefit_report::evidence::{Limit, Policy as Told, Proof as Shown, Source};
use pgrefit_report::{Cell, Fact, Status};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::ms;
use crate::Judged;
use crate::policy::Policy;
use crate::proof::{Proof, Standing};

/// A proof and the verdict on it.
#[must_use]
pub fn proof(judged: &Judged) -> Shown {
    let Judged { proof, refusals, age } = judged;
    let (status, reason) = if refusals.is_empty() {
        (
            Status::Pass,
            "it is about this database, this schema and these migrations, and fresh enough".to_owned(),
        )
    } else {
        let words: Vec<String> = refusals.iter().map(ToString::to_string).collect();
        (Status::Fail, words.join("; "))
    };
    Shown {
        kind: proof.kind().to_owned(),
        digest: proof.digest.clone(),
        made_at: proof.made_at.clone(),
        age_ms: Some(ms(*age)),
        signed_by: proof.signature.as_ref().map(|signature| signature.key.to_string()),
        status,
        reason,
    }
}

/// The policy; `origin` says where the value of a key came from.
#[must_use]
pub fn policy(policy: &Policy, origin: &dyn Fn(&str) -> String) -> Told {
    let limit = |key: &'static str, title: &'static str, value: Cell| Limit {
        fact: Fact::new(key, title, value),
        origin: origin(&format!("policy.{}", key.trim_end_matches("_ms"))),
    };
    let text = |word: &str| Cell::from(word.to_owned());
    Told {
        environment: policy.environment.word().to_owned(),
        strong_lock_limit_ms: Some(ms(policy.stall_max)),
        limits: vec![
            limit("environment", "environment", text(policy.environment.word())),
            limit("stall_max_ms", "longest stall", Cell::DurationMs(ms(policy.stall_max))),
            limit("backup_max_age_ms", "age of the backup", Cell::DurationMs(ms(policy.backup_max_age))),
            limit(
                "rehearsal_max_age_ms",
                "age of the rehearsal",
                Cell::DurationMs(ms(policy.rehearsal_max_age)),
            ),
            limit("backup_strength", "proof of the backup", text(policy.backup_strength.word())),
            limit("trusted_keys", "trusted keys", Cell::from(policy.trusted_keys.len())),
        ],
    }
}

/// The database that the proofs are about: as one of them says it, else as it stands.
#[must_use]
pub fn source(standing: &Standing, shown: Option<&Proof>, server_version: &str) -> Source {
    let (source, moment) =
        shown.map_or((&standing.source, &standing.moment), |proof| (&proof.source, &proof.moment));
    Source {
        system_identifier: source
            .system_identifier
            .clone()
            .unwrap_or_else(|| "not told to this role".to_owned()),
        database: source.database.clone(),
        server_version: server_version.to_owned(),
        snapshot_lsn: Some(moment.lsn.to_string()),
        snapshot_at: rfc3339(moment.server_time_ms),
    }
}

fn rfc3339(unix_ms: i64) -> Option<String> {
    let at = OffsetDateTime::from_unix_timestamp_nanos(i128::from(unix_ms) * 1_000_000).ok()?;
    at.replace_nanosecond(0).ok()?.format(&Rfc3339).ok()
}
