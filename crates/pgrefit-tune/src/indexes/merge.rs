//! Many wishes, few indexes: the same ones counted once, beginnings of others left out, and what is there already.

use pgrefit_catalog::quote_ident;

use super::candidate::{Candidate, Shape};
use super::facts::{Existing, Facts, Table};

/// The candidates worth building, those for the most expensive statements first, at most `count`; those of one bundle stay together.
pub(super) fn merged(facts: &Facts, candidates: Vec<Candidate>, count: usize) -> Vec<Candidate> {
    let mut own: Vec<Candidate> = Vec::new();
    for candidate in candidates {
        let same = |other: &&mut Candidate| {
            other.table == candidate.table
                && other.bundle == candidate.bundle
                && other.shape() == candidate.shape()
        };
        match own.iter_mut().find(same) {
            Some(other) => absorb(other, &candidate),
            None => own.push(candidate),
        }
    }
    own.retain(|candidate| !exists(facts, candidate));
    own.sort_by(|one, other| other.benefit.total_cmp(&one.benefit));
    unify(&mut own);
    let mut kept = without_covered(own);
    kept.sort_by(|one, other| other.benefit.total_cmp(&one.benefit));
    kept.truncate(count);
    kept
}

fn absorb(other: &mut Candidate, candidate: &Candidate) {
    other.wanted_by.extend(&candidate.wanted_by);
    other.benefit += candidate.benefit;
    other.strict = other.strict.min(candidate.strict);
}

/// Whether an index that is there answers the same.
fn exists(facts: &Facts, candidate: &Candidate) -> bool {
    let table = facts.table(&candidate.table);
    let shape = candidate.shape();
    let usable = |index: &&Existing| index.is_valid;
    table
        .into_iter()
        .flat_map(|table| &table.indexes)
        .filter(usable)
        .any(|index| Shape::of(index).covers(&shape))
}

/// Whether an index that is there begins with these columns, in any order.
pub(super) fn is_answered(table: &Table, columns: &[String]) -> bool {
    let begins = |index: &Existing| {
        let first = || (0..columns.len()).map(|at| index.key(at).unwrap_or_default());
        columns.iter().all(|column| first().any(|key| key == quote_ident(column)))
    };
    table.indexes.iter().any(|index| index.is_valid && index.predicate.is_none() && begins(index))
}

/// Existing indexes of a table that a new one covers, other than those of constraints and unique ones.
pub(super) fn superseded<'a>(table: &'a Table, new: &Candidate) -> impl Iterator<Item = &'a Existing> {
    let shape = new.shape();
    let needless = move |index: &&Existing| {
        !index.is_unique && !index.is_constraint && index.is_valid && shape.covers(&Shape::of(index))
    };
    table.indexes.iter().filter(needless)
}

/// Puts keys whose order is free into the order in which an index with fewer keys has them, so that one index serves both.
fn unify(all: &mut [Candidate]) {
    for at in 0..all.len() {
        let shorter: Vec<Candidate> = all
            .iter()
            .enumerate()
            .filter(|(other, it)| *other != at && it.table == all[at].table && it.free < all[at].free)
            .filter(|(_, it)| it.free == it.keys.len() && it.predicate == all[at].predicate)
            .map(|(_, it)| it.clone())
            .collect();
        let own = &mut all[at];
        for short in shorter {
            let free = &own.keys[..own.free];
            if short.keys.iter().all(|key| free.iter().any(|own| own.is_same(key))) {
                own.keys[..own.free].sort_by_key(|key| !short.keys.iter().any(|other| other.is_same(key)));
                break;
            }
        }
    }
}

/// Leaves out what another one covers. One that carries more columns is another choice, though: whether that pays is measured.
fn without_covered(all: Vec<Candidate>) -> Vec<Candidate> {
    let mut kept: Vec<Candidate> = Vec::new();
    let mut rest = all;
    // The longest first, so that whatever covers one is there before it.
    rest.sort_by_key(|candidate| std::cmp::Reverse(candidate.keys.len() + candidate.included.len()));
    for candidate in rest {
        let covers = |other: &&mut Candidate| {
            let carries_as_much = other.included.is_empty() || !candidate.included.is_empty();
            other.table == candidate.table && carries_as_much && other.shape().covers(&candidate.shape())
        };
        match kept.iter_mut().find(covers) {
            Some(other) => {
                absorb(other, &candidate);
                other.bundle = other.bundle.or(candidate.bundle);
                other.instead.push(candidate);
            }
            None => kept.push(candidate),
        }
    }
    kept
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use pgrefit_catalog::Name;

    use super::*;
    use crate::indexes::candidate::{Key, Method};

    fn candidate(keys: &str, free: usize, benefit: f64) -> Candidate {
        let key = |sql: &str| Key {
            sql: sql.to_owned(),
            column: Some(sql.to_owned()),
            columns: BTreeSet::new(),
            class: None,
            is_descending: false,
            nulls_first: false,
            may_be_long: false,
        };
        Candidate {
            table: Name::new("public", "t"),
            method: Method::Btree,
            keys: keys.split(',').map(key).collect(),
            free,
            strict: free,
            included: Vec::new(),
            predicate: None,
            purpose: String::new(),
            wanted_by: [0].into(),
            benefit,
            bundle: None,
            instead: Vec::new(),
        }
    }

    fn check(wishes: &[(&str, usize, f64)], existing: &[&str], expected: &[&str]) {
        let index = |keys: &&str| Existing {
            method: "btree".into(),
            is_valid: true,
            keys: keys.split(',').map(str::to_owned).collect(),
            ..Existing::default()
        };
        let table = Table {
            schema: "public".into(),
            name: "t".into(),
            indexes: existing.iter().map(index).collect(),
            ..Table::default()
        };
        let facts = Facts { tables: vec![table], ..Facts::default() };
        let wishes = wishes.iter().map(|(keys, free, benefit)| candidate(keys, *free, *benefit)).collect();
        let found: Vec<String> = merged(&facts, wishes, 10).iter().map(Candidate::definition).collect();
        assert_eq!(found, expected);
    }

    #[test]
    fn beginnings_and_doubles_are_left_out() {
        check(&[("a", 1, 1.0), ("a,b", 1, 1.0), ("a,b", 1, 1.0)], &[], &["(a, b)"]);
        check(&[("a", 1, 1.0), ("b", 1, 5.0)], &[], &["(b)", "(a)"]);
        check(&[("a,b", 2, 1.0), ("b,a", 2, 1.0)], &[], &["(a, b)"]);
    }

    #[test]
    fn keys_compared_with_equals_are_put_in_one_order() {
        check(&[("a,b,c", 2, 2.0), ("b", 1, 1.0)], &[], &["(b, a, c)"]);
        check(&[("a,b,c", 1, 2.0), ("b", 1, 1.0)], &[], &["(a, b, c)", "(b)"]);
    }

    #[test]
    fn what_is_there_is_not_proposed() {
        check(&[("a", 1, 1.0)], &["a,b"], &[]);
        check(&[("b,a", 2, 1.0)], &["a,b,c"], &[]);
        check(&[("b", 1, 1.0)], &["a,b"], &["(b)"]);
        check(&[("a,c", 1, 1.0)], &["a"], &["(a, c)"]);
    }
}
