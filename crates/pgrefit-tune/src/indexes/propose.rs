//! Candidates for what a statement asks of a table: pure rules over conditions, order, catalog and statistics.

use std::collections::BTreeSet;

use super::candidate::{Candidate, Key, Method};
use super::clause::{Against, Atom, Clause, Operand};
use super::demand::Demand;
use super::facts::{Facts, Table};
use super::keys::{any_key, equalities, key, lists, order, part, ranges};

/// A condition with literals only that so few rows fulfil is worth a partial index.
const PART_MAX: f64 = 0.25;
/// Columns that are carried along, and their width in bytes.
const INCLUDED_MAX: usize = 5;
const INCLUDED_WIDTH_MAX: u32 = 128;
/// A B-tree with more keys is no longer smaller than the rows it finds.
const KEYS_MAX: usize = 6;
/// BRIN: how well the order of the table follows the column, and from how many pages on.
const CORRELATION_MIN: f64 = 0.95;
const BRIN_PAGES_MIN: u64 = 1024;

/// One statement's demand on one table.
pub(super) struct Ask<'a> {
    pub(super) facts: &'a Facts,
    pub(super) table: &'a Table,
    pub(super) demand: &'a Demand,
    /// The position of the statement.
    pub(super) statement: usize,
    /// What it costs, by the planner, weighted.
    pub(super) benefit: f64,
}

