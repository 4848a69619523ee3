//! Errors as data.

use pgrefit_history::{Error as HistoryError, StatementAt};
use pgrefit_pg::{Error as PgError, ServerError};

use pgrefit_sql::without_passwords;

use crate::Failure;

/// An error of a run as data.
pub(super) fn failure(error: &HistoryError) -> Failure {
    let mut failure = Failure { message: words(error), hint: error.hint(), ..Failure::default() };
    let mut cause: Option<&dyn std::error::Error> = Some(error);
    while let Some(error) = cause {
        if let Some(server) = error.downcast_ref::<ServerError>() {
            said(&mut failure, server);
        }
        cause = error.source();
    }
    place(&mut failure, error);
    failure
}

fn place(failure: &mut Failure, error: &HistoryError) {
    match error {
        HistoryError::PartWay { source, .. } => place(failure, source),
        HistoryError::Statement(error) => {
            failure.title = Some(error.title.clone());
            failure.path = Some(error.path.display().to_string());
            (failure.line, failure.column) = (Some(error.place.line), Some(error.place.column));
            failure.source_line = Some(without_passwords(&error.line));
            if let Some(server) = error.source.server() {
                said(failure, server);
            }
        }
        HistoryError::Commit { title, source, .. } => {
            failure.title = Some(title.clone());
            if let Some(server) = source.server() {
                said(failure, server);
            }
        }
        _ => {}
    }
}

fn said(failure: &mut Failure, server: &ServerError) {
    failure.sqlstate = Some(server.sqlstate.clone());
    failure.detail.clone_from(&server.detail);
    if server.hint.is_some() {
        failure.hint.clone_from(&server.hint);
    }
}

/// The failure of a statement, at its begin.
pub(crate) fn failure_at(error: &PgError, at: StatementAt<'_>) -> Failure {
    let mut failure = Failure {
        message: words(error),
        hint: error.hint(),
        title: Some(at.step.file.title()),
        path: Some(at.step.file.path.display().to_string()),
        line: Some(at.place.line),
        column: Some(at.place.column),
        source_line: Some(without_passwords(at.place.line_of(&at.step.file.sql))),
        ..Failure::default()
    };
    if let Some(server) = error.server() {
        said(&mut failure, server);
    }
    failure
}

/// An error with its causes.
fn words(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text = format!("{text}: {error}");
        cause = error.source();
    }
    text
}
