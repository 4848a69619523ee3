//! The matrix: migrations of every kind, disturbed by every fault at every moment. Whatever happens, the next run ends where
//! an undisturbed one would have.

mod bench;
mod disk;
mod runner;
mod seat;
mod shapes;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::thread;
use std::time::{Duration, Instant};

use pgrefit_scratch::StopMode;

use crate::concurrency::{finish, until};
use crate::harness::{Folder, Pgrefit, Proxy, Ran, pgrefit, sql_at};
use bench::{Bench, End};
use runner::Runner;
use shapes::{Kind, SHAPES, Shape};

const SOON: Duration = Duration::from_secs(20);
/// How long the backends of a killed runner may stay.
const GONE: Duration = Duration::from_secs(2);
/// How long a reader may be kept waiting by a runner that was killed.
const READ_LIMIT: Duration = Duration::from_secs(1);
/// How long the network stays cut.
const OUTAGE: Duration = Duration::from_millis(400);
/// When the server finds out by keepalive packets that a client behind a silent network is gone.
const KEEPALIVE: Duration = Duration::from_secs(11);
/// How long the network stays silent after that: longer than a runner listens.
const SILENCE: Duration = Duration::from_secs(24);

/// What happens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fault {
    /// `kill -9` of the runner.
    Kill,
    /// The same, and the next run begins at once: what the server still does for the first one is in its way.
    KillAndRerun,
    /// `pg_terminate_backend` of the session that works.
    Terminate,
    /// `pg_cancel_backend` of it.
    Cancel,
    /// The server crashes and comes back.
    Restart,
    /// Every connection ends on both sides, and none can be made for a while.
    Cut,
    /// No packet arrives any more, and no connection ends.
    Silence,
    /// The disk has so many bytes left.
    FullDisk(u64),
}

/// When it happens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Moment {
    Before,
    During,
    /// Between a commit and its answer.
    Unanswered,
    After,
}

/// Where a run is met.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Spot {
    /// At one of its failpoints.
    At(&'static str),
    /// In a statement that waits for what somebody holds.
    Held(&'static str),
    /// The server has committed, and its answer is lost.
    Unanswered,
}

impl Moment {
    const ALL: [Self; 4] = [Self::Before, Self::During, Self::Unanswered, Self::After];

    fn spots(self, shape: &'static Shape, fault: Fault) -> Vec<Spot> {
        // Between two statements a session that is cut off is like one that is terminated.
        let count = if matches!(fault, Fault::Cut | Fault::Restart) { 1 } else { usize::MAX };
        let at = |places: &'static [&str]| places.iter().copied().take(count).map(Spot::At).collect();
        match self {
            Self::Before => at(shape.kind.before()),
            Self::During => shape.held.iter().copied().map(Spot::Held).collect(),
            Self::Unanswered => vec![Spot::Unanswered],
            Self::After => at(shape.kind.after()),
        }
    }
}

impl Fault {
    /// Whether it can happen then.
    fn makes_sense(self, moment: Moment, shape: &Shape) -> bool {
        match self {
            Self::Kill | Self::Terminate | Self::Restart | Self::Cut => true,
            // Only then does the server still work for the killed one.
            Self::KillAndRerun => matches!(moment, Moment::During | Moment::Unanswered),
            // A session that runs no statement does not heed it.
            Self::Cancel => moment == Moment::During,
            // It takes half a minute each time: see the test of its own.
            Self::Silence => false,
            // A full disk is met by what comes after it.
            Self::FullDisk(_) => moment == Moment::Before && shape.grows,
        }
    }

    /// The codes that a run may end with that has met it.
    fn codes(self) -> &'static [i32] {
        match self {
            Self::Kill => &[],
            Self::KillAndRerun => &[0],
            Self::Terminate | Self::Restart | Self::Cut | Self::Silence => &[0, 75],
            Self::Cancel => &[13, 14, 75],
            Self::FullDisk(_) => &[13, 14],
        }
    }

    /// Happens to a run at its spot; returns how the run ended, or the next one, unless it was killed.
    fn strike(self, case: &Case<'_>, bench: &mut Bench, mut runner: Runner) -> Option<Ran> {
        let pid = &runner.backend.pid;
        let proxy = case.proxy.as_ref();
        match self {
            Self::Kill => {
                kill(bench, runner, case.shape);
                return None;
            }
            Self::KillAndRerun => {
                runner.child.kill().unwrap();
                let rerun = case.run().on(&bench.database).start();
                thread::sleep(OUTAGE);
                runner.release().wait().unwrap();
                return Some(finish(rerun));
            }
            Self::Terminate => {
                bench.seat.rows(&format!("SELECT pg_terminate_backend({pid}, 5000)"));
            }
            Self::Cancel => {
                bench.seat.rows(&format!("SELECT pg_cancel_backend({pid})"));
                let waits = format!("pid = {pid} AND wait_event_type = 'Lock'");
                let ended = || bench.seat.runners(&bench.database.name, &waits) == 0;
                until("the statement is cancelled", SOON, ended);
            }
            Self::Restart => {
                bench.seat.leave();
                bench.database.server.stop_mode(StopMode::Immediate).unwrap();
                let child = runner.release();
                bench.database.server.restart().unwrap();
                return Some(finish(child));
            }
            Self::Cut => {
                let proxy = proxy.unwrap();
                proxy.cut();
                let child = runner.release();
                thread::sleep(OUTAGE);
                proxy.mend();
                return Some(finish(child));
            }
            Self::Silence => {
                let proxy = proxy.unwrap();
                proxy.go_silent();
                let child = runner.release();
                thread::sleep(KEEPALIVE);
                proxy.end_silent_at_server();
                thread::sleep(SILENCE);
                proxy.mend();
                return Some(finish(child));
            }
            Self::FullDisk(left) => {
                let disk = bench.disk.as_ref().unwrap();
                disk.fill(left);
                let ran = finish(runner.release());
                disk.clear();
                return Some(ran);
            }
        }
        Some(finish(runner.release()))
    }
}

