//! Values for the parameters of a statement that was seen without them: those that the columns they are compared with really have.

use super::Error;
use super::clause::Operand;
use super::demand::Demand;
use super::facts::{Facts, Table};
use super::session::Session;
use super::statement::Statement;

/// Rows that are looked at for the values of an expression.
const ROWS_MAX: u32 = 1000;

/// Lists of values: the first of the most common ones, the others rarer.
pub(super) async fn drawn(
    session: &mut Session<'_>,
    facts: &Facts,
    demands: &[Demand],
    types: &[String],
) -> Result<Vec<Vec<Option<String>>>, Error> {
    let mut choices: Vec<Vec<String>> = Vec::with_capacity(types.len());
    for (at, type_name) in types.iter().enumerate() {
        let number = u32::try_from(at + 1).unwrap_or(u32::MAX);
        let mut own = match compared_with(demands, number) {
            Some((demand, on)) => of_operand(session, facts, demand, &on, type_name).await?,
            None => Vec::new(),
        };
        if own.is_empty() {
            own.push(plain(type_name).to_owned());
        }
        choices.push(own);
    }
    let lists = choices.iter().map(Vec::len).max().unwrap_or(1).min(Statement::ARGS_MAX - 1);
    let list = |at: usize| choices.iter().map(|own| own.get(at % own.len()).cloned()).collect();
    Ok((0..lists).map(list).collect())
}

/// The expression that a parameter is compared with.
fn compared_with(demands: &[Demand], number: u32) -> Option<(&Demand, Operand)> {
    demands.iter().find_map(|demand| {
        let mut params = Vec::new();
        demand.clauses.iter().for_each(|clause| clause.params(&mut params));
        params.into_iter().find(|(own, _)| *own == number).map(|(_, on)| (demand, on))
    })
}

async fn of_operand(
    session: &mut Session<'_>,
    facts: &Facts,
    demand: &Demand,
    on: &Operand,
    type_name: &str,
) -> Result<Vec<String>, Error> {
    let Some(table) = facts.table(&demand.relation) else { return Ok(Vec::new()) };
    let is_list = type_name.ends_with("[]");
    let of_statistics = if is_list { Vec::new() } else { of_statistics(table, on) };
    if !of_statistics.is_empty() {
        return Ok(of_statistics);
    }
    let found = sampled(session, table, on).await?;
    Ok(if is_list && !found.iter().all(|text| text.starts_with('{')) {
        found
            .iter()
            .map(|text| format!("{{\"{}\"}}", text.replace('\\', "\\\\").replace('"', "\\\"")))
            .collect()
    } else {
        found
    })
}

/// A common value, one of the middle, and the rarest of the common ones.
fn of_statistics(table: &Table, on: &Operand) -> Vec<String> {
    let Some(column) = table.column_of(on) else { return Vec::new() };
    let common = column.common.as_deref().unwrap_or_default();
    let bounds = column.bounds.as_deref().unwrap_or_default();
    let all = [common.first(), bounds.get(bounds.len() / 2), common.last()];
    let mut found: Vec<String> = Vec::new();
    for value in all.into_iter().flatten().flatten() {
        if !found.contains(value) {
            found.push(value.clone());
        }
    }
    found
}

/// Values of some rows, as text; a word of them where words are looked for.
async fn sampled(session: &mut Session<'_>, table: &Table, on: &Operand) -> Result<Vec<String>, Error> {
    let expression = if on.sql.contains("to_tsvector(") {
        format!("(pg_catalog.tsvector_to_array({}))[1]", on.sql)
    } else {
        format!("({})::pg_catalog.text", on.sql)
    };
    let sql = format!(
        "SELECT DISTINCT s.v FROM (SELECT {expression} AS v FROM {} LIMIT {ROWS_MAX}) AS s WHERE s.v IS NOT NULL LIMIT 3",
        table.full_name()
    );
    // What cannot be computed has no values; the type's plainest one is taken then.
    let rows = session.say(&sql).await?.unwrap_or_default();
    Ok(rows.into_iter().flatten().flatten().collect())
}

/// A value that every statement takes: for `LIMIT $1` and what is compared with nothing.
fn plain(type_name: &str) -> &'static str {
    match type_name {
        "smallint" | "integer" | "bigint" | "numeric" | "real" | "double precision" => "10",
        "boolean" => "true",
        "uuid" => "00000000-0000-0000-0000-000000000000",
        "json" | "jsonb" => "{}",
        "date" | "timestamp without time zone" | "timestamp with time zone" => "now",
        "interval" => "1 day",
        list if list.ends_with("[]") => "{}",
        _ => "a",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::indexes::facts::Column;

    #[test]
    fn common_middle_and_rare_values_are_drawn() {
        let check = |common: &[&str], bounds: &[&str], expected: &[&str]| {
            let texts = |all: &[&str]| Some(all.iter().map(|text| Some((*text).to_owned())).collect());
            let column = Column {
                name: "a".into(),
                common: texts(common),
                bounds: texts(bounds),
                ..Column::default()
            };
            let table = Table { columns: vec![column], ..Table::default() };
            let on = Operand {
                sql: "a".into(),
                columns: ["a".to_owned()].into(),
                column: Some("a".into()),
                cast: None,
            };
            assert_eq!(of_statistics(&table, &on), expected);
        };
        check(&["x", "y", "z"], &["k", "l", "m"], &["x", "l", "z"]);
        check(&["x"], &[], &["x"]);
        check(&[], &["k"], &["k"]);
        check(&[], &[], &[]);
    }
}
