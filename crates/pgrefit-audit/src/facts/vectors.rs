//! Columns of vectors, and the indexes that search them approximately.

use std::fmt;

use pgrefit_catalog::census::{Column, ColumnType, Index, Relation, RelationKind, Statement};

use super::Facts;

/// Access methods that find neighbours approximately: those of pgvector, pgvectorscale and `VectorChord`.
const APPROXIMATE: [&str; 5] = ["hnsw", "ivfflat", "diskann", "vchordrq", "vchordg"];

/// What of a column an approximate index holds. Queries must say the same, or the index does not serve them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum VectorForm {
    /// The column as it is.
    Plain,
    /// `column::halfvec(n)`.
    Halfvec,
    /// `binary_quantize(column)`.
    BinaryQuantize,
    /// `subvector(column, …)`.
    Subvector,
    /// `column::vector(n)`, or another cast.
    Cast,
    /// Another expression, or one of which it is not known what it calls.
    Other,
    /// An expression over the whole row: which columns it takes, a function knows.
    Row,
    /// A generated column that is computed from it.
    Generated,
}

impl VectorForm {
    /// Queries that name the column itself may be served by it.
    #[must_use]
    pub const fn is_of_column(self) -> bool {
        !matches!(self, Self::Row | Self::Generated)
    }
}

impl fmt::Display for VectorForm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Plain => "the column itself",
            Self::Halfvec => "the column as halfvec",
            Self::BinaryQuantize => "binary_quantize of the column",
            Self::Subvector => "a subvector of the column",
            Self::Cast => "a cast of the column",
            Self::Other => "an expression over it",
            Self::Row => "an expression over the whole row, which may hold it",
            Self::Generated => "a generated column that is computed from it",
        })
    }
}

/// An approximate index on a column, whatever its form.
#[derive(Clone, Copy, Debug)]
pub struct VectorIndex<'a> {
    /// The index.
    pub index: &'a Index,
    /// The column of its table.
    pub column: i16,
    /// `hnsw`, `ivfflat`, …
    pub method: &'a str,
    /// What of the column it holds.
    pub form: VectorForm,
}

impl VectorIndex<'_> {
    /// Queries may use it.
    #[must_use]
    pub const fn is_usable(&self) -> bool {
        self.index.valid && self.index.ready && self.index.live
    }

    /// What queries must know of it, to be put behind what it holds; empty if there is nothing.
    #[must_use]
    pub fn state(&self) -> &'static str {
        match (self.is_usable(), self.index.being_built, self.index.predicate.is_some()) {
            (true, _, false) => "",
            (true, _, true) => ", of a part of the rows",
            (false, true, false) => ", being built",
            (false, true, true) => ", of a part of the rows, being built",
            (false, false, false) => ", INVALID",
            (false, false, true) => ", of a part of the rows, INVALID",
        }
    }

    /// The operator that it serves.
    #[must_use]
    pub fn operator(&self) -> Option<&'static str> {
        let class = self.index.operator_class_names.first()?;
        let operators = [
            ("_l2_ops", "<->"),
            ("_ip_ops", "<#>"),
            ("_cosine_ops", "<=>"),
            ("_l1_ops", "<+>"),
            ("_hamming_ops", "<~>"),
            ("_jaccard_ops", "<%>"),
        ];
        operators.iter().find(|(ending, _)| class.ends_with(ending)).map(|(_, operator)| *operator)
    }
}

