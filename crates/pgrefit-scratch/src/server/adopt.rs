//! Starts a server on a copy of another server's data directory, as a physical backup is one.

use std::{
    fs,
    io::Write,
    path::Path,
    process::{Command, Stdio},
    time::{Duration, Instant},
};

use super::{Options, Server, create::USER, dir::ServerDir, launch};
use crate::{
    Binaries, Error, Home, account::RunAs, lock::Gate, process, secret::Password, state::State,
    sweep::sweep_within,
};

/// Recovery is part of it.
const SINGLE_LIMIT: Duration = Duration::from_mins(30);

/// Files of the other server that must not have a say here: its addresses, its archive, its standby state.
const EMPTIED: [&str; 3] = ["postgresql.conf", "postgresql.auto.conf", "pg_ident.conf"];
const REMOVED: [&str; 4] = ["postmaster.pid", "standby.signal", "recovery.signal", "postmaster.opts"];
/// Subscriptions of the other server are in the copy too, and must fetch nothing.
const NO_WORKERS: [(&str, &str); 2] =
    [("max_logical_replication_workers", "0"), ("max_sync_workers_per_subscription", "0")];
const HBA: &str = "local all all scram-sha-256\nhost all all 127.0.0.1/32 scram-sha-256\nhost all all ::1/128 scram-sha-256\n";

impl Server {
    /// Starts an ephemeral server on a copy of `data`, which stays as it is. Its superuser `postgres` gets a new password, and is
    /// made if there is none, in `database`. Nothing of the other server's configuration is kept; without its archive and its
    /// libraries to preload; none of its subscriptions gets a worker, unless `options` says so.
    ///
    /// # Errors
    /// As for [`Server::start`]; and when recovery fails, or `data` has tablespaces, which would be those of the other server.
    pub fn start_on_copy(
        home: &Home,
        binaries: &Binaries,
        options: &Options<'_>,
        data: &Path,
        database: &str,
    ) -> Result<Self, Error> {
        let run_as = RunAs::detect()?;
        let servers = home.open_servers(&run_as)?;
        let gate = Gate::enter(&servers)?;
        sweep_within(&gate, &servers, None)?;
        let dir = ServerDir::ephemeral(&servers)?;
        dir.create(&run_as)?;
        let owner = dir.join()?;
        drop(gate);
        let made = options.spawn_supervisor(&dir).and_then(|supervisor| {
            let running = adopt(&dir, binaries, options, &run_as, (data, database))?;
            Ok((supervisor, running))
        });
        match made {
            Ok((supervisor, running)) => Ok(Self::assemble(dir, Some(owner), supervisor, running, run_as)),
            Err(error) => {
                if let Err(error) = dir.stop_and_remove() {
                    tracing::warn!(%error, "a server that failed to start was left behind");
                }
                Err(error)
            }
        }
    }
}

fn adopt(
    dir: &ServerDir,
    binaries: &Binaries,
    options: &Options<'_>,
    run_as: &RunAs,
    (data, database): (&Path, &str),
) -> Result<launch::Running, Error> {
    copy(data, &dir.data(), run_as)?;
    for name in EMPTIED {
        write(&dir.data().join(name), "", run_as)?;
    }
    write(&dir.data().join("pg_hba.conf"), HBA, run_as)?;
    for name in REMOVED {
        let path = dir.data().join(name);
        if path.exists() {
            fs::remove_file(&path).map_err(Error::io("remove", &path))?;
        }
    }
    let password = Password::random()?;
    set_password(dir, binaries, run_as, &password, database)?;
    let state = State {
        binaries: binaries.clone(),
        port: options.port.unwrap_or(0),
        port_fixed: options.port.is_some(),
        durability: options.durability,
        settings: own_settings(options),
    };
    launch::launch(dir, state, password, run_as, options.on_event)
}

