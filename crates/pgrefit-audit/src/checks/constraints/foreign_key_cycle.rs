//! Tables that refer to each other in a circle.

use std::collections::{BTreeMap, BTreeSet};

use pgrefit_catalog::census::{Column, Constraint, Source};
use pgrefit_report::Status;

use crate::check::{Check, Example, Group};
use crate::{Facts, Ruling};

/// The check.
pub(super) static CHECK: Check = Check {
    id: "foreign-key-cycle",
    code: "CON-09",
    group: Group::Constraints,
    title: "Foreign keys go round in a circle.",
    level: Status::Info,
    required: false,
    matters: "There is no order in which these tables can be filled row by row, emptied, or restored from a dump of data alone, \
              unless a key is deferrable or a column is left null at first: circles with such a key are not told. A table that refers to itself is a tree, and is \
              not told.",
    cure: "Make one of the keys DEFERRABLE, or move the reference that closes the circle to a table of its own.",
    sources: &[Source::Constraints, Source::Columns, Source::Types],
    example: Some(Example {
        bad: include_str!("foreign_key_cycle/bad.sql"),
        good: include_str!("foreign_key_cycle/good.sql"),
    }),
    judge,
};

/// From each table, those that it refers to.
type Graph = BTreeMap<u32, BTreeSet<u32>>;

fn judge(facts: &Facts<'_>, ruling: &mut Ruling) {
    let mut graph = Graph::new();
    for key in facts.enforced_foreign_keys() {
        ruling.saw();
        let (from, to) = (key.relation, key.referenced.unwrap_or(key.relation));
        if from != to && !can_wait(facts, key) {
            graph.entry(from).or_default().insert(to);
        }
    }
    for cycle in cycles(graph) {
        let mut names: Vec<_> = cycle.iter().map(|oid| facts.name(*oid)).collect();
        names.sort();
        let message = format!("{} refer to each other in a circle", names.join(", "));
        ruling.info(names[0].clone(), message).number("tables", cycle.len());
    }
}

/// Whether rows may come before those that they refer to: the key is checked late, or does not refer at first.
fn can_wait(facts: &Facts<'_>, key: &Constraint) -> bool {
    let mut columns = key.columns.iter().filter_map(|it| facts.column(key.relation, *it));
    let can_be_null = |it: &Column| facts.can_be_null(it);
    // MATCH FULL wants all of them null.
    let can_be_left =
        if key.match_type == Some('f') { columns.all(can_be_null) } else { columns.any(can_be_null) };
    key.deferrable || can_be_left
}

/// Sets of tables each of which is reached from each other.
fn cycles(mut graph: Graph) -> Vec<BTreeSet<u32>> {
    trim(&mut graph);
    let mut cycles = Vec::new();
    while let Some((&first, _)) = graph.first_key_value() {
        let forth = reached(&graph, first);
        let cycle: BTreeSet<u32> =
            forth.iter().copied().filter(|it| reached(&graph, *it).contains(&first)).collect();
        // What is done is taken out, so each table is in one set.
        graph.remove(&first);
        graph.retain(|table, _| !cycle.contains(table));
        if cycle.len() > 1 {
            cycles.push(cycle);
        }
        trim(&mut graph);
    }
    cycles
}

/// Takes out what cannot be in a circle: tables that refer to none that is left, again and again.
fn trim(graph: &mut Graph) {
    loop {
        let tables: BTreeSet<u32> = graph.keys().copied().collect();
        for others in graph.values_mut() {
            others.retain(|it| tables.contains(it));
        }
        graph.retain(|_, others| !others.is_empty());
        if graph.len() == tables.len() {
            return;
        }
    }
}

/// The tables that are reached from one, itself only by a circle.
fn reached(graph: &Graph, from: u32) -> BTreeSet<u32> {
    let (mut seen, mut next) = (BTreeSet::new(), vec![from]);
    while let Some(table) = next.pop() {
        next.extend(graph.get(&table).into_iter().flatten().copied().filter(|it| seen.insert(*it)));
    }
    seen
}

#[cfg(test)]
mod tests {
    use super::{Graph, cycles};

    #[test]
    fn circles_are_told_apart() {
        let check = |edges: &[(u32, u32)], expected: &[&[u32]]| {
            let mut graph = Graph::new();
            for (from, to) in edges {
                graph.entry(*from).or_default().insert(*to);
            }
            let found: Vec<Vec<u32>> = cycles(graph).into_iter().map(|it| it.into_iter().collect()).collect();
            assert_eq!(found, expected, "{edges:?}");
        };
        check(&[(1, 2), (2, 3), (1, 3)], &[]);
        check(&[(1, 2), (2, 1)], &[&[1, 2]]);
        check(&[(1, 2), (2, 3), (3, 1), (4, 1), (3, 5)], &[&[1, 2, 3]]);
        // Two circles, and a way from one to the other.
        check(&[(1, 2), (2, 1), (2, 3), (3, 4), (4, 3)], &[&[1, 2], &[3, 4]]);
        check(&[(1, 3), (3, 4), (4, 3)], &[&[3, 4]]);
        check(&[], &[]);
    }
}
