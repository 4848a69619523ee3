//! A rehearsal from its begin to its end.

mod failure;
mod quiet;

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use pgrefit_catalog::Name;
use pgrefit_history::{
    Applied, Bounds, Error as HistoryError, History, Listener, MigrationFile, OWN_TABLES, Observe,
    apply_observed,
};
use pgrefit_pg::{Connector, Error as PgError, ReadOnly, RunnerLock, ServerError, ServerFacts, Stop};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;
use tokio::time::timeout;

use crate::canary::Watcher;
use crate::inventory::{self, Inventory};
use crate::sampler::{Sampler, Watch};
use crate::tracer::Recorder;
use crate::{Blind, Error, Options, Trace, Traffic};
use failure::failure;
use quiet::Quiet;

pub(crate) use failure::failure_at;

/// Runs what is pending up to `target` on the copy that `connector` leads to, by the code that runs it on the live database,
/// and writes down what it does. A migration that fails ends the rehearsal, and is in [`Trace::failure`].
///
/// Writes to the copy what the migrations write, their history included; with [`Options::is_ours`] also the server's
/// configuration, which is restored. Opens four sessions besides that which works: two that only read, one for the runner
/// lock, one that plays a connected application. Locks: those of the migrations; for a moment ACCESS SHARE on every relation,
/// whose size is read before each file.
///
/// # Errors
/// What keeps the rehearsal itself from being done; a request to stop.
#[expect(clippy::too_many_arguments, reason = "a run is these things, and each is named at its one call")]
pub async fn trace(
    connector: &Connector,
    files: &[MigrationFile],
    table: &str,
    target: Option<i64>,
    bounds: Bounds,
    options: &Options,
    traffic: Option<Traffic<'_>>,
    stop: &Stop,
    listener: &mut Listener<'_>,
) -> Result<Trace, Error> {
    let eye = connector.read_only().await.map_err(Error::while_doing("look at the copy"))?;
    let facts = eye.facts().await.map_err(Error::while_doing("look at the copy"))?;
    refuse_standby(&facts)?;
    let quiet = if options.is_ours { Quiet::make(connector, &eye).await } else { None };
    let rehearsal = Rehearsal { connector, files, table, target, bounds, options, facts: &facts, stop };
    let traced = Box::pin(rehearsal.run(eye, traffic, listener)).await;
    if let Some(quiet) = &quiet {
        quiet.end(connector).await;
    }
    let mut trace = traced?;
    if options.is_ours && quiet.is_none() {
        trace.blind.push(blind(
            "wal_bytes",
            "autovacuum could not be kept out: the role may not change the server's configuration",
        ));
    }
    Ok(trace)
}

fn refuse_standby(facts: &ServerFacts) -> Result<(), Error> {
    if facts.in_recovery { Err(Error::IsStandby { database: facts.database.clone() }) } else { Ok(()) }
}

/// What a rehearsal is made of.
struct Rehearsal<'a> {
    connector: &'a Connector,
    files: &'a [MigrationFile],
    table: &'a str,
    target: Option<i64>,
    bounds: Bounds,
    options: &'a Options,
    facts: &'a ServerFacts,
    stop: &'a Stop,
}