/// One case.
struct Case<'a> {
    shape: &'static Shape,
    spot: Spot,
    folder: &'a Folder,
    /// Between the runner and the server, if the fault is one of the network.
    proxy: Option<Proxy>,
}

impl Case<'_> {
    /// A run that has the patience to wait for somebody who is in its way.
    fn run(&self) -> Pgrefit {
        pgrefit(["migrate", "--lock-timeout", "50s"]).inside(self.folder.path())
    }
}

/// Kills a runner. What it held is soon nobody's, and keeps no reader waiting.
fn kill(bench: &mut Bench, mut runner: Runner, shape: &Shape) {
    runner.child.kill().unwrap();
    let url = bench.database.url();
    let sql = format!("SELECT FROM {} LIMIT 1", shape.read);
    let reader = thread::spawn(move || {
        let start = Instant::now();
        sql_at(&url, &sql);
        start.elapsed()
    });
    runner.child.wait().unwrap();
    until("the killed runner's backends are gone", GONE, || {
        bench.seat.runners(&bench.database.name, "true") == 0
    });
    let waited = reader.join().unwrap();
    assert!(waited < READ_LIMIT, "a reader waited for {waited:?}");
    drop(runner.release());
}

/// Has one case run, and compares its end.
fn check(bench: &mut Bench, shape: &'static Shape, fault: Fault, spot: Spot) {
    let folder = Folder::new(shape.files);
    let expected = bench.begin(shape, &folder);
    let needs_proxy = spot == Spot::Unanswered || matches!(fault, Fault::Cut | Fault::Silence);
    let proxy = needs_proxy.then(|| Proxy::before(bench.database.server.port()));
    let case = Case { shape, spot, folder: &folder, proxy };
    let runner = Runner::at(&case, bench);
    if let Some(ran) = fault.strike(&case, bench, runner) {
        let code = ran.code.unwrap_or(-1);
        assert!(fault.codes().contains(&code), "the run ended with {code}: {}\n{}", ran.stdout, ran.stderr);
    }
    drop(case);
    let database = &bench.database;
    pgrefit(["migrate"]).inside(folder.path()).on(database).run().expect(0);
    assert_eq!(End::of(database), expected);
    let lock = format!(
        "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' \
         AND database = (SELECT oid FROM pg_database WHERE datname = '{}')",
        database.name
    );
    until("no runner has left a lock", GONE, || bench.seat.value(&lock) == "0");
    bench.end();
}

