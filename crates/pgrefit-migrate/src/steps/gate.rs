//! The gate: nothing is applied to a live database without the proofs that its policy asks for.
//!
//! What lets a run through is a [`Cleared`], which only [`clear`] makes, and which `apply` takes: a run without proofs does
//! not compile. It is about one standing of the database, and `apply` looks again when nobody else can change it any more.

use std::path::Path;

use pgrefit_catalog::Catalog;
use pgrefit_pg::integrity::Privileges;

use crate::policy::Policy;
use crate::proof::{Proof, Refusal, Standing, judge};
use crate::{BackedUp, Error, Rehearsed};

/// Leave to change a live database. Only [`clear`] makes it.
#[derive(Debug)]
pub struct Cleared {
    policy: Policy,
    /// How the database stood; nothing where no proof is asked for.
    standing: Option<Standing>,
    judged: Vec<Judged>,
    expected: Option<Expected>,
}

/// What a rehearsal has made of a copy: what the live database must be afterwards.
#[derive(Debug, Clone)]
pub struct Expected {
    /// The fingerprint of the schema.
    pub fingerprint: String,
    /// The schema itself; nothing if only its fingerprint was handed on.
    pub catalog: Option<Catalog>,
    /// Owners and privileges, if the copy had the roles of the live database.
    pub privileges: Option<Privileges>,
}

/// A proof, and what speaks against it.
#[derive(Debug, Clone)]
pub struct Judged {
    /// The proof.
    pub proof: Proof,
    /// Everything that speaks against it; nothing if it counts.
    pub refusals: Vec<Refusal>,
    /// How old it was, by the server's clock.
    pub age: std::time::Duration,
}

impl Judged {
    /// Judges a proof. `own` is one of this very run.
    #[must_use]
    pub fn of(proof: &Proof, standing: &Standing, policy: &Policy, own: bool) -> Self {
        let age_ms = standing.moment.server_time_ms - proof.moment.server_time_ms;
        Self {
            proof: proof.clone(),
            refusals: judge(proof, standing, policy, own),
            age: std::time::Duration::from_millis(u64::try_from(age_ms).unwrap_or(0)),
        }
    }

    /// Reads a proof and judges it.
    ///
    /// # Errors
    /// The file cannot be read, or is no proof.
    pub fn read(path: &Path, standing: &Standing, policy: &Policy) -> Result<Self, Error> {
        Ok(Self::of(&Proof::read(path)?, standing, policy, false))
    }

    /// Whether nothing speaks against it.
    #[must_use]
    pub fn counts(&self) -> bool {
        self.refusals.is_empty()
    }
}

impl Cleared {
    /// The policy under which it was given.
    #[must_use]
    pub fn policy(&self) -> &Policy {
        &self.policy
    }

    /// How the database stood; nothing where no proof is asked for.
    #[must_use]
    pub fn standing(&self) -> Option<&Standing> {
        self.standing.as_ref()
    }

    /// What the live database must be afterwards, if it was rehearsed.
    #[must_use]
    pub fn expected(&self) -> Option<&Expected> {
        self.expected.as_ref()
    }

    /// Whether the policy asks for any proof.
    pub(crate) fn asks_for_proofs(&self) -> bool {
        self.policy.environment.needs_backup()
    }

    /// The proofs that count.
    #[must_use]
    pub fn proofs(&self) -> &[Judged] {
        &self.judged
    }

    /// Whether the proofs are about this schema, this history and these migrations, too.
    pub(crate) fn check(&self, now: &Standing) -> Result<(), Error> {
        let Some(then) = &self.standing else { return Ok(()) };
        let reason = if then.source != now.source {
            "which database it is"
        } else if then.schema != now.schema {
            "the schema of the database"
        } else if then.history != now.history {
            "what is recorded as applied"
        } else if then.migrations != now.migrations {
            "what is pending"
        } else {
            return Ok(());
        };
        Err(Error::ChangedBehindGate { what: reason })
    }
}

/// Lets a run through to a database that can be thrown away, whose policy asks for no proofs.
///
/// # Errors
/// [`Error::Refused`] if the policy asks for some.
pub fn clear_disposable(policy: Policy) -> Result<Cleared, Error> {
    let environment = policy.environment;
    if environment.needs_backup() {
        let reasons = vec!["there is no verified backup".to_owned()];
        return Err(Error::Refused { environment, reasons });
    }
    Ok(Cleared { policy, standing: None, judged: Vec::new(), expected: None })
}

/// Lets a run through, if the policy's proofs are there and count.
///
/// # Errors
/// [`Error::Refused`] with every reason.
pub fn clear(
    policy: Policy,
    standing: Standing,
    backup: Option<&BackedUp>,
    rehearsal: Option<&Rehearsed>,
) -> Result<Cleared, Error> {
    let mut missing = Vec::new();
    if policy.environment.needs_backup() && backup.is_none() {
        missing.push("there is no verified backup".to_owned());
    }
    if policy.environment.needs_rehearsal() && rehearsal.is_none() {
        missing.push("there is no rehearsal".to_owned());
    }
    let backup = backup.map(|step| Judged::of(step.proof(), &standing, &policy, step.is_own()));
    let expected = rehearsal.map(|step| step.expected().clone());
    let rehearsal = rehearsal.map(|step| Judged::of(step.proof(), &standing, &policy, step.is_own()));
    let judged: Vec<Judged> = backup.into_iter().chain(rehearsal).collect();
    let reasons: Vec<String> = missing.into_iter().chain(judged.iter().flat_map(reasons)).collect();
    if reasons.is_empty() {
        Ok(Cleared { policy, standing: Some(standing), judged, expected })
    } else {
        Err(Error::Refused { environment: policy.environment, reasons })
    }
}

/// What speaks against a proof, as sentences.
fn reasons(judged: &Judged) -> Vec<String> {
    let kind = judged.proof.kind();
    judged.refusals.iter().map(|refusal| format!("the proof of the {kind} is refused: {refusal}")).collect()
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::policy::{Environment, Strength};

    fn policy(environment: Environment) -> Policy {
        Policy {
            environment,
            backup_max_age: Duration::from_hours(1),
            rehearsal_max_age: Duration::from_hours(24),
            stall_max: Duration::from_secs(1),
            backup_strength: Strength::Compared,
            trusted_keys: Vec::new(),
        }
    }

    #[test]
    fn only_what_can_be_thrown_away_needs_no_proofs() {
        assert!(clear_disposable(policy(Environment::Disposable)).is_ok());
        for environment in [Environment::Staging, Environment::Production] {
            assert!(matches!(clear_disposable(policy(environment)), Err(Error::Refused { .. })));
        }
    }
}
