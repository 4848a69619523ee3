//! Errors of loads and of tuning.

use pgrefit_load::Error as LoadError;
use pgrefit_tune::indexes::Error as IndexError;
use pgrefit_tune::pool::Error as PoolError;
use pgrefit_tune::server::Error as ServerError;

use super::{Failed, exit_for};
use crate::Exit;

impl From<LoadError> for Failed {
    fn from(error: LoadError) -> Self {
        let hint = error.hint();
        Self::from_error(exit_for_load(&error), &error).hint_if(hint)
    }
}

fn exit_for_load(error: &LoadError) -> Exit {
    match error {
        LoadError::Draw { source, .. } | LoadError::Prepare { source, .. } | LoadError::Connect(source) => {
            exit_for(source)
        }
        LoadError::Machine { .. } => Exit::TryAgain,
        _ => Exit::Usage,
    }
}

impl From<PoolError> for Failed {
    fn from(error: PoolError) -> Self {
        let hint = error.hint();
        let exit = match &error {
            PoolError::Server { source, .. } => exit_for(source),
            PoolError::Load { source, .. } => exit_for_load(source),
            PoolError::Stopped => Exit::TryAgain,
            PoolError::Failing { .. } | PoolError::Answer { .. } => Exit::Blind,
            _ => Exit::Usage,
        };
        Self::from_error(exit, &error).hint_if(hint)
    }
}

impl From<ServerError> for Failed {
    fn from(error: ServerError) -> Self {
        let hint = error.hint();
        Self::from_error(exit_for_settings(&error), &error).hint_if(hint)
    }
}

fn exit_for_settings(error: &ServerError) -> Exit {
    match error {
        ServerError::Refused { undone: false, .. }
        | ServerError::NotInForce { undone: false, .. }
        | ServerError::Stopped { undone: false } => Exit::PartWay,
        ServerError::Server { source, .. } | ServerError::Refused { source, .. } => exit_for(source),
        ServerError::NotInForce { source, .. } => exit_for_settings(source),
        ServerError::PriorUnknown | ServerError::NoReload => Exit::Denied,
        ServerError::Moved { .. } | ServerError::Stopped { .. } => Exit::TryAgain,
        ServerError::Scratch { .. } | ServerError::NotTaken { .. } => Exit::Unchanged,
        _ => Exit::Blind,
    }
}

impl From<IndexError> for Failed {
    fn from(error: IndexError) -> Self {
        let hint = error.hint();
        let exit = match &error {
            IndexError::Database { source, .. } => exit_for(source),
            IndexError::IsLive { .. } | IndexError::IsStandby { .. } | IndexError::MayBePrimary { .. } => {
                Exit::Refused
            }
            IndexError::Changed { .. } => Exit::Refused,
            IndexError::Busy | IndexError::Stopped => Exit::TryAgain,
            IndexError::NoTraffic(_) => Exit::Blind,
            _ => Exit::Usage,
        };
        Self::from_error(exit, &error).hint_if(hint)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn what_is_still_set_is_for_a_person_to_look_at() {
        let late = || Box::new(ServerError::NotTaken { names: Vec::new(), waited: Duration::ZERO });
        let check = |error: ServerError, expected: Exit| {
            let failed = Failed::from(error);
            assert_eq!(failed.exit, expected, "{failed:?}");
            assert!(failed.failure.hint.is_some(), "{failed:?}");
        };
        check(ServerError::NotInForce { undone: true, source: late() }, Exit::Unchanged);
        check(ServerError::NotInForce { undone: false, source: late() }, Exit::PartWay);
        check(ServerError::Stopped { undone: true }, Exit::TryAgain);
        check(ServerError::Stopped { undone: false }, Exit::PartWay);
        check(ServerError::NoReload, Exit::Denied);
    }
}