impl<'a> Facts<'a> {
    /// Every approximate index with the columns it rests on, in any form, of partitioned tables and of partitions.
    #[must_use]
    pub fn vector_indexes(&self) -> Vec<VectorIndex<'a>> {
        let vectors = |index: &'a Index| {
            let all = self.as_vector_index(index);
            let is_vector = |it: &VectorIndex<'_>| self.is_vector(index.table, it.column);
            if all.iter().any(is_vector) { all.into_iter().filter(is_vector).collect() } else { all }
        };
        self.user_indexes().flat_map(|(index, _)| vectors(index)).collect()
    }

    /// The approximate indexes of one column, whatever its type.
    #[must_use]
    pub fn vector_indexes_of(&self, table: u32, column: i16) -> Vec<VectorIndex<'a>> {
        let all = self.indexes(table).iter().flat_map(|index| self.as_vector_index(index));
        all.filter(|found| found.column == column).collect()
    }

    /// The approximate indexes of one column, those of partitions too, whether queries may use them or not.
    #[must_use]
    pub fn vector_indexes_below(&self, table: u32, column: &Column) -> Vec<VectorIndex<'a>> {
        let mut found = self.vector_indexes_of(table, column.number);
        for leaf in self.leaves(table).iter().filter(|leaf| leaf.oid != table) {
            let own = self.column_named(leaf.oid, &column.name);
            found.extend(own.iter().flat_map(|own| self.vector_indexes_of(leaf.oid, own.number)));
        }
        found
    }

    /// Whether an approximate index that queries may use covers the column: of the table, or of each of its partitions.
    #[must_use]
    pub fn has_vector_index(&self, table: u32, column: &Column) -> bool {
        let usable = |table: u32, number: i16| {
            self.vector_indexes_of(table, number).iter().any(VectorIndex::is_usable)
        };
        if usable(table, column.number) {
            return true;
        }
        let leaves = self.leaves(table);
        let covered = |leaf: &&Relation| {
            self.column_named(leaf.oid, &column.name).is_some_and(|own| usable(leaf.oid, own.number))
        };
        !leaves.is_empty() && leaves.iter().all(covered)
    }

    fn as_vector_index(&self, index: &'a Index) -> Vec<VectorIndex<'a>> {
        let method = self.access_method(index);
        if !APPROXIMATE.contains(&method) {
            return Vec::new();
        }
        let form = form(index);
        let keys = self.key_columns(index, form);
        let found = |column, form| VectorIndex { index, column, method, form };
        let sources = keys.iter().flat_map(|it| self.generated_from(index.table, *it));
        let derived: Vec<_> =
            sources.filter(|it| !keys.contains(it)).map(|it| found(it, VectorForm::Generated)).collect();
        keys.iter().map(|it| found(*it, form)).chain(derived).collect()
    }

    /// The columns of the key, expressions included. A predicate may name others, which the dependencies do not tell apart.
    fn key_columns(&self, index: &Index, form: VectorForm) -> Vec<i16> {
        if form == VectorForm::Row {
            return self.columns(index.table).iter().map(|it| it.number).collect();
        }
        let named = index.expressions.iter().flat_map(pgrefit_catalog::census::Node::columns);
        let mut columns: Vec<i16> =
            index.columns.iter().copied().filter(|it| *it != 0).chain(named).collect();
        if columns.is_empty() {
            let depends = self.census.index_dependencies.iter().filter(|it| it.index == index.oid);
            columns = depends.map(|it| it.column).collect();
        }
        columns.sort_unstable();
        columns.dedup();
        columns
    }

    /// The columns that a generated one is computed from.
    fn generated_from(&self, table: u32, column: i16) -> Vec<i16> {
        let expression = self.default(table, column).and_then(|it| it.expression.as_ref());
        expression.map(pgrefit_catalog::census::Node::columns).unwrap_or_default()
    }

    fn is_vector(&self, table: u32, number: i16) -> bool {
        let base = self.column(table, number).and_then(|column| self.base_type(column.type_oid));
        base.is_some_and(|base| base.extension.as_deref() == Some("vector"))
    }

    /// Declared columns of the types of pgvector.
    pub fn vector_columns(&self) -> impl Iterator<Item = (&'a Relation, &'a Column, &'a ColumnType)> {
        self.declared_columns().filter(|(_, _, base)| base.extension.as_deref() == Some("vector"))
    }

    /// The dimensions of a column of vectors; none if it has no limit, or has it from a domain.
    #[must_use]
    pub fn dimensions(&self, column: &Column) -> Option<i32> {
        (column.typmod > 0).then_some(column.typmod)
    }

    /// Bytes of a value of a column of vectors; none if that cannot be told.
    #[must_use]
    pub fn vector_bytes(&self, column: &Column) -> Option<u32> {
        let element = match self.base_type(column.type_oid)?.name.as_str() {
            "vector" => 4,
            "halfvec" => 2,
            _ => return None,
        };
        u32::try_from(self.dimensions(column)?).ok().map(|dimensions| 8 + element * dimensions)
    }

    /// Whether values of a column of vectors lie in the TOAST table: above 2 kB, and let out of line.
    #[must_use]
    pub fn is_out_of_line(&self, column: &Column) -> bool {
        const TOAST_THRESHOLD_BYTES: u32 = 2_000;
        let large = self.vector_bytes(column).is_some_and(|bytes| bytes > TOAST_THRESHOLD_BYTES);
        large && matches!(column.storage, 'e' | 'x')
    }

    /// Statements that name the column of the table and cannot mean that of another: no other relation that they name has a column of
    /// that name, none gives the name to something else, and of several tables of one name they say the schema.
    #[must_use]
    pub fn statements_naming(&self, table: &Relation, column: &Column) -> Vec<(&'a str, &'a Statement)> {
        let named = self.census.statements.iter().filter_map(|it| Some((it.query.as_deref()?, it)));
        let mut found: Vec<_> =
            named.filter(|(text, _)| has_word(text, &table.name) && has_word(text, &column.name)).collect();
        if found.is_empty() {
            return found;
        }
        let others: Vec<&Relation> = self.census.relations.iter().filter(|it| it.oid != table.oid).collect();
        let is_namesake = |it: &&&Relation| it.name.eq_ignore_ascii_case(&table.name) && has_columns(it.kind);
        if others.iter().any(|it| is_namesake(&it)) {
            found.retain(|(text, _)| is_always_qualified(text, self.schema_of(table), &table.name));
        }
        let with_column = |it: &&Relation| {
            let named = |own: &&Column| own.name.eq_ignore_ascii_case(&column.name);
            !it.name.eq_ignore_ascii_case(&table.name) && self.columns(it.oid).iter().any(named)
        };
        let rivals: Vec<&str> = others.into_iter().filter(with_column).map(|it| it.name.as_str()).collect();
        found.retain(|(text, _)| {
            !gives_name(text, &column.name) && !rivals.iter().any(|name| has_word(text, name))
        });
        found
    }
}

