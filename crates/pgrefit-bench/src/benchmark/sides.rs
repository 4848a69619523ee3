//! Two sides of one workload, in turn: two servers, or one server set up in two ways.

use pgrefit_load::{Drawn, LoadRun, Workload};
use pgrefit_pg::{Connector, Stop};
use pgrefit_report::Finding;
use serde::{Deserialize, Serialize};

use super::explain::Explainer;
use super::guarded::{Guarded, guarded};
use super::repeats::{begun, round};
use super::run::draw_for;
use super::set_up::set_up;
use super::{BenchOptions, Ending, Environment, Event, Explained, Phase};
use crate::Error;
use crate::compare::{Tolerance, plan_changes};
use crate::guard::{Watch, Watched, own_name};
use crate::versus::{Pair, Round, Turn, order};

/// One side.
#[derive(Debug, Clone)]
pub struct Side {
    /// What people read: "A", or what the user called it.
    pub name: String,
    /// The way to its database, with the settings that its sessions begin with.
    pub connector: Connector,
    /// SQL that is run before each of its rounds, as several statements may be; it may write. None if there is nothing to do.
    pub setup: Option<String>,
}

/// How [`versus`] works.
#[derive(Debug, Clone, PartialEq)]
pub struct VersusOptions {
    /// The load of each round; its duration is that of one round.
    pub bench: BenchOptions,
    /// Pairs of rounds.
    pub pairs: usize,
}

/// What `EXPLAIN` said of one side.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SidePlans {
    /// The side's name.
    pub name: String,
    /// Where it ran.
    pub environment: Environment,
    /// Each statement, in the set-up of this side.
    pub plans: Vec<Explained>,
    /// What the guard saw of its database.
    pub watched: Watched,
}

/// Two sides, and what came of their rounds.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Versus {
    /// The workload's name.
    pub workload: String,
    /// How it ended.
    pub ending: Ending,
    /// One side.
    pub a: SidePlans,
    /// The other.
    pub b: SidePlans,
    /// The pairs that were completed.
    pub pairs: Vec<Pair>,
    /// Statements that write and were left out.
    pub left_out: Vec<String>,
}

/// Runs the workload on both sides in turn, A B B A …, after one round of each that does not count. Values are drawn from A and
/// used on both. The set-up of a side is run before each of its rounds, and that of A once more at the end, so that A is what is
/// left: one that runs when somebody asks to stop, or for too long, is cancelled and waited for before. A guard looks at each
/// side's database; the sessions of both bear one name ([`own_name`]), so that it sees everybody else.
///
/// # Errors
/// As of [`super::run`]; [`Error::Setup`] if a set-up fails.
pub async fn versus(
    sides: &[Side; 2],
    workload: &Workload,
    options: &VersusOptions,
    stop: &Stop,
    on_event: &(dyn Fn(Event<'_>) + Sync),
) -> Result<Versus, Error> {
    options.check()?;
    let _heed = stop.heed();
    let sides = named(sides);
    let match_ = Match { sides: &sides, options, stop, on_event };
    let outcome = match Box::pin(match_.prepare(workload)).await {
        Ok(prepared) => Box::pin(match_.play(prepared)).await,
        Err(error) => Err(error),
    };
    // Whatever happened, A is what is left; its failure is told only if nothing else failed.
    let left = match_.set_up(Turn::A, &Stop::default()).await;
    let outcome = outcome?;
    left.map(|()| outcome)
}

/// Both under one name: they may be on one server.
fn named(sides: &[Side; 2]) -> [Side; 2] {
    let name = own_name("bench");
    sides.clone().map(|side| Side { connector: side.connector.under_name(name.clone()), ..side })
}

impl Versus {
    /// Plans that differ between the sides, as [`crate::compare`] tells of them.
    #[must_use]
    pub fn plan_findings(&self) -> Vec<Finding> {
        let both =
            self.a.plans.iter().filter_map(|a| Some((a, self.b.plans.iter().find(|b| b.name == a.name)?)));
        both.flat_map(|(a, b)| plan_changes(a, b, &Tolerance::default())).collect()
    }
}

impl VersusOptions {
    /// Pairs that may be asked for.
    pub const PAIRS_MAX: usize = 200;

    fn check(&self) -> Result<(), Error> {
        if self.pairs == 0 || self.pairs > Self::PAIRS_MAX {
            return Err(Error::Options("pairs of rounds must be between 1 and 200"));
        }
        self.bench.check()
    }
}

struct Match<'a> {
    sides: &'a [Side; 2],
    options: &'a VersusOptions,
    stop: &'a Stop,
    on_event: &'a (dyn Fn(Event<'_>) + Sync),
}

struct Prepared {
    drawn: Drawn,
    left_out: Vec<String>,
    environments: [Environment; 2],
    plans: [Vec<Explained>; 2],
    watches: [Watch; 2],
}

