//! The second connection: looks at the locks of the working backend every few milliseconds, while a statement runs.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use pgrefit_pg::{Connector, Error as PgError, Migrator, SimpleRow};
use pgrefit_sql::LockMode;
use tokio::sync::Notify;
use tokio::task::JoinHandle;
use tokio::time::sleep;

use crate::intervals::{Observation, Seen};
use crate::{Phase, Sampling};

/// A statement that is so young is looked at without a pause: most are over by then.
const EAGER: Duration = Duration::from_millis(50);
/// Of one step so many changes of its locks are kept, and of one statement so many changes of its phase.
const CHANGES_MAX: usize = 200_000;
const PHASES_MAX: usize = 1000;
/// A look that fails so often in a row ends the looking.
const FAILURES_MAX: usize = 20;

/// The clock of a rehearsal.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Clock(Instant);

impl Clock {
    pub(crate) fn start() -> Self {
        Self(Instant::now())
    }

    /// Milliseconds since the rehearsal began.
    pub(crate) fn now_ms(self) -> f64 {
        to_microseconds(self.0.elapsed().as_secs_f64() * 1000.0)
    }
}

/// Milliseconds with three decimals: more were not measured, and a file keeps these.
pub(crate) fn to_microseconds(ms: f64) -> f64 {
    (ms * 1000.0).round() / 1000.0
}

/// What the sampler and the tracer share.
#[derive(Debug, Clone)]
pub(crate) struct Watch {
    pub(crate) clock: Clock,
    state: Arc<Mutex<State>>,
    /// That something runs now.
    begun: Arc<Notify>,
}

#[derive(Debug, Default)]
struct State {
    /// The working backend; none while nothing runs.
    pid: Option<i32>,
    observations: Vec<Observation>,
    phases: Vec<Phase>,
    samples: u64,
    last_ms: f64,
    begun_ms: f64,
    gap_max_ms: f64,
    is_full: bool,
    is_over: bool,
}

impl Watch {
    pub(crate) fn new() -> Self {
        Self { clock: Clock::start(), state: Arc::default(), begun: Arc::default() }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // Nobody panics while it is locked; and the data would be whole.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Forgets what was seen of the step before.
    pub(crate) fn begin_step(&self) {
        let mut state = self.state();
        state.observations.clear();
        state.phases.clear();
    }

    /// The backend `pid` runs something from now on.
    pub(crate) fn begin(&self, pid: i32) -> f64 {
        let now_ms = self.clock.now_ms();
        let mut state = self.state();
        (state.pid, state.last_ms, state.begun_ms) = (Some(pid), now_ms, now_ms);
        self.begun.notify_one();
        now_ms
    }

    /// It has ended. Returns when, and what the server said it was doing.
    pub(crate) fn end(&self) -> (f64, Vec<Phase>) {
        let now_ms = self.clock.now_ms();
        let mut state = self.state();
        state.saw_at(now_ms);
        state.pid = None;
        (now_ms, std::mem::take(&mut state.phases))
    }

    /// Takes in what the working session itself says.
    pub(crate) fn saw(&self, sent_ms: f64, locks: Vec<Seen>) {
        let got_ms = self.clock.now_ms();
        self.state().add(sent_ms, got_ms, locks);
    }

    /// What was seen since the step began.
    pub(crate) fn observations(&self) -> Vec<Observation> {
        self.state().observations.clone()
    }

    pub(crate) fn sampling(&self, interval: Duration) -> Sampling {
        let state = self.state();
        Sampling {
            interval_ms: interval.as_secs_f64() * 1000.0,
            samples: state.samples,
            gap_max_ms: to_microseconds(state.gap_max_ms),
        }
    }

    /// Whether a step had more changes than are kept.
    pub(crate) fn is_full(&self) -> bool {
        self.state().is_full
    }

    fn pid(&self) -> Option<i32> {
        self.state().pid
    }

    /// Whether what runs has done so for that long.
    fn has_run_for(&self, time: Duration) -> bool {
        self.clock.now_ms() - self.state().begun_ms > time.as_secs_f64() * 1000.0
    }

    /// Takes in a sample, unless what it was taken of has ended meanwhile.
    fn sampled(&self, pid: i32, sent_ms: f64, rows: Vec<SimpleRow>) {
        let got_ms = self.clock.now_ms();
        let mut state = self.state();
        if state.pid != Some(pid) {
            return;
        }
        state.samples += 1;
        state.saw_at(got_ms);
        let mut locks = Vec::new();
        for row in rows {
            match row.first().and_then(Option::as_deref) {
                Some("phase") => state.phase(row.into_iter().nth(1).flatten(), got_ms),
                _ => locks.extend(seen(&row)),
            }
        }
        locks.sort_unstable();
        state.add(sent_ms, got_ms, locks);
    }
}

impl State {
    fn saw_at(&mut self, now_ms: f64) {
        if self.pid.is_some() {
            self.gap_max_ms = self.gap_max_ms.max(now_ms - self.last_ms);
        }
        self.last_ms = now_ms;
    }

