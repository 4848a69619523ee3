//! The key that batches follow.

use crate::table::literal;
use pgrefit_pg::SimpleRow;

/// A unique key of columns that are never null, in the order of its index.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::apply) struct Key {
    /// Qualified column names, quoted.
    columns: Vec<String>,
    /// The same without what they are qualified with.
    names: Vec<String>,
    /// Their types, as a cast takes them.
    types: Vec<String>,
}

impl Key {
    /// A query for the columns of a table's primary key, or of another unique key that has no null: name and type each.
    pub(in crate::apply) fn query(table: &str) -> String {
        format!(
            "SELECT pg_catalog.quote_ident(a.attname), pg_catalog.format_type(a.atttypid, a.atttypmod) \
             FROM (SELECT x.indexrelid, x.indrelid, x.indkey, x.indnkeyatts FROM pg_catalog.pg_index x \
                   WHERE x.indrelid = to_regclass({}) AND x.indisunique AND x.indisvalid AND x.indimmediate \
                     AND x.indpred IS NULL AND x.indexprs IS NULL \
                     AND NOT EXISTS (SELECT FROM unnest(x.indkey) WITH ORDINALITY k (attnum, n) \
                                     JOIN pg_catalog.pg_attribute a ON a.attrelid = x.indrelid AND a.attnum = k.attnum \
                                     WHERE k.n <= x.indnkeyatts AND NOT a.attnotnull) \
                   ORDER BY x.indisprimary DESC, x.indnkeyatts, x.indexrelid LIMIT 1) x, \
                  unnest(x.indkey) WITH ORDINALITY k (attnum, n), pg_catalog.pg_attribute a \
             WHERE k.n <= x.indnkeyatts AND a.attrelid = x.indrelid AND a.attnum = k.attnum ORDER BY k.n",
            literal(table)
        )
    }

    /// From the rows of that query; none for a table without such a key.
    pub(in crate::apply) fn from_rows(correlation: &str, rows: Vec<SimpleRow>) -> Option<Self> {
        let mut key = Self { columns: Vec::new(), names: Vec::new(), types: Vec::new() };
        for row in rows {
            let [name, data_type] = <[_; 2]>::try_from(row).ok()?;
            let name = name?;
            key.columns.push(format!("{correlation}.{name}"));
            key.names.push(name);
            key.types.push(data_type?);
        }
        (!key.columns.is_empty()).then_some(key)
    }

    /// A key that nobody has looked up yet, with names for its parts.
    pub(in crate::apply) fn unknown(correlation: &str) -> Self {
        Self {
            columns: vec![format!("{correlation}.<key>")],
            names: vec!["<key>".to_owned()],
            types: vec!["<type>".to_owned()],
        }
    }

    /// A column of the key that is among the columns set, as written there.
    pub(in crate::apply) fn set_by<'a>(&self, sets: &'a [String]) -> Option<&'a str> {
        let folded = |name: &str| if name.starts_with('"') { name.to_owned() } else { name.to_lowercase() };
        let is_own = |name: &&String| {
            let (plain, quoted) = (folded(name), format!("\"{}\"", folded(name)));
            self.names.iter().any(|own| *own == plain || *own == quoted || format!("\"{own}\"") == plain)
        };
        sets.iter().find(is_own).map(String::as_str)
    }

    /// A query for the last row's key.
    pub(in crate::apply) fn last_query(&self, table: &str, correlation: &str) -> String {
        let descending: Vec<String> = self.columns.iter().map(|column| format!("{column} DESC")).collect();
        format!(
            "SELECT {} FROM {table} AS {correlation} ORDER BY {} LIMIT 1",
            self.texts(),
            descending.join(", ")
        )
    }

    /// The columns as texts, for a select list.
    pub(in crate::apply) fn texts(&self) -> String {
        let texts: Vec<String> = self.columns.iter().map(|column| format!("{column}::text")).collect();
        texts.join(", ")
    }

    /// The columns, for ORDER BY.
    pub(in crate::apply) fn columns(&self) -> String {
        self.columns.join(", ")
    }

    /// The condition of rows behind `from` up to and including `to`; all there are, without either.
    pub(in crate::apply) fn range(&self, from: Option<&[String]>, to: Option<&[String]>) -> String {
        let side = |operator: &str, values: &[String]| {
            let cast = |(value, data_type): (&String, &String)| format!("{}::{data_type}", literal(value));
            let values: Vec<String> = values.iter().zip(&self.types).map(cast).collect();
            match &values[..] {
                [value] => format!("{} {operator} {value}", self.columns()),
                values => format!("({}) {operator} ({})", self.columns(), values.join(", ")),
            }
        };
        let sides: Vec<String> = [from.map(|values| side(">", values)), to.map(|values| side("<=", values))]
            .into_iter()
            .flatten()
            .collect();
        if sides.is_empty() { "true".to_owned() } else { sides.join(" AND ") }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_compare_whole_keys() {
        let rows = |columns: &[(&str, &str)]| {
            columns
                .iter()
                .map(|(name, kind)| vec![Some((*name).to_owned()), Some((*kind).to_owned())])
                .collect()
        };
        let check = |columns: &[(&str, &str)], from: Option<&[&str]>, to: Option<&[&str]>, expected: &str| {
            let key = Key::from_rows("t", rows(columns)).unwrap();
            let owned = |values: Option<&[&str]>| {
                values.map(|values| values.iter().map(|value| (*value).to_owned()).collect::<Vec<_>>())
            };
            assert_eq!(key.range(owned(from).as_deref(), owned(to).as_deref()), expected);
        };
        let (id, pair): (&[_], &[_]) = (&[("id", "uuid")], &[("a", "text"), ("\"B\"", "numeric(9,2)")]);
        check(id, None, None, "true");
        check(id, Some(&["x"]), Some(&["y"]), "t.id > 'x'::uuid AND t.id <= 'y'::uuid");
        check(pair, Some(&["it's", "1"]), None, "(t.a, t.\"B\") > ('it''s'::text, '1'::numeric(9,2))");
        assert_eq!(Key::from_rows("t", Vec::new()), None);
        let sets = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
        let key = Key::from_rows("t", rows(pair)).unwrap();
        for (names, expected) in
            [(["x", "A"], Some("A")), (["b", "c"], None), (["x", "\"B\""], Some("\"B\""))]
        {
            assert_eq!(key.set_by(&sets(&names)), expected);
        }
    }
}
