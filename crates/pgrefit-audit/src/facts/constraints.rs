//! Constraints and triggers by what users declared, without the copies that partitions and children take over.

use pgrefit_catalog::census::{
    Column, Constraint, ConstraintKind, Index, Node, Relation, RelationKind, Trigger,
};

use super::Facts;
use crate::object;

impl<'a> Facts<'a> {
    /// A table that users made and that outlives a session; none if it belongs to an extension.
    pub(crate) fn lasting_table(&self, oid: u32) -> Option<&'a Relation> {
        let is_table = |it: &&Relation| matches!(it.kind, RelationKind::Table | RelationKind::Partitioned);
        self.relation(oid).filter(is_table).filter(|it| !it.of_extension && it.persistence != 't')
    }

    /// Constraints of users' tables and domains as they were declared: neither those of partitions that follow the partitioned
    /// table, nor those that a child inherits.
    pub(crate) fn declared_constraints(&self) -> impl Iterator<Item = &'a Constraint> + '_ {
        self.census.constraints.iter().filter(|it| {
            let of_user = it.domain.is_some() || self.lasting_table(it.relation).is_some();
            of_user && it.parent.is_none() && !self.is_inherited(it)
        })
    }

    /// Foreign keys of users' tables as they were declared, and enforced.
    pub(crate) fn enforced_foreign_keys(&self) -> impl Iterator<Item = &'a Constraint> + '_ {
        self.foreign_keys().filter(|key| key.enforced && self.lasting_table(key.relation).is_some())
    }

    /// Why a foreign key does not keep its rows, if so.
    #[must_use]
    pub fn fault_of_foreign_key(&self, key: &Constraint) -> Option<String> {
        let is_off = |trigger: &Trigger| matches!(trigger.enabled, 'D' | 'R');
        let tree = self.constraint_tree(key);
        let off =
            |trigger: &Trigger| trigger.constraint.is_some_and(|it| tree.contains(&it)) && is_off(trigger);
        let fault = if !key.enforced {
            "NOT ENFORCED"
        } else if !key.validated {
            "NOT VALID: rows of before were never checked"
        } else if self.census.triggers.iter().any(off) {
            "not checked everywhere: triggers of it are disabled"
        } else {
            return None;
        };
        Some(format!("{} is {fault}", key.name))
    }

    /// Whether rows may have a null there: nothing says NOT NULL, neither the column, nor its domain, nor a check of it alone.
    pub(crate) fn can_be_null(&self, column: &Column) -> bool {
        let checked = |it: &&Constraint| {
            it.enforced
                && it.validated
                && it.null_test.as_ref().and_then(Node::only_not_null) == Some(column.number)
        };
        let mut kind = self.type_of(column.type_oid);
        let mut of_domain = false;
        for _ in 0..32 {
            let Some(domain) = kind.filter(|it| it.kind == 'd') else { break };
            of_domain |= domain.not_null;
            kind = self.type_of(domain.base);
        }
        !column.not_null && !of_domain && !self.constraints(column.relation).iter().any(checked)
    }

    /// The constraint as it was declared: that of the partitioned table, not of a partition.
    pub(crate) fn declared<'b>(&self, constraint: &'b Constraint) -> &'b Constraint
    where
        'a: 'b,
    {
        let mut found = constraint;
        for _ in 0..32 {
            let Some(parent) = found.parent.and_then(|oid| self.constraint(oid)) else { break };
            found = parent;
        }
        found
    }

    /// A constraint, and those of partitions that follow it, at whatever depth.
    fn constraint_tree(&self, constraint: &Constraint) -> Vec<u32> {
        let mut tree = vec![constraint.oid];
        let mut done = 0;
        while done < tree.len() {
            let parent = Some(tree[done]);
            let below = self.census.constraints.iter().filter(|it| it.parent == parent).map(|it| it.oid);
            // A circle is in no catalog; in a census of whatever origin, it must not go on for ever.
            let below: Vec<u32> = below.filter(|oid| !tree.contains(oid)).collect();
            tree.extend(below);
            done += 1;
        }
        tree
    }

    /// Whether a parent has the same constraint. Checks go by their names, as the server does it; NOT NULL goes by the column.
    fn is_inherited(&self, constraint: &Constraint) -> bool {
        let column = |it: &Constraint| {
            it.columns.first().and_then(|number| self.column(it.relation, *number)).map(|it| it.name.as_str())
        };
        let same = |other: &&Constraint| {
            other.kind == constraint.kind
                && match other.kind {
                    ConstraintKind::Check => other.name == constraint.name,
                    ConstraintKind::NotNull => column(other) == column(constraint),
                    _ => false,
                }
        };
        self.parents(constraint.relation).iter().any(|parent| self.constraints(*parent).iter().any(same))
    }

    /// `schema.table.constraint`, or `domain.constraint`.
    pub(crate) fn constraint_name(&self, constraint: &Constraint) -> String {
        match &constraint.domain {
            Some(domain) => object::part(domain, &constraint.name),
            None => self.part_name(constraint.relation, &constraint.name),
        }
    }

    /// An index by which no two rows can have the same values in these columns, or in fewer of them, at any moment.
    pub(crate) fn unique_index_within(&self, table: u32, columns: &[i16]) -> Option<&'a Index> {
        let within = |it: &&&Index| {
            let key = it.columns.iter().take(usize::try_from(it.key_columns).unwrap_or(0));
            let whole = it.predicate.is_none() && it.expressions.is_none();
            let usable = it.unique && it.immediate && it.valid && it.ready && it.live;
            usable && whole && key.into_iter().all(|column| columns.contains(column))
        };
        self.indexes(table).iter().find(within).copied()
    }

    /// The primary key of a table, if it can identify rows: valid, and not deferrable.
    pub(crate) fn usable_primary_key(&self, table: u32) -> Option<&'a Index> {
        self.indexes(table).iter().find(|it| it.primary && it.valid && it.immediate).copied()
    }

    /// The topmost table of a tree of partitions or of `INHERITS`; itself if it has no parent.
    pub(crate) fn topmost(&self, relation: u32) -> u32 {
        let mut found = relation;
        for _ in 0..32 {
            let Some(parent) = self.parents(found).first() else { break };
            found = *parent;
        }
        found
    }
}
