//! The databases that are watched: those of a list, or the one that every command takes.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use pgrefit_history::MigrationFile;
use pgrefit_lifecycle::PartitionSet;
use pgrefit_migrate::policy;
use pgrefit_pg::{Connector, Limits, Settings};
use pgrefit_serve::{AuditPlan, Connect, Environment, Target};

use super::Serve;
use crate::commands::audit::standing_plan;
use crate::config::Config;
use crate::context::variable;
use crate::databases::{Databases, Entry};
use crate::{Context, Exit, Failed};

/// What all databases are held against.
struct Common {
    files: Arc<[MigrationFile]>,
    history_table: String,
    sets: Arc<[PartitionSet]>,
    backups: PathBuf,
    evidence: PathBuf,
    audit: Option<AuditPlan>,
    environment: Environment,
}

/// The databases, in the order of the list.
pub(super) fn targets(context: &Context, config: &Config, serve: &Serve) -> Result<Vec<Target>, Failed> {
    let audit = (!serve.no_audit).then(|| standing_plan(config, serve.ignores.as_deref())).transpose()?;
    let common = Common {
        files: Context::migrations(config)?.into(),
        history_table: config.text("migrations.history_table").to_owned(),
        sets: config.partitions().into(),
        backups: config.text("backup.dir").into(),
        evidence: config.text("evidence.dir").into(),
        audit,
        environment: configured(config)?,
    };
    match &serve.list {
        Some(path) => {
            let list = Databases::read(path)?;
            Ok(list.entries.into_iter().map(|entry| common.of_entry(entry)).collect())
        }
        None => Ok(vec![common.of_url(context)?]),
    }
}

impl Common {
    /// A database of the list. One whose URL cannot be had now is watched all the same: it is down until it can.
    fn of_entry(&self, entry: Entry) -> Target {
        let mut target = self.target(entry.name.clone(), connect_to(entry.clone()));
        target.labels = entry.labels;
        target.is_canary = entry.canary;
        target.environment = entry.environment.map_or(self.environment, environment);
        target
    }

    /// The database that every command takes, under its own name.
    fn of_url(&self, context: &Context) -> Result<Target, Failed> {
        let global = context.global.clone();
        let settings = Context::settings(&global)?;
        let connect = move || Context::settings(&global).map(connector).map_err(|failed| failed.failure);
        Ok(self.target(settings.database().to_owned(), Arc::new(connect)))
    }

    fn target(&self, name: String, connect: Arc<Connect>) -> Target {
        Target {
            name,
            labels: BTreeMap::new(),
            environment: self.environment,
            is_canary: false,
            connect,
            files: Arc::clone(&self.files),
            history_table: self.history_table.clone(),
            sets: Arc::clone(&self.sets),
            backups: Some(self.backups.clone()),
            evidence: Some(self.evidence.clone()),
            audit: self.audit.clone(),
        }
    }
}

fn connect_to(entry: Entry) -> Arc<Connect> {
    Arc::new(move || entry.settings(&variable).map(connector).map_err(|failed| failed.failure))
}

fn connector(settings: Settings) -> Connector {
    let application = concat!("pgrefit/", env!("CARGO_PKG_VERSION"), " serve").to_owned();
    Connector::new(settings, application, Limits::default())
}

/// What databases are of which the list does not say it.
fn configured(config: &Config) -> Result<Environment, Failed> {
    let word = config.text("policy.environment");
    let known = policy::Environment::WORDS.iter().find(|(known, _)| *known == word);
    known.map(|(_, known)| environment(*known)).ok_or_else(|| {
        let origin = config.origin("policy.environment");
        Failed::new(Exit::Usage, format!("failed to use `policy.environment` ({origin}): `{word}`"))
            .hint("production, staging or disposable")
    })
}

fn environment(of: policy::Environment) -> Environment {
    match of {
        policy::Environment::Production => Environment::Production,
        policy::Environment::Staging => Environment::Staging,
        policy::Environment::Disposable => Environment::Disposable,
    }
}