impl Rehearsal<'_> {
    async fn run(
        &self,
        eye: ReadOnly,
        traffic: Option<Traffic<'_>>,
        listener: &mut Listener<'_>,
    ) -> Result<Trace, Error> {
        let reading = Error::while_doing("read the relations of the copy");
        let inventory = inventory::read(&eye).await.map_err(reading)?;
        let (working, temp_bytes) = self.working_connector(&eye).await;
        let watch = Watch::new();
        let sampler = Sampler::start(self.connector, &watch, self.options.sample_interval).await;
        let sampler = sampler.map_err(Error::while_doing("look at the copy from a second connection"))?;
        let mut recorder =
            self.recorder(eye, &inventory, &watch, temp_bytes.clone(), traffic.is_some()).await?;
        let waiting = Error::while_doing("get the runner lock of the copy");
        let mut lock =
            RunnerLock::acquire(&working, self.bounds.runner_wait, |_| {}).await.map_err(waiting)?;
        let outcome = {
            let apply = apply_observed(
                &working,
                &mut lock,
                self.files,
                self.table,
                self.target,
                self.bounds,
                self.stop,
                listener,
                Observe::Between(&mut recorder),
            );
            self.beside(Box::pin(apply), traffic).await
        };
        // On a dead connection it is free by itself.
        let _ = lock.release().await;
        let is_alive = sampler.is_alive();
        drop(sampler);
        let mut trace = self.finished(recorder, outcome).await?;
        trace.sampling = watch.sampling(self.options.sample_interval);
        trace.duration_ms = watch.clock.now_ms();
        if watch.is_full() {
            trace.blind.push(blind(
                "locks",
                "a step had more changes of locks than are kept: the later ones are left out",
            ));
        }
        if !is_alive {
            trace.blind.push(blind(
                "locks",
                "the second connection was lost: locks that ended within a statement were not seen",
            ));
        }
        Ok(trace)
    }

    /// The connector of the session that works, and what it is told of temporary files. The settings stand in the session's
    /// start, so that no `RESET` of a migration takes them away, and nothing is left on the server.
    async fn working_connector(&self, eye: &ReadOnly) -> (Connector, Option<Arc<AtomicU64>>) {
        let told = ("client_min_messages", "log");
        let settings = match self.facts.is_superuser {
            true => vec![("log_temp_files", "0"), told],
            // Whoever made the server may have seen to it.
            false if shows(eye, "log_temp_files", "0").await => vec![told],
            false => return (self.connector.clone(), None),
        };
        let bytes = Arc::new(AtomicU64::new(0));
        let sum = Arc::clone(&bytes);
        let connector = self.connector.clone().with_start_settings(&settings).on_notice(move |notice| {
            sum.fetch_add(temp_file_bytes(notice).unwrap_or(0), Ordering::SeqCst);
        });
        (connector, Some(bytes))
    }

    async fn recorder(
        &self,
        mut eye: ReadOnly,
        inventory: &Inventory,
        watch: &Watch,
        temp_bytes: Option<Arc<AtomicU64>>,
        traffic: bool,
    ) -> Result<Recorder, Error> {
        let reading = || Error::while_doing("read the relations of the copy");
        let history = History::read(&mut eye, self.table).await?;
        let own = [self.table].into_iter().chain(OWN_TABLES);
        let own_tables: Vec<String> =
            own.map(|table| Name::new(&history.schema, table).to_string()).collect();
        let mut seen = inventory.clone();
        seen.retain(|_, known| !own_tables.contains(&known.table));
        let first = self.named(&seen);
        let max = self.options.canary_relations_max;
        let watcher = Watcher::start(self.connector, &eye, &seen, &first, max).await;
        let watcher = watcher.map_err(Error::while_doing("prepare queries on the copy"))?;
        let catalogs = catalogs(&eye).await.map_err(reading())?;
        let trace = self.begun(traffic, temp_bytes.is_some());
        Ok(Recorder::new(trace, watcher, eye, watch.clone(), temp_bytes, own_tables, catalogs))
    }

    /// The relations that the files name, as they are called in the inventory.
    fn named(&self, inventory: &Inventory) -> BTreeSet<String> {
        let major = self.facts.version_num / 10_000;
        let effects = self.files.iter().filter_map(|file| file.effects(major));
        let named: BTreeSet<(Option<String>, String)> = effects
            .flat_map(|effects| effects.iter().flat_map(|effect| effect.locks.clone()).collect::<Vec<_>>())
            .map(|lock| (lock.relation.schema, lock.relation.name))
            .collect();
        // Which schemas the files themselves set is not looked at: it is only who comes first.
        let is_named = |name: &&String| {
            name.parse::<Name>().is_ok_and(|full| {
                let Name { schema, name } = full;
                named.contains(&(None, name.clone())) || named.contains(&(Some(schema), name))
            })
        };
        inventory.values().map(|known| &known.name).filter(is_named).cloned().collect()
    }

    fn begun(&self, traffic: bool, tells_temp_files: bool) -> Trace {
        let mut trace = Trace {
            format: Trace::FORMAT,
            server_version_num: self.facts.version_num,
            database: self.facts.database.clone(),
            started_at: OffsetDateTime::now_utc().format(&Rfc3339).unwrap_or_default(),
            traffic,
            ..Trace::default()
        };
        if !tells_temp_files {
            trace
                .blind
                .push(blind("temp_bytes", "the role may not have temporary files told, and the server does not tell them by itself: log_temp_files is not 0"));
        }
        if traffic {
            trace.blind.push(blind(
                "work",
                "of what runs outside of a transaction: the traffic beside it counts too",
            ));
        }
        if self.facts.version_num < 150_000 {
            trace.blind.push(blind(
                "work",
                "before PostgreSQL 15 counters come late: rows may count as of the statement behind",
            ));
        }
        trace
    }

    /// Drives the run and the traffic beside it, which is told to stop when the run has ended.
    async fn beside<T>(&self, mut work: impl Future<Output = T> + Unpin, traffic: Option<Traffic<'_>>) -> T {
        let Some(traffic) = traffic else { return work.await };
        let stop = Stop::default();
        let mut traffic = traffic(stop.clone());
        let mut has_ended = false;
        let outcome = loop {
            tokio::select! {
                outcome = &mut work => break outcome,
                () = &mut traffic, if !has_ended => has_ended = true,
            }
        };
        stop.request();
        if !has_ended {
            // What does not end in time is dropped.
            let _ = timeout(self.options.traffic_end_max, traffic).await;
        }
        outcome
    }

    async fn finished(
        &self,
        mut recorder: Recorder,
        outcome: Result<Vec<Applied>, HistoryError>,
    ) -> Result<Trace, Error> {
        if let Err(error) = outcome {
            if recorder.trace.files.is_empty() || is_of_rehearsal(&error) {
                return Err(error.into());
            }
            recorder.trace.failure = Some(failure(&error));
            recorder.file_ended(false).await.map_err(Error::while_doing("look at the copy"))?;
        }
        recorder.keep_what_remains().await.map_err(Error::while_doing("look at the copy"))?;
        recorder.trace.canary = std::mem::take(&mut recorder.watcher.found);
        Ok(recorder.trace)
    }
}

