//! Whether a CHECK proves that every row of a table belongs into a partition, so that the server need not look
//! (`ConstraintImpliedByRelConstraint`). What is not understood proves nothing.

use crate::action::{Bound, ConstraintKind};
use crate::schema::Table;

/// Whether a validated CHECK of the table says what the bound says, for a key of one column.
pub(crate) fn belongs(table: &Table, key: Option<&[String]>, bound: &Bound) -> bool {
    let Some([column]) = key else { return false };
    let Some(wanted) = Wanted::of(bound) else { return false };
    let checks = checks(table);
    let holds = |fits: &dyn Fn(&Condition<'_>) -> bool| {
        checks.iter().any(|check| {
            conjuncts(check).iter().any(|part| Condition::of(part, column).is_some_and(|it| fits(&it)))
        })
    };
    // A comparison is not true of null, but a row with null passes a CHECK.
    let no_nulls = table.column(column).is_some_and(|known| known.not_null)
        || checks
            .iter()
            .any(|check| conjuncts(check).iter().any(|part| *part == format!("{column} is not null")));
    no_nulls
        && match &wanted {
            Wanted::Range { from, to } => {
                from.as_ref().is_none_or(|from| holds(&|it| it.at_least(from)))
                    && to.as_ref().is_none_or(|to| holds(&|it| it.below(to)))
            }
            Wanted::List(values) => holds(&|it| it.among(values)),
        }
}

/// Whether a validated CHECK of the default partition says that it has no row of the bound.
pub(crate) fn is_left_out(table: &Table, key: Option<&[String]>, bound: &Bound) -> bool {
    let Some([column]) = key else { return false };
    let Some(Wanted::Range { from: Some(from), to: Some(to) }) = Wanted::of(bound) else { return false };
    checks(table).iter().any(|check| {
        let parts: Vec<&str> = check.split(" or ").map(trimmed).collect();
        let has = |fits: &dyn Fn(&Condition<'_>) -> bool| {
            parts.iter().any(|part| Condition::of(part, column).is_some_and(|it| fits(&it)))
        };
        !check.contains(" and ")
            && parts
                .iter()
                .all(|part| Condition::of(part, column).is_some_and(|it| it.below(&from) || it.at_least(&to)))
            && (has(&|it| it.below(&from)) || has(&|it| it.at_least(&to)))
    })
}

enum Wanted {
    Range { from: Option<String>, to: Option<String> },
    List(Vec<String>),
}

impl Wanted {
    fn of(bound: &Bound) -> Option<Self> {
        let Bound::Values { text, .. } = bound else { return None };
        let text = text.trim_start_matches("for values").trim();
        if let Some(rest) = text.strip_prefix("from") {
            let (from, to) = rest.split_once(" to ")?;
            let end = |side: &str| {
                let value = value(trimmed(side));
                if matches!(value.as_str(), "minvalue" | "maxvalue") { None } else { Some(value) }
            };
            if from.contains(',') || to.contains(',') {
                return None;
            }
            return Some(Self::Range { from: end(from), to: end(to) });
        }
        let list = text.strip_prefix("in")?;
        Some(Self::List(trimmed(list).split(',').map(value).collect()))
    }
}

/// `column <operator> value`.
struct Condition<'a> {
    operator: &'a str,
    right: String,
}

impl<'a> Condition<'a> {
    fn of(part: &'a str, column: &str) -> Option<Self> {
        let rest = trimmed(part).strip_prefix(column)?.trim_start();
        let end = rest.find(|letter: char| !"<>=".contains(letter)).unwrap_or(rest.len());
        let (operator, right) = rest.split_at(end);
        if operator.is_empty() {
            let list = rest.strip_prefix("in ").or_else(|| rest.strip_prefix("in("))?;
            return Some(Self { operator: "in", right: trimmed(list).to_owned() });
        }
        Some(Self { operator, right: right.trim().to_owned() })
    }

    fn at_least(&self, from: &str) -> bool {
        matches!(self.operator, ">=" | "=") && value(&self.right) == from
    }

    fn below(&self, to: &str) -> bool {
        self.operator == "<" && value(&self.right) == to
    }

    fn among(&self, values: &[String]) -> bool {
        match self.operator {
            "=" if self.right.starts_with("any") => {
                let list = self.right.trim_start_matches("any").replace("array[", "").replace(']', "");
                trimmed(&list).split(',').all(|one| values.contains(&value(one)))
            }
            "=" => values.contains(&value(&self.right)),
            "in" => self.right.split(',').all(|one| values.contains(&value(one))),
            _ => false,
        }
    }
}

