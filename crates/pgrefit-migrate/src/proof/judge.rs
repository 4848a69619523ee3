//! Whether a proof is worth anything now: a pure function over the proof, and how the database stands.

use std::time::Duration;

use pgrefit_report::human_duration;

use super::{Claim, FORMAT, Lsn, Moment, Proof, PublicKey, Source};
use crate::policy::{Policy, Strength};

/// How a database stands at the moment in which a proof is judged.
#[derive(Debug, Clone, PartialEq)]
pub struct Standing {
    /// Which database it is.
    pub source: Source,
    /// Where its WAL ends, and what its clock says.
    pub moment: Moment,
    /// The fingerprint of its schema.
    pub schema: String,
    /// The digest of what it records as applied.
    pub history: String,
    /// The digest of what is pending.
    pub migrations: String,
    /// The runs that were let through since the last one that ended well, the oldest first.
    pub begun: Vec<Begun>,
    /// The name and version of this pgrefit.
    pub tool: String,
}

/// A run that was let through to the database and has not come to its end, with what it found there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Begun {
    /// When it began, by the server's clock, in milliseconds since 1970.
    pub at_ms: i64,
    /// The digest of what the database recorded as applied then.
    pub history: String,
    /// The digest of what was pending then: what was applied since, and what still is to be.
    pub migrations: String,
}

/// Why a proof is refused.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum Refusal {
    /// Another form of the file.
    #[error("it is of another form ({0}), which this release does not read")]
    Format(u32),
    /// Its digest does not fit.
    #[error("it was edited after it was made: its digest does not fit its content")]
    Edited,
    /// It is not signed, and must be.
    #[error("it is not signed, and policy.trusted_keys asks for a signature")]
    Unsigned,
    /// Somebody signed it who is not trusted.
    #[error("it is signed by {0}, which is not among policy.trusted_keys")]
    Untrusted(PublicKey),
    /// The signature is not of this key over this proof.
    #[error("its signature is not by {0}")]
    Forged(PublicKey),
    /// It is about another database.
    #[error("it is about another database: {0}")]
    Foreign(String),
    /// Its moment lies in the future.
    #[error("it was made {} in the future by the server's clock: a clock was set back", words(*.0))]
    Future(Duration),
    /// The database has not come as far as the proof says.
    #[error("it is of the WAL position {proof}, and the database is at {now}: the database was set back")]
    Ahead {
        /// The position of the proof.
        proof: Lsn,
        /// The position of the database.
        now: Lsn,
    },
    /// It is too old.
    #[error("it is {} old, and {limit_name} is {}", words(*age), words(*limit))]
    Stale {
        /// Its age by the server's clock.
        age: Duration,
        /// The age that the policy allows.
        limit: Duration,
        /// The key of the configuration with that limit.
        limit_name: &'static str,
    },
    /// The run that was begun under it was left for too long.
    #[error(
        "the run that was begun under it was interrupted {} ago, and policy.rehearsal_max_age is {}",
        words(*since),
        words(*limit)
    )]
    Abandoned {
        /// The time since that run began, by the server's clock.
        since: Duration,
        /// The age that the policy allows.
        limit: Duration,
    },
    /// The schema is not what it was.
    #[error("the schema of the database has changed since ({proof} then, {now} now)")]
    OtherSchema {
        /// The fingerprint then.
        proof: String,
        /// The fingerprint now.
        now: String,
    },
    /// Other versions are recorded as applied.
    #[error("migrations were applied to the database, or repaired, since")]
    OtherHistory,
    /// Other migrations are pending.
    #[error("it is about other migrations than those that are pending now")]
    OtherMigrations,
    /// Another release made it, which may run migrations in another way.
    #[error("it was made by {0}, and this is another release")]
    OtherTool(String),
    /// It shows less than the policy asks for.
    #[error("the backup is {}, and policy.backup_strength is {}", found.word(), asked.word())]
    Weak {
        /// What it shows.
        found: Strength,
        /// What is asked for.
        asked: Strength,
    },
    /// Readers or writers would be kept out for too long.
    #[error("{who} of a table were kept out for {}, and policy.stall_max is {}", words(*stall), words(*limit))]
    Stall {
        /// `readers` or `writers`.
        who: &'static str,
        /// For how long.
        stall: Duration,
        /// The limit of the policy.
        limit: Duration,
    },
}

fn words(duration: Duration) -> String {
    human_duration(u64::try_from(duration.as_millis()).unwrap_or(u64::MAX))
}

