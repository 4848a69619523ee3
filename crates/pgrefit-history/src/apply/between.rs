//! A message sent statement by statement, with looks between them. Errors are told as if it had been one message.

use std::ops::Range;

use pgrefit_pg::{Error as PgError, ScriptError};

use super::attend::Attended;
use super::crew::{Crew, silence};
use super::tracer::{Moment, StepAt};
use crate::Error;
use crate::message::Message;

/// What a script comes to while somebody attends.
pub(super) type Sent = Attended<Result<(), ScriptError>>;

impl Crew<'_, '_> {
    /// Sends a message, in one piece unless somebody looks between its statements; with probes if that is wanted, and the
    /// parser understood what stands between them.
    pub(super) async fn send(
        &mut self,
        title: &str,
        message: &Message<'_>,
        at: Option<StepAt<'_>>,
    ) -> Result<Sent, Error> {
        match at {
            Some(at) if self.is_probed() && message.is_understood() => {
                Ok(Box::pin(self.send_probed(title, message, at)).await)
            }
            Some(at) if self.is_traced() => Box::pin(self.send_between(title, message, at)).await,
            _ => Ok(self.script(title, &message.sql).await),
        }
    }

    async fn send_between(
        &mut self,
        title: &str,
        message: &Message<'_>,
        at: StepAt<'_>,
    ) -> Result<Sent, Error> {
        let pieces = message.pieces();
        self.trace(Moment::StepBegins(at)).await?;
        let opened = self.piece(title, message, pieces.head, 0).await;
        if !is_done(&opened) {
            return self.closed(at, opened).await;
        }
        self.trace(Moment::Opened(at)).await?;
        let mut completed = pieces.before;
        for (index, (range, in_file)) in pieces.statements.into_iter().enumerate() {
            let statement = at.statement(index, &in_file);
            self.trace(Moment::Begins(statement)).await?;
            let ended = self.piece(title, message, range, completed).await;
            if !is_done(&ended) {
                let lost = silence();
                self.trace_anyway(Moment::Ended(statement, None, Some(error_of(&ended, &lost)))).await;
                return self.closed(at, ended).await;
            }
            self.trace(Moment::Ended(statement, None, None)).await?;
            completed += 1;
        }
        let left = self.piece(title, message, pieces.tail, completed).await;
        if !is_done(&left) {
            return self.closed(at, left).await;
        }
        self.trace(Moment::Closing(at)).await?;
        let committed = self.piece(title, message, pieces.commit, completed + pieces.behind).await;
        self.closed(at, committed).await
    }

    /// Sends a piece of the message, in front of which so many statements of it were completed.
    async fn piece(
        &mut self,
        title: &str,
        message: &Message<'_>,
        range: Range<usize>,
        completed: usize,
    ) -> Sent {
        let before = message.sql[..range.start].chars().count();
        let mut sent = self.script(title, &message.sql[range]).await;
        if let Some(Err(error)) = &mut sent.result {
            error.completed += completed;
            let source = std::mem::replace(&mut error.source, silence());
            let before = u32::try_from(before).unwrap_or(u32::MAX);
            error.source = source.moved(|position| position.saturating_add(before));
        }
        sent
    }

    async fn closed(&mut self, at: StepAt<'_>, sent: Sent) -> Result<Sent, Error> {
        if is_done(&sent) {
            self.trace(Moment::Closed(at, None)).await?;
        } else {
            let lost = silence();
            self.trace_anyway(Moment::Closed(at, Some(error_of(&sent, &lost)))).await;
        }
        Ok(sent)
    }
}

fn is_done(sent: &Sent) -> bool {
    matches!(sent.result, Some(Ok(())))
}

/// The error of what is not done; `lost` where it was given up.
fn error_of<'x>(sent: &'x Sent, lost: &'x PgError) -> &'x PgError {
    match &sent.result {
        Some(Err(error)) => &error.source,
        Some(Ok(())) | None => lost,
    }
}
