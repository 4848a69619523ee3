//! Counters and column statistics of a sample.

use pgrefit_catalog::census::{Column, ColumnStatistics, RelationStatistics};

use super::Sample;
use super::constraints::column;

impl Sample {
    /// Counters of a relation, to be changed by `change`.
    pub(crate) fn counters(self, relation: u32, change: impl FnOnce(&mut RelationStatistics)) -> Self {
        let mut counters = RelationStatistics { relation, ..RelationStatistics::default() };
        change(&mut counters);
        self.with(|census| census.relation_statistics.push(counters))
    }

    /// A column of type `int8`.
    pub(crate) fn int8_column(self, relation: u32, number: i16, name: &str) -> Self {
        let column = Column { length: 8, alignment: 'd', ..column(relation, number, name, 20) };
        self.with(|census| census.columns.push(column))
    }

    /// What `ANALYZE` knows of a column: its average width.
    pub(crate) fn width(self, relation: u32, number: i16, average_width: i32) -> Self {
        let statistics = ColumnStatistics {
            relation,
            number,
            inherited: false,
            null_fraction: 0.0,
            average_width,
            distinct: -1.0,
            correlation: None,
            largest: None,
        };
        self.with(|census| census.column_statistics.push(statistics))
    }
}