/// How far two clocks may differ. Both moments are of the same server, whose clock may be put right by so much.
const CLOCK_TOLERANCE: Duration = Duration::from_secs(5);

/// Everything that speaks against a proof. `own` is a proof of this very run, which nobody could have touched: it needs no
/// signature.
#[must_use]
pub fn judge(proof: &Proof, now: &Standing, policy: &Policy, own: bool) -> Vec<Refusal> {
    if proof.format != FORMAT {
        return vec![Refusal::Format(proof.format)];
    }
    if !proof.is_whole() {
        // Nothing that it says counts.
        return vec![Refusal::Edited];
    }
    let mut refusals: Vec<Refusal> = Vec::new();
    if !own {
        refusals.extend(judge_signature(proof, policy));
    }
    if let Some(foreign) = foreign(&proof.source, &now.source) {
        refusals.push(foreign);
        // What follows compares two moments of one database.
        return refusals;
    }
    let begun = begun(proof, now);
    refusals.extend(judge_moment(proof, now, begun, policy, own));
    if begun.is_none() {
        refusals.extend(judge_state(proof, now));
    }
    refusals.extend(judge_claim(proof, now, begun.map_or(&now.migrations, |run| &run.migrations), policy));
    refusals
}

/// The run that was let through when this proof was there, and was interrupted: what the database records since is what the
/// proof knew and what was rehearsed, and the rest of that is pending. Its schema is on the way between two that are known;
/// the verification holds the end against the rehearsal.
fn begun<'a>(proof: &Proof, now: &'a Standing) -> Option<&'a Begun> {
    now.begun.iter().find(|run| {
        let is_rehearsed = match &proof.claim {
            Claim::Rehearsal { migrations, .. } => *migrations == run.migrations,
            Claim::Backup { .. } => true,
        };
        run.at_ms >= proof.moment.server_time_ms && run.history == proof.history && is_rehearsed
    })
}

fn judge_state(proof: &Proof, now: &Standing) -> Vec<Refusal> {
    let mut refusals = Vec::new();
    if proof.schema != now.schema {
        refusals.push(Refusal::OtherSchema { proof: proof.schema.clone(), now: now.schema.clone() });
    }
    if proof.history != now.history {
        refusals.push(Refusal::OtherHistory);
    }
    refusals
}

fn judge_signature(proof: &Proof, policy: &Policy) -> Option<Refusal> {
    if policy.trusted_keys.is_empty() {
        return None;
    }
    let Some(signature) = &proof.signature else { return Some(Refusal::Unsigned) };
    if !policy.trusted_keys.contains(&signature.key) {
        return Some(Refusal::Untrusted(signature.key.clone()));
    }
    let is_valid = signature.key.has_signed(proof.digest.as_bytes(), &signature.value);
    (!is_valid).then(|| Refusal::Forged(signature.key.clone()))
}

fn foreign(proof: &Source, now: &Source) -> Option<Refusal> {
    let differs = |what: &str, then: &dyn std::fmt::Display, now: &dyn std::fmt::Display| {
        Some(Refusal::Foreign(format!("{what} {then}, and this is {now}")))
    };
    if let (Some(then), Some(now)) = (&proof.system_identifier, &now.system_identifier)
        && then != now
    {
        return differs("system identifier", then, now);
    }
    if proof.database != now.database {
        return differs("database", &proof.database, &now.database);
    }
    if proof.database_oid != now.database_oid {
        return differs("database with OID", &proof.database_oid, &now.database_oid);
    }
    None
}

/// What this very run has shown does not grow old in it, however long it takes. What an interrupted run was begun under was of its
/// age then, and lets it be taken up as long as a rehearsal counts.
fn judge_moment(
    proof: &Proof,
    now: &Standing,
    begun: Option<&Begun>,
    policy: &Policy,
    own: bool,
) -> Vec<Refusal> {
    let mut refusals = Vec::new();
    let judged_at = begun.map_or(now.moment.server_time_ms, |run| run.at_ms);
    let since = begun.map_or(0, |run| now.moment.server_time_ms - run.at_ms);
    let since = Duration::from_millis(u64::try_from(since).unwrap_or(0));
    if since > policy.rehearsal_max_age {
        refusals.push(Refusal::Abandoned { since, limit: policy.rehearsal_max_age });
    }
    let age_ms = judged_at - proof.moment.server_time_ms;
    let distance = Duration::from_millis(age_ms.unsigned_abs());
    let (limit, limit_name) = match proof.claim {
        Claim::Backup { .. } => (policy.backup_max_age, "policy.backup_max_age"),
        Claim::Rehearsal { .. } => (policy.rehearsal_max_age, "policy.rehearsal_max_age"),
    };
    if age_ms < 0 && distance > CLOCK_TOLERANCE {
        refusals.push(Refusal::Future(distance));
    }
    if age_ms > 0 && distance > limit && !own {
        refusals.push(Refusal::Stale { age: distance, limit, limit_name });
    }
    if proof.moment.lsn > now.moment.lsn {
        refusals.push(Refusal::Ahead { proof: proof.moment.lsn, now: now.moment.lsn });
    }
    refusals
}

