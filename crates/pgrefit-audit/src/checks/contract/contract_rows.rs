//! Rows of the tables that the project wants counted.

use pgrefit_catalog::census::{RelationKind, Source};
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
              last estimated, with the age of that; after a TRUNCATE, which throws the estimate away, what the counters say. `--exact` counts them, within a limit of time.",
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
    let (rows, how) = match (exact, estimate(facts, table)) {
        (Some(rows), _) => (rows, "counted".to_owned()),
        (None, Some((rows, true))) => (rows, "by the counters of the server".to_owned()),
        (None, Some((rows, false))) => {
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

/// Rows, and whether the counters tell them: of a table that was analysed and then truncated `ANALYZE` left nothing.
fn estimate(facts: &Facts<'_>, table: u32) -> Option<(u64, bool)> {
    if facts.relation(table)?.kind == RelationKind::Partitioned {
        let children: Option<Vec<_>> = facts.children(table).iter().map(|it| estimate(facts, *it)).collect();
        let counted = |(sum, any), (rows, counted): (u64, bool)| (sum + rows, any || counted);
        return children.map(|all| all.into_iter().fold((0, false), counted));
    }
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "an estimate of a count")]
    if let Some(rows) = facts.rows(table) {
        return Some((rows as u64, false));
    }
    let counters = facts.statistics(table).filter(|it| it.last_analyze_age_s.is_some())?;
    Some((u64::try_from(counters.live).unwrap_or(0), true))
}

fn ago(age_s: f64) -> String {
    match age_s {
        age if age < 120.0 => format!("{age:.0} s ago"),
        age if age < 7_200.0 => format!("{:.0} min ago", age / 60.0),
        age if age < 172_800.0 => format!("{:.0} h ago", age / 3_600.0),
        age => format!("{:.0} days ago", age / 86_400.0),
    }
}

#[cfg(test)]
mod tests {
    use pgrefit_catalog::census::{RelationKind, RelationStatistics};
    use pgrefit_report::Status;

    use super::CHECK;
    use crate::contract::RowsPromise;
    use crate::sample::Sample;

    #[test]
    fn what_a_truncate_leaves_is_told_by_the_counters() {
        let sample = |rows: Option<f64>, live: i64, last_analyze_age_s: Option<f64>| {
            let counters = RelationStatistics {
                relation: 100,
                live,
                last_analyze_age_s,
                ..RelationStatistics::default()
            };
            let mut sample = Sample::new(18)
                .relation(100, RelationKind::Table, "t", |it| it.rows = rows)
                .with(|census| census.relation_statistics.push(counters));
            sample.options.contract.rows = vec![RowsPromise { table: "t".to_owned(), min: Some(1) }];
            sample
        };
        let check = |sample: Sample, expected: Status| assert_eq!(sample.status(&CHECK), expected);
        check(sample(Some(5.0), 5, Some(9.0)), Status::Info);
        check(sample(None, 5, Some(9.0)), Status::Info);
        check(sample(None, 0, None), Status::Blind);
        let emptied = sample(None, 0, Some(9.0)).verdict(&CHECK);
        assert_eq!(emptied.status, Status::Fail);
        assert_eq!(emptied.findings[0].message, "0 rows, by the counters of the server, fewer than 1");
    }
}
