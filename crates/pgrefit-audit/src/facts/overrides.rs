//! Settings as sessions of others get them: that of the server, of a database, of a role.

use pgrefit_catalog::census::RoleSetting;

use super::Facts;

impl<'a> Facts<'a> {
    /// The value that the server gives to sessions; none too where the role that looks has one of its own, which hides it.
    pub(crate) fn server_text(&self, name: &str) -> Option<&'a str> {
        let setting = self.setting(name)?;
        let own = setting.source == "client" || self.override_of(&self.census.server.user, name).is_some();
        (!own).then_some(setting.setting.as_str())
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

    /// Whose setting a row is, in SQL: `ROLE app IN DATABASE shop`.
    pub(crate) fn whose(row: &RoleSetting) -> String {
        let quoted = |name: &Option<String>| name.as_deref().map(pgrefit_catalog::quote_ident);
        match (quoted(&row.role), quoted(&row.database)) {
            (Some(role), Some(database)) => format!("ROLE {role} IN DATABASE {database}"),
            (Some(role), None) => format!("ROLE {role}"),
            (None, Some(database)) => format!("DATABASE {database}"),
            (None, None) => "ROLE ALL".to_owned(),
        }
    }
}
