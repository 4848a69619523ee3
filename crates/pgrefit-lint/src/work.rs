//! The work that a statement does on whole tables. The text says what it may be; the schema shows what of it there is none:
//! a type that is stored alike, a `NOT NULL` that is proven, a table that nobody has yet.

mod one;

use std::ops::Range;
use std::time::Duration;

use pgrefit_sql::{Effect, LockMode, Relation, Work};

use crate::action::Action;
use crate::case::Case;
use crate::schema::{Schema, Usage, shown};
use crate::weigh::Cost;
use one::works;

/// A statement of a judged file, with what it comes to on the schema as it is there.
#[derive(Debug, Clone, PartialEq)]
pub struct Statement {
    /// Its bytes in the file.
    pub range: Range<usize>,
    /// The command as PostgreSQL's reference names it.
    pub command: &'static str,
    /// What it locks so that others notice, strongest first: name and mode. What the file itself makes, and what those
    /// before it have made in the same run, is left out.
    pub locks: Vec<(String, LockMode)>,
    /// Its work on whole tables, longest first.
    pub work: Vec<TableWork>,
    /// What it is about: what it works on, else what it locks, else what it names first.
    pub table: Option<String>,
    /// How big and how busy that is, if it is known.
    pub usage: Option<Usage>,
}

impl Statement {
    /// A statement of which nobody asks what it does.
    pub(crate) fn unread(range: Range<usize>) -> Self {
        Self { range, command: "", locks: Vec::new(), work: Vec::new(), table: None, usage: None }
    }
}

/// Work on a whole table.
#[derive(Debug, Clone, PartialEq)]
pub struct TableWork {
    /// The kind of work.
    pub cost: Cost,
    /// The table as people write it.
    pub table: String,
    /// How big and how busy it is, if it is known.
    pub usage: Option<Usage>,
    /// Whether a condition decides how much of the table it is.
    pub partly: bool,
}

impl TableWork {
    /// How long it takes, to the order of magnitude; nothing when the size is not known, or when a condition decides.
    #[must_use]
    pub fn time(&self) -> Option<Duration> {
        let usage = self.usage.as_ref().filter(|usage| usage.rows.is_some() || usage.bytes > 0)?;
        if self.partly { None } else { self.cost.estimate(usage) }
    }
}

/// The facts of a statement while its actions are gone through.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    /// As long as the schema is the one before the statement: afterwards, what it drops is not known by its name.
    locks: Vec<(String, LockMode, Option<Usage>)>,
    work: Vec<TableWork>,
    /// What the first action is about.
    about: Option<String>,
    /// What the text alone says.
    said: Option<Vec<TableWork>>,
    /// Whether it does something that is not known here in detail.
    undecided: bool,
}

impl Tally {
    /// The tally of a statement, before anything of it is done.
    pub(crate) fn new(schema: &Schema, effect: &Effect, file: usize) -> Self {
        let others = effect.locks.iter().filter(|lock| lock.mode.blocks_writes());
        let mut locks: Vec<_> = others
            .filter(|lock| !schema.is_new_relation(&lock.relation, file))
            .map(|lock| (name(schema, &lock.relation), lock.mode, usage(schema, &lock.relation)))
            .collect();
        locks.sort_by_key(|(_, mode, _)| std::cmp::Reverse(*mode));
        Self { locks, ..Self::default() }
    }

    /// Adds what an action does; `case` is the schema before it.
    pub(crate) fn add(&mut self, case: &Case<'_>, action: &Action) {
        self.said.get_or_insert_with(|| said(case));
        if self.about.is_none() {
            self.about = action.kind.subject().map(|relation| name(case.schema, relation));
        }
        match works(case, action) {
            Some(found) => found.into_iter().for_each(|work| self.push(work)),
            None => self.undecided = true,
        }
    }

    /// Of several works on one table the longest remains: a table that is written anew is read and indexed on the way.
    fn push(&mut self, work: TableWork) {
        match self.work.iter_mut().find(|known| known.table == work.table) {
            Some(known) if known.cost < work.cost => *known = work,
            Some(_) => {}
            None => self.work.push(work),
        }
    }

    /// The statement, with what its text says where the schema does not know better.
    pub(crate) fn finish(mut self, range: Range<usize>, command: &'static str) -> Statement {
        if self.undecided {
            for work in self.said.take().unwrap_or_default() {
                self.push(work);
            }
        }
        self.work.sort_by_key(|work| std::cmp::Reverse((work.time(), work.cost)));
        let worked = self.work.first().map(|work| (work.table.clone(), work.usage));
        let locked = self.locks.first().map(|(table, _, usage)| (table.clone(), *usage));
        let about = self.about.map(|table| (table, None));
        let (table, usage) = worked.or(locked).or(about).unzip();
        Statement {
            range,
            command,
            locks: self.locks.into_iter().map(|(table, mode, _)| (table, mode)).collect(),
            work: self.work,
            table,
            usage: usage.flatten(),
        }
    }
}

/// What the text alone says of the work on tables that others know.
fn said(case: &Case<'_>) -> Vec<TableWork> {
    let known = case.effect.work.iter().filter(|work| !case.is_new(work.relation()));
    let is_reindex = case.effect.command.starts_with("REINDEX");
    known
        .map(|work| match work {
            Work::Rewrite(relation) => on(case, relation, Cost::Rewrite),
            Work::Scan(relation) if is_reindex => on(case, relation, Cost::Build),
            Work::Scan(relation) => on(case, relation, Cost::Scan),
        })
        .collect()
}

fn on(case: &Case<'_>, relation: &Relation, cost: Cost) -> TableWork {
    at(case, relation, cost, false)
}

fn at(case: &Case<'_>, relation: &Relation, cost: Cost, partly: bool) -> TableWork {
    let usage = case.cost(relation, cost).map(|(_, usage)| usage);
    TableWork { cost, table: name(case.schema, relation), usage, partly }
}

fn name(schema: &Schema, relation: &Relation) -> String {
    shown(&schema.owner(relation))
}

fn usage(schema: &Schema, relation: &Relation) -> Option<Usage> {
    schema.tables.get(&schema.owner(relation))?.usage
}