impl Ask<'_> {
    /// Candidates, the plainest first. `bundle` numbers those that help only together.
    pub(super) fn candidates(&self, bundle: &mut usize) -> Vec<Candidate> {
        let mut found = self.ordered();
        found.extend(self.listed());
        found.extend(self.joined());
        found.extend(self.grouped());
        found.extend(self.partial());
        found.extend(self.inverted());
        found.extend(self.by_block());
        let covering: Vec<Candidate> = found.iter().filter_map(|plain| self.covering(plain)).collect();
        found.extend(covering);
        found.extend(self.alternatives(bundle));
        found.retain(|candidate| !candidate.keys.is_empty() && candidate.keys.len() <= KEYS_MAX);
        found
    }

    /// `=` first, then the order, or a range.
    fn ordered(&self) -> Vec<Candidate> {
        let equal = equalities(self.table, &self.demand.clauses);
        let ranges = ranges(self.table, &self.demand.clauses);
        let order = self.order(&equal);
        let mut found = Vec::new();
        if !order.is_empty() {
            let about = if equal.is_empty() { "the order" } else { "equality, then the order" };
            found.push(self.btree(&equal, &order, about));
        }
        for range in ranges.iter().filter(|range| !is_beginning(range, &order)) {
            let about = if equal.is_empty() { "a range" } else { "equality, then a range" };
            let mut candidate = self.btree(&equal, range, about);
            candidate.strict = candidate.keys.len();
            found.push(candidate);
        }
        if found.is_empty() && !equal.is_empty() {
            found.push(self.btree(&equal, &[], "equality"));
        }
        found
    }

    fn order(&self, constant: &[Key]) -> Vec<Key> {
        order(self.table, &self.demand.order, constant).unwrap_or_default()
    }

    /// `IN (…)` beside `=`. Its rows come in no order.
    fn listed(&self) -> Vec<Candidate> {
        let lists = lists(self.table, &self.demand.clauses);
        if lists.is_empty() {
            return Vec::new();
        }
        let mut keys = equalities(self.table, &self.demand.clauses);
        keys.extend(lists);
        vec![self.btree(&keys, &[], "equality and lists")]
    }

    /// The column by which another relation's rows find theirs here.
    fn joined(&self) -> Vec<Candidate> {
        let equal = equalities(self.table, &self.demand.clauses);
        let keys = self.demand.joins.iter().filter_map(|on| key(self.table, on));
        keys.map(|join| self.btree(&with(&equal, join), &[], "a join")).collect()
    }

    /// Groups, which an index has together; only with all columns in it, so that the table is not read.
    fn grouped(&self) -> Option<Candidate> {
        let equal = equalities(self.table, &self.demand.clauses);
        let groups = self.demand.groups.iter().map(|on| key(self.table, on)).collect::<Option<Vec<_>>>()?;
        let groups: Vec<Key> =
            groups.into_iter().filter(|key| !equal.iter().any(|other| other.is_same(key))).collect();
        if groups.is_empty() {
            return None;
        }
        self.covering_or_whole(&self.btree(&equal, &groups, "groups, from the index alone"))
    }

    /// Only rows that fulfil conditions with literals, where those are few, or where the table need not be read then.
    fn partial(&self) -> Option<Candidate> {
        let few = |clause: &&Clause| {
            clause.predicate.is_some() && part(self.table, clause).is_some_and(|part| part <= PART_MAX)
        };
        let unindexable = |clause: &&Clause| match &clause.atom {
            Atom::NotNull(on) if clause.predicate.is_some() => {
                self.table.column_of(on).is_some_and(|column| !column.not_null && !column.can_be_included())
            }
            _ => false,
        };
        let clauses = &self.demand.clauses;
        let chosen: Vec<&Clause> = clauses.iter().filter(|it| few(it) || unindexable(it)).collect();
        if chosen.is_empty() {
            return None;
        }
        let rest: Vec<Clause> = clauses.iter().filter(|it| !chosen.contains(it)).cloned().collect();
        let (equal, constant) = (equalities(self.table, &rest), equalities(self.table, clauses));
        let mut behind = self.order(&constant);
        if behind.is_empty() {
            behind = ranges(self.table, &rest).into_iter().next().unwrap_or_default();
        }
        if behind.is_empty() {
            behind = lists(self.table, &rest);
        }
        let mut candidate = self.btree(&equal, &behind, "the few rows that fulfil a constant condition");
        if candidate.keys.is_empty() {
            candidate.keys.extend(self.any_column());
        }
        candidate.predicate = Some(conjunction(&chosen));
        let is_selective = chosen.iter().any(few);
        let covering = self.covering_or_whole(&candidate);
        if is_selective { Some(covering.unwrap_or(candidate)) } else { covering }
    }

    /// Something to be a key of an index that is there for its predicate.
    fn any_column(&self) -> Option<Key> {
        let columns = self.table.columns.iter().filter(|column| column.not_null && column.can_be_included());
        let least = columns.min_by_key(|column| column.width.unwrap_or(8))?;
        let on = Operand {
            sql: String::new(),
            columns: [least.name.clone()].into(),
            column: Some(least.name.clone()),
            cast: None,
        };
        key(self.table, &on)
    }

    /// GIN for documents, lists, words and patterns.
    fn inverted(&self) -> Vec<Candidate> {
        self.demand.clauses.iter().filter_map(|clause| self.inverted_for(clause)).collect()
    }

    fn inverted_for(&self, clause: &Clause) -> Option<Candidate> {
        let (on, class, about) = match &clause.atom {
            Atom::Contains(on, operator, _) => (on, self.class_of(on, operator)?.to_owned(), "contents"),
            Atom::Like { on, any_case, against } => {
                let has_beginning = matches!(against, Against::Constant(text) if !text.starts_with("'%"));
                if has_beginning && !any_case {
                    return None;
                }
                let schema = self.facts.extension("pg_trgm")?;
                (on, format!("{}.gin_trgm_ops", pgrefit_catalog::quote_ident(schema)), "patterns")
            }
            _ => return None,
        };
        let mut key = any_key(self.table, on)?;
        key.class = Some(class).filter(|class| !class.is_empty());
        let mut candidate = self.btree(&[], &[key], about);
        candidate.method = Method::Gin;
        Some(candidate)
    }

    /// The operator class of GIN for a type and operator, "" for the default one; none where GIN has none.
    fn class_of(&self, on: &Operand, operator: &str) -> Option<&'static str> {
        let Some(column) = self.table.column_of(on) else {
            let is_words = on.sql.starts_with("to_tsvector(") || on.sql.contains(".to_tsvector(");
            return (is_words && operator == "@@").then_some("");
        };
        match (column.base.as_str(), operator) {
            ("jsonb", "@>" | "@@" | "@?") => Some("jsonb_path_ops"),
            ("jsonb", "?" | "?|" | "?&") | ("tsvector", "@@") => Some(""),
            (_, "@>" | "&&" | "<@") if column.category == "A" => Some(""),
            _ => None,
        }
    }

    /// BRIN, where rows lie in the order of a range's column.
    fn by_block(&self) -> Vec<Candidate> {
        let ranges = self.demand.clauses.iter().filter_map(|clause| match &clause.atom {
            Atom::Range(on, _) => on.first(),
            _ => None,
        });
        let lies_in_order = |on: &&Operand| {
            let correlation = self.table.column_of(on).and_then(|column| column.correlation);
            correlation.is_some_and(|correlation| correlation.abs() >= CORRELATION_MIN)
        };
        if self.demand.is_limited || self.table.pages.unwrap_or(0) < BRIN_PAGES_MIN {
            return Vec::new();
        }
        let keys = ranges.filter(lies_in_order).filter_map(|on| key(self.table, on));
        keys.map(|key| {
            let mut candidate = self.btree(&[], &[key], "a range over rows that lie in its order");
            candidate.method = Method::Brin;
            candidate
        })
        .collect()
    }

    /// One index for each side of an `OR`, with the other conditions behind; none if a side has nothing to be found by.
    fn alternatives(&self, bundle: &mut usize) -> Vec<Candidate> {
        let outer = equalities(self.table, &self.demand.clauses);
        let mut found = Vec::new();
        for clause in &self.demand.clauses {
            let Atom::Either(sides) = &clause.atom else { continue };
            let Some(all) = sides.iter().map(|side| self.side(side, &outer)).collect::<Option<Vec<_>>>()
            else {
                continue;
            };
            *bundle += 1;
            found.extend(all.into_iter().map(|side| Candidate { bundle: Some(*bundle), ..side }));
        }
        found
    }

    fn side(&self, side: &[Clause], outer: &[Key]) -> Option<Candidate> {
        let mut keys = equalities(self.table, side);
        if keys.is_empty() {
            let range = ranges(self.table, side).into_iter().next();
            return range
                .map(|range| self.btree(outer, &range, "one side of an OR"))
                .or_else(|| side.iter().find_map(|clause| self.inverted_for(clause)));
        }
        for key in outer {
            if !keys.iter().any(|other| other.is_same(key)) {
                keys.push(key.clone());
            }
        }
        Some(self.btree(&keys, &[], "one side of an OR"))
    }

    /// The same with the other columns that the statement needs, if they are few and small; none also if it has them all.
    fn covering(&self, plain: &Candidate) -> Option<Candidate> {
        if plain.method != Method::Btree || self.demand.is_limited {
            return None;
        }
        self.covering_or_whole(plain).filter(|covering| !covering.included.is_empty())
    }

    /// The same; it may have all columns without any more.
    fn covering_or_whole(&self, plain: &Candidate) -> Option<Candidate> {
        let mut missing: BTreeSet<&String> = self.demand.needed.as_ref()?.iter().collect();
        for clause in &self.demand.clauses {
            let is_implied = clause
                .predicate
                .as_ref()
                .is_some_and(|own| plain.predicate.as_ref().is_some_and(|all| all.contains(own.as_str())));
            if !is_implied {
                missing.extend(&clause.columns);
            }
        }
        missing.retain(|column| self.table.column(column).is_some());
        missing.retain(|column| !plain.keys.iter().any(|key| key.column.as_ref() == Some(*column)));
        let columns = missing.into_iter().map(|name| self.table.column(name)).collect::<Option<Vec<_>>>()?;
        let width: u32 = columns.iter().map(|column| column.width.unwrap_or(8)).sum();
        if columns.len() > INCLUDED_MAX
            || width > INCLUDED_WIDTH_MAX
            || columns.iter().any(|column| !column.can_be_included())
        {
            return None;
        }
        let included = columns.into_iter().map(|column| column.name.clone()).collect();
        let purpose =
            format!("{}, from the index alone", plain.purpose.trim_end_matches(", from the index alone"));
        Some(Candidate { included, purpose, ..plain.clone() })
    }

    fn btree(&self, equal: &[Key], behind: &[Key], purpose: &str) -> Candidate {
        let rest = behind.iter().filter(|key| !equal.iter().any(|other| other.is_same(key)));
        Candidate {
            table: self.table.full_name(),
            method: Method::Btree,
            keys: equal.iter().chain(rest).cloned().collect(),
            free: equal.len(),
            strict: equal.len(),
            included: Vec::new(),
            predicate: None,
            purpose: purpose.to_owned(),
            wanted_by: [self.statement].into(),
            benefit: self.benefit,
            bundle: None,
            instead: Vec::new(),
        }
    }
}

/// Whether a range is answered by the order itself.
fn is_beginning(range: &[Key], order: &[Key]) -> bool {
    range.len() <= order.len() && range.iter().zip(order).all(|(own, other)| own.is_same(other))
}

fn with(keys: &[Key], last: Key) -> Vec<Key> {
    let mut all: Vec<Key> = keys.iter().filter(|key| !key.is_same(&last)).cloned().collect();
    all.push(last);
    all
}

fn conjunction(clauses: &[&Clause]) -> String {
    let all: Vec<&str> = clauses.iter().filter_map(|clause| clause.predicate.as_deref()).collect();
    match all.as_slice() {
        [only] => (*only).to_owned(),
        _ => all.iter().map(|part| format!("({part})")).collect::<Vec<_>>().join(" AND "),
    }
}

#[cfg(test)]
mod tests;
