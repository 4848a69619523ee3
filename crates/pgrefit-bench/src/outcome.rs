//! How one statement went wrong.

use std::fmt;

use pgrefit_pg::Error;
use serde::{Deserialize, Serialize};

/// Characters of a server's message that are kept.
const MESSAGE_MAX: usize = 500;

/// How a statement went wrong, in a form that can be kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Trouble {
    /// The SQLSTATE; none if it was not the server that said so.
    pub sqlstate: Option<String>,
    /// What was said.
    pub message: String,
    /// What a person can do about it.
    pub hint: Option<String>,
}

impl Trouble {
    /// Of an error in a session that only reads.
    pub(crate) fn of(error: &Error) -> Self {
        let sqlstate = error.server().map(|server| server.sqlstate.clone());
        let said = error.server().map_or_else(|| chain(error), |server| server.message.clone());
        let message: String = said.chars().take(MESSAGE_MAX).collect();
        let hint = hint(error);
        Self { sqlstate, message, hint }
    }

    /// The key under which alike troubles are counted: the SQLSTATE, or in a word what else it was.
    pub(crate) fn key_of(error: &Error) -> String {
        match (error, error.server()) {
            // The last words of a server, such as 57P01, say why; the client sees a lost connection all the same.
            (Error::Lost { .. }, None) => "lost".to_owned(),
            (Error::Timeout { .. }, _) => "no-answer".to_owned(),
            (_, Some(server)) => server.sqlstate.clone(),
            _ => "client".to_owned(),
        }
    }

    /// Whether a time limit ended it: 57014, 55P03, or no answer at all.
    pub(crate) fn is_timeout(error: &Error) -> bool {
        match error {
            Error::Cancelled(server) => !is_by_request(&server.message),
            Error::LockTimeout(_) | Error::Timeout { .. } => true,
            _ => false,
        }
    }
}

/// SQLSTATE 57014 is that of `statement_timeout` and of a request by somebody; in another language than English, all are the former.
fn is_by_request(message: &str) -> bool {
    message.contains("user request")
}

impl fmt::Display for Trouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.sqlstate {
            Some(sqlstate) => write!(f, "{} (SQLSTATE {sqlstate})", self.message),
            None => f.write_str(&self.message),
        }
    }
}

/// What `pgrefit-pg` says of writes and limits is for migrations.
fn hint(error: &Error) -> Option<String> {
    let own = match error {
        Error::ReadOnlyServer(_) => {
            "queries are measured in READ ONLY transactions: measure statements that only read, and replay the others"
        }
        Error::Cancelled(server) if is_by_request(&server.message) => "somebody cancelled it: run it again",
        Error::Cancelled(_) => "it took longer than the limit for a query",
        Error::LockTimeout(_) => {
            "somebody held a lock that keeps readers out; see pg_locks and pg_stat_activity"
        }
        Error::NotPermitted(_) => {
            "have the privilege granted to this role, or measure as the application's role"
        }
        _ => return error.hint(),
    };
    Some(own.to_owned())
}

fn chain(error: &Error) -> String {
    let causes = std::iter::successors(std::error::Error::source(error), |cause| cause.source());
    causes.fold(error.to_string(), |text, cause| format!("{text}: {cause}"))
}