/// Whether its columns can be named in a query.
const fn has_columns(kind: RelationKind) -> bool {
    kind.has_rows() || matches!(kind, RelationKind::View)
}

/// What of its columns the key of an index holds.
fn form(index: &Index) -> VectorForm {
    let Some(expressions) = &index.expressions else { return VectorForm::Plain };
    if expressions.columns().contains(&0) {
        return VectorForm::Row;
    }
    if !expressions.wraps_column() {
        return VectorForm::Other;
    }
    let class = index.operator_class_names.first().map_or("", String::as_str);
    let called: Vec<&str> =
        index.functions.iter().map(|it| it.rsplit('.').next().unwrap_or_default()).collect();
    match called.as_slice() {
        // A snapshot of before they were read has no functions.
        [] if expressions.functions().is_empty() && class.starts_with("halfvec") => VectorForm::Halfvec,
        [] if expressions.functions().is_empty() => VectorForm::Cast,
        ["binary_quantize"] => VectorForm::BinaryQuantize,
        ["subvector"] => VectorForm::Subvector,
        _ => VectorForm::Other,
    }
}

/// Whether each mention of a table has its schema before it, or is itself before a column.
fn is_always_qualified(text: &str, schema: &str, table: &str) -> bool {
    let bare = text.to_lowercase().replace('"', "");
    let (schema, table) = (schema.to_lowercase(), table.to_lowercase());
    let mut mentions = bare.match_indices(&table).filter(|(at, _)| is_whole(&bare, *at, table.len()));
    let mut is_named = false;
    let own = |before: &str| before.strip_suffix(&schema).is_some_and(|it| !it.ends_with(is_part));
    let all = mentions.all(|(at, _)| match bare[..at].strip_suffix('.') {
        Some(before) => {
            is_named |= own(before);
            own(before)
        }
        None => bare[at + table.len()..].starts_with('.'),
    });
    all && is_named
}

/// Whether a statement gives a name to something by `AS`.
fn gives_name(text: &str, name: &str) -> bool {
    let words: Vec<String> =
        text.split_whitespace().map(|it| it.trim_matches(|c| !is_part(c)).to_lowercase()).collect();
    words.windows(2).any(|pair| pair[0] == "as" && pair[1] == name.to_lowercase())
}

fn is_part(c: char) -> bool {
    c.is_alphanumeric() || c == '_' || c == '$'
}

/// Whether what stands there is not a part of a longer word.
fn is_whole(text: &str, at: usize, length: usize) -> bool {
    !text[..at].ends_with(is_part) && !text[at + length..].starts_with(is_part)
}

/// Whether a text has an identifier in it, in whatever case.
#[must_use]
pub(crate) fn has_word(text: &str, word: &str) -> bool {
    let (text, word) = (text.to_lowercase(), word.to_lowercase());
    text.match_indices(&word).any(|(at, _)| is_whole(&text, at, word.len()))
}

#[cfg(test)]
mod tests {
    use pgrefit_catalog::census::{ColumnDefault, Inheritance, Node, RelationKind};

