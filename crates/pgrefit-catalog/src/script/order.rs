//! The order of statements: by kind, except that a statement comes after what it needs.

use std::collections::{BTreeSet, HashMap};

use super::mention::mentions;
use crate::Name;

/// The kinds of statements, in the order in which they come unless something is needed sooner or made later.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Rank {
    Type,
    Sequence,
    Routine,
    Table,
    ColumnStorage,
    Check,
    Attach,
    /// `PRIMARY KEY`, `UNIQUE` and `EXCLUDE`. A view with `GROUP BY` may depend on a primary key.
    Unique,
    View,
    Index,
    Owner,
    ForeignKey,
    Rule,
    Trigger,
    Policy,
}

/// What a statement makes, and what another may need.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) enum Thing {
    /// A type, a relation, or all routines of a name.
    Object(Name),
    /// The checks of a table, and how it keeps its columns.
    Ready(Name),
    /// The partitions of a table are attached to it.
    Attached(Name),
    /// The primary key and the other unique constraints of a table.
    Unique(Name),
    /// The indexes of a table, those of constraints included.
    Indexed(Name),
}

/// One statement, without its semicolon.
#[derive(Debug)]
pub(super) struct Statement {
    pub(super) rank: Rank,
    pub(super) text: String,
    makes: Vec<Thing>,
    needs: Vec<Thing>,
}

impl Statement {
    /// A statement that needs nothing yet.
    pub(super) fn new(rank: Rank, text: String) -> Self {
        Self { rank, text, makes: Vec::new(), needs: Vec::new() }
    }

    pub(super) fn makes(mut self, thing: Thing) -> Self {
        self.makes.push(thing);
        self
    }

    pub(super) fn needs(mut self, things: impl IntoIterator<Item = Thing>) -> Self {
        self.needs.extend(things);
        self
    }

    /// It needs the objects that `text` names.
    pub(super) fn mentions(self, text: &str) -> Self {
        let objects = mentions(text).into_iter().map(Thing::Object);
        self.needs(objects)
    }

    /// It needs all that its own text names.
    pub(super) fn mentions_all(self) -> Self {
        let objects: Vec<_> = mentions(&self.text).into_iter().map(Thing::Object).collect();
        self.needs(objects)
    }

    /// What it reads may be grouped by a primary key.
    pub(super) fn with_keys(mut self) -> Self {
        let keys: Vec<_> = self.needs.iter().filter_map(unique).collect();
        self.needs.extend(keys);
        self
    }
}

fn unique(thing: &Thing) -> Option<Thing> {
    match thing {
        Thing::Object(name) => Some(Thing::Unique(name.clone())),
        _ => None,
    }
}

/// Statements in an order that works. Those that need each other in a circle keep the order of their kinds.
pub(super) fn in_order(statements: Vec<Statement>) -> Vec<Statement> {
    let mut open = Open::new(&statements);
    let mut order = Vec::with_capacity(statements.len());
    while let Some(next) = open.next() {
        order.push(next);
    }
    let mut statements: Vec<_> = statements.into_iter().map(Some).collect();
    order.into_iter().filter_map(|index| statements[index].take()).collect()
}

/// The statements that have not found their place.
struct Open {
    /// Those that need nothing that is open, and all of them; both first to last.
    ready: BTreeSet<(Rank, usize)>,
    all: BTreeSet<(Rank, usize)>,
    ranks: Vec<Rank>,
    /// How many that it needs are open, and who needs it, by statement.
    waits_for: Vec<usize>,
    waited_for_by: Vec<BTreeSet<usize>>,
}

impl Open {
    fn new(statements: &[Statement]) -> Self {
        let mut makers: HashMap<&Thing, Vec<usize>> = HashMap::new();
        for (index, statement) in statements.iter().enumerate() {
            for thing in &statement.makes {
                makers.entry(thing).or_default().push(index);
            }
        }
        let mut waits_for = vec![0; statements.len()];
        let mut waited_for_by = vec![BTreeSet::new(); statements.len()];
        for (index, statement) in statements.iter().enumerate() {
            let needed = statement.needs.iter().filter_map(|thing| makers.get(thing)).flatten();
            for &maker in needed.filter(|maker| **maker != index) {
                if waited_for_by[maker].insert(index) {
                    waits_for[index] += 1;
                }
            }
        }
        let ranks: Vec<Rank> = statements.iter().map(|statement| statement.rank).collect();
        let all: BTreeSet<_> = ranks.iter().copied().enumerate().map(|(index, rank)| (rank, index)).collect();
        let ready = all.iter().copied().filter(|(_, index)| waits_for[*index] == 0).collect();
        Self { ready, all, ranks, waits_for, waited_for_by }
    }

    fn next(&mut self) -> Option<usize> {
        let next = self.ready.pop_first().or_else(|| self.all.first().copied())?;
        self.all.remove(&next);
        for waiting in std::mem::take(&mut self.waited_for_by[next.1]) {
            self.waits_for[waiting] -= 1;
            let entry = (self.ranks[waiting], waiting);
            if self.waits_for[waiting] == 0 && self.all.contains(&entry) {
                self.ready.insert(entry);
            }
        }
        Some(next.1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn object(name: &str) -> Thing {
        Thing::Object(Name::new("public", name))
    }

    fn check(statements: Vec<(Rank, &str, &[&str])>, expected: &[&str]) {
        let statements = statements
            .into_iter()
            .map(|(rank, name, needs)| {
                let needs = needs.iter().map(|name| object(name));
                Statement::new(rank, name.to_owned()).makes(object(name)).needs(needs)
            })
            .collect();
        let order: Vec<_> = in_order(statements).into_iter().map(|statement| statement.text).collect();
        assert_eq!(order, expected);
    }

    #[test]
    fn kinds_have_an_order_and_needs_come_first() {
        check(
            vec![(Rank::View, "v", &["t"]), (Rank::Table, "t", &[]), (Rank::Type, "y", &[])],
            &["y", "t", "v"],
        );
        check(
            vec![(Rank::Routine, "f", &["v"]), (Rank::View, "v", &["t"]), (Rank::Table, "t", &[])],
            &["t", "v", "f"],
        );
        check(
            vec![(Rank::View, "a", &["b"]), (Rank::View, "b", &["c"]), (Rank::View, "c", &[])],
            &["c", "b", "a"],
        );
        check(vec![(Rank::View, "a", &["elsewhere", "a"])], &["a"]);
    }

    #[test]
    fn a_circle_is_broken_where_the_kinds_begin() {
        check(
            vec![(Rank::View, "v", &["f"]), (Rank::Routine, "f", &["v"]), (Rank::Table, "t", &["v"])],
            &["f", "v", "t"],
        );
    }
}
