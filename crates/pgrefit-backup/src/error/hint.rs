//! The ways out of each error, as data for whoever prints it.

use super::Error;

impl Error {
    /// What a person can do about it; `None` where there is nothing general to say.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        let hint = match self {
            Self::Source(error) | Self::Target(error) => return error.hint(),
            Self::Scratch(error) => return error.hint(),
            Self::ToolMissing { tool } => format!(
                "install the PostgreSQL client programs, or set PGREFIT_PG_BIN to the directory that has {tool}"
            ),
            Self::ToolTooOld { tool, wanted, .. } => format!(
                "install the client programs of PostgreSQL {wanted} or newer, or set PGREFIT_PG_BIN to a directory with such a {tool}"
            ),
            Self::ToolWithoutTls { .. } => {
                "install the PostgreSQL client programs of the system, which have TLS, or set PGREFIT_PG_BIN to them".to_owned()
            }
            Self::NoSpace { dir, .. } => {
                format!("free space on the disk that holds {}, or keep backups elsewhere", dir.display())
            }
            Self::NotReadable { role, .. } => format!(
                "GRANT pg_read_all_data TO \"{role}\" (PostgreSQL 14 and later), ALTER ROLE \"{role}\" BYPASSRLS for row security; \
                 or take backups as the owner"
            ),
            Self::ExtensionMissing { .. } => {
                "set PGREFIT_PG_BIN to an installation that has them, or restore on a server of yours with --staging-url".to_owned()
            }
            Self::DumpFailed { .. } | Self::ToolTimeout { .. } => {
                "read what the tool said; a lock that it waited for is in pg_stat_activity".to_owned()
            }
            Self::RestoreFailed { .. } => {
                "read what the tool said; a database that was named to restore into is half full now: drop it; a server that is set up as the source is can be given with --staging-url".to_owned()
            }
            Self::LiveServer => {
                "name another server with --staging-url; without it, a scratch server is started for the copy".to_owned()
            }
            Self::NotEmpty { .. } => {
                "create a new database and restore into it; see docs/runbooks/restore.md".to_owned()
            }
            Self::FilesChanged { .. } => "do not use this backup; take another one".to_owned(),
            Self::Differs { .. } => {
                "do not use this backup: find out why what was restored is not what was there, then take another one".to_owned()
            }
            Self::TooOld { .. } => "take a backup, or have one taken".to_owned(),
            Self::NoBackup { .. } => "take one first".to_owned(),
            Self::NotRestorable { .. } => "restore it with the tool that took it".to_owned(),
            Self::ToolAnswer { .. } | Self::ToolNotRun { .. } | Self::Manifest { .. } | Self::Io { .. } | Self::Stopped => {
                return None;
            }
        };
        Some(hint)
    }
}

#[cfg(test)]
mod tests {
    use super::Error;

    #[test]
    fn long_lists_are_cut() {
        let check = |count: usize, expected: &str| {
            let what = (0..count).map(|n| n.to_string()).collect();
            let text = Error::Differs { what }.to_string();
            let (_, list) = text.split_once("source: ").expect("a list");
            assert_eq!(list, expected);
        };
        check(2, "0; 1");
        check(12, "0; 1; 2; 3; 4; 5; 6; 7; 8; 9; and 2 more");
    }
}
