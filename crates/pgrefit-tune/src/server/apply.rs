//! Runs the script on a live server, and sees that it took; whatever goes wrong, it takes back what it has set.

mod seen;

use pgrefit_pg::{Migrator, Stop};

use super::facts::{PRIOR, prior_values};
use super::{Error, Facts, Proposal, Scripts};

pub use seen::Applied;

/// Sets the proposals with `ALTER SYSTEM`, reloads, and waits until what a reload is enough for is shown by the server, ten
/// seconds at most.
///
/// Writes `postgresql.auto.conf`; restarts nothing, and locks nothing. Have [`Scripts::reset_text`] in a file before: when
/// this process is killed half-way, that is the way back. One that fails or is asked to stop takes back what it has set.
///
/// # Errors
/// [`Error::PriorUnknown`], [`Error::NoReload`], [`Error::Moved`], [`Error::Server`] before anything is changed;
/// [`Error::Refused`], [`Error::NotInForce`] and [`Error::Stopped`], which say whether all of it was taken back.
pub async fn apply(
    session: &mut Migrator,
    facts: &Facts,
    proposals: &[Proposal],
    stop: &Stop,
) -> Result<Applied, Error> {
    if !facts.prior.is_known {
        return Err(Error::PriorUnknown);
    }
    let _heed = stop.heed();
    may_reload(session).await?;
    unmoved(session, facts, proposals).await?;
    let scripts = Scripts::new(facts, proposals);
    let mut run = Run { session, facts, proposals, scripts, begun: 0, is_reloaded: false };
    match run.go(stop).await {
        Ok(applied) => Ok(applied),
        Err(halt) => Err(halt.error(run.undo().await)),
    }
}

/// Without the right to reload, all would be set and nothing in force.
async fn may_reload(session: &mut Migrator) -> Result<(), Error> {
    let sql = "SELECT pg_catalog.has_function_privilege('pg_catalog.pg_reload_conf()', 'EXECUTE')";
    let rows = session.simple(sql).await.map_err(Error::server("read the rights of the role"))?;
    let may = rows.first().and_then(|row| row.first()?.as_deref()) == Some("t");
    if may { Ok(()) } else { Err(Error::NoReload) }
}

/// Somebody may have run `ALTER SYSTEM` since: then the way back would not be one.
async fn unmoved(session: &mut Migrator, facts: &Facts, proposals: &[Proposal]) -> Result<(), Error> {
    let rows = session.simple(PRIOR).await.map_err(Error::server("read what ALTER SYSTEM has set"))?;
    let now = prior_values(&rows);
    let moved =
        proposals.iter().find(|proposal| now.get(&proposal.name) != facts.prior.values.get(&proposal.name));
    moved.map_or(Ok(()), |proposal| Err(Error::Moved { name: proposal.name.clone() }))
}

async fn reload(session: &mut Migrator) -> Result<(), Error> {
    let sql = "SELECT pg_catalog.pg_reload_conf()";
    session.simple(sql).await.map(drop).map_err(Error::server("have the server read its files again"))
}

/// Why it went no further.
enum Halt {
    Stopped,
    Refused { name: String, source: pgrefit_pg::Error },
    NotInForce(Error),
}

impl Halt {
    fn error(self, undone: bool) -> Error {
        match self {
            Self::Stopped => Error::Stopped { undone },
            Self::Refused { name, source } => Error::Refused { name, undone, source },
            Self::NotInForce(source) => Error::NotInForce { undone, source: Box::new(source) },
        }
    }
}

struct Run<'a> {
    session: &'a mut Migrator,
    facts: &'a Facts,
    proposals: &'a [Proposal],
    scripts: Scripts,
    /// Statements that were sent, whatever became of them.
    begun: usize,
    /// Whether the server was told to read its files.
    is_reloaded: bool,
}

impl Run<'_> {
    async fn go(&mut self, stop: &Stop) -> Result<Applied, Halt> {
        for (statement, proposal) in self.scripts.set.iter().zip(self.proposals) {
            if stop.is_requested() {
                return Err(Halt::Stopped);
            }
            self.begun += 1;
            let refused = |source| Halt::Refused { name: proposal.name.clone(), source };
            self.session.batch(statement).await.map_err(refused)?;
        }
        self.is_reloaded = true;
        reload(self.session).await.map_err(Halt::NotInForce)?;
        let settled = seen::settle(self.session, self.facts, self.proposals, stop).await;
        settled.map_err(Halt::NotInForce)?.ok_or(Halt::Stopped)
    }

    /// Takes back what was begun, the last first, and looks whether all is as it was: a statement that failed may have worked,
    /// if it was the connection that failed.
    async fn undo(&mut self) -> bool {
        for statement in self.scripts.reset.iter().take(self.begun).rev() {
            // Whether it worked is seen below.
            let _ = self.session.batch(statement).await;
        }
        if self.is_reloaded && reload(self.session).await.is_err() {
            return false;
        }
        self.begun == 0 || unmoved(self.session, self.facts, self.proposals).await.is_ok()
    }
}
