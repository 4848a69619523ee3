//! Settings with all that `pg_settings` tells of them.

use pgrefit_catalog::census::{RoleSetting, Setting};

use super::Sample;

impl Sample {
    /// A setting, to be changed by `change`.
    pub(crate) fn setting_with(mut self, name: &str, value: &str, change: impl FnOnce(&mut Setting)) -> Self {
        self = self.setting(name, value);
        if let Some(setting) = self.census.settings.last_mut() {
            change(setting);
        }
        self
    }

    /// `ALTER ROLE … SET`, `ALTER DATABASE … SET`; empty names for all.
    pub(crate) fn overrides(self, role: &str, database: &str, setting: &str) -> Self {
        let name = |name: &str| (!name.is_empty()).then(|| name.to_owned());
        let row =
            RoleSetting { role: name(role), database: name(database), settings: vec![setting.to_owned()] };
        self.with(|census| census.role_settings.push(row))
    }
}
