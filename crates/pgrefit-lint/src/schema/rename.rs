//! What is called otherwise from a point on.

use pgrefit_sql::Relation;

use super::{Key, Schema};
use crate::action::ConstraintKind;

impl Schema {
    /// A table or a view moves to another name; what refers to it goes on doing so.
    pub(super) fn rename(&mut self, from: &Key, to: &Key) {
        let refers = |relation: &Relation, schema: &Self| schema.key(relation) == *from;
        let readers: Vec<(Key, usize)> = self
            .views
            .iter()
            .flat_map(|(key, view)| {
                view.reads.iter().enumerate().map(move |(at, read)| (key.clone(), at, read))
            })
            .filter(|(_, _, read)| refers(read, self))
            .map(|(key, at, _)| (key, at))
            .collect();
        let mut keys: Vec<(Key, usize)> = Vec::new();
        for (key, table) in &self.tables {
            for (at, constraint) in table.constraints.iter().enumerate() {
                if let ConstraintKind::ForeignKey { partner: Some(partner), .. } = &constraint.kind
                    && refers(partner, self)
                {
                    keys.push((key.clone(), at));
                }
            }
        }
        let renamed = |relation: &mut Relation| {
            relation.schema = Some(to.0.clone());
            relation.name.clone_from(&to.1);
        };
        for (key, at) in readers {
            if let Some(view) = self.views.get_mut(&key) {
                renamed(&mut view.reads[at]);
            }
        }
        for (key, at) in keys {
            if let Some(table) = self.tables.get_mut(&key)
                && let ConstraintKind::ForeignKey { partner: Some(partner), .. } =
                    &mut table.constraints[at].kind
            {
                renamed(partner);
            }
        }
        if let Some(table) = self.tables.remove(from) {
            self.tables.insert(to.clone(), table);
        }
        if let Some(mut view) = self.views.remove(from) {
            renamed(&mut view.name);
            self.views.insert(to.clone(), view);
        }
        for key in self.by_table.remove(from).unwrap_or_default() {
            if let Some(index) = self.indexes.get_mut(&key) {
                index.table = to.clone();
            }
            self.by_table.entry(to.clone()).or_default().push(key);
        }
        for table in self.tables.values_mut() {
            if let Some((parent, _)) = table.partition_of.as_mut().filter(|(parent, _)| parent == from) {
                *parent = to.clone();
            }
        }
        self.schemas.insert(to.0.clone());
    }

    pub(super) fn rename_index(&mut self, from: &Key, to: &str) {
        if let Some(index) = self.remove_index(from) {
            self.add_index((from.0.clone(), to.to_owned()), index);
        }
    }
}