/// What is asked for comes later, and wins.
fn own_settings(options: &Options<'_>) -> Vec<(String, String)> {
    let own = NO_WORKERS.map(|(name, value)| (name.to_owned(), value.to_owned()));
    own.into_iter().chain(options.settings.iter().cloned()).collect()
}

fn write(path: &Path, text: &str, run_as: &RunAs) -> Result<(), Error> {
    crate::state::write_private(path, text)?;
    run_as.give(path)
}

/// Files and directories; a link would lead out of the copy.
fn copy(from: &Path, to: &Path, run_as: &RunAs) -> Result<(), Error> {
    for entry in fs::read_dir(from).map_err(Error::io("read", from))? {
        let entry = entry.map_err(Error::io("read", from))?;
        let (source, target) = (entry.path(), to.join(entry.file_name()));
        let kind = entry.file_type().map_err(Error::io("read", &source))?;
        if kind.is_symlink() {
            return Err(Error::UnsafeEntry { entry: source.display().to_string() });
        }
        if kind.is_dir() {
            fs::create_dir(&target).map_err(Error::io("create", &target))?;
            copy(&source, &target, run_as)?;
            fs::set_permissions(&target, std::os::unix::fs::PermissionsExt::from_mode(0o700))
                .map_err(Error::io("chmod", &target))?;
        } else {
            fs::copy(&source, &target).map_err(Error::io("copy", &source))?;
        }
        run_as.give(&target)?;
    }
    Ok(())
}

/// In single-user mode, which asks for no password; it recovers first.
fn set_password(
    dir: &ServerDir,
    binaries: &Binaries,
    run_as: &RunAs,
    password: &Password,
    database: &str,
) -> Result<(), Error> {
    let mut command = run_as.command(binaries.required("postgres")?);
    command.args(["--single", "-j", "-D"]).arg(dir.data());
    command.args(["-c", "archive_mode=off", "-c", "fsync=off", "-c", "exit_on_error=on"]);
    command.args(NO_WORKERS.iter().flat_map(|(name, value)| ["-c".to_owned(), format!("{name}={value}")]));
    command.arg(database);
    let sql = format!(
        "DO $$ BEGIN IF NOT EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname = '{USER}') THEN \
         CREATE ROLE {USER}; END IF; END $$;\n\n\
         ALTER ROLE {USER} SUPERUSER LOGIN PASSWORD '{}' VALID UNTIL 'infinity';\n\n",
        password.expose()
    );
    let ended = single(&mut command, &sql, dir)?;
    ended.map_err(|reason| Error::NotStarted { reason, log: tail_of_log(dir) })
}

/// Runs the program with `sql` as its input; its messages go into the server's log.
fn single(command: &mut Command, sql: &str, dir: &ServerDir) -> Result<Result<(), String>, Error> {
    let log = fs::File::create(dir.log()).map_err(Error::io("open", dir.log()))?;
    let also = log.try_clone().map_err(Error::io("open", dir.log()))?;
    let spawned = command.stdin(Stdio::piped()).stdout(log).stderr(also).spawn();
    let mut child = spawned.map_err(Error::io("run", command.get_program()))?;
    if let Some(mut input) = child.stdin.take() {
        // It fails when the program has ended, which is told below.
        let _ = input.write_all(sql.as_bytes());
    }
    let begun = Instant::now();
    match process::wait(&mut child, SINGLE_LIMIT) {
        Ok(Some(status)) if status.success() => Ok(Ok(())),
        Ok(Some(status)) => Ok(Err(format!("recovery ended with {status}"))),
        Ok(None) => {
            let _ = child.kill();
            let _ = child.wait();
            Ok(Err(format!("recovery did not end within {} s", begun.elapsed().as_secs())))
        }
        Err(error) => Ok(Err(error.to_string())),
    }
}

fn tail_of_log(dir: &ServerDir) -> String {
    fs::read(dir.log()).map_or_else(|error| format!("(unreadable: {error})"), |bytes| process::tail(&bytes))
}
