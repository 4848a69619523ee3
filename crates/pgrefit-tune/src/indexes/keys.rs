//! From what a statement asks to the keys of an index, as the types and statistics of the columns allow.

use pgrefit_catalog::quote_ident;

use super::candidate::Key;
use super::clause::{Against, Atom, Clause, Operand};
use super::demand::SortKey;
use super::facts::{Column, Table};

/// What PostgreSQL's planner assumes of an expression it has no statistics of (`DEFAULT_NUM_DISTINCT`).
const DISTINCT_UNKNOWN: f64 = 200.0;

/// The key for an expression; none for a column whose type no B-tree should have as a key.
pub(super) fn key(table: &Table, on: &Operand) -> Option<Key> {
    if let Some(column) = table.column_of(on) {
        return column.can_be_key().then(|| of_column(column));
    }
    // A cast that is more than another name of the type, or a system column.
    if on.column.is_some() || on.columns.iter().any(|column| table.column(column).is_none()) {
        return None;
    }
    Some(Key { may_be_long: true, ..bare_key(on) })
}

/// The key for an expression, whatever its type, for GIN and BRIN.
pub(super) fn any_key(table: &Table, on: &Operand) -> Option<Key> {
    if on.columns.iter().any(|column| table.column(column).is_none()) {
        return None;
    }
    Some(table.column_of(on).map_or_else(|| bare_key(on), of_column))
}

fn of_column(column: &Column) -> Key {
    Key {
        sql: quote_ident(&column.name),
        column: Some(column.name.clone()),
        columns: [column.name.clone()].into(),
        class: None,
        is_descending: false,
        nulls_first: false,
        may_be_long: column.may_be_long(),
    }
}

fn bare_key(on: &Operand) -> Key {
    Key {
        sql: on.sql.clone(),
        column: None,
        columns: on.columns.clone(),
        class: None,
        is_descending: false,
        nulls_first: false,
        may_be_long: false,
    }
}

/// Keys for `=`, those with most values first: they leave the fewest rows whatever else is asked.
pub(super) fn equalities(table: &Table, clauses: &[Clause]) -> Vec<Key> {
    let mut found: Vec<(f64, Key)> = Vec::new();
    for clause in clauses {
        let Atom::Equal(on, against) = &clause.atom else { continue };
        let Some(key) = key(table, on).filter(|_| *against != Against::Join) else { continue };
        if !found.iter().any(|(_, other)| other.is_same(&key)) {
            found.push((table.distinct(on).unwrap_or(DISTINCT_UNKNOWN), key));
        }
    }
    found.sort_by(|(one, _), (other, _)| other.total_cmp(one));
    found.into_iter().map(|(_, key)| key).collect()
}

/// Keys for `IN (…)`.
pub(super) fn lists(table: &Table, clauses: &[Clause]) -> Vec<Key> {
    let list = |clause: &Clause| match &clause.atom {
        Atom::OneOf(on, _) => key(table, on),
        _ => None,
    };
    clauses.iter().filter_map(list).collect()
}

/// Keys for `<` and the like, and for `LIKE 'beginning%'`: each a list, because rows may be compared.
pub(super) fn ranges(table: &Table, clauses: &[Clause]) -> Vec<Vec<Key>> {
    let range = |clause: &Clause| match &clause.atom {
        Atom::Range(on, _) => on.iter().map(|on| key(table, on)).collect::<Option<Vec<_>>>(),
        Atom::Like { on, against: Against::Constant(pattern), any_case: false } if has_beginning(pattern) => {
            let mut key = key(table, on)?;
            key.class = Some("text_pattern_ops".to_owned());
            Some(vec![key])
        }
        _ => None,
    };
    clauses.iter().filter_map(range).collect()
}

/// Whether a pattern, as a literal, begins with a character that stands for itself.
fn has_beginning(literal: &str) -> bool {
    literal.strip_prefix('\'').is_some_and(|text| !text.starts_with(['%', '_', '\'', '\\']))
}

/// Keys for an order, without those that are constant because of `=`; none if one of them cannot be a key. Read backwards as well as
/// forwards, an index begins ascending: rows mostly arrive in that order, and pages that are split at the right end stay full.
pub(super) fn order(table: &Table, order: &[SortKey], constant: &[Key]) -> Option<Vec<Key>> {
    let mut keys = Vec::new();
    for item in order {
        let mut key = key(table, &item.on)?;
        if constant.iter().any(|other| other.is_same(&key)) {
            continue;
        }
        let is_never_null =
            key.column.as_ref().and_then(|column| table.column(column)).is_some_and(|column| column.not_null);
        key.is_descending = item.is_descending;
        key.nulls_first = if is_never_null { item.is_descending } else { item.nulls_first };
        keys.push(key);
    }
    let backwards = keys.first().is_some_and(|first| first.is_descending);
    if backwards {
        for key in &mut keys {
            key.is_descending = !key.is_descending;
            key.nulls_first = !key.nulls_first;
        }
    }
    Some(keys)
}

/// A literal of a column with more values than that is somebody's parameter: another one would need another index.
const CLASSES_MAX: f64 = 100.0;

/// What part of the rows fulfils a condition that depends on literals only, from 0 to 1; none if that is not known.
pub(super) fn part(table: &Table, clause: &Clause) -> Option<f64> {
    let is_class = |on: &Operand| table.distinct(on).is_some_and(|distinct| distinct <= CLASSES_MAX);
    let common = |on: &Operand, text: &str| table.column_of(on).filter(|_| is_class(on))?.part(text);
    match &clause.atom {
        Atom::Equal(on, Against::Constant(literal)) => common(on, &unquoted(literal)),
        Atom::OneOf(on, Against::Constant(literal)) => {
            let list = unquoted(literal);
            let items = list.strip_prefix('{')?.strip_suffix('}')?.split(',');
            items.map(|item| common(on, item)).sum()
        }
        Atom::NotNull(on) => table.column_of(on)?.null_part.map(|part| 1.0 - part),
        Atom::Null(on) => table.column_of(on)?.null_part,
        Atom::Truth(on, is) => common(on, if *is { "t" } else { "f" })
            .or(Some(0.0))
            .filter(|_| table.column_of(on).is_some_and(|column| column.common.is_some())),
        _ => None,
    }
}

/// `'it''s'::text` → `it's`
fn unquoted(literal: &str) -> String {
    let Some(rest) = literal.strip_prefix('\'') else {
        return literal.split("::").next().unwrap_or_default().to_owned();
    };
    let end = rest.rfind('\'').unwrap_or(rest.len());
    rest[..end].replace("''", "'")
}

#[cfg(test)]
mod tests {
    use super::{has_beginning, unquoted};

    #[test]
    fn literals_are_read() {
        let check = |literal: &str, expected: &str| assert_eq!(unquoted(literal), expected, "{literal}");
        check("'rust'::doc_type", "rust");
        check("'it''s'::text", "it's");
        check("5", "5");
        check("'{a,b}'::text[]", "{a,b}");
    }

    #[test]
    fn patterns_with_a_beginning() {
        let check = |literal: &str, expected: bool| assert_eq!(has_beginning(literal), expected, "{literal}");
        check("'a%'::text", true);
        check("'%a'::text", false);
        check("'_a'::text", false);
        check("''::text", false);
    }
}
