//! The connection service file: named groups of settings ("The Connection Service File" in the manual).

use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use crate::Error;

use super::home::user_file;
use super::values::{Place, Values};

/// Where Debian's and the PGDG packages' libpq look when `PGSYSCONFDIR` is not set.
const SYSTEM_DIRS: &[&str] = &["/etc/postgresql-common", "/etc/sysconfig/pgsql"];

/// Fills what is still open from the service, if one is named.
pub(super) fn fill(values: &mut Values, env: &dyn Fn(&str) -> Option<String>) -> Result<(), Error> {
    let Some(service) =
        values.get("service").map(str::to_owned).or_else(|| env("PGSERVICE")).filter(|name| !name.is_empty())
    else {
        return Ok(());
    };
    let named = values
        .get("servicefile")
        .map(str::to_owned)
        .or_else(|| env("PGSERVICEFILE"))
        .filter(|name| !name.is_empty())
        .map(PathBuf::from);
    for path in candidates(named, env) {
        if let Some(text) = read(&path)?
            && apply(&text, &path, &service, values)?
        {
            return Ok(());
        }
    }
    let place =
        if values.get("service").is_some() { values.place("service") } else { Place::Variable("PGSERVICE") };
    Err(place.error(format!("the service \"{service}\" is defined in no service file")))
}

fn candidates(named: Option<PathBuf>, env: &dyn Fn(&str) -> Option<String>) -> Vec<PathBuf> {
    let user = named.or_else(|| user_file(env, ".pg_service.conf", ".pg_service.conf"));
    let system = env("PGSYSCONFDIR")
        .map_or_else(|| SYSTEM_DIRS.iter().map(PathBuf::from).collect(), |dir| vec![PathBuf::from(dir)]);
    user.into_iter().chain(system.into_iter().map(|dir| dir.join("pg_service.conf"))).collect()
}

fn read(path: &Path) -> Result<Option<String>, Error> {
    match std::fs::read_to_string(path) {
        Ok(text) => Ok(Some(text)),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(Place::File { path: path.to_owned(), line: 1 }
            .error(format!("the service file is unreadable: {error}"))),
    }
}

/// True when the file defines the service.
fn apply(text: &str, path: &Path, service: &str, values: &mut Values) -> Result<bool, Error> {
    let mut found = false;
    for (index, line) in text.lines().enumerate() {
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        if let Some(name) = line.strip_prefix('[') {
            if found {
                return Ok(true);
            }
            found = name.strip_suffix(']') == Some(service);
        } else if found {
            let place = Place::File { path: path.to_owned(), line: index + 1 };
            apply_line(line, &place, values)?;
        }
    }
    Ok(found)
}

fn apply_line(line: &str, place: &Place, values: &mut Values) -> Result<(), Error> {
    let (word, text) = line.split_once('=').ok_or_else(|| place.error("a line lacks its ="))?;
    if line.starts_with("ldap") {
        return Err(place.error("services in LDAP are not supported"));
    }
    if word == "service" || word == "servicefile" {
        return Err(place.error("a service cannot name another service"));
    }
    values.offer(word, text.to_owned(), place)
}