    use super::{VectorForm, has_word, is_always_qualified};
    use crate::Facts;
    use crate::sample::Sample;

    #[test]
    fn words_are_whole() {
        let check =
            |text: &str, word: &str, expected: bool| assert_eq!(has_word(text, word), expected, "{text}");
        check("SELECT d.embedding FROM d", "embedding", true);
        check("SELECT embedding_2 FROM d", "embedding", false);
        check("SELECT \"Embedding\"::halfvec(3)", "Embedding", true);
        check("", "a", false);
    }

    #[test]
    fn a_schema_is_said_each_time() {
        let check = |text: &str, expected: bool| {
            assert_eq!(is_always_qualified(text, "app", "items"), expected, "{text}");
        };
        check("SELECT items.e FROM app.items ORDER BY e", true);
        check("SELECT e FROM \"app\".\"items\" ORDER BY e", true);
        check("SELECT e FROM items ORDER BY e", false);
        check("SELECT e FROM app2.items ORDER BY e", false);
        check("SELECT e FROM app.items JOIN other.items USING (id)", false);
        check("SELECT e FROM my_app.items", false);
        check("SELECT items.e FROM x AS items", false);
    }

    #[test]
    fn a_statement_that_may_mean_another_column_does_not_count() {
        let check = |text: &str, expected: usize| {
            let sample = Sample::new(18)
                .documents(1_000.0, 3)
                .relation(300, RelationKind::Table, "chunks", |_| {})
                .column(300, "embedding", "vector", |_| {})
                .relation(301, RelationKind::Table, "notes", |_| {})
                .statement_text(text);
            let facts = Facts::new(&sample.census, &sample.options);
            let table = facts.relation(100).expect("a table");
            let found = facts.statements_naming(table, facts.column(100, 1).expect("a column"));
            assert_eq!(found.len(), expected, "{text}");
        };
        check("SELECT id FROM documents ORDER BY embedding <-> $1", 1);
        check("SELECT id FROM documents d JOIN notes n ON n.id = d.id ORDER BY embedding <-> $1", 1);
        check("SELECT id FROM chunks c JOIN documents d ON d.id = c.id ORDER BY c.embedding <-> $1", 0);
        check(
            "SELECT id FROM (SELECT id, vec AS embedding FROM documents) AS it ORDER BY embedding <-> $1",
            0,
        );
    }

    #[test]
    fn generated_columns_and_whole_rows_are_followed() {
        let of = |sample: Sample| {
            let facts = Facts::new(&sample.census, &sample.options);
            facts.vector_indexes_of(100, 1).iter().map(|it| it.form).collect::<Vec<_>>()
        };
        let generated = Sample::new(18)
            .documents(1_000.0, 3)
            .column(100, "g", "halfvec", |it| it.generated = Some('s'))
            .vector_index(200, "hnsw", "halfvec_l2_ops", false, |it| it.columns = vec![2])
            .with(|census| {
                census.defaults.push(ColumnDefault {
                    relation: 100,
                    number: 2,
                    functions: Vec::new(),
                    expression: Some(Node::new("{FUNCEXPR :args ({VAR :varno 1 :varattno 1})}")),
                });
            });
        assert_eq!(of(generated), [VectorForm::Generated]);
        let row = "({FUNCEXPR :funcid 5 :args ({VAR :varno 1 :varattno 0})})";
        let row =
            Sample::new(18)
                .documents(1_000.0, 3)
                .vector_index(200, "hnsw", "vector_l2_ops", true, |it| it.expressions = Some(Node::new(row)));
        assert_eq!(of(row), [VectorForm::Row]);
    }

    #[test]
    fn indexes_of_partitions_are_below() {
        let sample = Sample::new(18)
            .relation(99, RelationKind::Partitioned, "all", |_| {})
            .column(99, "embedding", "vector", |it| it.typmod = 3)
            .documents(1_000.0, 3)
            .vector_index(200, "hnsw", "vector_l2_ops", false, |it| it.valid = false)
            .with(|census| {
                census.relations.iter_mut().find(|it| it.oid == 100).expect("it").is_partition = true;
                census.inheritance.push(Inheritance { child: 100, parent: 99, detach_pending: false });
            });
        let facts = Facts::new(&sample.census, &sample.options);
        let column = facts.column(99, 1).expect("a column");
        assert_eq!(facts.vector_indexes_below(99, column).len(), 1);
        assert!(facts.vector_indexes_of(99, 1).is_empty());
        assert!(!facts.has_vector_index(99, column));
    }
}
