//! Makes a data directory with `initdb`, and starts a first server on it.

use std::{fs, process::Command, time::Duration};

use super::{
    Options,
    dir::ServerDir,
    launch::{self, Running},
};
use crate::{
    Binaries, Durability, Error, Event,
    account::RunAs,
    process,
    secret::Password,
    state::{State, write_private},
};

const INITDB_LIMIT: Duration = Duration::from_mins(2);

/// The superuser of every server.
pub(crate) const USER: &str = "postgres";

/// Fills the empty directory: data, state, and a running server.
pub(crate) fn create(
    dir: &ServerDir,
    binaries: &Binaries,
    options: &Options<'_>,
    run_as: &RunAs,
) -> Result<Running, Error> {
    let password = Password::random()?;
    (options.on_event)(Event::InitDb);
    initdb(dir, binaries, &password, options.durability, run_as)?;
    let state = State {
        binaries: binaries.clone(),
        port: options.port.unwrap_or(0),
        port_fixed: options.port.is_some(),
        durability: options.durability,
        settings: options.settings.clone(),
    };
    launch::launch(dir, state, password, run_as, options.on_event)
}

fn initdb(
    dir: &ServerDir,
    binaries: &Binaries,
    password: &Password,
    durability: Durability,
    run_as: &RunAs,
) -> Result<(), Error> {
    let password_file = dir.path().join("password");
    write_private(&password_file, password.expose())?;
    run_as.give(&password_file)?;
    let mut command = run_as.command(binaries.required("initdb")?);
    command.arg("--pgdata").arg(dir.data()).arg("--pwfile").arg(&password_file);
    command.args(["--encoding=UTF8", "--locale=C", "--auth=scram-sha-256", "--username", USER]);
    if durability == Durability::Disposable {
        command.arg("--no-sync");
    }
    let made = run(&mut command, dir);
    fs::remove_file(&password_file).map_err(Error::io("remove", &password_file))?;
    made
}

fn run(command: &mut Command, dir: &ServerDir) -> Result<(), Error> {
    let output = process::run(command, INITDB_LIMIT).map_err(Error::io("run", command.get_program()))?;
    let Some(output) = output else {
        return Err(Error::InitDb { output: format!("nothing for {} s", INITDB_LIMIT.as_secs()) });
    };
    let text = process::text(&output);
    if output.status.success() {
        Ok(())
    } else if text.contains("No space left on device") {
        Err(Error::DiskFull { path: dir.path().to_owned() })
    } else {
        Err(Error::InitDb { output: text })
    }
}
