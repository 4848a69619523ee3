//! What the catalog and the statistics of the copy say of its tables.

use pgrefit_catalog::Name;
use serde::Deserialize;

use super::Error;
use super::clause::Operand;
use super::clause_text::bare;

pub(super) const QUERY: &str = include_str!("facts.sql");

/// The tables of a database, roots of partitioned ones instead of their partitions.
#[derive(Debug, Clone, Default, Deserialize)]
pub(super) struct Facts {
    pub(super) tables: Vec<Table>,
    pub(super) foreign_keys: Vec<ForeignKey>,
    /// Names that are taken, in any schema.
    pub(super) names: Vec<String>,
    pub(super) extensions: Vec<Extension>,
}

#[derive(Debug, Clone, Default, Deserialize)]
pub(super) struct Table {
    #[expect(dead_code, reason = "kept for the reader of a debug print")]
    pub(super) oid: i64,
    pub(super) schema: String,
    pub(super) name: String,
    /// `r`, `p` or `m`
    pub(super) kind: String,
    pub(super) rows: Option<f64>,
    pub(super) pages: Option<u64>,
    /// With TOAST, without indexes.
    pub(super) bytes: Option<u64>,
    pub(super) leaves: Option<Vec<Leaf>>,
    pub(super) columns: Vec<Column>,
    pub(super) indexes: Vec<Existing>,
}

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub(super) struct Leaf {
    pub(super) schema: String,
    pub(super) name: String,
    /// Whether it hangs on the root itself, not on a partition that is partitioned again.
    pub(super) is_direct: bool,
}

#[derive(Debug, Clone, Default, Deserialize)]
pub(super) struct Column {
    pub(super) name: String,
    /// With its modifier: `character varying(255)`, `vector(3072)`.
    #[serde(rename = "type")]
    pub(super) type_name: String,
    /// The name of the type alone, below a domain.
    pub(super) base: String,
    /// `pg_type.typcategory`
    pub(super) category: String,
    pub(super) not_null: bool,
    pub(super) is_generated: bool,
    pub(super) width: Option<u32>,
    pub(super) null_part: Option<f64>,
    /// `pg_stats.n_distinct`: negative for a part of the rows.
    pub(super) distinct: Option<f64>,
    pub(super) correlation: Option<f64>,
    pub(super) common: Option<Vec<Option<String>>>,
    pub(super) parts: Option<Vec<f64>>,
    pub(super) bounds: Option<Vec<Option<String>>>,
}

/// An index that is there.
#[derive(Debug, Clone, Default, Deserialize)]
pub(super) struct Existing {
    pub(super) schema: String,
    pub(super) name: String,
    pub(super) method: String,
    pub(super) is_unique: bool,
    pub(super) is_valid: bool,
    pub(super) is_constraint: bool,
    pub(super) keys: Vec<String>,
    /// Bit 0: descending; bit 1: nulls first.
    pub(super) options: Vec<u16>,
    /// Operator classes that are not the default one.
    pub(super) classes: Vec<Option<String>>,
    pub(super) included: Vec<String>,
    pub(super) predicate: Option<String>,
}

#[derive(Debug, Clone, Deserialize)]
pub(super) struct ForeignKey {
    pub(super) name: String,
    pub(super) schema: String,
    pub(super) table: String,
    pub(super) columns: Vec<String>,
}

#[derive(Debug, Clone, Deserialize)]
pub(super) struct Extension {
    pub(super) name: String,
    pub(super) schema: String,
}

impl Facts {
    /// The answer of the query.
    pub(super) fn read(json: &str) -> Result<Self, Error> {
        serde_json::from_str(json).map_err(|error| {
            tracing::debug!(%error, "the catalog");
            Error::Unexpected("its catalog")
        })
    }

    /// The table that a plan names: itself, or the root of a partition.
    pub(super) fn table(&self, name: &Name) -> Option<&Table> {
        let is_leaf = |table: &&Table| {
            table.leaves().iter().any(|leaf| leaf.schema == name.schema && leaf.name == name.name)
        };
        let own = self.tables.iter().find(|table| table.schema == name.schema && table.name == name.name);
        own.or_else(|| self.tables.iter().find(is_leaf))
    }

    /// The schema of an extension, if it is there.
    pub(super) fn extension(&self, name: &str) -> Option<&str> {
        self.extensions.iter().find(|it| it.name == name).map(|it| it.schema.as_str())
    }
}

impl Table {
    pub(super) fn full_name(&self) -> Name {
        Name::new(self.schema.clone(), self.name.clone())
    }

    pub(super) fn is_partitioned(&self) -> bool {
        self.kind == "p"
    }

    pub(super) fn leaves(&self) -> &[Leaf] {
        self.leaves.as_deref().unwrap_or_default()
    }

    pub(super) fn column(&self, name: &str) -> Option<&Column> {
        self.columns.iter().find(|column| column.name == name)
    }

    /// The column that an expression is, if it is one: also a `varchar` that is compared as `text`.
    pub(super) fn column_of(&self, on: &Operand) -> Option<&Column> {
        if let Some(name) = &on.column {
            return self.column(name);
        }
        let (name, as_type) = on.cast.as_ref()?;
        self.column(name).filter(|column| column.base == "varchar" && as_type == "text")
    }

    /// How many different values there are to expect; none if it is not known.
    pub(super) fn distinct(&self, on: &Operand) -> Option<f64> {
        let distinct = self.column_of(on)?.distinct?;
        let rows = self.rows.unwrap_or_default().max(1.0);
        Some(if distinct < 0.0 { -distinct * rows } else { distinct })
    }
}

impl Column {
    /// How often a value occurs, from 0 to 1; none if it is not among the most common ones.
    pub(super) fn part(&self, value: &str) -> Option<f64> {
        let at = self.common.as_ref()?.iter().position(|common| common.as_deref() == Some(value))?;
        self.parts.as_ref()?.get(at).copied()
    }

    /// Whether a B-tree may have it as a key: not if its values are documents, lists, or vectors.
    pub(super) fn can_be_key(&self) -> bool {
        const NOT: [&str; 14] = [
            "json",
            "jsonb",
            "xml",
            "vector",
            "halfvec",
            "sparsevec",
            "tsvector",
            "point",
            "box",
            "polygon",
            "path",
            "circle",
            "line",
            "lseg",
        ];
        self.category != "A" && !NOT.contains(&self.base.as_str()) && self.width.unwrap_or(0) <= 400
    }

    /// Whether it may lie in an index without being a key.
    pub(super) fn can_be_included(&self) -> bool {
        self.can_be_key() && self.width.unwrap_or(8) <= 64
    }

    /// Whether its values may be longer than an index entry can be.
    pub(super) fn may_be_long(&self) -> bool {
        match self.base.as_str() {
            "text" | "bytea" => true,
            "varchar" | "bpchar" => self.length().is_none_or(|length| length > 650),
            _ => false,
        }
    }

    /// 255 of `character varying(255)`.
    fn length(&self) -> Option<u32> {
        self.type_name.split_once('(')?.1.split(')').next()?.parse().ok()
    }
}

impl Existing {
    /// A key without the brackets around it.
    pub(super) fn key(&self, at: usize) -> Option<&str> {
        self.keys.get(at).map(|key| bare(key))
    }
}
