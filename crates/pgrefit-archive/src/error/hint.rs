//! The ways out of each error, as data for whoever prints it.

use super::{Error, StoreProblem};
use crate::Obstacle;

impl Error {
    /// What a person can do about it; `None` where there is nothing general to say.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        Some(match self {
            Self::Source(error) | Self::Scratch(error) => return error.hint(),
            Self::Refused { obstacles, .. } => return obstacles.first().and_then(of_obstacle),
            Self::Busy { .. } => "wait for it to end; a run that was killed gives its lock back within seconds".into(),
            Self::Moved { .. } => "run it again: it goes on from where the archive is now".into(),
            Self::OtherTable { .. } => {
                "rename the table, or remove the archive's row from the ledger if its rows are not wanted".into()
            }
            Self::NoSpace { dir, .. } => {
                format!("free space on the disk that holds {}, or name another work folder", dir.display())
            }
            Self::Locked { .. } => {
                "run it again when the table is not in use; who holds a lock is in pg_locks".into()
            }
            Self::Changing { .. } => {
                "find out who writes to the table that is being archived, and run it again; its rows are all in the table".into()
            }
            Self::FileChanged { .. } | Self::Differs { .. } => {
                "run it again: the table is exported anew; if that happens twice, look after the disk".into()
            }
            Self::ObjectChanged { .. } => {
                "do not remove anything: find out who changed the object, and restore it from a copy of the bucket".into()
            }
            Self::Store { problem, .. } => return of_store(*problem),
            Self::StoreUrl { .. } => "name file:///folder, s3://bucket/prefix, gs://bucket/prefix or az://container/prefix".into(),
            Self::LiveServer => "let a scratch server be started, or name another one".into(),
            Self::ExtensionMissing { .. } => {
                "set PGREFIT_PG_BIN to an installation that has them, or name another scratch server".into()
            }
            Self::NoLedger(_)
            | Self::NoTable { .. }
            | Self::Rows { .. }
            | Self::NoArchive { .. }
            | Self::WrongState { .. }
            | Self::NotRestorable { .. }
            | Self::Unreadable { .. }
            | Self::Io { .. }
            | Self::Stopped => return None,
        })
    }
}

fn of_store(problem: StoreProblem) -> Option<String> {
    Some(match problem {
        StoreProblem::Missing => "make the bucket or folder, or correct its name; pgrefit makes none".into(),
        StoreProblem::Denied => {
            "give the role of these credentials the right to put, get, list and delete objects".into()
        }
        StoreProblem::NoSpace => "free space in the store; the table is still in the database".into(),
        StoreProblem::Other => return None,
    })
}

fn of_obstacle(obstacle: &Obstacle) -> Option<String> {
    Some(match obstacle {
        Obstacle::NotATable { .. } => "archive its partitions one by one".into(),
        Obstacle::NotOwner { table, .. } => {
            format!("run as the owner of {table}, or as a member of that role")
        }
        Obstacle::RowSecurity { role } => format!("ALTER ROLE \"{role}\" BYPASSRLS"),
        Obstacle::DefaultPartition { partition } => {
            format!("detach {partition} first, or move its rows into partitions of their own")
        }
        Obstacle::Referenced { by, .. } => format!("archive the rows of {by} first, or drop its foreign key"),
        Obstacle::Needed { .. } => "drop it first, and make it again over what is left".into(),
        Obstacle::Column { .. } => "change the column's type, for instance to text".into(),
        _ => return None,
    })
}
