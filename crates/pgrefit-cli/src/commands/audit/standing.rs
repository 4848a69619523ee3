//! An audit that is taken again and again, by somebody who holds the session: what it is told, what it asks, what it ignores.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;

use pgrefit_audit::{Check, Options};
use pgrefit_catalog::census::Census;
use pgrefit_history::Entry;
use pgrefit_serve::AuditPlan;

use super::{catalogue, history, ignores, options};
use crate::Failed;
use crate::config::Config;

/// The audit as the configuration asks for it.
pub(crate) fn plan(config: &Config, file: Option<&Path>) -> Result<AuditPlan, Failed> {
    let told = options(config)?;
    let skipped = config.list("audit.skip").iter().map(|name| catalogue::named(name));
    let skipped: BTreeSet<&str> =
        skipped.collect::<Result<Vec<_>, _>>()?.concat().into_iter().map(|check| check.id).collect();
    let ignores = ignores::read(file)?;
    let config = config.clone();
    Ok(AuditPlan {
        options: Arc::new(move |census: &Census, cosmetic: &[Entry]| {
            with_migrations(told.clone(), &config, census, cosmetic)
        }),
        is_wanted: Arc::new(move |check: &Check| !skipped.contains(check.id)),
        ignores: ignores.into(),
    })
}

/// The options with the migrations of the project; without, if they cannot be read now.
fn with_migrations(mut options: Options, config: &Config, census: &Census, cosmetic: &[Entry]) -> Options {
    match history::migrations(config, census.history.as_deref()) {
        Ok(migrations) => options.migrations = migrations,
        Err(failed) => tracing::warn!(target: "pgrefit", "audited without migrations: {}", failed.line()),
    }
    history::accept(census, cosmetic, &mut options);
    options
}
