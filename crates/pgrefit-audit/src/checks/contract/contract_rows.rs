//! Rows of the tables that the project wants counted.

use pgrefit_catalog::census::Source;
use pgrefit_report::{Cell, Status};

use crate::check::{Check, Group};
use crate::contract::RowsPromise;
use crate::{Facts, Ruling};

/// The check.
pub(super) static CHECK: Check = Check {
    id: "contract-rows",
    code: "CTR-05",
    group: Group::Contract,
    title: "A table of the contract has fewer rows than it must.",
    level: Status::Fail,
    required: true,
    matters: "The rows of these tables are recorded in each report, so that a loss is seen. By default they are what ANALYZE \
              last estimated, with the age of that; `--exact` counts them, within a limit of time.",
    cure: "Find out where the rows went before anything else is changed.",
    sources: &[Source::Relations, Source::RelationStatistics],
    example: None,
    judge,
};

fn judge(facts: &Facts<'_>, ruling: &mut Ruling) {
    if facts.options.contract.rows.is_empty() {
        return ruling.skip("the contract names no table to count");
    }
    for promise in &facts.options.contract.rows {
        count(facts, promise, ruling);
    }
}

fn count(facts: &Facts<'_>, promise: &RowsPromise, ruling: &mut Ruling) {
    let table = match facts.promised_table(&promise.table) {
        Ok(table) => table.oid,
        Err(fault) => {
            ruling.saw();
            ruling.fail(promise.table.as_str(), fault);
            return;
        }
    };
    let exact = facts.census.exact_rows.iter().find(|it| it.relation == table).map(|it| it.rows);
    let age = facts.statistics(table).and_then(|it| it.last_analyze_age_s);
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "an estimate of a count")]
    let estimate = facts.rows(table).map(|rows| rows as u64);
    let (rows, how) = match (exact, estimate) {
        (Some(rows), _) => (rows, "counted".to_owned()),
        (None, Some(rows)) => {
            (rows, age.map_or("estimated".to_owned(), |age| format!("estimated {}", ago(age))))
        }
        (None, None) => {
            return ruling.missed(
                format!("{} was never analysed", promise.table),
                Some(format!("ANALYZE {};", facts.name(table))),
            );
        }
    };
    ruling.saw();
    let few = promise.min.is_some_and(|min| rows < min);
    let status = if few { Status::Fail } else { Status::Info };
    let must = promise.min.filter(|_| few).map_or(String::new(), |min| format!(", fewer than {min}"));
    ruling
        .found(status, facts.name(table), format!("{rows} rows, {how}{must}"))
        .number("rows", rows)
        .number("is_exact", exact.is_some())
        .number("estimate_age_s", age.map_or(Cell::Missing, Cell::Float));
}

fn ago(age_s: f64) -> String {
    match age_s {
        age if age < 120.0 => format!("{age:.0} s ago"),
        age if age < 7_200.0 => format!("{:.0} min ago", age / 60.0),
        age if age < 172_800.0 => format!("{:.0} h ago", age / 3_600.0),
        age => format!("{:.0} days ago", age / 86_400.0),
    }
}
