//! The search itself, step by step.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::time::{Duration, Instant};

use pgrefit_catalog::Name;
use pgrefit_pg::Stop;

use super::build::{Built, build, drop_all};
use super::candidate::Candidate;
use super::choose::Choice;
use super::demand::Demand;
use super::explain::{Ready, Timing};
use super::facts::{Facts, QUERY};
use super::foreign_key::with_foreign_keys;
use super::found::{Event, Found, Rejected, Unread};
use super::known::Known;
use super::merge::merged;
use super::outcome::{Outcome, assemble};
use super::propose::Ask;
use super::refine::refine;
use super::session::{Session, reason};
use super::trial::State;
use super::{Error, Options, Origin, Statement, WritableCopy};

/// What has no limit of its own has that of a build, but not less than this: cleaning up must not fail for a short one.
const LIMIT_MIN: Duration = Duration::from_mins(1);

/// Tells what happens.
type OnEvent<'a> = &'a mut (dyn FnMut(Event) + Send);

/// Finds the indexes that make the statements faster and pay for what they cost.
///
/// Works on the copy in one session: prepares the statements, vacuums and analyzes the tables they read, builds candidates
/// (`SHARE` on their tables), measures in transactions that are rolled back (`ACCESS EXCLUSIVE` while candidates are hidden), and
/// drops all candidates at the end, also after an error and when asked to stop. What a killed run has left is dropped by the next one.
/// What statements write is rolled back; only values that they take from sequences stay taken, and what functions do outside of the
/// database is done.
///
/// # Errors
/// [`Error::Options`], [`Error::SameName`], [`Error::NoStatements`]; [`Error::Busy`] if another run works there; [`Error::Stopped`];
/// [`Error::Database`] when the session is lost. A statement that fails is no error: it is in [`Found::unread`].
pub async fn find(
    copy: &WritableCopy,
    statements: &[Statement],
    options: &Options,
    stop: &Stop,
    on_event: &mut (dyn FnMut(Event) + Send),
) -> Result<Found, Error> {
    options.check()?;
    let statements = named(statements)?;
    let _heed = stop.heed();
    let mut session = Session::open(copy, stop, options.build_limit.max(LIMIT_MIN)).await?;
    let found = Search { session: &mut session, options, begun: Instant::now(), notes: Vec::new() }
        .run(statements, on_event)
        .await;
    let dropped = drop_all(&mut session).await;
    let found = found?;
    dropped.map(|_| found)
}

/// Names are unique; those that a server has seen are made so.
fn named(statements: &[Statement]) -> Result<Vec<Statement>, Error> {
    let mut taken: BTreeSet<String> = BTreeSet::new();
    let mut all = statements.to_vec();
    for statement in &mut all {
        if taken.contains(&statement.name) && statement.origin == Origin::Given {
            return Err(Error::SameName(statement.name.clone()));
        }
        let mut number = 2;
        while !taken.insert(statement.name.clone()) {
            statement.name = format!("{} ({number})", statement.name);
            number += 1;
        }
    }
    Ok(all)
}

struct Search<'a, 's> {
    session: &'a mut Session<'s>,
    options: &'a Options,
    begun: Instant,
    notes: Vec<String>,
}

impl Search<'_, '_> {
    async fn run(mut self, statements: Vec<Statement>, on_event: OnEvent<'_>) -> Result<Found, Error> {
        let left = drop_all(self.session).await?;
        if left > 0 {
            self.notes.push(format!("{left} indexes that a killed run had left on the copy were dropped"));
        }
        let facts = self.facts().await?;
        let statements = with_foreign_keys(statements, &facts, self.options);
        let mut known = Known::of(self.session, statements).await?;
        on_event(Event::Preparing);
        self.prepare_tables(&facts, &known).await?;
        let facts = self.facts().await?;
        known.give_values(self.session, &facts).await?;
        if known.ready.is_empty() {
            return Err(known.nothing());
        }
        let candidates = self.candidates(&facts, &known).await?;
        let (built, mut rejected) = self.build_all(candidates, on_event).await?;
        let mut outcome = self.choose(&facts, &known, &built, on_event).await?;
        outcome.drop_unused(&built);
        known.unread.extend(
            outcome.failed.iter().map(|(at, why)| Unread {
                name: known.ready[*at].statement.name.clone(),
                reason: why.clone(),
            }),
        );
        rejected.extend(outcome.rejected(&built));
        self.notes.append(&mut known.notes);
        self.notes.extend(outcome.notes());
        let mut found = assemble(&facts, &known.ready, &built, &outcome);
        (found.rejected, found.unread, found.notes) = (rejected, known.unread, self.notes);
        found.took_ms = u64::try_from(self.begun.elapsed().as_millis()).unwrap_or(u64::MAX);
        Ok(found)
    }

    async fn facts(&mut self) -> Result<Facts, Error> {
        Facts::read(&self.session.value(QUERY).await?.unwrap_or_default())
    }

    /// A restored copy has neither statistics nor a visibility map, which a live database has.
    async fn prepare_tables(&mut self, facts: &Facts, known: &Known) -> Result<(), Error> {
        for name in tables(facts, known.demands.iter().flatten()) {
            if let Err(refused) = self.session.say(&format!("VACUUM (ANALYZE) {name}")).await? {
                self.notes.push(format!("{name} was not vacuumed: {}", reason(&refused)));
            }
        }
        Ok(())
    }

