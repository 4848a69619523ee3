//! A table in fewer columns, for a terminal.

use pgrefit_report::Table;

/// The table with a brief form that has only the columns of these keys.
pub(crate) fn with_brief(mut table: Table, keys: &[&str]) -> Table {
    let kept: Vec<usize> =
        (0..table.columns.len()).filter(|at| keys.contains(&table.columns[*at].key)).collect();
    let columns: Vec<_> = kept.iter().map(|at| table.columns[*at]).collect();
    let mut brief = Table::new(table.id, table.title.clone(), columns);
    for row in &table.rows {
        brief.push(kept.iter().map(|at| row[*at].clone()).collect::<Vec<_>>());
    }
    table.brief = Some(Box::new(brief));
    table
}

#[cfg(test)]
mod tests {
    use pgrefit_report::{Cell, Column, Table};

    use super::with_brief;

    #[test]
    fn columns_are_kept_by_their_keys() {
        let columns = [Column::text("a", "A"), Column::text("b", "B"), Column::text("c", "C")];
        let mut table = Table::new("t", "T", columns);
        table.push(["1", "2", "3"].map(Cell::from));
        let brief = *with_brief(table.clone(), &["c", "a"]).brief.expect("brief");
        assert_eq!(brief.rows, [["1", "3"].map(Cell::from).to_vec()]);
        assert_eq!(with_brief(table.clone(), &[]).rows, table.rows);
    }
}
