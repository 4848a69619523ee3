//! Sequences, the columns that draw from them, and how far keys have come.

use pgrefit_catalog::census::{Column, Relation, SequenceUse};

use super::Facts;

/// From which share of its range on a key is told.
pub(crate) const WARN_SHARE: f64 = 0.7;

/// From which share on it must be acted upon.
pub(crate) const FAIL_SHARE: f64 = 0.9;

impl<'a> Facts<'a> {
    /// Columns with the sequence that fills them, each once: not those of extensions, and not those of partitions and children
    /// that draw from the sequence of their parent.
    pub(crate) fn filled_columns(&self) -> impl Iterator<Item = &'a SequenceUse> + '_ {
        self.census.sequence_uses.iter().filter(|it| {
            let lasting = |it: &Relation| !it.of_extension && it.persistence != 't';
            self.relation(it.relation).is_some_and(lasting) && !self.follows_a_parent(it)
        })
    }

    fn follows_a_parent(&self, used: &SequenceUse) -> bool {
        let Some(column) = self.column(used.relation, used.column) else { return false };
        self.parents(used.relation).iter().any(|parent| {
            let column = self.column_named(*parent, &column.name).map(|it| it.number);
            let same = |it: &SequenceUse| it.sequence == used.sequence && it.relation == *parent;
            self.census.sequence_uses.iter().any(|it| same(it) && Some(it.column) == column)
        })
    }

    /// The sequence that fills a column.
    pub(crate) fn sequence_of(&self, relation: u32, column: i16) -> Option<&'a SequenceUse> {
        let of_column = |it: &&SequenceUse| it.relation == relation && it.column == column;
        self.census.sequence_uses.iter().find(of_column)
    }

    /// The least and the greatest value that an integer column can hold; none of other types. Domains count as what they rest on.
    pub(crate) fn integer_range(&self, column: &Column) -> Option<(i64, i64)> {
        match self.base_type(column.type_oid)?.name.as_str() {
            "int2" => Some((i16::MIN.into(), i16::MAX.into())),
            "int4" => Some((i32::MIN.into(), i32::MAX.into())),
            "int8" => Some((i64::MIN, i64::MAX)),
            _ => None,
        }
    }

    /// The largest value that `ANALYZE` saw in a column of a table or of its partitions.
    pub(crate) fn largest_value(&self, relation: u32, column: &Column) -> Option<i64> {
        let own = self.column_statistics(relation, column.number).and_then(|it| it.largest);
        let below = self.children(relation).iter().filter_map(|child| {
            let column = self.column_named(*child, &column.name)?;
            self.largest_value(*child, column)
        });
        below.chain(own).max()
    }
}
