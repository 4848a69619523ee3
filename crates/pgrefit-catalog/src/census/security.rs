//! Roles, who may do what, and how they come in.

use serde::{Deserialize, Serialize};

use super::Node;

/// A row of `pg_roles`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[expect(clippy::struct_excessive_bools, reason = "they are columns of a catalog")]
pub struct Role {
    /// Its oid.
    pub oid: u32,
    /// Its name.
    pub name: String,
    /// `SUPERUSER`.
    pub superuser: bool,
    /// `CREATEROLE`.
    pub create_role: bool,
    /// `CREATEDB`.
    pub create_db: bool,
    /// `LOGIN`.
    pub login: bool,
    /// `REPLICATION`.
    pub replication: bool,
    /// `BYPASSRLS`.
    pub bypass_row_security: bool,
    /// -1 for any number.
    pub connection_limit: i32,
    /// Seconds since its password ended, below zero until it will; 1e18 if it never was valid, which JSON can hold; none if it does not end.
    pub expired_for_s: Option<f64>,
    /// Connections now, as far as the role that looks can see them.
    pub connections: i64,
}

/// A row of `pg_auth_members`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Membership {
    /// The role that has members.
    pub role: u32,
    /// The member.
    pub member: u32,
    /// It may let others in.
    pub admin: bool,
    /// It may become the role by `SET ROLE`; from 16 on that can be withheld.
    pub set: bool,
    /// It has the privileges of the role without `SET ROLE`; before 16 as the member inherits.
    pub inherit: bool,
}

/// How a password is stored. The password itself is not read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PasswordKind {
    /// The role.
    pub role: u32,
    /// `scram`, `md5` or `plain`.
    pub kind: String,
}

/// A line of `pg_hba.conf`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct HbaRule {
    /// Its line.
    pub line: i32,
    /// Its file; from 16 on.
    pub file: Option<String>,
    /// `local`, `host`, `hostssl`, …
    pub kind: Option<String>,
    /// Databases.
    pub databases: Vec<String>,
    /// Users.
    pub users: Vec<String>,
    /// The address.
    pub address: Option<String>,
    /// Its mask.
    pub netmask: Option<String>,
    /// `trust`, `scram-sha-256`, …
    pub method: Option<String>,
    /// Options of the method, by their names, which may hold no secret; `clientcert` with its value: `clientcert=verify-full`.
    pub options: Vec<String>,
    /// What is wrong with the line.
    pub error: Option<String>,
}

/// A row of `pg_policy`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Policy {
    /// The table.
    pub relation: u32,
    /// Its name.
    pub name: String,
    /// `r` select, `a` insert, `w` update, `d` delete, `*` all.
    pub command: char,
    /// `PERMISSIVE`.
    pub permissive: bool,
    /// Roles; zero for `PUBLIC`.
    pub roles: Vec<u32>,
    /// `USING`.
    pub using: Option<Node>,
    /// `WITH CHECK`.
    pub with_check: Option<Node>,
}

/// A row of `pg_default_acl`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DefaultPrivilege {
    /// The role that makes the objects.
    pub role: u32,
    /// The schema; none for all.
    pub namespace: Option<u32>,
    /// `r` tables, `S` sequences, `f` functions, `T` types, `n` schemas.
    pub kind: char,
    /// The privileges.
    pub acl: Vec<String>,
}
