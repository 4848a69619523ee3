//! Indexes as they were declared, with what their partitions add up to, and how two of them compare.

use pgrefit_catalog::census::{
    ColumnStatistics, Constraint, ConstraintKind, Index, Node, Relation, RelationKind,
};
use pgrefit_catalog::quote_ident;

use super::Facts;
use crate::object;

/// Seconds of a day.
pub(crate) const DAY_S: f64 = 86_400.0;

/// For how long counters must have counted before "never" means anything: a month has its monthly reports.
const WINDOW_S: f64 = 30.0 * DAY_S;

/// One place of an index key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Part {
    /// A column.
    Column(i16),
    /// An expression.
    Expression(Node),
}

/// What an index sorts by, place by place: the part, the operator class, the collation, the options.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Shape {
    /// The key.
    pub(crate) key: Vec<(Part, u32, u32, i16)>,
    /// The columns behind `INCLUDE`, sorted.
    pub(crate) included: Vec<i16>,
}

/// A count as a number to calculate with.
#[expect(clippy::cast_precision_loss, reason = "estimates and shares")]
pub(crate) fn float(count: i64) -> f64 {
    count as f64
}

/// Bytes as a number to calculate with.
#[expect(clippy::cast_precision_loss, reason = "estimates and shares")]
pub(crate) fn float_bytes(bytes: u64) -> f64 {
    bytes as f64
}

impl<'a> Facts<'a> {
    /// Indexes as they were declared: not those of partitions that are attached to the index of their table.
    pub(crate) fn declared_indexes(&self) -> impl Iterator<Item = &'a Index> + '_ {
        self.user_indexes().map(|(index, _)| index).filter(|index| self.parents(index.oid).is_empty())
    }

    /// Whether queries can use it and writes maintain it.
    pub(crate) fn is_usable(index: &Index) -> bool {
        index.valid && index.ready && index.live
    }

    /// The indexes that hold entries: of a partitioned index those of the partitions, else itself.
    pub(crate) fn leaf_indexes(&self, index: u32) -> Vec<u32> {
        let is_leaf = |oid| self.relation(oid).is_none_or(|it| it.kind != RelationKind::PartitionedIndex);
        if is_leaf(index) {
            return vec![index];
        }
        let (mut found, mut open) = (Vec::new(), vec![index]);
        while let Some(oid) = open.pop() {
            if is_leaf(oid) {
                found.push(oid);
            } else {
                open.extend(self.children(oid));
            }
        }
        found
    }

    /// Whether the first places of the key, so many of them, compare as their columns do.
    pub(crate) fn has_collations_of_columns(&self, index: &Index, places: usize) -> bool {
        let mut places = index.columns.iter().zip(&index.collations).take(places);
        places.all(|(number, collation)| {
            self.column(index.table, *number).is_none_or(|column| column.collation == *collation)
        })
    }

    /// Whether it is what a `REINDEX CONCURRENTLY` that failed leaves: by its name, invalid, and another of its form serves in its
    /// place, or is at least there to be built anew. Of a TOAST table, whose index cannot be built anew, only the former.
    pub(crate) fn is_leftover(&self, index: &Index) -> bool {
        let name = self.relation(index.oid).map_or("", |it| it.name.as_str());
        let name = name.trim_end_matches(|c: char| c.is_ascii_digit());
        let base = ["_ccnew", "_ccold"].into_iter().find_map(|ending| name.strip_suffix(ending));
        let Some(base) = base.filter(|_| !index.valid) else { return false };
        let in_toast = self.toast_owner(index.table).is_some();
        let is_base = |other: &Index| self.relation(other.oid).is_some_and(|it| it.name == base);
        let same = |other: &&Index| {
            (Self::is_usable(other) || (other.live && !in_toast && is_base(other)))
                && other.unique == index.unique
                && other.predicate == index.predicate
                && self.access_method(other) == self.access_method(index)
                && Self::index_shape(other).is_some_and(|shape| Self::index_shape(index) == Some(shape))
        };
        self.indexes(index.table).iter().any(same)
    }

    /// Whether indexes are being built that the role cannot see.
    pub(crate) fn has_hidden_builds(&self) -> bool {
        let builds = |command: &str| command.contains("INDEX");
        self.census.progress.iter().any(|it| it.relation.is_none() && builds(&it.command))
    }

    /// Bytes of an index, with those of its partitions.
    pub(crate) fn index_bytes(&self, index: u32) -> u64 {
        self.leaf_indexes(index).into_iter().map(|leaf| self.bytes(leaf)).sum()
    }

    /// Bytes of a table with its TOAST table, and those of its partitions.
    pub(crate) fn tree_bytes(&self, table: u32) -> u64 {
        self.leaves(table).iter().map(|leaf| self.table_bytes(leaf.oid)).sum()
    }

    /// Scans of an index and of its partitions; none if one of them has no counter.
    pub(crate) fn index_scans(&self, index: u32) -> Option<i64> {
        self.leaf_indexes(index).into_iter().map(|leaf| self.index_statistics(leaf).map(|it| it.scans)).sum()
    }