/// The expressions of the validated CHECKs, as far as they are written in a way that is understood here.
fn checks(table: &Table) -> Vec<String> {
    let valid = table.constraints.iter().filter(|constraint| constraint.validated);
    let texts = valid.filter_map(|constraint| match &constraint.kind {
        ConstraintKind::Check(text) => {
            Some(text.split_whitespace().collect::<Vec<_>>().join(" ").replace(['(', ')', '"'], " "))
        }
        _ => None,
    });
    texts.map(|text| text.split_whitespace().collect::<Vec<_>>().join(" ")).collect()
}

/// The conditions that `AND` joins; none of a text in which there is an `OR` or a `NOT`.
fn conjuncts(check: &str) -> Vec<&str> {
    if check.contains(" or ") || check.starts_with("not ") {
        return Vec::new();
    }
    check.split(" and ").map(trimmed).collect()
}

fn trimmed(text: &str) -> &str {
    text.trim().trim_matches(['(', ')']).trim()
}

/// A literal without its cast and quotes, and without a time of day at midnight, as the server prints dates.
fn value(text: &str) -> String {
    let bare = trimmed(text).split("::").next().unwrap_or_default().trim().trim_matches('\'');
    let bare =
        ["+00:00", "+00", "z", "Z"].iter().find_map(|zone| bare.strip_suffix(zone)).unwrap_or(bare).trim();
    let bare = ["00:00:00", "00:00"].iter().find_map(|midnight| bare.strip_suffix(midnight)).unwrap_or(bare);
    bare.trim_end_matches([' ', 'T']).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::{Column, Constraint};
    use crate::types::SqlType;

    fn table(check: &str, not_null: bool) -> Table {
        let column = Column {
            name: "at".to_owned(),
            data_type: SqlType::parse("date"),
            not_null,
            constant_default: false,
            generated: None,
            added: None,
        };
        let kind = ConstraintKind::Check(check.to_owned());
        let constraint =
            Constraint { name: None, kind, columns: vec!["at".to_owned()], validated: true, added: None };
        Table { columns: vec![column], constraints: vec![constraint], ..Table::default() }
    }

    fn bound(text: &str) -> Bound {
        Bound::Values { text: text.to_owned() }
    }

    #[test]
    fn checks_that_prove_a_bound() {
        let key = ["at".to_owned()];
        let check = |text: &str, of: &str, expected: bool| {
            assert_eq!(belongs(&table(text, true), Some(&key), &bound(of)), expected, "{text} for {of}");
        };
        let year = "for values from ('2025-01-01') to ('2026-01-01')";
        check("at >= '2025-01-01' and at < '2026-01-01'", year, true);
        check("((at >= '2025-01-01'::date) and (at < '2026-01-01'::date))", year, true);
        check(
            "((at >= '2025-01-01 00:00:00+00'::timestamp with time zone) and (at < '2026-01-01 00:00:00+00'::timestamp with time zone))",
            year,
            true,
        );
        check("at >= '2025-01-01' or at < '2026-01-01'", year, false);
        check("at >= '2025-01-01'", year, false);
        check("at >= 1000 and at < 2100", "for values from (1) to (2)", false);
        check("other > 5", "for values from (minvalue) to (maxvalue)", true);
        check("at in (1, 2)", "for values in (1, 2, 3)", true);
        check("at in (1, 4)", "for values in (1, 2, 3)", false);
        check("at = any (array[1, 2])", "for values in (1, 2)", true);
        check("at = 1", "for values with (modulus 2, remainder 0)", false);
        assert!(!belongs(
            &table("at >= '2025-01-01' and at < '2026-01-01'", false),
            Some(&key),
            &bound(year)
        ));
        assert!(belongs(
            &table("at is not null and at >= '2025-01-01' and at < '2026-01-01'", false),
            Some(&key),
            &bound(year)
        ));
    }

    #[test]
    fn checks_that_leave_a_bound_out() {
        let key = ["at".to_owned()];
        let check = |text: &str, expected: bool| {
            let year = bound("for values from ('2025-01-01') to ('2026-01-01')");
            assert_eq!(is_left_out(&table(text, true), Some(&key), &year), expected, "{text}");
        };
        check("at < '2025-01-01' or at >= '2026-01-01'", true);
        check("at < '2025-01-01'", true);
        check("at >= '2025-01-01' and at < '2026-01-01'", false);
        check("at < '2024-01-01' or at >= '2026-01-01'", false);
    }
}
