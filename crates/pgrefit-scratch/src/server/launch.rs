//! Starts the postmaster on a data directory and waits until it accepts connections.

use std::{
    fs::{self, File, OpenOptions, Permissions},
    io::{ErrorKind, Read, Seek, SeekFrom},
    os::unix::{
        fs::{OpenOptionsExt, PermissionsExt},
        process::CommandExt,
    },
    process::{Child, Stdio},
    thread,
    time::{Duration, Instant},
};

use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};

use super::dir::ServerDir;
use crate::{
    Error, Event,
    account::RunAs,
    port::{self, Free},
    postmaster::{self, PidFile},
    process,
    secret::Password,
    settings::{self, Listen},
    state::{State, write_private},
};

/// Recovery after a crash is part of a start.
const READY_LIMIT: Duration = Duration::from_mins(1);
const END_LIMIT: Duration = Duration::from_secs(10);
const POLL: Duration = Duration::from_millis(5);
const PORT_TRIES: u32 = 5;

/// A server that accepts connections.
pub(crate) struct Running {
    pub(crate) state: State,
    pub(crate) password: Password,
    /// `None` when another process started it.
    pub(crate) child: Option<Child>,
}

enum Attempt {
    Ready(Child),
    /// Somebody else was faster.
    PortLost,
}

/// Starts the server, on the port of its last run if that is free, and records the new one.
pub(crate) fn launch(
    dir: &ServerDir,
    mut state: State,
    password: Password,
    run_as: &RunAs,
    on_event: &dyn Fn(Event),
) -> Result<Running, Error> {
    postmaster::await_burial(&dir.data());
    for attempt in 0..PORT_TRIES {
        let Some(free) = free_port(&state, attempt)? else { continue };
        state.port = free.port;
        on_event(Event::Starting { port: free.port });
        configure(dir, &state, &free, run_as)?;
        if let Attempt::Ready(child) = start(dir, &state, run_as)? {
            state.save(&dir.state(), &password)?;
            on_event(Event::Ready { port: free.port });
            return Ok(Running { state, password, child: Some(child) });
        }
    }
    Err(if state.port_fixed {
        Error::PortTaken { port: state.port }
    } else {
        Error::NoFreePort { tries: PORT_TRIES }
    })
}

/// `None` when the port of the last run, or the one the system chose, turned out to be taken.
fn free_port(state: &State, attempt: u32) -> Result<Option<Free>, Error> {
    let last = (state.port != 0 && (attempt == 0 || state.port_fixed)).then_some(state.port);
    match port::probe(last) {
        Ok(free) => Ok(Some(free)),
        Err(error) if error.kind() == ErrorKind::AddrInUse && state.port_fixed => {
            Err(Error::PortTaken { port: state.port })
        }
        Err(error) if error.kind() == ErrorKind::AddrInUse => Ok(None),
        Err(error) => Err(Error::io("listen on", "127.0.0.1")(error)),
    }
}

fn configure(dir: &ServerDir, state: &State, free: &Free, run_as: &RunAs) -> Result<(), Error> {
    let listen = Listen { addresses: free.addresses, port: free.port, socket_dir: &dir.sockets() };
    let text = settings::text(&dir.data(), &listen, state.durability, &state.settings)?;
    write_private(&dir.conf(), &text)?;
    run_as.give_group(&dir.conf())?;
    fs::set_permissions(dir.conf(), Permissions::from_mode(0o640)).map_err(Error::io("chmod", dir.conf()))
}

fn start(dir: &ServerDir, state: &State, run_as: &RunAs) -> Result<Attempt, Error> {
    let mut options = OpenOptions::new();
    let log = options.append(true).create(true).mode(0o600).open(dir.log());
    let log = log.map_err(Error::io("open", dir.log()))?;
    let log_begin = log.metadata().map_err(Error::io("read", dir.log()))?.len();
    let also_log = log.try_clone().map_err(Error::io("open", dir.log()))?;
    let mut command = run_as.command(state.binaries.required("postgres")?);
    // `ps` must show the data directory between blanks: that is how the process is recognised on macOS.
    command.arg("-D").arg(dir.data()).arg("-c").arg(format!("config_file={}", dir.conf().display()));
    // A group of its own, so that Ctrl-C in the terminal does not reach it.
    command.stdin(Stdio::null()).stdout(log).stderr(also_log).process_group(0);
    let mut child = command.spawn().map_err(Error::io("run", command.get_program()))?;
    match until_ready(dir, &mut child) {
        Ok(true) => Ok(Attempt::Ready(child)),
        outcome => {
            end(&mut child);
            let log = log_since(dir, log_begin);
            match outcome {
                Err(_) if !port_was_lost(&log) => {
                    Err(Error::NotStarted { reason: outcome.err().unwrap_or_default(), log })
                }
                _ => Ok(Attempt::PortLost),
            }
        }
    }
}

/// `Ok(false)` when it is ready on fewer addresses than 127.0.0.1, which another process must have got first.
/// The error says how the start ended.
fn until_ready(dir: &ServerDir, child: &mut Child) -> Result<bool, String> {
    let end = Instant::now() + READY_LIMIT;
    while Instant::now() < end {
        match child.try_wait() {
            Ok(None) => {}
            Ok(Some(status)) => return Err(format!("the server ended with {status}")),
            Err(error) => return Err(error.to_string()),
        }
        // A file that a crash left behind names another process.
        let file = PidFile::read(&dir.data()).filter(|file| file.pid.unsigned_abs() == child.id());
        if let Some(file) = file.filter(|file| file.ready) {
            return Ok(file.address == "127.0.0.1");
        }
        thread::sleep(POLL);
    }
    Err(format!("the server was not ready within {} s", READY_LIMIT.as_secs()))
}

/// Ends a server that did not start well.
fn end(child: &mut Child) {
    if let Ok(pid) = i32::try_from(child.id()) {
        // It fails if the child has ended, and then there is nothing to do.
        let _ = kill(Pid::from_raw(pid), Signal::SIGQUIT);
    }
    if !matches!(process::wait(child, END_LIMIT), Ok(Some(_))) {
        let _ = child.kill();
        let _ = child.wait();
    }
}

fn port_was_lost(log: &str) -> bool {
    log.contains("Address already in use") || log.contains("could not create any TCP/IP sockets")
}

/// The end of what was logged after `begin`.
fn log_since(dir: &ServerDir, begin: u64) -> String {
    let mut bytes = Vec::new();
    let read = File::open(dir.log()).and_then(|mut log| {
        log.seek(SeekFrom::Start(begin))?;
        log.read_to_end(&mut bytes)
    });
    read.map_or_else(|error| format!("(unreadable: {error})"), |_| process::tail(&bytes))
}
