//! Settings as sessions of others get them: that of the server, of a database, of a role.

use pgrefit_catalog::census::{RoleSetting, Setting};
use pgrefit_catalog::quote_ident;

use super::Facts;
use crate::Ruling;
use crate::ruling::Found;

impl<'a> Facts<'a> {
    /// The setting as sessions in this database get it from the server or the database. None too where the session that looks has
    /// a value of its own, by its role or its client, which hides the other.
    pub(crate) fn server_setting(&self, name: &str) -> Option<&'a Setting> {
        self.setting(name).filter(|setting| !self.is_own(setting))
    }

    /// The same; a check that asks for what is hidden is blind.
    pub(crate) fn server_setting_or_blind(&self, name: &str, ruling: &mut Ruling) -> Option<&'a Setting> {
        let setting = self.setting(name)?;
        if self.is_own(setting) {
            let user = quote_ident(&self.census.server.user);
            ruling.missed(
                format!("{user} or its connection has a value of its own for {name}, which hides that of the server"),
                None,
            );
            return None;
        }
        Some(setting)
    }

    /// Its value as text.
    pub(crate) fn server_text(&self, name: &str) -> Option<&'a str> {
        self.server_setting(name).map(|setting| setting.setting.as_str())
    }

    /// Its value as text; a check that asks for what is hidden is blind.
    pub(crate) fn server_text_or_blind(&self, name: &str, ruling: &mut Ruling) -> Option<&'a str> {
        self.server_setting_or_blind(name, ruling).map(|setting| setting.setting.as_str())
    }

    /// Whether one of some settings is hidden, for a check that needs them all; it is blind then.
    pub(crate) fn hides_any(&self, names: &[&str], ruling: &mut Ruling) -> bool {
        names
            .iter()
            .any(|name| self.setting(name).is_some() && self.server_setting_or_blind(name, ruling).is_none())
    }

    /// Whether the value is that of the role that looks, or of its connection.
    fn is_own(&self, setting: &Setting) -> bool {
        let own = |row: &RoleSetting| {
            row.role.as_deref() == Some(self.census.server.user.as_str())
                && row.database.as_deref().is_none_or(|it| it == self.census.server.database)
                && Facts::option(&row.settings, &setting.name).is_some()
        };
        matches!(setting.source.as_str(), "client" | "user" | "database user")
            || self.census.role_settings.iter().any(own)
    }

    /// Whether the value is that of this database, by `ALTER DATABASE`.
    pub(crate) fn is_of_database(setting: &Setting) -> bool {
        setting.source == "database"
    }

    /// Where sessions in this database get a value from, as the end of a sentence; empty for the server.
    pub(crate) fn of_database(&self, name: &str) -> String {
        let here = self.setting(name).is_some_and(Self::is_of_database);
        let database = quote_ident(&self.census.server.database);
        if here { format!(" in the database {database}") } else { String::new() }
    }

    /// Gives a finding the SQL after which sessions in this database get another value. What set the value is changed, since
    /// `ALTER SYSTEM` does not get through to a database or a role that has its own.
    pub(crate) fn cure_setting(&self, name: &str, value: &str, found: &mut Found<'_>) {
        match self.setting(name).map(|setting| setting.source.as_str()) {
            Some("database") => {
                let database = quote_ident(&self.census.server.database);
                found.sql(format!("ALTER DATABASE {database} SET {name} = {value};"), "", true)
            }
            Some("global") => found.sql(format!("ALTER ROLE ALL SET {name} = {value};"), "", true),
            Some("command line") => found.hint("the command line that starts the server sets it"),
            _ => found.sql(format!("ALTER SYSTEM SET {name} = {value};\nSELECT pg_reload_conf();"), "", true),
        };
    }

    /// Whether settings are hidden from the role that looks: those that superusers alone may see, of which each server has this one.
    pub(crate) fn hides_settings(&self) -> bool {
        let server = &self.census.server;
        !server.is_superuser && !server.has_pg_monitor && self.setting("data_directory").is_none()
    }

    /// Settings of roles and databases, one by one: whose, the name, the value.
    pub(crate) fn role_settings(
        &self,
    ) -> impl Iterator<Item = (&'a RoleSetting, &'a str, &'a str)> + use<'a> {
        let each = |row: &'a RoleSetting| {
            row.settings
                .iter()
                .filter_map(|it| it.split_once('='))
                .map(move |(name, value)| (row, name, value))
        };
        self.census.role_settings.iter().flat_map(each)
    }

    /// A switch as people write it; none if it is no switch.
    pub(crate) fn switch(value: &str) -> Option<bool> {
        match value.to_ascii_lowercase().as_str() {
            "on" | "true" | "yes" | "1" | "t" | "y" => Some(true),
            "off" | "false" | "no" | "0" | "f" | "n" => Some(false),
            _ => None,
        }
    }

    /// The value that a role has in this database by `ALTER ROLE` or `ALTER DATABASE`: that of the role in the database, else of
    /// the role, else of the database, else of all roles.
    pub(crate) fn override_of(&self, role: &str, name: &str) -> Option<&'a str> {
        let database = self.census.server.database.as_str();
        let rank = |row: &RoleSetting| match (row.role.as_deref(), row.database.as_deref()) {
            (Some(of), Some(at)) if of == role && at == database => Some(0),
            (Some(of), None) if of == role => Some(1),
            (None, Some(at)) if at == database => Some(2),
            (None, None) => Some(3),
            _ => None,
        };
        let value = |row: &'a RoleSetting| Some((rank(row)?, Facts::option(&row.settings, name)?));
        self.census
            .role_settings
            .iter()
            .filter_map(value)
            .min_by_key(|(rank, _)| *rank)
            .map(|(_, value)| value)
    }

    /// Whose setting a row is, in words: `role app in database shop`.
    pub(crate) fn whose_words(row: &RoleSetting) -> String {
        if row.role.is_none() && row.database.is_none() {
            return "all roles".to_owned();
        }
        let role = row.role.as_deref().map(|name| format!("role {}", quote_ident(name)));
        let database = row.database.as_deref().map(|name| format!("database {}", quote_ident(name)));
        role.into_iter().chain(database).collect::<Vec<_>>().join(" in ")
    }

    /// Whose setting a row is, in SQL: `ROLE app IN DATABASE shop`.
    pub(crate) fn whose(row: &RoleSetting) -> String {
        let quoted = |name: &Option<String>| name.as_deref().map(quote_ident);
        match (quoted(&row.role), quoted(&row.database)) {
            (Some(role), Some(database)) => format!("ROLE {role} IN DATABASE {database}"),
            (Some(role), None) => format!("ROLE {role}"),
            (None, Some(database)) => format!("DATABASE {database}"),
            (None, None) => "ROLE ALL".to_owned(),
        }
    }
}
