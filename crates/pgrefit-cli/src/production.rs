//! What may be done to a production database, as `policy.environment` says which one is.

use pgrefit_migrate::policy::Environment;

use crate::config::Config;
use crate::{Exit, Failed};

/// What kind of database it is.
pub(crate) fn environment(config: &Config) -> Result<Environment, Failed> {
    let word = config.text("policy.environment");
    Environment::of_word(word).ok_or_else(|| {
        let message = format!("failed to use `policy.environment`: `{word}` is no environment");
        Failed::new(Exit::Usage, message)
    })
}

/// Refuses to write to a production database, unless that was asked for by its name (`is_meant`).
pub(crate) fn may_write(config: &Config, what: &str, is_meant: bool) -> Result<(), Failed> {
    if environment(config)? < Environment::Production || is_meant {
        return Ok(());
    }
    let message = format!("failed to {what}: the policy says that this is a production database");
    Err(Failed::new(Exit::Refused, message).hint(
        "run it on a copy, with `policy.environment` staging or disposable; --write-to-production is for those who mean it",
    ))
}
