//! Roles and their sessions.

use pgrefit_catalog::census::{Backend, HbaRule, Membership, Role};

use super::Sample;

impl Sample {
    /// A role that may log in and nothing else.
    pub(crate) fn login(self, oid: u32, name: &str, change: impl FnOnce(&mut Role)) -> Self {
        let mut role =
            Role { oid, name: name.to_owned(), login: true, connection_limit: -1, ..Role::default() };
        change(&mut role);
        self.with(|census| census.roles.push(role))
    }

    /// An idle session of a client, by a socket.
    pub(crate) fn session(self, user: &str, change: impl FnOnce(&mut Backend)) -> Self {
        let mut backend = Backend {
            database: Some(self.census.server.database.clone()),
            user: Some(user.to_owned()),
            kind: Some("client backend".to_owned()),
            state: Some("idle".to_owned()),
            is_local: Some(true),
            pid: 100,
            ..Backend::default()
        };
        change(&mut backend);
        self.with(|census| census.backends.push(backend))
    }

    /// `GRANT role TO member`.
    pub(crate) fn member(self, role: u32, member: u32) -> Self {
        self.member_with(role, member, |_| {})
    }

    /// The same with other options.
    pub(crate) fn member_with(self, role: u32, member: u32, change: impl FnOnce(&mut Membership)) -> Self {
        let mut row = Membership { role, member, admin: false, set: true, inherit: true };
        change(&mut row);
        self.with(|census| census.memberships.push(row))
    }

    /// A line of `pg_hba.conf` for all databases and users.
    pub(crate) fn hba(self, kind: &str, address: &str, netmask: &str, method: &str) -> Self {
        let text = |text: &str| (!text.is_empty()).then(|| text.to_owned());
        let rule = HbaRule {
            line: 7,
            kind: text(kind),
            databases: vec!["all".to_owned()],
            users: vec!["all".to_owned()],
            address: text(address),
            netmask: text(netmask),
            method: text(method),
            ..HbaRule::default()
        };
        self.with(|census| census.hba_rules.push(rule))
    }
}
