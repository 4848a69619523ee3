//! An index that may be worth having.

use std::collections::BTreeSet;

use pgrefit_catalog::{Name, quote_ident};

use super::facts::Existing;

/// How an index finds its rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Method {
    Btree,
    Gin,
    Brin,
}

impl Method {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Btree => "btree",
            Self::Gin => "gin",
            Self::Brin => "brin",
        }
    }
}

/// A key of an index: a column or an expression.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Key {
    /// The quoted column, or the expression without brackets around it.
    pub(super) sql: String,
    /// The column, if it is one.
    pub(super) column: Option<String>,
    /// The columns in it.
    pub(super) columns: BTreeSet<String>,
    /// An operator class other than the default one, as SQL.
    pub(super) class: Option<String>,
    pub(super) is_descending: bool,
    pub(super) nulls_first: bool,
    /// Whether a value of it may be longer than an entry of a B-tree can be.
    pub(super) may_be_long: bool,
}

impl Key {
    /// As it stands in `CREATE INDEX`.
    fn sql(&self) -> String {
        let mut sql = if self.column.is_some() { self.sql.clone() } else { format!("({})", self.sql) };
        if let Some(class) = &self.class {
            sql.push(' ');
            sql.push_str(class);
        }
        if self.is_descending {
            sql.push_str(" DESC");
        }
        if self.nulls_first != self.is_descending {
            sql.push_str(if self.nulls_first { " NULLS FIRST" } else { " NULLS LAST" });
        }
        sql
    }

    /// The same expression, whatever its direction.
    pub(super) fn is_same(&self, other: &Self) -> bool {
        self.sql == other.sql && self.class == other.class
    }
}

/// An index, and what it is expected to be good for.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Candidate {
    pub(super) table: Name,
    pub(super) method: Method,
    pub(super) keys: Vec<Key>,
    /// How many of the first keys are compared with `=`, so that their order among each other is free.
    pub(super) free: usize,
    /// How many of the first keys are compared with anything but `IS NULL`: a predicate `IS NOT NULL` on them leaves nothing out.
    pub(super) strict: usize,
    /// Columns that are no keys.
    pub(super) included: Vec<String>,
    /// Behind `WHERE`.
    pub(super) predicate: Option<String>,
    /// What it is for, in words.
    pub(super) purpose: String,
    /// The statements that it was made for, by their position.
    pub(super) wanted_by: BTreeSet<usize>,
    /// How much the statements that want it cost, by the planner, weighted: only to put candidates in order.
    pub(super) benefit: f64,
    /// Candidates of one number help only together: each is for one side of an `OR`.
    pub(super) bundle: Option<usize>,
    /// Smaller ones that it makes needless; they are tried if it cannot be built.
    pub(super) instead: Vec<Candidate>,
}

impl Candidate {
    /// What stands behind `CREATE INDEX name ON table `.
    pub(super) fn definition(&self) -> String {
        let keys: Vec<String> = self.keys.iter().map(Key::sql).collect();
        let mut sql = match self.method {
            Method::Btree => format!("({})", keys.join(", ")),
            other => format!("USING {} ({})", other.name(), keys.join(", ")),
        };
        if !self.included.is_empty() {
            let included: Vec<String> = self.included.iter().map(|column| quote_ident(column)).collect();
            sql = format!("{sql} INCLUDE ({})", included.join(", "));
        }
        if let Some(predicate) = &self.predicate {
            sql = format!("{sql} WHERE {predicate}");
        }
        sql
    }

    /// The form in which it is compared with others.
    pub(super) fn shape(&self) -> Shape {
        let key = |key: &Key| ShapeKey {
            sql: key.sql.clone(),
            class: key.class.as_deref().map(unqualified),
            is_descending: key.is_descending,
            nulls_first: key.nulls_first,
        };
        Shape {
            method: self.method.name().to_owned(),
            keys: self.keys.iter().map(key).collect(),
            free: self.free,
            included: self.included.iter().map(|column| quote_ident(column)).collect(),
            predicate: self.predicate.clone(),
        }
    }
}

/// `public.gin_trgm_ops` → `gin_trgm_ops`
fn unqualified(class: &str) -> String {
    class.rsplit('.').next().unwrap_or(class).to_owned()
}

/// What an index answers, to be compared with another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Shape {
    method: String,
    keys: Vec<ShapeKey>,
    free: usize,
    included: BTreeSet<String>,
    predicate: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct ShapeKey {
    sql: String,
    class: Option<String>,
    is_descending: bool,
    nulls_first: bool,
}

impl Shape {
    /// The shape of an index that is there.
    pub(super) fn of(existing: &Existing) -> Self {
        let key = |at: usize| {
            let option = existing.options.get(at).copied().unwrap_or_default();
            ShapeKey {
                sql: existing.key(at).unwrap_or_default().to_owned(),
                class: existing.classes.get(at).cloned().flatten(),
                is_descending: option & 1 != 0,
                nulls_first: option & 2 != 0,
            }
        };
        Self {
            method: existing.method.clone(),
            keys: (0..existing.keys.len()).map(key).collect(),
            free: 0,
            included: existing.included.iter().cloned().collect(),
            predicate: existing.predicate.as_deref().map(|text| super::clause_text::bare(text).to_owned()),
        }
    }