    fn add(&mut self, sent_ms: f64, got_ms: f64, locks: Vec<Seen>) {
        let count = self.observations.len();
        match self.observations.last_mut() {
            Some(last) if last.locks == locks => last.sent_ms = sent_ms.max(last.sent_ms),
            _ if count >= CHANGES_MAX => self.is_full = true,
            _ => self.observations.push(Observation { got_ms, sent_ms, locks }),
        }
    }

    fn phase(&mut self, name: Option<String>, now_ms: f64) {
        let Some(name) = name else { return };
        let count = self.phases.len();
        match self.phases.last_mut() {
            Some(last) if last.name == name => last.until_ms = now_ms,
            _ if count >= PHASES_MAX => {}
            _ => self.phases.push(Phase { name, from_ms: now_ms, until_ms: now_ms }),
        }
    }
}

fn seen(row: &SimpleRow) -> Option<Seen> {
    let [Some(oid), Some(mode), Some(granted)] = &row[..] else { return None };
    Some(Seen { oid: oid.parse().ok()?, mode: LockMode::of_pg_locks(mode)?, granted: granted == "t" })
}

/// The sampler at work; ends when it is dropped.
#[derive(Debug)]
pub(crate) struct Sampler {
    watch: Watch,
    task: JoinHandle<()>,
}

impl Sampler {
    /// Opens the second connection and looks from it.
    pub(crate) async fn start(
        connector: &Connector,
        watch: &Watch,
        interval: Duration,
    ) -> Result<Self, PgError> {
        let mut session = connector.migrator().await?;
        session.batch(include_str!("sample.sql")).await?;
        let task = tokio::spawn(run(session, watch.clone(), interval));
        Ok(Self { watch: watch.clone(), task })
    }

    /// Whether it still looks.
    pub(crate) fn is_alive(&self) -> bool {
        !self.task.is_finished()
    }
}

impl Drop for Sampler {
    fn drop(&mut self) {
        self.watch.state().is_over = true;
        self.task.abort();
    }
}

async fn run(mut session: Migrator, watch: Watch, interval: Duration) {
    let mut failures = 0;
    while !watch.state().is_over && failures < FAILURES_MAX {
        let Some(pid) = watch.pid() else {
            watch.begun.notified().await;
            continue;
        };
        let sent_ms = watch.clock.now_ms();
        let sql = format!("EXECUTE pgrefit_locks ({pid}); EXECUTE pgrefit_phase ({pid})");
        match session.simple(&sql).await {
            Ok(rows) => {
                failures = 0;
                watch.sampled(pid, sent_ms, rows);
            }
            Err(_) => failures += 1,
        }
        if watch.has_run_for(EAGER) {
            sleep(interval).await;
        }
    }
}
