//! Sequences, the columns that draw from them, and how far keys have come.

use std::collections::HashSet;

use pgrefit_catalog::census::{Column, Relation, SequenceUse};

use super::Facts;

/// From which share of its range on a key is told.
pub(crate) const WARN_SHARE: f64 = 0.7;

/// From which share on it must be acted upon.
pub(crate) const FAIL_SHARE: f64 = 0.9;

impl<'a> Facts<'a> {
    /// Columns with the sequence that fills them, each once: not those of extensions, and not those of partitions and children
    /// that draw from the sequence of their parent.
    pub(crate) fn filled_columns(&self) -> Vec<&'a SequenceUse> {
        let uses = &self.census.sequence_uses;
        let all: HashSet<_> = uses.iter().map(|it| (it.sequence, it.relation, it.column)).collect();
        let follows = |it: &SequenceUse| {
            let name = self.column(it.relation, it.column).map(|column| column.name.as_str());
            self.parents(it.relation).iter().any(|parent| {
                let column = name.and_then(|name| self.column_named(*parent, name));
                column.is_some_and(|column| all.contains(&(it.sequence, *parent, column.number)))
            })
        };
        let lasting = |it: &Relation| !it.of_extension && it.persistence != 't';
        uses.iter().filter(|it| self.relation(it.relation).is_some_and(lasting) && !follows(it)).collect()
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
