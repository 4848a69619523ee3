//! Columns, statistics and statements for tests.

use pgrefit_catalog::census::{Census, Column, ColumnStatistics, ColumnType, Statement, StatementTotals};

use super::Sample;

/// The type of that name; of pgvector if it sounds so.
fn type_oid(census: &mut Census, name: &str) -> u32 {
    if let Some(found) = census.types.iter().find(|it| it.name == name) {
        return found.oid;
    }
    let of_vector = matches!(name, "vector" | "halfvec" | "sparsevec");
    let oid = 20_000 + u32::try_from(census.types.len()).expect("a few types");
    census.types.push(ColumnType {
        oid,
        schema: if of_vector { "public" } else { "pg_catalog" }.to_owned(),
        name: name.to_owned(),
        kind: 'b',
        category: 'U',
        not_null: false,
        base: 0,
        typmod: -1,
        element: 0,
        length: -1,
        collation: 0,
        storage: 'x',
        extension: of_vector.then(|| "vector".to_owned()),
    });
    oid
}

impl Sample {
    /// The next column of a table, to be changed by `change`.
    pub(crate) fn column(
        self,
        table: u32,
        name: &str,
        type_name: &str,
        change: impl FnOnce(&mut Column),
    ) -> Self {
        self.with(|census| {
            let before = census.columns.iter().filter(|it| it.relation == table).count();
            let mut column = Column {
                relation: table,
                number: i16::try_from(before + 1).expect("a few columns"),
                name: name.to_owned(),
                type_oid: type_oid(census, type_name),
                typmod: -1,
                not_null: false,
                has_default: false,
                identity: None,
                generated: None,
                storage: 'x',
                compression: None,
                statistics_target: None,
                collation: 0,
                length: -1,
                alignment: 'i',
                inherited: false,
                has_comment: false,
            };
            change(&mut column);
            census.columns.push(column);
        })
    }

    /// What `ANALYZE` knows of a column.
    pub(crate) fn column_statistics(self, table: u32, number: i16, null_fraction: f64) -> Self {
        self.with(|census| {
            census.column_statistics.push(ColumnStatistics {
                relation: table,
                number,
                inherited: false,
                null_fraction,
                average_width: 8,
                distinct: -1.0,
                correlation: None,
                largest: None,
            });
        })
    }

    /// A statement that was run 100 times.
    pub(crate) fn statement_text(self, text: &str) -> Self {
        let row =
            Statement { query: Some(text.to_owned()), calls: 100, mean_ms: 5.0, ..Statement::default() };
        self.with(|census| census.statements.push(row))
    }

    /// Some statements are hidden.
    pub(crate) fn hidden_statements(self, hidden: i64) -> Self {
        let totals = StatementTotals { entries: 100, hidden, deallocations: None, reset_age_s: None };
        self.with(|census| census.statement_totals = Some(totals))
    }
}