    /// Whether this index answers everything that the other one is for: its keys begin with the other's, those compared with `=` in
    /// any order, and the rest in the other's order or exactly backwards.
    pub(super) fn covers(&self, other: &Self) -> bool {
        if self.method != other.method || self.keys.len() < other.keys.len() {
            return false;
        }
        let same_predicate = match (&self.predicate, &other.predicate) {
            (None, _) => other.predicate.is_none(),
            (Some(own), Some(other)) => own == other,
            (Some(_), None) => false,
        };
        if !same_predicate || !self.has_columns_of(other) {
            return false;
        }
        if self.method != "btree" {
            return other.keys.iter().all(|key| self.keys.contains(key));
        }
        let (own_free, own_rest) = self.keys[..other.keys.len()].split_at(other.free);
        let (free, rest) = other.keys.split_at(other.free);
        free.iter().all(|key| own_free.iter().any(|own| own.is_same(key))) && in_order(own_rest, rest)
    }

    fn has_columns_of(&self, other: &Self) -> bool {
        let has = |column: &String| {
            self.included.contains(column) || self.keys.iter().any(|key| key.sql == *column)
        };
        other.included.iter().all(has)
    }
}

impl ShapeKey {
    fn is_same(&self, other: &Self) -> bool {
        self.sql == other.sql && self.class == other.class
    }

    fn is_reverse(&self, other: &Self) -> bool {
        self.is_same(other)
            && self.is_descending != other.is_descending
            && self.nulls_first != other.nulls_first
    }
}

fn in_order(own: &[ShapeKey], other: &[ShapeKey]) -> bool {
    let mut pairs = own.iter().zip(other);
    own == other || pairs.all(|(own, other)| own.is_reverse(other))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn candidate(keys: &str, free: usize) -> Candidate {
        let key = |text: &str| {
            let (sql, is_descending) = text.strip_suffix(" desc").map_or((text, false), |sql| (sql, true));
            let is_column = !sql.contains(' ');
            Key {
                sql: sql.to_owned(),
                column: is_column.then(|| sql.to_owned()),
                columns: BTreeSet::new(),
                class: None,
                is_descending,
                nulls_first: is_descending,
                may_be_long: false,
            }
        };
        Candidate {
            table: Name::new("public", "t"),
            method: Method::Btree,
            keys: keys.split(',').map(key).collect(),
            free,
            strict: free,
            included: Vec::new(),
            predicate: None,
            purpose: String::new(),
            wanted_by: BTreeSet::new(),
            benefit: 0.0,
            bundle: None,
            instead: Vec::new(),
        }
    }

    #[test]
    fn a_definition_is_sql() {
        let check = |change: fn(&mut Candidate), expected: &str| {
            let mut own = candidate("a,m ->> 'k'::text,b desc", 2);
            change(&mut own);
            assert_eq!(own.definition(), expected);
        };
        check(|_| (), "(a, (m ->> 'k'::text), b DESC)");
        check(|own| own.keys[2].nulls_first = false, "(a, (m ->> 'k'::text), b DESC NULLS LAST)");
        check(
            |own| own.included = vec!["Odd \"C".into()],
            "(a, (m ->> 'k'::text), b DESC) INCLUDE (\"Odd \"\"C\")",
        );
        check(|own| own.predicate = Some("a > 1".into()), "(a, (m ->> 'k'::text), b DESC) WHERE a > 1");
        check(
            |own| {
                own.method = Method::Gin;
                own.keys = candidate("m", 0).keys;
                own.keys[0].class = Some("jsonb_path_ops".into());
            },
            "USING gin (m jsonb_path_ops)",
        );
    }

    #[test]
    fn what_covers_what() {
        let check = |big: &str, small: (&str, usize), expected: bool| {
            let found = candidate(big, 0).shape().covers(&candidate(small.0, small.1).shape());
            assert_eq!(found, expected, "{big} covers {small:?}");
        };
        check("a,b,c", ("a", 1), true);
        check("a,b,c", ("b,a", 2), true);
        check("a,b,c", ("b", 1), false);
        check("a,b,c", ("a,c", 1), false);
        check("a", ("a,b", 1), false);
        check("a,b desc,c desc", ("a,b,c", 1), true);
        check("a,b desc,c", ("a,b,c", 1), false);
        check("a,b,c", ("a,b desc,c desc", 1), true);
    }

    #[test]
    fn included_columns_and_predicates_count() {
        let (plain, mut more) = (candidate("a,b", 1), candidate("a,b", 1));
        more.included = vec!["c".into()];
        assert!(more.shape().covers(&plain.shape()) && !plain.shape().covers(&more.shape()));
        more.included = Vec::new();
        more.predicate = Some("a > 1".into());
        assert!(!more.shape().covers(&plain.shape()) && !plain.shape().covers(&more.shape()));
        assert!(more.shape().covers(&more.shape()));
    }
}
