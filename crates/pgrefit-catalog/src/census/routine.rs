//! Functions, languages, rules, event triggers and foreign servers.

use serde::{Deserialize, Serialize};

/// A row of `pg_proc`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[expect(clippy::struct_excessive_bools, reason = "they are columns of a catalog")]
pub struct Routine {
    /// Its oid.
    pub oid: u32,
    /// Its schema.
    pub namespace: u32,
    /// Its name.
    pub name: String,
    /// The types of its arguments, as `oidvectortypes` prints them.
    pub signature: String,
    /// The owner.
    pub owner: u32,
    /// `f` function, `p` procedure, `a` aggregate, `w` window function.
    pub kind: char,
    /// `SECURITY DEFINER`.
    pub security_definer: bool,
    /// The names in its body were bound when it was made: `BEGIN ATOMIC` and `RETURN`, from 14 on.
    pub bound: bool,
    /// `proconfig`, as `name=value`.
    pub settings: Vec<String>,
    /// The language.
    pub language: String,
    /// `i` immutable, `s` stable, `v` volatile.
    pub volatility: char,
    /// `proacl`; none for the default, which lets everybody execute it.
    pub acl: Option<Vec<String>>,
    /// It returns `trigger` or `event_trigger`.
    pub returns_trigger: bool,
    /// Whether it has a comment.
    pub has_comment: bool,
}

/// A row of `pg_language`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Language {
    /// Its name.
    pub name: String,
    /// Whether everybody may be let use it.
    pub trusted: bool,
    /// Functions of users in it.
    pub routines: i64,
}

/// A rewrite rule that is no view.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rule {
    /// The table or view.
    pub relation: u32,
    /// Its name.
    pub name: String,
    /// As that of a trigger: `D` is disabled.
    #[serde(default = "origin")]
    pub enabled: char,
}

/// What a rule is if nobody changed it.
const fn origin() -> char {
    'O'
}

/// An event trigger.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EventTrigger {
    /// Its name.
    pub name: String,
    /// `ddl_command_start`, `login`, …
    pub event: String,
    /// As that of a trigger.
    pub enabled: char,
    /// The owner.
    pub owner: u32,
    /// Whether it belongs to an extension.
    pub of_extension: bool,
}

/// A foreign server, and how many roles are mapped on it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ForeignServer {
    /// Its name.
    pub name: String,
    /// The foreign data wrapper.
    pub wrapper: String,
    /// The owner.
    pub owner: u32,
    /// User mappings, of `PUBLIC` among them.
    pub mappings: i64,
    /// Whether `PUBLIC` is mapped.
    pub public_mapping: bool,
}
