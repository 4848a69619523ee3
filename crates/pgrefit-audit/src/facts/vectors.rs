//! Columns of vectors, and the indexes that search them approximately.

use std::fmt;

use pgrefit_catalog::census::{Column, ColumnType, Index, Relation, Statement};

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
    /// Another expression.
    Other,
}

impl fmt::Display for VectorForm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Plain => "the column itself",
            Self::Halfvec => "the column as halfvec",
            Self::BinaryQuantize => "binary_quantize of the column",
            Self::Subvector => "a subvector of the column",
            Self::Other => "an expression",
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
        self.user_indexes().flat_map(|(index, _)| self.as_vector_index(index)).collect()
    }

    /// The approximate indexes of one column.
    #[must_use]
    pub fn vector_indexes_of(&self, table: u32, column: i16) -> Vec<VectorIndex<'a>> {
        let all = self.indexes(table).iter().flat_map(|index| self.as_vector_index(index));
        all.filter(|found| found.column == column).collect()
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
        let form = self.form(index);
        let found = |column| VectorIndex { index, column, method, form };
        self.key_columns(index).into_iter().map(found).collect()
    }

    /// The columns of the key, expressions included. A predicate may name others, which the dependencies do not tell apart.
    fn key_columns(&self, index: &Index) -> Vec<i16> {
        let named = index.expressions.iter().flat_map(pgrefit_catalog::census::Node::columns);
        let mut columns: Vec<i16> =
            index.columns.iter().copied().filter(|it| *it != 0).chain(named).collect();
        if columns.is_empty() || columns.contains(&0) {
            let depends = self.census.index_dependencies.iter().filter(|it| it.index == index.oid);
            columns = depends.map(|it| it.column).collect();
        }
        columns.sort_unstable();
        columns.dedup();
        let of_vectors: Vec<i16> =
            columns.iter().copied().filter(|it| self.is_vector(index.table, *it)).collect();
        if of_vectors.is_empty() { columns } else { of_vectors }
    }

    fn form(&self, index: &Index) -> VectorForm {
        let class = index.operator_class_names.first().map_or("", String::as_str);
        let Some(expressions) = &index.expressions else { return VectorForm::Plain };
        match class.split('_').next() {
            _ if !self.key_columns(index).iter().any(|it| self.is_vector(index.table, *it)) => {
                VectorForm::Other
            }
            Some("bit") => VectorForm::BinaryQuantize,
            // A cast is one function; that of a subvector is two.
            Some("halfvec") if expressions.functions().len() < 2 => VectorForm::Halfvec,
            Some("halfvec" | "vector") => VectorForm::Subvector,
            _ => VectorForm::Other,
        }
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

    /// Statements that name the table and the column.
    pub fn statements_naming(
        &self,
        table: &str,
        column: &str,
    ) -> impl Iterator<Item = (&'a str, &'a Statement)> {
        let named = self.census.statements.iter().filter_map(|it| Some((it.query.as_deref()?, it)));
        named.filter(move |(text, _)| has_word(text, table) && has_word(text, column))
    }
}

/// Whether a text has an identifier in it, in whatever case.
#[must_use]
pub(crate) fn has_word(text: &str, word: &str) -> bool {
    let is_part = |c: char| c.is_alphanumeric() || c == '_' || c == '$';
    let (text, word) = (text.to_lowercase(), word.to_lowercase());
    text.match_indices(&word)
        .any(|(at, _)| !text[..at].ends_with(is_part) && !text[at + word.len()..].starts_with(is_part))
}