/// All cases of a fault on shapes of some kinds; each failure is told with the name of its case.
fn sweep(bench: &mut Bench, fault: Fault, shapes: &[&'static Shape]) {
    let mut failures = Vec::new();
    let mut count = 0;
    for shape in shapes {
        let moments = Moment::ALL.into_iter().filter(|moment| fault.makes_sense(*moment, shape));
        for spot in moments.flat_map(|moment| moment.spots(shape, fault)) {
            count += 1;
            let outcome = catch_unwind(AssertUnwindSafe(|| check(bench, shape, fault, spot)));
            if let Err(panic) = outcome {
                let words = panic.downcast_ref::<String>().cloned();
                let words = words.or_else(|| Some((*panic.downcast_ref::<&str>()?).to_owned()));
                failures.push(format!(
                    "{} × {fault:?} × {spot:?}\n{}",
                    shape.name,
                    words.unwrap_or_default()
                ));
            }
        }
    }
    assert!(failures.is_empty(), "{} of {count} cases failed:\n\n{}", failures.len(), failures.join("\n\n"));
}

fn shapes(kinds: &[Kind]) -> Vec<&'static Shape> {
    SHAPES.iter().filter(|shape| kinds.contains(&shape.kind)).collect()
}

/// The same on the server of all tests, two at a time: most of a case is waiting.
fn sweep_shared(fault: Fault, kinds: &[Kind]) {
    let shapes = shapes(kinds);
    let (one, other) = shapes.split_at(shapes.len() / 2);
    thread::scope(|scope| {
        scope.spawn(|| sweep(&mut Bench::shared(), fault, one));
        sweep(&mut Bench::shared(), fault, other);
    });
}

#[test]
fn killed_in_a_transaction() {
    sweep_shared(Fault::Kill, &[Kind::Whole]);
}

#[test]
fn killed_in_a_statement_on_its_own() {
    sweep_shared(Fault::Kill, &[Kind::Alone]);
}

#[test]
fn killed_in_a_mixed_file_or_a_backfill() {
    sweep_shared(Fault::Kill, &[Kind::Mixed, Kind::Batches]);
}

#[test]
fn killed_and_run_again_at_once() {
    sweep_shared(Fault::KillAndRerun, &Kind::ALL);
}

#[test]
fn terminated_in_a_transaction() {
    sweep_shared(Fault::Terminate, &[Kind::Whole]);
}

#[test]
fn terminated_in_a_statement_on_its_own() {
    sweep_shared(Fault::Terminate, &[Kind::Alone]);
}

#[test]
fn terminated_in_a_mixed_file_or_a_backfill() {
    sweep_shared(Fault::Terminate, &[Kind::Mixed, Kind::Batches]);
}

#[test]
fn cancelled() {
    sweep_shared(Fault::Cancel, &Kind::ALL);
}

#[test]
fn server_restarted_in_a_transaction() {
    sweep(&mut Bench::alone(), Fault::Restart, &shapes(&[Kind::Whole]));
}

#[test]
fn server_restarted_in_a_statement_on_its_own() {
    sweep(&mut Bench::alone(), Fault::Restart, &shapes(&[Kind::Alone]));
}

#[test]
fn server_restarted_in_a_mixed_file() {
    sweep(&mut Bench::alone(), Fault::Restart, &shapes(&[Kind::Mixed]));
}

#[test]
fn server_restarted_in_a_backfill() {
    sweep(&mut Bench::alone(), Fault::Restart, &shapes(&[Kind::Batches]));
}

#[test]
fn network_cut_in_a_transaction() {
    sweep_shared(Fault::Cut, &[Kind::Whole]);
}

#[test]
fn network_cut_in_a_statement_on_its_own() {
    sweep_shared(Fault::Cut, &[Kind::Alone]);
}

#[test]
fn network_cut_in_a_mixed_file_or_a_backfill() {
    sweep_shared(Fault::Cut, &[Kind::Mixed, Kind::Batches]);
}

/// All three at once: each waits for half a minute.
#[test]
fn network_gone_silent() {
    let names = ["add-column", "create-index", "backfill-update"];
    thread::scope(|scope| {
        for shape in SHAPES.iter().filter(|shape| names.contains(&shape.name)) {
            let spot = Spot::Held(shape.held[0]);
            scope.spawn(move || check(&mut Bench::shared(), shape, Fault::Silence, spot));
        }
    });
}

#[test]
fn disk_full_at_once() {
    on_a_full_disk(0);
}

#[test]
fn disk_full_on_the_way() {
    on_a_full_disk(24 << 10);
}

#[expect(clippy::print_stdout, reason = "what was not tested must be seen")]
fn on_a_full_disk(left: u64) {
    match Bench::on_small_disk() {
        Some(mut bench) => sweep(&mut bench, Fault::FullDisk(left), &shapes(&Kind::ALL)),
        None => println!("left out: mounting a small disk is not permitted here"),
    }
}
