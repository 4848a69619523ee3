//! Sequences and what ANALYZE knows, for samples.

use pgrefit_catalog::census::{ColumnStatistics, Sequence, SequenceUse};

/// A bigint sequence from 1 that gave nothing out; a last value was given out, if there is one.
pub(crate) fn sequence(relation: u32) -> Sequence {
    Sequence {
        relation,
        type_oid: 20,
        start: 1,
        increment: 1,
        min: 1,
        max: i64::MAX,
        cycle: false,
        cache: 1,
        last_value: None,
        is_called: true,
        readable: true,
    }
}

/// A column that owns a sequence and draws from it.
pub(crate) fn draws(sequence: u32, relation: u32, column: i16) -> SequenceUse {
    SequenceUse { sequence, relation, column, owned: true, drawn: true }
}

/// What `ANALYZE` saw of an integer column without repetitions.
pub(crate) fn statistics(relation: u32, number: i16, largest: i64, correlation: f64) -> ColumnStatistics {
    ColumnStatistics {
        relation,
        number,
        inherited: false,
        null_fraction: 0.0,
        average_width: 4,
        distinct: -1.0,
        correlation: Some(correlation),
        largest: Some(largest),
    }
}
