//! What a statement changes in the schema.

use std::ops::Range;

use pgrefit_sql::{Relation, RelationKind};

use super::lookup::Constancy;
use super::{Column, Constraint, Domain, Index, Key, Moment, NewIndex, Schema, Table};
use crate::action::{Action, ConstraintKind, Kind, NewColumn, NewConstraint, NewTable, What};
use crate::types::SqlType;

impl Schema {
    /// Changes the schema as the action would.
    pub(crate) fn apply(&mut self, action: &Action, moment: Moment) {
        match &action.kind {
            Kind::CreateTable(new) => self.create_table(new, moment),
            Kind::CreateView(view) => {
                let key = self.key(&view.name);
                if view.materialized {
                    let table = Table { made: Some(moment), filled: true, ..Table::default() };
                    self.tables.insert(key.clone(), table);
                }
                self.views.insert(key, (**view).clone());
            }
            Kind::CreateIndex(index) => self.create_index(index, moment),
            Kind::CreateRoutine(routine) => {
                let known = self.routines.entry(routine.name.name.clone()).or_default();
                // One overload of unknown arguments replaces the other; two that differ are kept apart by nothing here.
                known.clear();
                known.push((**routine).clone());
            }
            Kind::CreateEnum(name) => {
                let key = self.key(name);
                self.enums.entry(key).or_default();
            }
            Kind::CreateDomain { name, base, constrained } => {
                let key = self.key(name);
                self.domains.insert(
                    key,
                    Domain { base: base.clone(), constrained: *constrained, made: Some(moment) },
                );
            }
            Kind::AddDomainConstraint { domain, .. } => {
                let key = self.key(domain);
                if let Some(domain) = self.domains.get_mut(&key) {
                    domain.constrained = true;
                }
            }
            Kind::AddEnumValue { name, label } => {
                let key = self.key(name);
                self.enums.entry(key).or_default().push((label.clone(), moment));
            }
            Kind::Set { name, value, .. } => self.set(name, value),
            Kind::Drop { what, name, .. } => self.drop(*what, name),
            Kind::DropIndex { index, .. } => {
                let key = self.key(index);
                self.indexes.remove(&key);
            }
            Kind::Insert { table, .. } => self.change(table, |table| table.filled = true),
            Kind::Attach { parent, partition, bound } => {
                let parent = self.key(parent);
                self.change(partition, |table| table.partition_of = Some((parent, bound.clone())));
            }
            Kind::Detach { partition, .. } => self.change(partition, |table| table.partition_of = None),
            Kind::CreatePolicy { table } => self.change(table, |table| table.policies = true),
            Kind::RenameTable { table, to } => {
                let from = self.key(table);
                let to = (from.0.clone(), to.clone());
                self.rename(&from, &to);
            }
            Kind::SetSchema { table, schema } => {
                let from = self.key(table);
                let to = (schema.clone(), from.1.clone());
                self.rename(&from, &to);
            }
            _ => self.alter_table(action, moment),
        }
    }

    fn set(&mut self, name: &str, value: &str) {
        match name {
            "timezone" | "time zone" => self.time_zone = Some(value.to_owned()),
            "search_path" => {
                let first = value.split(',').next().unwrap_or_default().trim().trim_matches(['"', '\'']);
                self.first_schema =
                    Some(first.to_owned()).filter(|first| !first.is_empty() && first != "$user");
            }
            _ => {}
        }
    }

    fn drop(&mut self, what: What, name: &Relation) {
        let key = self.key(name);
        match what {
            What::Table => {
                self.tables.remove(&key);
                self.indexes.retain(|_, index| index.table != key);
            }
            What::View | What::MaterializedView => {
                self.views.remove(&key);
            }
            What::Type => {
                self.enums.remove(&key);
                self.domains.remove(&key);
            }
            What::Routine => {
                self.routines.remove(&name.name);
            }
            What::Schema => {
                self.tables.retain(|key, _| key.0 != name.name);
                self.indexes.retain(|key, _| key.0 != name.name);
                self.views.retain(|key, _| key.0 != name.name);
            }
            _ => {}
        }
    }

    fn rename(&mut self, from: &Key, to: &Key) {
        if let Some(table) = self.tables.remove(from) {
            self.tables.insert(to.clone(), table);
        }
        if let Some(view) = self.views.remove(from) {
            self.views.insert(to.clone(), view);
        }
        for index in self.indexes.values_mut().filter(|index| index.table == *from) {
            index.table = to.clone();
        }
        for table in self.tables.values_mut() {
            if let Some((parent, _)) = table.partition_of.as_mut().filter(|(parent, _)| parent == from) {
                *parent = to.clone();
            }
        }
    }

