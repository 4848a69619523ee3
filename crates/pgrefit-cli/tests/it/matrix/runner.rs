//! A run of the binary that is brought to a certain place, to meet its fault there.

use std::path::PathBuf;
use std::process::Child;

use super::bench::Bench;
use super::seat::Seat;
use super::{Case, SOON, Spot};
use crate::concurrency::{Bystander, until};

/// A run that has come to its place and goes no further.
pub(super) struct Runner {
    pub(super) child: Child,
    /// What it waits for, besides.
    bystander: Option<Bystander>,
    /// As long as this file exists, the runner stays where it is.
    stop: PathBuf,
    pub(super) backend: Backend,
}

/// The session that a runner works in.
#[derive(Debug, Clone)]
pub(super) struct Backend {
    pub(super) pid: String,
    client_port: u16,
    query_start: String,
}

impl Runner {
    /// Starts a run and waits until it is at its spot. It goes through the proxy, if there is one.
    pub(super) fn at(case: &Case<'_>, bench: &mut Bench) -> Self {
        let Bench { database, seat, .. } = bench;
        let Case { shape, spot, folder, proxy } = case;
        let (spot, proxy) = (*spot, proxy.as_ref());
        let bystander = match spot {
            Spot::Held(held) => {
                let mut bystander = Bystander::on(database);
                bystander.sql(&format!("BEGIN; {held}"));
                Some(bystander)
            }
            Spot::At(_) | Spot::Unanswered => None,
        };
        let stop = folder.path().join("stop");
        let place = match spot {
            Spot::At(place) => Some(place),
            Spot::Unanswered => Some(shape.kind.commit().0),
            Spot::Held(_) => None,
        };
        let mut run = case
            .run()
            .on(database)
            // The statement itself is to wait, not the search for a gap before it.
            .env("PGREFIT_MIGRATIONS_WAIT_FOR_GAP", if bystander.is_some() { "false" } else { "true" });
        if let Some(place) = place {
            run = run.env("PGREFIT_FAILPOINT", format!("{place}={}", stop.display()));
        }
        if let Some(proxy) = proxy {
            run = run.env("DATABASE_URL", database.url_at(proxy.port()));
        }
        let mut child = run.start();
        let mut arrived = || match place {
            Some(_) => stop.exists(),
            None => seat.runners(&database.name, "wait_event_type = 'Lock'") == 1,
        };
        until(&format!("the runner is at {spot:?}"), SOON, || {
            assert!(child.try_wait().unwrap().is_none(), "the run ended before it came to {spot:?}");
            arrived()
        });
        let backend = Backend::of_runner(seat, &database.name);
        let runner = Self { child, bystander, stop, backend };
        if spot == Spot::Unanswered {
            let proxy = proxy.expect("somebody who loses the answers");
            proxy.swallow_answers(runner.backend.client_port, shape.kind.commit().1);
            runner.resume();
            let backend = &runner.backend;
            until("the work is done on the server", SOON, || backend.has_done_more(seat));
        }
        runner
    }

    /// Lets it go on from its place, if it was stopped there. Twice is as good as once.
    fn resume(&self) {
        let _ = std::fs::remove_file(&self.stop);
    }

    /// Lets it go on; nobody is in its way any more.
    pub(super) fn release(self) -> Child {
        self.resume();
        drop(self.bystander);
        self.child
    }
}

impl Backend {
    /// Neither the one that holds the runner lock, nor one that only looks.
    fn of_runner(seat: &mut Seat, database: &str) -> Self {
        let sql = format!(
            "SELECT pid, client_port, query_start FROM pg_stat_activity a \
                   WHERE datname = '{database}' AND application_name LIKE 'pgrefit/%' \
                   AND query <> '' AND query NOT LIKE 'BEGIN READ ONLY%' \
                   AND NOT EXISTS (SELECT FROM pg_locks l WHERE l.pid = a.pid AND l.locktype = 'advisory') \
                   ORDER BY backend_start DESC LIMIT 1"
        );
        let row = seat.rows(&sql).into_iter().next().expect("a working session");
        let [pid, client_port, query_start] = <[_; 3]>::try_from(row).unwrap().map(Option::unwrap);
        Self { pid, client_port: client_port.parse().unwrap(), query_start }
    }

    /// Whether it has ended another statement since.
    fn has_done_more(&self, seat: &mut Seat) -> bool {
        let Self { pid, query_start, .. } = self;
        let sql = format!(
            "SELECT state = 'idle' AND query_start > '{query_start}' FROM pg_stat_activity WHERE pid = {pid}"
        );
        seat.value(&sql) == "t"
    }
}
