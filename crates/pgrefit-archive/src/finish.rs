//! The end: the rows are counted and digested once more, and the table is dropped, in one transaction.

use std::time::{Duration, Instant};

use pgrefit_pg::digest::{TableDigest, sent_by, sent_columns_by};
use pgrefit_pg::{Error as PgError, Migrator};

use crate::detach::{Presence, is_bound, presence};
use crate::export::same_columns;
use crate::failpoint::reach;
use crate::ledger::{Change, Ledger};
use crate::run::{Patience, is_lock};
use crate::{Error, Event, Job, Record, State};

/// How often the lock against readers is asked for while the one against writers is held.
const UPGRADES: u32 = 3;

/// What has become of the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Finished {
    /// It is gone.
    Dropped { exclusive: Duration, writers: Duration },
    /// It stays, as was wanted.
    Kept { writers: Duration },
    /// It is not as it was exported; nothing was done.
    Changed { rows: u64 },
}

/// The last step.
pub(crate) struct Finish<'a> {
    pub(crate) job: &'a Job<'a>,
    pub(crate) ledger: &'a Ledger,
    pub(crate) record: &'a Record,
    pub(crate) drops: bool,
}

impl Finish<'_> {
    /// Tries until the locks are granted, or it was tried often enough. Whatever ends it rolls back.
    pub(crate) async fn run(&self, session: &mut Migrator) -> Result<Finished, Error> {
        let mut patience = Patience::new(self.job, self.record.table(), "ACCESS EXCLUSIVE");
        loop {
            let tried = self.job.unless_stopped(self.once(session)).await;
            if tried.is_err() {
                // A statement that was given up would go on until the session has its turn again.
                let _ = session.cancel_handle().cancel().await;
                let _ = session.batch("ROLLBACK").await;
            }
            match tried {
                Err(Error::Source(error)) if is_lock(&error) => patience.pause(error).await?,
                other => return other,
            }
        }
    }

    async fn once(&self, session: &mut Migrator) -> Result<Finished, Error> {
        let Self { ledger, record, job, .. } = self;
        session.batch(&self.begin()).await.map_err(Error::Source)?;
        let locked = Instant::now();
        let digest = self.digest(session).await?;
        reach("recounted, in the transaction");
        let export = record.exported()?;
        let is_same =
            digest.as_ref().is_some_and(|found| (found.rows, &found.digest) == (export.rows, &export.digest));
        if !is_same {
            session.batch("ROLLBACK").await.map_err(Error::Source)?;
            return Ok(Finished::Changed { rows: digest.map_or(0, |digest| digest.rows) });
        }
        ledger.change(session, record, job.tool, &Change::to(State::Recounted)).await?;
        if !self.drops {
            session.batch("COMMIT").await.map_err(Error::Source)?;
            return Ok(Finished::Kept { writers: locked.elapsed() });
        }
        let exclusive = self.exclusively(session).await.map_err(Error::Source)?;
        let recounted = Record { state: State::Recounted, ..(*record).clone() };
        ledger.change(session, &recounted, job.tool, &Change::to(State::Dropped)).await?;
        session.batch(&format!("DROP TABLE {} RESTRICT", record.table())).await.map_err(Error::Source)?;
        reach("dropped but not committed");
        session.batch("COMMIT").await.map_err(Error::Source)?;
        reach("dropped and committed");
        let finished = Finished::Dropped { exclusive: exclusive.elapsed(), writers: locked.elapsed() };
        job.tell(Event::Locked { exclusive: exclusive.elapsed(), writers: locked.elapsed() });
        Ok(finished)
    }

    /// Each statement sees what was committed before it: the digest, all that was there when the lock was granted.
    fn begin(&self) -> String {
        let limits = self.job.limits;
        format!(
            "BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE; SET LOCAL lock_timeout = {}; \
             SET LOCAL statement_timeout = {}; SET LOCAL idle_in_transaction_session_timeout = '60s'; \
             SET LOCAL row_security = off; SET LOCAL search_path = pg_catalog, pg_temp; \
             LOCK TABLE ONLY {} IN SHARE ROW EXCLUSIVE MODE",
            limits.lock.as_millis(),
            limits.statement.as_millis(),
            self.record.table(),
        )
    }

    /// `None` where the table has other columns now.
    async fn digest(&self, session: &mut Migrator) -> Result<Option<TableDigest>, Error> {
        let (plan, id) = (&self.record.plan, &self.record.id);
        // Now that nobody can rename it any more.
        if presence(session, &plan.table, plan.oid).await.map_err(Error::Source)? != Presence::There {
            return Err(Error::OtherTable { id: id.clone(), table: plan.table.clone() });
        }
        if is_bound(session, plan.oid).await? {
            return Ok(None);
        }
        let columns = sent_columns_by(session, &plan.table).await.map_err(Error::Source)?;
        let Ok(columns) = same_columns(plan, &columns) else { return Ok(None) };
        sent_by(session, &plan.table, &columns).await.map(Some).map_err(Error::Source)
    }

    /// Locks out readers too. A few times without letting go of what was counted; since when it is held.
    async fn exclusively(&self, session: &mut Migrator) -> Result<Instant, PgError> {
        let lock = format!("LOCK TABLE ONLY {} IN ACCESS EXCLUSIVE MODE", self.record.table());
        for _ in 1..UPGRADES {
            session.batch("SAVEPOINT upgrade").await?;
            match session.batch(&lock).await {
                Ok(()) => return Ok(Instant::now()),
                Err(error) if is_lock(&error) => session.batch("ROLLBACK TO SAVEPOINT upgrade").await?,
                Err(error) => return Err(error),
            }
        }
        session.batch(&lock).await.map(|()| Instant::now())
    }
}
