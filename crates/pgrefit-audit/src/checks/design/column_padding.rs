//! Columns in an order that leaves gaps in each row.

use pgrefit_catalog::census::{Column, Relation, Source};
use pgrefit_report::{Cell, Status};

use crate::check::{Check, Group};
use crate::{Facts, Ruling};

/// From so many bytes a row on; rows themselves are aligned to 8.
const ROW_BYTES_MIN: f64 = 8.0;

/// And from so many in the whole table.
const TABLE_BYTES_MIN: f64 = 67_108_864.0;

/// From which share of nulls on a column is taken as absent.
const ABSENT: f64 = 0.5;

/// The check.
pub(super) static CHECK: Check = Check {
    id: "column-padding",
    code: "TYP-10",
    group: Group::Design,
    title: "The order of the columns leaves gaps in each row.",
    level: Status::Info,
    required: false,
    matters: "A value begins at a multiple of its alignment: a bigint behind a boolean leaves 7 bytes empty. In the order of falling \
              alignment, with those of varying length last, nothing is lost. It is computed from typalign and typlen, and \
              from the share of nulls, as a null takes no place; behind a value of varying length the average is taken. Told \
              from 8 bytes a row and 64 MB in all on, where the table is freshly analysed.",
    cure: "Nothing by itself: the order changes only with a new table. Think of it when the table is rewritten anyway.",
    sources: &[Source::Columns, Source::ColumnStatistics, Source::RelationStatistics],
    example: None,
    judge,
};

fn judge(facts: &Facts<'_>, ruling: &mut Ruling) {
    for table in facts.root_tables() {
        let rows = facts.rows(table.oid).unwrap_or(0.0);
        if rows * 64.0 < TABLE_BYTES_MIN {
            // Too few rows, whatever their order.
            ruling.saw();
            continue;
        }
        if !table.shows_statistics {
            let grant = facts.grant_select(table.oid);
            ruling.missed("column statistics are not visible to this role", grant);
            continue;
        }
        ruling.saw();
        let Some(present) = present(facts, table) else { continue };
        let row_bytes = padding(&present);
        let bytes = row_bytes * rows;
        if row_bytes < ROW_BYTES_MIN || bytes < TABLE_BYTES_MIN {
            continue;
        }
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "an estimate above zero")]
        let total = bytes as u64;
        ruling
            .info(facts.name(table.oid), format!("about {row_bytes:.0} bytes of each row are gaps"))
            .number("rows", rows)
            .number("padding_bytes", Cell::Bytes(total))
            .hint(
                "when the table is rewritten anyway: columns of 8 bytes first, those of varying length last",
            );
    }
}

/// Its columns that are mostly there; none if that is not known.
fn present<'a>(facts: &Facts<'a>, table: &Relation) -> Option<Vec<&'a Column>> {
    if !facts.are_leaves_analysed(table.oid) {
        return None;
    }
    let mut present = Vec::new();
    for column in facts.columns(table.oid).iter().filter(|it| it.generated != Some('v')) {
        let nulls = facts.column_statistics(table.oid, column.number).map(|it| it.null_fraction);
        let nulls = if column.not_null { 0.0 } else { nulls? };
        if nulls < ABSENT {
            present.push(*column);
        }
    }
    Some(present)
}

/// Bytes that are lost to alignment.
fn padding(columns: &[&Column]) -> f64 {
    // Where the next value begins is known only up to a multiple of this.
    let (mut place, mut known, mut lost) = (0_i32, 8_i32, 0.0);
    for column in columns {
        let Ok(length) = u16::try_from(column.length) else {
            (place, known) = (0, 1);
            continue;
        };
        let align = alignment(column);
        let gap = (-place).rem_euclid(align.min(known));
        lost += f64::from(gap) + f64::from((align - known).max(0)) / 2.0;
        if align > known {
            (place, known) = (0, align);
        } else {
            place += gap;
        }
        place += i32::from(length);
    }
    lost
}

const fn alignment(column: &Column) -> i32 {
    match column.alignment {
        'd' => 8,
        'i' => 4,
        's' => 2,
        _ => 1,
    }
}

#[cfg(test)]
mod tests {
    use pgrefit_catalog::census::RelationKind;
    use pgrefit_report::Status;

    use super::{CHECK, padding};
    use crate::sample::Sample;

    /// A table of columns such as `d8`: alignment, then length; `v` is of varying length.
    fn table(rows: f64, columns: &[&str]) -> Sample {
        let sample = Sample::new(18).relation(100, RelationKind::Table, "t", |it| it.rows = Some(rows));
        columns.iter().fold(sample, |sample, text| {
            sample.column(100, text, "int8", |column| {
                column.not_null = true;
                column.alignment = text.chars().next().expect("an alignment");
                column.length = text[1..].parse().unwrap_or(-1);
            })
        })
    }

    #[test]
    fn gaps_are_counted() {
        let check = |columns: &[&str], expected: f64| {
            let sample = table(1.0, columns);
            let gaps = padding(&sample.census.columns.iter().collect::<Vec<_>>());
            assert!((gaps - expected).abs() < 0.01, "{columns:?}: {gaps}");
        };
        check(&["d8", "d8", "i4", "c1", "v"], 0.0);
        check(&["c1", "d8", "c1", "d8"], 14.0);
        check(&["c1", "i4", "d8"], 3.0);
        check(&["v", "d8", "c1", "d8"], 3.5 + 7.0);
        check(&["v", "s2", "s2", "v", "c1"], 0.5);
    }

    #[test]
    fn only_large_tables_are_told() {
        let check = |rows: f64, columns: &[&str], expected: Status| {
            assert_eq!(table(rows, columns).status(&CHECK), expected, "{rows} {columns:?}");
        };
        check(10e6, &["c1", "d8", "c1", "d8"], Status::Info);
        check(10e6, &["d8", "d8", "c1", "c1"], Status::Pass);
        check(1e6, &["c1", "d8", "c1", "d8"], Status::Pass);
    }

    #[test]
    fn nulls_take_no_place() {
        let check = |nulls: Option<f64>, expected: Status| {
            let sample = table(10e6, &["c1", "d8", "c1", "d8"]);
            let sample = sample.with(|census| {
                for column in &mut census.columns[2..] {
                    column.not_null = false;
                }
            });
            let sample = nulls.into_iter().fold(sample, |sample, nulls| {
                sample.column_statistics(100, 3, nulls).column_statistics(100, 4, nulls)
            });
            assert_eq!(sample.status(&CHECK), expected, "{nulls:?}");
        };
        check(Some(0.1), Status::Info);
        check(Some(0.9), Status::Pass);
        check(None, Status::Pass);
        let hidden = table(10e6, &["c1", "d8"]).with(|census| census.relations[0].shows_statistics = false);
        assert_eq!(hidden.status(&CHECK), Status::Blind);
    }
}
