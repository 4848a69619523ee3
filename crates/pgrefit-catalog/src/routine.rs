//! Functions, procedures and aggregates.

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use crate::Name;
use crate::fingerprint::hex;

/// A function, procedure or aggregate. It is filed under its signature, such as `public.add(integer, integer)`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Routine {
    /// The name, which several routines may share.
    pub name: Name,
    /// Which of them it is.
    pub kind: RoutineKind,
    /// `pg_get_function_arguments`: modes, names, types and defaults.
    pub arguments: String,
    /// `pg_get_function_result`; a procedure has none.
    pub result: Option<String>,
    /// Such as `plpgsql`.
    pub language: String,
    /// What the planner may assume about repeated calls.
    pub volatility: Volatility,
    /// Not called at all with a null argument.
    pub strict: bool,
    /// Runs with the rights of its owner.
    pub security_definer: bool,
    /// Reveals nothing of its arguments, so that it may run ahead of a policy.
    pub leakproof: bool,
    /// `SAFE`, `RESTRICTED` or `UNSAFE`.
    pub parallel: String,
    /// `SET` clauses such as `search_path=public`, sorted.
    pub settings: Vec<String>,
    /// The body as it was written; the parsed body of `BEGIN ATOMIC`; the parts of an aggregate.
    pub source: String,
}

impl Routine {
    /// A short hash of the body, in which two long texts can be told apart at a glance.
    #[must_use]
    pub fn source_hash(&self) -> String {
        let digest = Sha256::digest(self.source.as_bytes());
        format!("sha256:{}", hex(&digest[..8]))
    }
}

/// `pg_proc.prokind`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RoutineKind {
    /// `CREATE FUNCTION`.
    Function,
    /// `CREATE PROCEDURE`.
    Procedure,
    /// `CREATE AGGREGATE`.
    Aggregate,
    /// `CREATE FUNCTION … WINDOW`.
    Window,
}

/// `pg_proc.provolatile`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Volatility {
    /// The same arguments give the same result for ever.
    Immutable,
    /// The same arguments give the same result within a statement.
    Stable,
    /// Anything may happen.
    Volatile,
}