    /// Writes that an index of the table must follow: inserts, and updates to another place. None without a counter.
    pub(crate) fn index_writes(&self, table: u32) -> Option<i64> {
        let writes = |leaf: &Relation| {
            self.statistics(leaf.oid).map(|it| it.inserts + (it.updates - it.hot_updates).max(0))
        };
        self.leaves(table).into_iter().map(writes).sum()
    }

    /// For how many days the counters of every node have counted; or why that says nothing of what is never used.
    pub(crate) fn days_of_use(&self) -> Result<f64, &'static str> {
        let primary_asked = self.census.nodes.iter().any(|node| !node.in_recovery);
        if self.census.server.in_recovery && !primary_asked {
            return Err("a standby counts only its own queries, and the primary was not asked");
        }
        self.days_counted().ok_or("the counters have not counted for 30 days on every node")
    }

    /// The same; none if that is not known, or too short to say "never".
    fn days_counted(&self) -> Option<f64> {
        let nodes = self.census.nodes.iter().map(|node| node.counted_for_s);
        let shortest = nodes
            .chain([self.census.server.counted_for_s])
            .try_fold(f64::MAX, |shortest, it| it.map(|seconds| shortest.min(seconds)))?;
        (shortest >= WINDOW_S).then_some(shortest / DAY_S)
    }

    /// Whether there are standbys whose use of indexes is not in the counters.
    pub(crate) fn has_unasked_standbys(&self) -> bool {
        let logical = self.census.slots.iter().filter(|slot| slot.active && slot.kind == "logical").count();
        let passing = ["pg_basebackup", "pg_receivewal"];
        let is_standby = |application: Option<&str>| application.is_none_or(|it| !passing.contains(&it));
        let replicas =
            self.census.replicas.iter().filter(|replica| is_standby(replica.application.as_deref()));
        let asked = self.census.nodes.iter().filter(|node| node.in_recovery).count();
        replicas.count().saturating_sub(logical) > asked
    }

    /// Why an index must stay, whatever queries do; none if it may go.
    pub(crate) fn index_guard(&self, index: &Index) -> Option<&'static str> {
        let is_identity = |leaf| self.index(leaf).is_some_and(|it| it.replica_identity);
        if index.primary {
            Some("primary key")
        } else if index.exclusion {
            Some("exclusion constraint")
        } else if index.replica_identity || self.leaf_indexes(index.oid).into_iter().any(is_identity) {
            Some("replica identity")
        } else if self.is_referenced(index) {
            Some("target of a foreign key")
        } else if index.clustered {
            Some("order of CLUSTER")
        } else if !self.parents(index.oid).is_empty() {
            Some("part of a partitioned index")
        } else {
            None
        }
    }

    /// Whether it is there for queries alone, and they can use it: nothing else is lost with it.
    pub(crate) fn is_for_queries(&self, index: &Index) -> bool {
        Self::is_usable(index) && !index.unique && self.index_guard(index).is_none()
    }

    /// The same, and no foreign key of the table would be left without an index.
    pub(crate) fn is_for_queries_alone(&self, index: &Index) -> bool {
        let width = |key: &Constraint| key.columns.len();
        let serves = |key: &&'a Constraint| {
            let mut first: Vec<i16> = index.columns.iter().take(width(key)).copied().collect();
            let mut wanted = key.columns.clone();
            first.sort_unstable();
            wanted.sort_unstable();
            key.kind == ConstraintKind::ForeignKey && first == wanted
        };
        self.is_for_queries(index) && !self.constraints(index.table).iter().any(serves)
    }

    /// What `ANALYZE` knows of a column of the table alone, without its children.
    pub(crate) fn own_statistics(&self, table: u32, number: i16) -> Option<&'a ColumnStatistics> {
        self.column_statistics(table, number).filter(|known| !known.inherited)
    }

    /// Whether a foreign key rests on it.
    pub(crate) fn is_referenced(&self, index: &Index) -> bool {
        self.referencing(index.table).iter().any(|key| key.index == Some(index.oid))
    }

    /// What it sorts by; none if the census does not have all of it.
    pub(crate) fn index_shape(index: &Index) -> Option<Shape> {
        let width = usize::try_from(index.key_columns).ok()?;
        let expressions = index.expressions.as_ref().map(Node::items).unwrap_or_default();
        let mut expressions = expressions.into_iter();
        let key = (0..width).map(|at| {
            let part = match *index.columns.get(at)? {
                0 => Part::Expression(expressions.next()?),
                column => Part::Column(column),
            };
            let class = *index.operator_classes.get(at)?;
            Some((part, class, *index.collations.get(at)?, *index.options.get(at)?))
        });
        let key = key.collect::<Option<Vec<_>>>()?;
        let mut included = index.columns.get(width..)?.to_vec();
        included.sort_unstable();
        included.dedup();
        Some(Shape { key, included })
    }

    /// How to drop an index, and the lock that it takes: with its constraint, if it has one; a partitioned one not CONCURRENTLY,
    /// which the server refuses.
    pub(crate) fn drop_index(&self, index: &Index) -> (String, &'static str) {
        let name = self.name(index.oid);
        if let Some(constraint) = self.constraint_of_index(index) {
            let (table, constraint) = (self.name(index.table), quote_ident(&constraint.name));
            return (format!("ALTER TABLE {table} DROP CONSTRAINT {constraint};"), "ACCESS EXCLUSIVE");
        }
        let kind = self.relation(index.oid).map(|it| it.kind);
        let in_toast = self.relation(index.table).is_some_and(|it| it.kind == RelationKind::Toast);
        if kind == Some(RelationKind::PartitionedIndex) || in_toast {
            (format!("DROP INDEX {name};"), "ACCESS EXCLUSIVE")
        } else {
            (format!("DROP INDEX CONCURRENTLY {name};"), "SHARE UPDATE EXCLUSIVE")
        }
    }

    /// The same, with what keeps the definition for the day it is wanted again.
    pub(crate) fn drop_index_kept(&self, index: &Index) -> (String, &'static str) {
        let (sql, lock) = self.drop_index(index);
        let name = self.name(index.oid).replace('\'', "''");
        (format!("SELECT pg_get_indexdef('{name}'::regclass);  -- keep this\n{sql}"), lock)
    }

    /// The operator class of a place of the key, with its schema if that need not be on the path; none if the census has no schema.
    pub(crate) fn operator_class(index: &Index, at: usize) -> Option<String> {
        let (schema, name) = (index.operator_class_schemas.get(at)?, index.operator_class_names.get(at)?);
        let is_builtin = schema == "pg_catalog";
        Some(if is_builtin { quote_ident(name) } else { object::qualified(schema, name) })
    }

    /// ` WITH (fillfactor='70')` of an index that has options, else nothing.
    fn index_options(&self, index: &Index) -> String {
        let options = self.relation(index.oid).map_or(&[][..], |it| it.options.as_slice());
        let option = |it: &String| {
            let (name, value) = it.split_once('=').unwrap_or((it, "true"));
            format!("{}='{}'", quote_ident(name), value.replace('\'', "''"))
        };
        match options.iter().map(option).collect::<Vec<_>>().join(", ") {
            none if none.is_empty() => none,
            options => format!(" WITH ({options})"),
        }
    }

    /// `USING btree (a int8_ops DESC) INCLUDE (b)`; none if the census cannot say it: an expression, a predicate, a collation that
    /// is not the column's.
    pub(crate) fn index_body(&self, index: &Index) -> Option<String> {
        let shape = Self::index_shape(index).filter(|_| index.predicate.is_none())?;
        let key = shape.key.iter().enumerate().map(|(at, (part, _, collation, options))| {
            let Part::Column(number) = part else { return None };
            let column = self.column(index.table, *number).filter(|it| it.collation == *collation)?;
            let class = Self::operator_class(index, at)?;
            let order =
                ["", " DESC NULLS LAST", " NULLS FIRST", " DESC"][usize::try_from(*options & 3).ok()?];
            Some(format!("{} {class}{order}", quote_ident(&column.name)))
        });
        let key = key.collect::<Option<Vec<_>>>()?.join(", ");
        let method = quote_ident(self.access_method(index));
        let included = match &shape.included[..] {
            [] => String::new(),
            columns => format!(" INCLUDE ({})", self.column_list(index.table, columns)),
        };
        let nulls = if index.nulls_not_distinct { " NULLS NOT DISTINCT" } else { "" };
        let options = self.index_options(index);
        Some(format!("USING {method} ({key}){included}{nulls}{options}"))
    }

    /// The names of the key columns, and of columns in its expressions, for a message.
    pub(crate) fn key_list(&self, index: &Index) -> String {
        let width = usize::try_from(index.key_columns).unwrap_or(0);
        let key = index.columns.iter().take(width).map(|number| match number {
            0 => "an expression".to_owned(),
            _ => self.column_list(index.table, &[*number]),
        });
        key.collect::<Vec<_>>().join(", ")
    }

    /// Whether a statement names a column or a table, as a whole word.
    pub(crate) fn names(statement: &str, name: &str) -> bool {
        let is_word = |c: char| c.is_alphanumeric() || c == '_' || c == '$';
        let statement = statement.to_lowercase();
        let name = name.to_lowercase();
        statement.match_indices(&name).map(|(at, _)| at).any(|at| {
            let before = statement[..at].chars().next_back();
            let after = statement[at + name.len()..].chars().next();
            !before.is_some_and(is_word) && !after.is_some_and(is_word)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::Facts;

    #[test]
    fn a_name_is_a_whole_word() {
        let check = |statement: &str, name: &str, expected: bool| {
            assert_eq!(Facts::names(statement, name), expected, "{statement}: {name}");
        };
        check("SELECT * FROM orders", "orders", true);
        check("SELECT * FROM public.\"Orders\" o", "Orders", true);
        check("SELECT * FROM orders_2024", "orders", false);
        check("SELECT reorders FROM t", "orders", false);
        check("select größe.a from größe", "größe", true);
    }
}
