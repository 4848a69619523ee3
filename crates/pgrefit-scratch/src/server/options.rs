//! How a new server is to be.

use std::{
    ffi::OsString,
    os::unix::process::CommandExt,
    path::PathBuf,
    process::{Child, Command, Stdio},
};

use super::dir::ServerDir;
use crate::{Durability, Error, Event, lock};

/// How a server is to be.
#[derive(Clone)]
pub struct Options<'a> {
    /// The TCP port on 127.0.0.1 (and `::1`); `None` is a free one.
    pub port: Option<u16>,
    /// Whether data must survive a crash of the machine.
    pub durability: Durability,
    /// Further settings, as in `postgresql.conf`; they win over all others.
    pub settings: Vec<(String, String)>,
    /// A program and its first arguments, run in the background with the server's directory as last argument.
    /// The program is an absolute path or a name on `PATH`. It is to call [`supervise`](crate::supervise),
    /// and so cleans up even when this process is killed. Named servers have none.
    pub supervisor: Option<(PathBuf, Vec<OsString>)>,
    /// Is told of each step.
    pub on_event: &'a dyn Fn(Event),
}

impl Default for Options<'_> {
    fn default() -> Self {
        Self {
            port: None,
            durability: Durability::default(),
            settings: Vec::new(),
            supervisor: None,
            on_event: &|_| {},
        }
    }
}

impl Options<'_> {
    /// Runs the supervisor in the background, unless one is at work already.
    pub(super) fn spawn_supervisor(&self, dir: &ServerDir) -> Result<Option<Child>, Error> {
        let Some((program, args)) = &self.supervisor else { return Ok(None) };
        if lock::is_held(&dir.supervisor_lock())? {
            return Ok(None);
        }
        let mut command = Command::new(program);
        command.args(args).arg(dir.path()).current_dir("/").process_group(0);
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        command.spawn().map(Some).map_err(Error::io("run", program))
    }
}