    /// What may be worth building.
    async fn candidates(&mut self, facts: &Facts, known: &Known) -> Result<Vec<Candidate>, Error> {
        let mut all = Vec::new();
        let mut bundle = 0;
        for (at, ready) in known.ready.iter().enumerate() {
            let cost = self.cost(ready).await?;
            for demand in &known.demands[at] {
                let Some(table) = facts.table(&demand.relation) else { continue };
                if table.pages.unwrap_or_default() < self.options.pages_min {
                    continue;
                }
                let benefit = cost * ready.statement.weight.max(0.01);
                all.extend(Ask { facts, table, demand, statement: at, benefit }.candidates(&mut bundle));
            }
        }
        refine(self.session, facts, &mut all).await?;
        Ok(merged(facts, all, self.options.candidates_max))
    }

    /// What the planner says that a statement costs now.
    async fn cost(&mut self, ready: &Ready) -> Result<f64, Error> {
        super::build::begin_without(self.session, &[], self.options.statement_limit).await?;
        let plan = ready.plan(self.session).await;
        super::build::end(self.session).await?;
        Ok(plan?.map(|plan| plan.cost).unwrap_or_default())
    }

    async fn build_all(
        &mut self,
        candidates: Vec<Candidate>,
        on_event: OnEvent<'_>,
    ) -> Result<(Vec<Built>, Vec<Rejected>), Error> {
        let (mut all, mut rejected) = (Vec::new(), Vec::new());
        let mut waiting: VecDeque<Candidate> = candidates.into();
        let mut number = 0;
        while let Some(candidate) = waiting.pop_front() {
            number += 1;
            let definition = candidate.definition();
            on_event(Event::Building {
                number,
                count: number + waiting.len(),
                definition: format!("{} {definition}", candidate.table),
            });
            // Half of the time is for measuring.
            let built = if self.begun.elapsed() > self.options.time_limit / 2 {
                Err("was not built: the time for building is over".to_owned())
            } else {
                build(self.session, &candidate, number, self.options.build_limit).await?
            };
            match built {
                Ok(built) => all.push(built),
                Err(reason) => {
                    waiting.extend(candidate.instead);
                    rejected.push(Rejected { table: candidate.table, definition, reason });
                }
            }
        }
        self.analyze(&all).await?;
        Ok((all, rejected))
    }

    /// Expressions of indexes have statistics only when their table is analyzed.
    async fn analyze(&mut self, built: &[Built]) -> Result<(), Error> {
        let has_expression = |built: &&Built| built.candidate.keys.iter().any(|key| key.column.is_none());
        let tables: BTreeSet<&Name> =
            built.iter().filter(has_expression).map(|built| &built.candidate.table).collect();
        for table in tables {
            self.session.must(&format!("ANALYZE {table}"), "analyze a table").await?;
        }
        Ok(())
    }

    async fn choose(
        &mut self,
        facts: &Facts,
        known: &Known,
        built: &[Built],
        on_event: OnEvent<'_>,
    ) -> Result<Outcome, Error> {
        let mut choice = Choice {
            session: self.session,
            facts,
            options: self.options,
            statements: &known.ready,
            built,
            deadline: self.begun + self.options.time_limit,
            states: Vec::new(),
            kept: Vec::new(),
            reasons: BTreeMap::new(),
            costs: BTreeMap::new(),
            failed: BTreeMap::new(),
            unwritten: BTreeMap::new(),
            is_out_of_time: false,
        };
        choice.states = choice.measure_all(&[], self.options.runs, on_event).await?;
        let first = choice.states.clone();
        choice.run(on_event).await?;
        on_event(Event::Comparing);
        let (before, after) = compare(&mut choice, &first).await?;
        let Choice { kept, reasons, costs, failed, unwritten, is_out_of_time, .. } = choice;
        Ok(Outcome { before, after, kept, reasons, costs, failed, unwritten, is_out_of_time })
    }
}

/// Without and with all that is kept, in turn; the medians. One round, where a statement takes long.
async fn compare(choice: &mut Choice<'_, '_>, first: &[State]) -> Result<(Vec<State>, Vec<State>), Error> {
    let kept: Vec<usize> = choice.kept.iter().map(|(at, _)| *at).collect();
    let is_long = first.iter().any(|state| state.timing.is_long());
    let rounds = if is_long { choice.options.rounds.min(2) } else { choice.options.rounds };
    let (mut before, mut after) = (Vec::new(), Vec::new());
    for _ in 0..rounds {
        before.push(choice.measure_all(&[], 1, &mut |_| ()).await?);
        after.push(choice.measure_all(&kept, 1, &mut |_| ()).await?);
    }
    Ok((medians(&before), medians(&after)))
}

fn medians(rounds: &[Vec<State>]) -> Vec<State> {
    let statements = rounds.first().map_or(0, Vec::len);
    let of = |at: usize| {
        let timings: Vec<Timing> = rounds.iter().map(|round| round[at].timing.clone()).collect();
        let plan = rounds.last().map(|round| round[at].plan.clone()).unwrap_or_default();
        State { plan, timing: Timing::median(&timings) }
    };
    (0..statements).map(of).collect()
}

/// The tables that are read, roots for their partitions.
fn tables<'a>(facts: &Facts, demands: impl Iterator<Item = &'a Demand>) -> BTreeSet<Name> {
    demands.filter_map(|demand| facts.table(&demand.relation)).map(super::facts::Table::full_name).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_unique() {
        let seen = |name: &str| Statement {
            origin: Origin::Seen { calls: 1 },
            ..Statement::given(name, "SELECT 1")
        };
        let check = |statements: &[Statement], expected: &[&str]| {
            let found: Vec<String> = match named(statements) {
                Ok(all) => all.into_iter().map(|it| it.name).collect(),
                Err(error) => vec![error.to_string()],
            };
            assert_eq!(found, expected);
        };
        let given = Statement::given("a", "SELECT 1");
        check(&[given.clone(), seen("a"), seen("a")], &["a", "a (2)", "a (2) (3)"]);
        check(&[given.clone(), given], &["failed to tell statements apart: two are called \"a\""]);
    }
}
