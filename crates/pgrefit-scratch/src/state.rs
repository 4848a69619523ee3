//! `server.json`: how another process finds a server and its password.

use std::{
    fs::{self, OpenOptions},
    io::Write,
    os::unix::fs::OpenOptionsExt,
    path::Path,
};

use serde::{Deserialize, Serialize};

use crate::{Binaries, Durability, Error, secret::Password};

/// What is needed to connect to a server, and to start it again.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct State {
    pub(crate) binaries: Binaries,
    pub(crate) port: u16,
    /// Whether the user chose the port: then no other may take its place.
    pub(crate) port_fixed: bool,
    pub(crate) durability: Durability,
    pub(crate) settings: Vec<(String, String)>,
}

/// The one place where a password is written in the clear, in a file of mode 0600.
#[derive(Serialize, Deserialize)]
struct Record {
    #[serde(flatten)]
    state: State,
    password: String,
}

impl State {
    /// Replaces the file in one step.
    pub(crate) fn save(&self, path: &Path, password: &Password) -> Result<(), Error> {
        let record = Record { state: self.clone(), password: password.expose().to_owned() };
        let json = serde_json::to_string_pretty(&record);
        let json = json.map_err(|source| Error::State { path: path.to_owned(), source })?;
        let new = path.with_extension("new");
        write_private(&new, &json)?;
        fs::rename(&new, path).map_err(Error::io("write", path))
    }

    pub(crate) fn load(path: &Path) -> Result<(Self, Password), Error> {
        let text = fs::read_to_string(path).map_err(Error::io("read", path))?;
        let record = serde_json::from_str::<Record>(&text);
        let record = record.map_err(|source| Error::State { path: path.to_owned(), source })?;
        Ok((record.state, Password::new(record.password)))
    }
}

/// Writes a file that only its owner can read.
pub(crate) fn write_private(path: &Path, text: &str) -> Result<(), Error> {
    let mut options = OpenOptions::new();
    let file = options.write(true).create(true).truncate(true).mode(0o600).open(path);
    let written = file.and_then(|mut file| file.write_all(text.as_bytes()));
    written.map_err(Error::io("write", path))
}