impl Match<'_> {
    fn side(&self, turn: Turn) -> &Side {
        &self.sides[usize::from(turn == Turn::B)]
    }

    async fn prepare(&self, workload: &Workload) -> Result<Prepared, Error> {
        (self.on_event)(Event::Phase(Phase::Preparing));
        self.set_up(Turn::A, self.stop).await?;
        let (drawn, left_out) = self.unless_stopped(self.draw(workload)).await?;
        let (environment_a, plans_a) = self.unless_stopped(self.explain(Turn::A, &drawn)).await?;
        self.set_up(Turn::B, self.stop).await?;
        let (environment_b, plans_b) = self.unless_stopped(self.explain(Turn::B, &drawn)).await?;
        (self.on_event)(Event::Phase(Phase::LookingAtQuiet));
        let watch = |turn| Watch::begin(&self.side(turn).connector, self.options.bench.guard);
        let both = async { Ok(tokio::join!(watch(Turn::A), watch(Turn::B))) };
        let (a, b) = self.unless_stopped(both).await?;
        Ok(Prepared {
            drawn,
            left_out,
            environments: [environment_a, environment_b],
            plans: [plans_a, plans_b],
            watches: [a?, b?],
        })
    }

    /// What only reads ends when somebody asks to stop, wherever it is.
    async fn unless_stopped<T>(&self, work: impl Future<Output = Result<T, Error>>) -> Result<T, Error> {
        tokio::select! {
            done = work => done,
            () = self.stop.requested() => Err(Error::Stopped),
        }
    }

    async fn draw(&self, workload: &Workload) -> Result<(Drawn, Vec<String>), Error> {
        let session = self.side(Turn::A).connector.read_only().await?;
        draw_for(&session, workload, &self.options.bench.load).await
    }

    async fn explain(&self, turn: Turn, drawn: &Drawn) -> Result<(Environment, Vec<Explained>), Error> {
        let connector = &self.side(turn).connector;
        let session = connector.read_only().await?;
        let environment = Environment::read(connector, &session).await?;
        let BenchOptions { explain_limit, ref load, .. } = self.options.bench;
        let explainer =
            Explainer { session: &session, stop: self.stop, limit: explain_limit, seed: load.seed };
        Ok((environment, explainer.shapes(drawn).await))
    }

    async fn play(&self, prepared: Prepared) -> Result<Versus, Error> {
        let Prepared { drawn, left_out, environments, plans, watches } = prepared;
        (self.on_event)(Event::Phase(Phase::Running));
        let inner = Stop::default();
        let [mut watch_a, mut watch_b] = watches;
        let rounds = guarded(self.rounds(&drawn, &inner), &mut watch_a, &inner, self.stop, self.on_event);
        let both = Box::pin(guarded(rounds, &mut watch_b, &inner, self.stop, &|_| {})).await;
        let Guarded { outcome: Guarded { outcome: pairs, suffering: of_a }, suffering: of_b } = both;
        let ending = match of_a.or(of_b) {
            Some(suffering) => Ending::Suffered(suffering),
            None if self.stop.is_requested() => Ending::Stopped,
            None => Ending::Completed,
        };
        let [environment_a, environment_b] = environments;
        let [plans_a, plans_b] = plans;
        let of = |turn, mut environment: Environment, plans, watch: Watch| {
            environment.after();
            SidePlans { name: self.side(turn).name.clone(), environment, plans, watched: watch.end() }
        };
        Ok(Versus {
            workload: drawn.name().to_owned(),
            ending,
            a: of(Turn::A, environment_a, plans_a, watch_a),
            b: of(Turn::B, environment_b, plans_b, watch_b),
            pairs: pairs?,
            left_out,
        })
    }

    /// The pairs that were completed before somebody asked to stop.
    async fn rounds(&self, drawn: &Drawn, inner: &Stop) -> Result<Vec<Pair>, Error> {
        // What is read for the first time, and what the server learns, is in neither side.
        for turn in [Turn::A, Turn::B] {
            self.round(turn, 0, drawn, inner).await?;
        }
        let turns = order(self.options.pairs, self.options.bench.load.seed);
        let mut pairs = Vec::with_capacity(self.options.pairs);
        for (at, turns) in turns.chunks(2).enumerate() {
            let mut of: [Option<Round>; 2] = [None, None];
            for turn in turns {
                let run = self.round(*turn, at + 1, drawn, inner).await?;
                of[usize::from(*turn == Turn::B)] = run.map(|run| round(&run));
            }
            match of {
                [Some(a), Some(b)] => pairs.push(Pair { a, b }),
                _ => break,
            }
        }
        Ok(pairs)
    }

    /// One round; none if it was not run to its end.
    async fn round(
        &self,
        turn: Turn,
        number: usize,
        drawn: &Drawn,
        inner: &Stop,
    ) -> Result<Option<LoadRun>, Error> {
        if inner.is_requested() {
            return Ok(None);
        }
        let side = self.side(turn);
        (self.on_event)(Event::Round { number, total: self.options.pairs, side: Some(&side.name) });
        match self.set_up(turn, inner).await {
            Err(Error::Stopped) => return Ok(None),
            done => done?,
        }
        let mut load = self.options.bench.load.clone();
        // Both rounds of a pair ask for the same; each pair for something else.
        load.seed = load.seed.wrapping_add(number as u64);
        let on_tick = |tick: &pgrefit_load::Tick| (self.on_event)(Event::Tick(tick));
        let run = pgrefit_load::run(&side.connector, drawn, &load, inner, on_tick).await;
        Ok(begun(run)?.filter(|run| !run.stopped))
    }

    async fn set_up(&self, turn: Turn, stop: &Stop) -> Result<(), Error> {
        set_up(self.side(turn), self.options.bench.explain_limit, stop).await
    }
}