    /// Changes a table; one that was not known is taken note of, with columns that are not all known.
    fn change(&mut self, relation: &Relation, change: impl FnOnce(&mut Table)) {
        let key = self.key(relation);
        change(self.tables.entry(key).or_default());
    }

    fn create_table(&mut self, new: &NewTable, moment: Moment) {
        let Some(name) = &new.name else { return };
        let key = match (&name.schema, &self.first_schema) {
            (Some(schema), _) => (schema.clone(), name.name.clone()),
            (None, Some(first)) => (first.clone(), name.name.clone()),
            (None, None) => ("public".to_owned(), name.name.clone()),
        };
        if new.if_not_exists && self.tables.contains_key(&key) {
            return;
        }
        let mut table = Table {
            complete: !new.from_query,
            partition_key: new.partition_key.clone(),
            made: Some(moment),
            filled: new.from_query,
            temporary: new.temporary,
            ..Table::default()
        };
        for (source, with_constraints) in &new.like {
            match self.table(source) {
                Some(source) => {
                    table.columns.extend(source.columns.iter().cloned());
                    let checks =
                        source.constraints.iter().filter(|it| matches!(it.kind, ConstraintKind::Check(_)));
                    table.constraints.extend(checks.filter(|_| *with_constraints).cloned());
                    table.complete &= source.complete;
                }
                None => table.complete = false,
            }
        }
        if let Some((parent, bound)) = &new.partition_of {
            let parent_key = self.key(parent);
            if let Some(parent) = self.tables.get(&parent_key) {
                table.columns.extend(parent.columns.iter().cloned());
                table.complete = parent.complete;
            }
            table.partition_of = Some((parent_key, bound.clone()));
        }
        for column in &new.columns {
            let column_new = self.column(column, None);
            table.columns.push(column_new);
            for constraint in &column.constraints {
                table.constraints.push(kept(constraint, true, None));
            }
        }
        for constraint in &new.constraints {
            table.constraints.push(kept(constraint, true, None));
        }
        not_null_by_key(&mut table);
        for column in &mut table.columns {
            column.added = None;
        }
        self.tables.insert(key, table);
    }

    fn create_index(&mut self, index: &NewIndex, moment: Moment) {
        let Some(table) = &index.table else { return };
        let table = self.key(table);
        let name = index.name.clone().unwrap_or_else(|| {
            let columns =
                index.keys.iter().map(|key| key.column.clone().unwrap_or_else(|| "expr".to_owned()));
            format!("{}_{}_idx", table.1, columns.collect::<Vec<_>>().join("_"))
        });
        let key = (table.0.clone(), name);
        if index.if_not_exists && self.indexes.contains_key(&key) {
            return;
        }
        self.indexes.insert(key, Index { table, new: index.clone(), made: Some(moment) });
    }

    fn column(&self, new: &NewColumn, added: Option<Moment>) -> Column {
        let constant = |default| self.constancy(default) == Constancy::Constant;
        Column {
            name: new.name.clone(),
            data_type: new.data_type.clone().stored(),
            not_null: new.not_null,
            constant_default: new.default.as_ref().is_some_and(constant),
            generated: new.generated,
            added,
        }
    }

    fn alter_table(&mut self, action: &Action, moment: Moment) {
        let span = &action.span;
        match &action.kind {
            Kind::AddColumn { table, column, if_not_exists } => {
                let known = self.table(table).is_some_and(|table| table.column(&column.name).is_some());
                if known && *if_not_exists {
                    return;
                }
                let new = self.column(column, Some(moment));
                self.change(table, |table| {
                    table.columns.retain(|old| old.name != column.name);
                    table.columns.push(new);
                    for constraint in &column.constraints {
                        table.constraints.push(kept(
                            constraint,
                            !constraint.waits,
                            Some((moment, span.clone())),
                        ));
                    }
                });
            }
            Kind::DropColumn { table, column, .. } => self.drop_column(table, column),
            Kind::RenameColumn { table, from, to } => self.rename_column(table, from, to),
            Kind::SetType { table, column, to, .. } => self.set_type(table, column, to),
            Kind::SetNotNull { table, column } => {
                self.change_column(table, column, |column| column.not_null = true);
            }
            Kind::DropNotNull { table, column } => {
                self.change_column(table, column, |column| column.not_null = false);
            }
            Kind::AddConstraint { table, constraint } => self.add_constraint(table, constraint, moment, span),
            Kind::DropConstraint { table, name, .. } => {
                self.change(table, |table| table.constraints.retain(|it| it.name.as_ref() != Some(name)));
            }
            Kind::ValidateConstraint { table, name } => self.change(table, |table| {
                for constraint in table.constraints.iter_mut().filter(|it| it.name.as_ref() == Some(name)) {
                    constraint.validated = true;
                }
            }),
            _ => {}
        }
    }

