//! Who may do what: access control lists, sessions, memberships.

use std::collections::BTreeSet;

use pgrefit_catalog::census::{Backend, HbaRule, Membership, Policy, Role, Routine};
use pgrefit_catalog::quote_ident;

use super::Facts;
use crate::object;

impl<'a> Facts<'a> {
    /// What everybody may do, as the letters of an `aclitem`; empty where the list is the default.
    pub(crate) fn public_privileges(acl: Option<&Vec<String>>) -> String {
        let items = acl.into_iter().flatten().filter_map(|item| item.strip_prefix('='));
        items.filter_map(|item| item.split('/').next()).flat_map(str::chars).filter(|it| *it != '*').collect()
    }

    /// Letters of an `aclitem` in SQL: `SELECT, INSERT`.
    pub(crate) fn privilege_words(letters: &str) -> String {
        let word = |letter| match letter {
            'r' => Some("SELECT"),
            'a' => Some("INSERT"),
            'w' => Some("UPDATE"),
            'd' => Some("DELETE"),
            'D' => Some("TRUNCATE"),
            'x' => Some("REFERENCES"),
            't' => Some("TRIGGER"),
            'm' => Some("MAINTAIN"),
            'U' => Some("USAGE"),
            'C' => Some("CREATE"),
            'X' => Some("EXECUTE"),
            _ => None,
        };
        letters.chars().filter_map(word).collect::<Vec<_>>().join(", ")
    }

    /// A role by its name, as it is.
    pub(crate) fn role_named(&self, name: &str) -> Option<&'a Role> {
        self.census.roles.iter().find(|role| role.name == name)
    }

    /// Whether it is the role that looks.
    pub(crate) fn is_auditor(&self, role: &Role) -> bool {
        role.name == self.census.server.user
    }

    /// Sessions of clients, without the one that looks.
    pub(crate) fn client_sessions(&self) -> impl Iterator<Item = &'a Backend> + '_ {
        let own = self.census.server.pid;
        let client = |it: &&Backend| {
            it.database.is_some() && it.kind.as_deref().is_none_or(|it| it == "client backend")
        };
        self.census.backends.iter().filter(move |it| it.pid != own).filter(client)
    }

    /// How many sessions of clients a role has, in whatever database.
    pub(crate) fn sessions_of(&self, role: &Role) -> usize {
        self.client_sessions().filter(|it| it.user.as_deref() == Some(role.name.as_str())).count()
    }

    /// The roles whose privileges a role can come to have, of whatever depth: it inherits them, becomes the role by `SET ROLE`, or
    /// may let itself in.
    pub(crate) fn groups_of(&self, role: u32) -> BTreeSet<u32> {
        self.reached_by(role, |it| it.inherit || it.set || it.admin)
    }

    /// The superusers that a role can become by `SET ROLE`, of whatever depth. `ADMIN` does not help: none but a superuser lets
    /// anybody into a superuser.
    pub(crate) fn superusers_of(&self, role: u32) -> Vec<&'a Role> {
        let groups = self.reached_by(role, |it| it.set);
        groups.into_iter().filter_map(|group| self.role(group)).filter(|group| group.superuser).collect()
    }

    /// Whether a role is itself a member of another, not through a third.
    pub(crate) fn is_direct_member(&self, member: u32, role: u32) -> bool {
        self.census.memberships.iter().any(|it| it.member == member && it.role == role)
    }

    fn reached_by(&self, role: u32, leads: impl Fn(&Membership) -> bool) -> BTreeSet<u32> {
        let mut found = BTreeSet::new();
        let mut next = vec![role];
        while let Some(member) = next.pop() {
            let ways = self.census.memberships.iter().filter(|it| it.member == member && leads(it));
            next.extend(ways.map(|it| it.role).filter(|group| found.insert(*group)));
        }
        found
    }

    /// `schema.name(signature)`.
    pub(crate) fn routine_name(&self, routine: &Routine) -> String {
        let schema = self.namespace(routine.namespace).map_or("pg_catalog", |it| it.name.as_str());
        format!("{}({})", object::qualified(schema, &routine.name), routine.signature)
    }

    /// The policies of a table.
    pub(crate) fn policies(&self, relation: u32) -> impl Iterator<Item = &'a Policy> + use<'a> {
        self.census.policies.iter().filter(move |policy| policy.relation == relation)
    }

    /// Whether a role that providers of managed servers keep for themselves.
    pub(crate) fn is_of_provider(role: &Role) -> bool {
        const PROVIDERS: [&str; 8] = [
            "alloydbadmin",
            "alloydbsuperuser",
            "azuresu",
            "cloudsqladmin",
            "cloud_admin",
            "rdsadmin",
            "rdsrepladmin",
            "supabase_admin",
        ];
        role.name.starts_with("pg_") || PROVIDERS.contains(&role.name.as_str())
    }

    /// The name of a role, quoted as SQL must write it.
    pub(crate) fn quoted(role: &Role) -> String {
        quote_ident(&role.name)
    }
}

/// Who a line of `pg_hba.conf` lets in, by where they come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reach {
    /// This machine: a socket, or a loopback address.
    Machine,
    /// Some addresses.
    Network,
    /// Every address.
    World,
}

impl Reach {
    /// Of a line.
    pub(crate) fn of(rule: &HbaRule) -> Self {
        if rule.kind.as_deref() == Some("local") {
            return Self::Machine;
        }
        match (rule.address.as_deref().unwrap_or("all"), rule.netmask.as_deref()) {
            ("all", _) | ("0.0.0.0", Some("0.0.0.0")) | ("::", Some("::")) => Self::World,
            ("localhost" | "samehost" | "::1", _) => Self::Machine,
            (address, _) if address.starts_with("127.") => Self::Machine,
            _ => Self::Network,
        }
    }
}

impl Facts<'_> {
    /// A line of `pg_hba.conf` in its words, which identify it better than its number.
    pub(crate) fn hba_words(rule: &HbaRule) -> String {
        let address = match (&rule.address, &rule.netmask) {
            (Some(address), Some(mask)) => Some(format!("{address}/{mask}")),
            (address, _) => address.clone(),
        };
        let lists = [rule.databases.join(","), rule.users.join(",")];
        let words = rule.kind.clone().into_iter().chain(lists).chain(address).chain(rule.method.clone());
        words.filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ")
    }

    /// What a line of `pg_hba.conf` demands of certificates beside its method.
    pub(crate) fn client_certificate(rule: &HbaRule) -> Certificate {
        let mut values = rule.options.iter().filter_map(|it| it.strip_prefix("clientcert="));
        match values.next_back() {
            Some("verify-full") => Certificate::OfRole,
            // Before 14, 1 was a word for it.
            Some("verify-ca" | "1") => Certificate::Any,
            _ => Certificate::None,
        }
    }
}

/// What certificate of the client a line asks for beside its method.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Certificate {
    /// None.
    None,
    /// One that the authority signed, whoever it names.
    Any,
    /// One that names the role.
    OfRole,
}
