//! Tables of documents with vectors, for tests.

use pgrefit_catalog::census::{Index, Node, RelationKind};

use super::Sample;
use super::constraints::unique_index;

impl Sample {
    /// `public.documents` (100) of so many rows, with `embedding vector(n)` and its TOAST table (101).
    pub(crate) fn documents(self, rows: f64, dimensions: i32) -> Self {
        #[expect(clippy::cast_possible_truncation, reason = "pages of a test")]
        let toast_pages = (rows * f64::from(dimensions) * 4.0 / 8_192.0) as i64;
        self.relation(100, RelationKind::Table, "documents", |it| {
            it.rows = Some(rows);
            it.toast = Some(101);
        })
        .relation(101, RelationKind::Toast, "pg_toast_100", |it| it.pages = toast_pages)
        .column(100, "embedding", "vector", |it| {
            it.typmod = dimensions;
            it.storage = 'e';
        })
    }

    /// An index on the first column of `public.documents`; or on an expression of it.
    pub(crate) fn vector_index(
        self,
        oid: u32,
        method: &str,
        class: &str,
        is_expression: bool,
        change: impl FnOnce(&mut Index),
    ) -> Self {
        let (format, functions) = match class.split('_').next() {
            Some("bit") => (0, vec!["public.binary_quantize".to_owned()]),
            Some("halfvec") => (1, Vec::new()),
            _ => (0, vec!["public.subvector".to_owned()]),
        };
        let call =
            format!("({{FUNCEXPR :funcid 5 :funcformat {format} :args ({{VAR :varno 1 :varattno 1}})}})");
        let mut index = Index {
            unique: false,
            operator_classes: vec![1],
            operator_class_names: vec![class.to_owned()],
            operator_class_schemas: vec!["public".to_owned()],
            expressions: is_expression.then(|| Node::new(&call)),
            functions: if is_expression { functions } else { Vec::new() },
            ..unique_index(oid, 100, i16::from(!is_expression))
        };
        change(&mut index);
        self.relation(oid, RelationKind::Index, &format!("documents_{oid}"), |it| {
            it.access_method = Some(method.to_owned());
        })
        .with(|census| census.indexes.push(index))
    }
}
