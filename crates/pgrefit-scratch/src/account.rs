//! Who the server programs run as: PostgreSQL refuses root, so root hands over to an unprivileged account.

use std::{
    ffi::OsStr,
    os::unix::{fs::chown, process::CommandExt},
    path::Path,
    process::Command,
};

use nix::unistd::{Gid, Uid, User};

use crate::Error;

/// The account that owns data directories and runs the server programs.
pub(crate) struct RunAs(Option<Account>);

struct Account {
    name: String,
    uid: Uid,
    gid: Gid,
}

impl RunAs {
    /// Ourselves; for root the account `postgres`, or else `nobody`.
    pub(crate) fn detect() -> Result<Self, Error> {
        if !Uid::effective().is_root() {
            return Ok(Self(None));
        }
        let account =
            ["postgres", "nobody"].into_iter().find_map(|name| User::from_name(name).ok().flatten());
        let user = account.ok_or(Error::NoAccount)?;
        Ok(Self(Some(Account { name: user.name, uid: user.uid, gid: user.gid })))
    }

    /// A command that runs as this account, with messages in English and times in UTC.
    pub(crate) fn command(&self, program: impl AsRef<OsStr>) -> Command {
        let mut command = Command::new(program);
        command
            .env("LC_ALL", "C")
            .env("TZ", "UTC")
            .env_remove("PGDATA")
            .env_remove("PGPORT")
            .current_dir("/");
        if let Some(account) = &self.0 {
            command.uid(account.uid.as_raw()).gid(account.gid.as_raw());
        }
        command
    }

    /// Makes the account the owner of a file or directory.
    pub(crate) fn give(&self, path: &Path) -> Result<(), Error> {
        let Some(account) = &self.0 else { return Ok(()) };
        chown(path, Some(account.uid.as_raw()), Some(account.gid.as_raw())).map_err(Error::io("chown", path))
    }

    /// Lets the account read a file that stays ours.
    pub(crate) fn give_group(&self, path: &Path) -> Result<(), Error> {
        let Some(account) = &self.0 else { return Ok(()) };
        chown(path, None, Some(account.gid.as_raw())).map_err(Error::io("chown", path))
    }

    /// The mode of a directory that the account passes through without owning it.
    pub(crate) fn passage_mode(&self) -> u32 {
        if self.0.is_some() { 0o711 } else { 0o700 }
    }

    /// For messages.
    pub(crate) fn name(&self) -> &str {
        self.0.as_ref().map_or("the current user", |account| &account.name)
    }
}
