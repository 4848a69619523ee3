//! Lock modes in files: as SQL writes them.

use pgrefit_sql::LockMode;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serializer};

/// `ACCESS EXCLUSIVE`.
#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands over a reference")]
pub(crate) fn serialize<S: Serializer>(mode: &LockMode, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(mode.sql())
}

pub(crate) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<LockMode, D::Error> {
    let text = String::deserialize(deserializer)?;
    named(&text).ok_or_else(|| D::Error::custom(format!("no lock mode: {text}")))
}

fn named(text: &str) -> Option<LockMode> {
    LockMode::ALL.into_iter().find(|mode| mode.sql() == text)
}

/// The same for a mode that may be missing.
pub(crate) mod option {
    use pgrefit_sql::LockMode;
    use serde::de::Error as _;
    use serde::{Deserialize, Deserializer, Serializer};

    #[expect(clippy::ref_option, clippy::trivially_copy_pass_by_ref, reason = "serde hands over a reference")]
    pub(crate) fn serialize<S: Serializer>(
        mode: &Option<LockMode>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        match mode {
            Some(mode) => serializer.serialize_some(mode.sql()),
            None => serializer.serialize_none(),
        }
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Option<LockMode>, D::Error> {
        let Some(text) = Option::<String>::deserialize(deserializer)? else { return Ok(None) };
        super::named(&text).map(Some).ok_or_else(|| D::Error::custom(format!("no lock mode: {text}")))
    }
}
