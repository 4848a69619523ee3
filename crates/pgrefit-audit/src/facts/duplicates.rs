//! Indexes that another index makes needless, and which of two stays.

use pgrefit_catalog::census::Index;

use super::Facts;
use super::indexes::{Part, Shape};

impl<'a> Facts<'a> {
    /// Indexes that may go because another has the same form and forbids at least as much, with that other.
    pub(crate) fn duplicates(&self) -> Vec<(&'a Index, &'a Index)> {
        self.droppable().filter_map(|index| Some((index, self.stays(index)?))).collect()
    }

    /// The index of the same form because of which this one may go.
    fn stays(&self, index: &'a Index) -> Option<&'a Index> {
        let same = self.rivals(index).filter(|other| self.is_same(index, other));
        same.filter(|other| self.rank(other) > self.rank(index)).max_by_key(|other| self.rank(other))
    }

    /// A usable index of the form of one that is not usable, which makes that one needless: it forbids at least as much.
    pub(crate) fn twin(&self, index: &'a Index) -> Option<&'a Index> {
        self.rivals(index).find(|other| self.is_same(index, other))
    }

    /// Indexes that may go because another begins with the same key and goes on, with the longest of those.
    pub(crate) fn redundant(&self) -> Vec<(&'a Index, &'a Index)> {
        let longer = |index: &'a Index| {
            let others = self.rivals(index).filter(|other| self.goes_on(index, other));
            others.max_by_key(|other| (other.columns.len(), self.rank(other)))
        };
        let plain = self.droppable().filter(|index| !index.unique);
        let redundant = plain.filter_map(|index| Some((index, longer(index)?)));
        redundant.filter(|(index, _)| self.stays(index).is_none()).collect()
    }

    /// Usable indexes that nothing else than queries needs.
    fn droppable(&self) -> impl Iterator<Item = &'a Index> + '_ {
        self.declared_indexes().filter(|index| Self::is_usable(index) && self.index_guard(index).is_none())
    }

    /// Other usable indexes on the table, with the same access method and of the same rows.
    fn rivals<'b>(&'b self, index: &'b Index) -> impl Iterator<Item = &'a Index> + 'b {
        // The first column decides most cases.
        let fits = |other: &&Index| {
            other.oid != index.oid
                && other.columns.first() == index.columns.first()
                && Self::is_usable(other)
                && other.predicate == index.predicate
                && self.access_method(other) == self.access_method(index)
        };
        self.indexes(index.table).iter().copied().filter(fits)
    }

    /// The other sorts by the same, holds the same columns, and forbids at least as much.
    fn is_same(&self, index: &Index, other: &Index) -> bool {
        let shape = Self::index_shape(index);
        let forbids = other.unique
            && other.immediate == index.immediate
            && other.nulls_not_distinct == index.nulls_not_distinct;
        shape.is_some()
            && shape == Self::index_shape(other)
            && (!index.unique || forbids)
            && self.is_tuned_alike(index, other)
    }

    /// Parameters of a btree only tell how full its pages are; those of others tell what they can find, and how well.
    fn is_tuned_alike(&self, index: &Index, other: &Index) -> bool {
        let options = |oid| self.relation(oid).map(|it| &it.options);
        self.access_method(index) == "btree" || options(index.oid) == options(other.oid)
    }

    /// The other begins with the key of this one, and has all of its columns and more.
    fn goes_on(&self, index: &Index, other: &Index) -> bool {
        let (Some(short), Some(long)) = (Self::index_shape(index), Self::index_shape(other)) else {
            return false;
        };
        self.access_method(index) == "btree"
            && short != long
            && long.key.starts_with(&short.key)
            && short.included.iter().all(|column| holds(&long, *column))
            // Of two with the same key, the one with fewer columns behind INCLUDE goes.
            && (long.key.len() > short.key.len() || long.included.len() > short.included.len())
    }

    /// Which of two indexes of the same form stays: the higher. The oid decides at last, so it is always the same one.
    fn rank(&self, index: &Index) -> impl Ord + use<> {
        (
            index.primary,
            !self.parents(index.oid).is_empty(),
            index.replica_identity,
            self.is_referenced(index),
            self.constraint_of_index(index).is_some(),
            index.unique,
            index.clustered,
            std::cmp::Reverse(index.oid),
        )
    }
}

/// Whether a column is in it, as key or behind `INCLUDE`.
fn holds(shape: &Shape, column: i16) -> bool {
    shape.included.contains(&column) || shape.key.iter().any(|(part, ..)| *part == Part::Column(column))
}