async fn catalogs(eye: &ReadOnly) -> Result<HashMap<u32, String>, PgError> {
    let sql = "SELECT c.oid, format('%I.%I', n.nspname, c.relname) FROM pg_catalog.pg_class c \
               JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace WHERE c.oid < 16384";
    let rows = eye.simple(sql).await?.into_iter();
    Ok(rows
        .filter_map(|row| {
            let mut values = row.into_iter().flatten();
            Some((values.next()?.parse().ok()?, values.next()?))
        })
        .collect())
}

/// Whether a setting has this value.
async fn shows(eye: &ReadOnly, name: &str, value: &str) -> bool {
    let rows = eye.simple(&format!("SHOW {name}")).await.unwrap_or_default();
    rows.into_iter().flatten().flatten().next().as_deref() == Some(value)
}

/// The size in "temporary file: path …, size 123", in whatever language: the last number of a message with such a path.
fn temp_file_bytes(notice: &ServerError) -> Option<u64> {
    if notice.sqlstate != "00000" || !notice.message.contains("pgsql_tmp") {
        return None;
    }
    notice.message.rsplit(|c: char| !c.is_ascii_digit()).find(|digits| !digits.is_empty())?.parse().ok()
}

/// Whether an error says nothing of the migrations.
fn is_of_rehearsal(error: &HistoryError) -> bool {
    match error {
        HistoryError::Stopped { .. }
        | HistoryError::Database(_)
        | HistoryError::LockLost { .. }
        | HistoryError::CommitsLost { .. } => true,
        HistoryError::PartWay { source, .. } => is_of_rehearsal(source),
        _ => false,
    }
}

fn blind(what: &str, why: &str) -> Blind {
    Blind { what: what.to_owned(), why: why.to_owned() }
}

#[cfg(test)]
mod tests {
    use pgrefit_pg::ServerError;

    #[test]
    fn temporary_files_are_known_by_their_place() {
        let check = |sqlstate: &str, message: &str, expected: Option<u64>| {
            let (sqlstate, message) = (sqlstate.to_owned(), message.to_owned());
            let notice = ServerError { sqlstate, message, ..ServerError::default() };
            assert_eq!(super::temp_file_bytes(&notice), expected, "{}", notice.message);
        };
        check("00000", "temporary file: path \"base/pgsql_tmp/pgsql_tmp1.0\", size 140000", Some(140_000));
        check("00000", "temporäre Datei: Pfad »base/pgsql_tmp/pgsql_tmp1.0«, Größe 7", Some(7));
        check("00000", "relation \"t\" does exist, size 12", None);
        check("42P07", "pgsql_tmp 12", None);
    }
}
