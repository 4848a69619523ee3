//! Which failures pass by themselves, and after which of them the work may be done again.

use crate::Error;

/// What is known of the work.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Work {
    /// One transaction: unless its commit was under way, a failure means that nothing of it happened.
    Transaction,
    /// Work that may safely be done twice.
    Idempotent,
}

impl Work {
    /// Whether the work may be done again after this error, with some prospect.
    #[must_use]
    pub fn may_be_repeated(self, error: &Error) -> bool {
        match error {
            Error::CreateTimeout { .. } | Error::PlanChanged(_) => true,
            Error::Create { source, .. } | Error::Statement(source) => source.is_retryable(),
            Error::CommitUnknown(_) => self == Self::Idempotent,
            // Also when the pool is the bottleneck: asking again only makes the queue longer.
            _ => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use pgrefit_pg::ServerError;

    use super::*;

    fn server(sqlstate: &str) -> Box<ServerError> {
        Box::new(ServerError { sqlstate: sqlstate.to_owned(), ..ServerError::default() })
    }

    fn check(error: &Error, transaction: bool, idempotent: bool) {
        assert_eq!(Work::Transaction.may_be_repeated(error), transaction, "{error:?}");
        assert_eq!(Work::Idempotent.may_be_repeated(error), idempotent, "{error:?}");
    }

    #[test]
    fn what_passes_may_be_repeated_where_that_is_safe() {
        let statement = |sqlstate| Error::Statement(pgrefit_pg::Error::Server(server(sqlstate)));
        check(&statement("40001"), true, true);
        check(&statement("40P01"), true, true);
        check(&statement("23505"), false, false);
        check(&statement("42P01"), false, false);
        check(&statement("0A000"), false, false);
        check(&Error::PlanChanged(pgrefit_pg::Error::Server(server("0A000"))), true, true);
        let lost = || pgrefit_pg::Error::Lost { server: None, source: None };
        check(&Error::Statement(lost()), true, true);
        check(&Error::CommitUnknown(lost()), false, true);
        check(&Error::Statement(pgrefit_pg::Error::Cancelled(server("57014"))), false, false);
    }

    #[test]
    fn a_full_pool_is_not_asked_again() {
        let (pool, limit) = ("p".to_owned(), Duration::from_secs(1));
        check(&Error::CreateTimeout { pool: pool.clone(), limit }, true, true);
        check(&Error::WaitTimeout { pool: pool.clone(), limit, max: 1, waiting: 0 }, false, false);
        check(&Error::Closed { pool: pool.clone() }, false, false);
        let source = pgrefit_pg::Error::NotAccepting(server("57P03"));
        check(&Error::Create { pool, source }, true, true);
    }
}