/// `pending` is the digest of the migrations that the proof must be about.
fn judge_claim(proof: &Proof, now: &Standing, pending: &str, policy: &Policy) -> Vec<Refusal> {
    match &proof.claim {
        Claim::Backup { strength, .. } => {
            let (found, asked) = (*strength, policy.backup_strength);
            if found < asked { vec![Refusal::Weak { found, asked }] } else { Vec::new() }
        }
        Claim::Rehearsal { migrations, stall_reads_us, stall_writes_us, .. } => {
            let mut refusals = Vec::new();
            if migrations != pending {
                refusals.push(Refusal::OtherMigrations);
            }
            if proof.tool != now.tool {
                refusals.push(Refusal::OtherTool(proof.tool.clone()));
            }
            let limit = policy.stall_max;
            for (who, us) in [("readers", *stall_reads_us), ("writers", *stall_writes_us)] {
                let stall = Duration::from_micros(us);
                if stall > limit {
                    refusals.push(Refusal::Stall { who, stall, limit });
                }
            }
            refusals
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::Environment;
    use crate::proof::SigningKey;
    use crate::proof::tests::{backup, rehearsal};

    fn policy() -> Policy {
        Policy {
            environment: Environment::Production,
            backup_max_age: Duration::from_hours(1),
            rehearsal_max_age: Duration::from_hours(24),
            stall_max: Duration::from_secs(1),
            backup_strength: Strength::Compared,
            trusted_keys: Vec::new(),
        }
    }

    /// The database a minute after the samples were made.
    fn standing() -> Standing {
        let proof = rehearsal();
        Standing {
            moment: Moment {
                lsn: Lsn(proof.moment.lsn.0 + 100),
                server_time_ms: proof.moment.server_time_ms + 60_000,
            },
            source: proof.source,
            schema: proof.schema,
            history: proof.history,
            migrations: "p".into(),
            begun: Vec::new(),
            tool: proof.tool,
        }
    }

    #[track_caller]
    fn check(proof: &Proof, now: &Standing, policy: &Policy, words: &[&str]) {
        let refusals: Vec<String> =
            judge(proof, now, policy, false).iter().map(ToString::to_string).collect();
        assert_eq!(refusals.len(), words.len(), "{refusals:?}");
        for (refusal, words) in refusals.iter().zip(words) {
            assert!(refusal.contains(words), "{refusal}");
        }
    }

    #[test]
    fn a_fresh_proof_of_this_database_counts() {
        check(&backup(), &standing(), &policy(), &[]);
        check(&rehearsal(), &standing(), &policy(), &[]);
    }

    #[test]
    fn proofs_of_something_else_are_refused() {
        let changed = |change: fn(&mut Standing)| {
            let mut now = standing();
            change(&mut now);
            now
        };
        let other = changed(|now| now.source.system_identifier = Some("1".into()));
        check(&backup(), &other, &policy(), &["system identifier 7412345678901234567, and this is 1"]);
        check(&backup(), &changed(|now| now.source.database = "x".into()), &policy(), &["database docs"]);
        check(&backup(), &changed(|now| now.source.database_oid = 6), &policy(), &["OID 5, and this is 6"]);
        // A role that may not ask for the identifier is told by the rest.
        check(&backup(), &changed(|now| now.source.system_identifier = None), &policy(), &[]);
        check(&backup(), &changed(|now| now.schema = "z".into()), &policy(), &["(a then, z now)"]);
        check(&backup(), &changed(|now| now.history = "z".into()), &policy(), &["were applied"]);
        check(&backup(), &changed(|now| now.migrations = "z".into()), &policy(), &[]);
        check(&rehearsal(), &changed(|now| now.migrations = "z".into()), &policy(), &["other migrations"]);
        check(&rehearsal(), &changed(|now| now.tool = "z".into()), &policy(), &["made by pgrefit 0.1.0"]);
    }

    #[test]
    fn time_goes_forward_only() {
        let after = |seconds: i64| {
            let mut now = standing();
            now.moment.server_time_ms = backup().moment.server_time_ms + seconds * 1000;
            now
        };
        check(&backup(), &after(0), &policy(), &[]);
        check(&backup(), &after(3600), &policy(), &[]);
        check(&backup(), &after(3601), &policy(), &["policy.backup_max_age is"]);
        check(&rehearsal(), &after(3601), &policy(), &[]);
        check(&rehearsal(), &after(86_401), &policy(), &["policy.rehearsal_max_age is"]);
        assert_eq!(judge(&backup(), &after(3601), &policy(), true), []);
        check(&backup(), &after(-4), &policy(), &[]);
        check(&backup(), &after(-60), &policy(), &["a clock was set back"]);
        let mut now = standing();
        now.moment.lsn = Lsn(1);
        check(&backup(), &now, &policy(), &["position 1/0, and the database is at 0/1"]);
    }

    #[test]
    fn what_an_interrupted_run_was_begun_under_lets_it_be_taken_up() {
        let made_at = backup().moment.server_time_ms;
        // Begun so many seconds after the proofs were made, and some of it was applied; it is so many seconds later.
        let taken_up = |begun_s: i64, now_s: i64, history: &str, migrations: &str| {
            let mut now = standing();
            now.moment.server_time_ms = made_at + now_s * 1000;
            (now.schema, now.history, now.migrations) = ("z".into(), "hz".into(), "rest".into());
            let at_ms = made_at + begun_s * 1000;
            now.begun = vec![Begun { at_ms, history: history.into(), migrations: migrations.into() }];
            now
        };
        let both = |now: &Standing, of_backup: &[&str], of_rehearsal: &[&str]| {
            check(&backup(), now, &policy(), of_backup);
            check(&rehearsal(), now, &policy(), of_rehearsal);
        };
        both(&taken_up(60, 120, "h", "p"), &[], &[]);
        // The backup was young enough when the run began.
        both(&taken_up(3600, 9000, "h", "p"), &[], &[]);
        both(&taken_up(3601, 9000, "h", "p"), &["policy.backup_max_age is"], &[]);
        both(&taken_up(60, 60 + 86_401, "h", "p"), &["was interrupted"], &["was interrupted"]);
        // Files that were not rehearsed are among what was applied, or is pending.
        let strange: &[&str] = &["schema of the database has changed", "were applied", "other migrations"];
        both(&taken_up(60, 120, "h", "q"), &[], strange);
        // The run began on another history, or before there were these proofs.
        both(&taken_up(60, 120, "g", "p"), &strange[..2], strange);
        both(&taken_up(-60, 120, "h", "p"), &strange[..2], strange);
    }

    #[test]
    fn edited_proofs_are_refused_whatever_they_say() {
        let mut proof = backup();
        proof.source.database = "other".into();
        check(&proof, &standing(), &policy(), &["edited"]);
        check(&Proof { format: 2, ..backup() }, &standing(), &policy(), &["another form (2)"]);
    }

    #[test]
    fn weak_backups_and_long_stalls_are_refused() {
        let Claim::Backup { folder, manifest, tables, rows, .. } = backup().claim else { unreachable!() };
        let claim = Claim::Backup { folder, manifest, strength: Strength::Sampled, tables, rows };
        let sampled = Proof { claim, ..backup() }.sealed();
        check(&sampled, &standing(), &policy(), &["is sampled, and policy.backup_strength is compared"]);
        let lenient = Policy { backup_strength: Strength::Sampled, ..policy() };
        check(&sampled, &standing(), &lenient, &[]);
        let strict = Policy { stall_max: Duration::from_millis(10), ..policy() };
        check(&rehearsal(), &standing(), &strict, &["writers of a table were kept out for 12 ms"]);
    }

    #[test]
    fn signatures_are_asked_for_where_keys_are_trusted() {
        let (key, _) = SigningKey::generate().unwrap();
        let (other, _) = SigningKey::generate().unwrap();
        let trusting = Policy { trusted_keys: vec![key.public()], ..policy() };
        check(&backup(), &standing(), &trusting, &["not signed"]);
        assert_eq!(judge(&backup(), &standing(), &trusting, true), []);
        check(&backup().signed(&key), &standing(), &trusting, &[]);
        check(&backup().signed(&other), &standing(), &trusting, &["is not among policy.trusted_keys"]);
        let mut forged = backup().signed(&other);
        if let Some(signature) = &mut forged.signature {
            signature.key = key.public();
        }
        check(&forged, &standing(), &trusting, &["its signature is not by"]);
        check(&backup().signed(&other), &standing(), &policy(), &[]);
    }
}
