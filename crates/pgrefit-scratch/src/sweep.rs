//! Removes servers whose owners have gone without removing them.

use std::path::Path;

use crate::{
    Error, Home,
    lock::{self, Gate},
    server::{
        claim,
        dir::{Kind, ServerDir},
    },
};

/// Removes every ephemeral and every shared server that no process uses and no supervisor watches, and what
/// is left of named servers whose creation was interrupted. Returns the names of the removed directories.
///
/// A server that died while its owner lives is left to the owner. One that cannot be removed is left for the
/// next time.
///
/// # Errors
/// The servers directory could not be read or locked.
pub fn sweep(home: &Home) -> Result<Vec<String>, Error> {
    let Some(servers) = home.existing_servers()? else { return Ok(Vec::new()) };
    let gate = Gate::enter(&servers)?;
    sweep_within(&gate, &servers, None)
}

/// The gate is the proof that nobody is creating or joining a server at the moment.
pub(crate) fn sweep_within(
    _: &Gate,
    servers: &Path,
    spare: Option<&ServerDir>,
) -> Result<Vec<String>, Error> {
    let mut removed = Vec::new();
    for dir in ServerDir::all(servers)?.into_iter().filter(|dir| Some(dir) != spare) {
        match remove_if_abandoned(&dir) {
            Ok(true) => removed.push(dir.id()),
            Ok(false) => {}
            Err(error) => tracing::warn!(%error, "an abandoned server was left behind"),
        }
    }
    Ok(removed)
}

fn remove_if_abandoned(dir: &ServerDir) -> Result<bool, Error> {
    let abandoned = match dir.kind {
        Kind::Named => !dir.state().exists() || claim::is_left_unfinished(dir)?,
        Kind::Ephemeral | Kind::Shared => {
            !lock::is_held(&dir.owner_lock())? && !lock::is_held(&dir.supervisor_lock())?
        }
    };
    if abandoned {
        dir.stop_and_remove()?;
    }
    Ok(abandoned)
}