    fn add_constraint(&mut self, table: &Relation, new: &NewConstraint, moment: Moment, span: &Range<usize>) {
        let mut constraint = kept(new, !new.waits, Some((moment, span.clone())));
        if let ConstraintKind::Unique { using_index: Some(index) }
        | ConstraintKind::PrimaryKey { using_index: Some(index) } = &new.kind
        {
            let index =
                Relation { schema: table.schema.clone(), name: index.clone(), kind: RelationKind::Index };
            if let Some(index) = self.index(&index) {
                constraint.columns = index.new.keys.iter().filter_map(|key| key.column.clone()).collect();
            }
        }
        if constraint.name.is_none() {
            constraint.name = Some(default_name(table, new));
        }
        self.change(table, |table| {
            table.constraints.push(constraint);
            not_null_by_key(table);
        });
    }

    fn drop_column(&mut self, relation: &Relation, column: &str) {
        let key = self.key(relation);
        self.change(relation, |table| {
            table.columns.retain(|known| known.name != column);
            table.constraints.retain(|known| !known.columns.iter().any(|name| name == column));
        });
        self.indexes.retain(|_, index| {
            index.table != key || !index.new.keys.iter().any(|it| it.column.as_deref() == Some(column))
        });
    }

    fn rename_column(&mut self, relation: &Relation, from: &str, to: &str) {
        let key = self.key(relation);
        self.change(relation, |table| {
            for column in table.columns.iter_mut().filter(|column| column.name == from) {
                to.clone_into(&mut column.name);
            }
            let columns = table.constraints.iter_mut().flat_map(|constraint| &mut constraint.columns);
            columns.filter(|name| *name == from).for_each(|name| to.clone_into(name));
        });
        for index in self.indexes.values_mut().filter(|index| index.table == key) {
            for part in index.new.keys.iter_mut().filter(|part| part.column.as_deref() == Some(from)) {
                part.column = Some(to.to_owned());
            }
        }
    }

    fn set_type(&mut self, table: &Relation, column: &str, to: &SqlType) {
        self.change_column(table, column, |column| column.data_type = to.clone());
    }

    /// A column that was not known becomes known, if only by what is said of it now.
    fn change_column(&mut self, table: &Relation, name: &str, change: impl FnOnce(&mut Column)) {
        self.change(table, |table| {
            if table.column(name).is_none() {
                let data_type =
                    SqlType { schema: None, name: String::new(), modifiers: Vec::new(), array: false };
                table.columns.push(Column {
                    name: name.to_owned(),
                    data_type,
                    not_null: false,
                    constant_default: false,
                    generated: None,
                    added: None,
                });
            }
            if let Some(column) = table.columns.iter_mut().find(|column| column.name == name) {
                change(column);
            }
        });
    }
}

fn kept(new: &NewConstraint, validated: bool, added: Option<(Moment, Range<usize>)>) -> Constraint {
    Constraint {
        name: new.name.clone(),
        kind: new.kind.clone(),
        columns: new.columns.clone(),
        validated,
        added,
    }
}

/// The columns of a primary key have no nulls.
fn not_null_by_key(table: &mut Table) {
    let keys: Vec<String> = table
        .constraints
        .iter()
        .filter(|constraint| matches!(constraint.kind, ConstraintKind::PrimaryKey { .. }))
        .flat_map(|constraint| constraint.columns.clone())
        .collect();
    for column in table.columns.iter_mut().filter(|column| keys.contains(&column.name)) {
        column.not_null = true;
    }
}

/// The name that the server gives a constraint without one.
fn default_name(table: &Relation, new: &NewConstraint) -> String {
    let columns = new.columns.join("_");
    match &new.kind {
        ConstraintKind::PrimaryKey { .. } => format!("{}_pkey", table.name),
        ConstraintKind::ForeignKey { .. } => format!("{}_{columns}_fkey", table.name),
        ConstraintKind::Unique { .. } => format!("{}_{columns}_key", table.name),
        ConstraintKind::NotNull => format!("{}_{columns}_not_null", table.name),
        ConstraintKind::Exclude => format!("{}_{columns}_excl", table.name),
        ConstraintKind::Check(_) => {
            let first = new.columns.first().map_or(String::new(), |column| format!("{column}_"));
            format!("{}_{first}check", table.name)
        }
    }
}
