//! Settings of the server, by type. A setting that the role may not see, or that this version does not have, is none.

use pgrefit_catalog::census::Setting;

use super::Facts;

impl<'a> Facts<'a> {
    /// A row of `pg_settings`.
    #[must_use]
    pub fn setting(&self, name: &str) -> Option<&'a Setting> {
        self.settings.get(name).copied()
    }

    /// The value as text.
    #[must_use]
    pub fn text(&self, name: &str) -> Option<&'a str> {
        self.setting(name).map(|setting| setting.setting.as_str())
    }

    /// Whether it is on.
    #[must_use]
    pub fn is_on(&self, name: &str) -> Option<bool> {
        self.text(name).map(|value| value == "on")
    }

    /// The value as a number, in its own unit.
    #[must_use]
    pub fn number(&self, name: &str) -> Option<f64> {
        self.text(name)?.parse().ok()
    }

    /// The value in bytes, of a setting with a unit of memory; none for -1 and other words for "computed".
    #[must_use]
    pub fn setting_bytes(&self, name: &str) -> Option<u64> {
        Self::bytes_of(self.setting(name)?)
    }

    /// The same of a setting at hand.
    pub(crate) fn bytes_of(setting: &Setting) -> Option<u64> {
        let value: u64 = setting.setting.parse().ok()?;
        let unit = match setting.unit.as_deref()? {
            "B" => 1,
            "kB" => 1 << 10,
            "8kB" => 8 << 10,
            "16kB" => 16 << 10,
            "MB" => 1 << 20,
            "16MB" => 16 << 20,
            "GB" => 1 << 30,
            _ => return None,
        };
        value.checked_mul(unit)
    }

    /// The value in milliseconds, of a setting with a unit of time; below zero as it is.
    #[must_use]
    pub fn setting_ms(&self, name: &str) -> Option<f64> {
        let setting = self.setting(name)?;
        let value: f64 = setting.setting.parse().ok()?;
        let unit = match setting.unit.as_deref()? {
            "us" => 0.001,
            "ms" => 1.0,
            "s" => 1_000.0,
            "min" => 60_000.0,
            _ => return None,
        };
        Some(value * unit)
    }

    /// The value that an option of a table sets, such as `fillfactor`.
    #[must_use]
    pub fn option(options: &'a [String], name: &str) -> Option<&'a str> {
        let values = options.iter().filter_map(|option| option.split_once('='));
        values.filter(|(key, _)| *key == name).map(|(_, value)| value).next_back()
    }
}
