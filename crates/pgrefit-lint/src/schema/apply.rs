//! What a statement changes in the schema.

use std::ops::Range;

use pgrefit_sql::Relation;

use super::lookup::{Constancy, TEMPORARY};
use super::{Column, Constraint, Domain, Index, Key, Moment, NewIndex, Schema, Table};
use crate::action::{Action, ConstraintKind, Kind, NewColumn, NewConstraint, NewTable, What, index_beside};
use crate::types::SqlType;

impl Schema {
    /// Changes the schema as the action would.
    pub(crate) fn apply(&mut self, action: &Action, moment: Moment) {
        match &action.kind {
            Kind::CreateTable(new) => self.create_table(new, moment),
            Kind::CreateView(view) => {
                let key = self.place(&view.name);
                self.schemas.insert(key.0.clone());
                if view.materialized {
                    let table = Table { made: Some(moment), filled: true, ..Table::default() };
                    self.tables.insert(key.clone(), table);
                }
                let mut view = (**view).clone();
                // What it reads is settled now, whatever the search path leads to later.
                for read in &mut view.reads {
                    read.schema = Some(self.key(read).0);
                }
                self.views.insert(key, view);
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
            Kind::CreateDomain { name, base, constrained, has_default } => {
                let key = self.key(name);
                self.domains.insert(
                    key,
                    Domain {
                        base: base.clone(),
                        constrained: *constrained,
                        has_default: *has_default,
                        made: Some(moment),
                    },
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
            Kind::Drop { what, name, cascade } => self.drop(*what, name, *cascade),
            Kind::DropIndex { index, .. } => {
                let key = self.key(index);
                self.remove_index(&key);
            }
            Kind::Insert { table, .. } => self.change(table, |table| table.filled = true),
            Kind::Attach { parent, partition, bound } => {
                let parent = self.key(parent);
                self.change(partition, |table| table.partition_of = Some((parent, bound.clone())));
            }
            Kind::Detach { partition, .. } => self.change(partition, |table| table.partition_of = None),
            Kind::CreatePolicy { table } => self.change(table, |table| table.policies = true),
            Kind::RenameIndex { index, to } => {
                let from = self.key(index);
                self.rename_index(&from, to);
            }
            Kind::RenameView { view: table, to } | Kind::RenameTable { table, to } => {
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
        let value = value.trim().trim_matches('\'');
        let back = value.is_empty() || value == "default";
        match name {
            "all" => self.settings = self.base.clone(),
            "timezone" | "time zone" if back => self.settings.time_zone.clone_from(&self.base.time_zone),
            "timezone" | "time zone" => self.settings.time_zone = Some(value.to_owned()),
            "search_path" if back => self.settings.path_start.clone_from(&self.base.path_start),
            "search_path" => {
                let first = value.split(',').next().unwrap_or_default().trim().trim_matches(['"', '\'']);
                self.settings.path_start =
                    Some(first.to_owned()).filter(|first| !first.is_empty() && first != "$user");
            }
            _ => {}
        }
    }

    fn drop(&mut self, what: What, name: &Relation, cascade: bool) {
        let key = self.key(name);
        match what {
            What::Table | What::MaterializedView => {
                if cascade {
                    self.drop_dependents(&key);
                }
                self.tables.remove(&key);
                self.views.remove(&key);
                self.retain_indexes(&key, |_| false);
            }
            What::View => {
                if cascade {
                    self.drop_dependents(&key);
                }
                self.views.remove(&key);
            }
            What::Type => {
                self.enums.remove(&key);
                self.domains.remove(&key);
            }
            What::Routine => {
                self.routines.remove(&name.name);
            }
            What::Schema => self.drop_schema(&name.name),
            _ => {}
        }
    }

    /// What `CASCADE` takes along: views that read it, keys that refer to it.
    fn drop_dependents(&mut self, key: &Key) {
        let views: Vec<Key> = self.views_of(key, None).iter().map(|view| self.key(&view.name)).collect();
        for view in views.iter().filter(|view| *view != key) {
            self.views.remove(view);
            self.tables.remove(view);
        }
        let keys: Vec<(Key, Option<String>)> = self
            .referrers(key)
            .into_iter()
            .map(|(table, constraint)| (table.clone(), constraint.name.clone()))
            .collect();
        for (table, name) in keys {
            if let Some(table) = self.tables.get_mut(&table) {
                table.constraints.retain(|constraint| constraint.name != name);
            }
        }
    }

    /// Where something of this name is made.
    fn place(&self, name: &Relation) -> Key {
        let schema = name.schema.clone().or_else(|| self.settings.path_start.clone());
        (schema.unwrap_or_else(|| "public".to_owned()), name.name.clone())
    }

    /// Temporary tables end with the session, which ends with the file.
    pub(crate) fn end_session(&mut self) {
        self.drop_schema(TEMPORARY);
    }

    /// Changes a table; one that was not known is taken note of, with columns that are not all known.
    fn change(&mut self, relation: &Relation, change: impl FnOnce(&mut Table)) {
        let key = self.key(relation);
        change(self.tables.entry(key).or_default());
    }

    fn create_table(&mut self, new: &NewTable, moment: Moment) {
        let Some(name) = &new.name else { return };
        let key = if new.temporary { (TEMPORARY.to_owned(), name.name.clone()) } else { self.place(name) };
        if new.if_not_exists && self.tables.contains_key(&key) {
            return;
        }
        let mut table = Table {
            complete: !new.from_query && !new.inherits,
            partition_key: new.partition_key.clone(),
            made: Some(moment),
            filled: new.from_query,
            temporary: new.temporary,
            unlogged: new.unlogged,
            ..Table::default()
        };
        let mut copies = Vec::new();
        for like in &new.like {
            let source_key = self.key(&like.source);
            match self.tables.get(&source_key) {
                Some(source) => {
                    table.columns.extend(source.columns.iter().cloned());
                    let comes = |constraint: &&Constraint| match constraint.kind {
                        ConstraintKind::Check(_) => like.constraints,
                        ConstraintKind::PrimaryKey { .. } | ConstraintKind::Unique { .. } => like.indexes,
                        _ => false,
                    };
                    table.constraints.extend(source.constraints.iter().filter(comes).cloned());
                    table.complete &= source.complete;
                }
                None => table.complete = false,
            }
            if like.indexes {
                copies.extend(self.indexes_of(&source_key).map(|(_, index)| index.new.clone()));
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
                table.constraints.push(settled(self, kept(&key.1, constraint, true, None)));
            }
        }
        for constraint in &new.constraints {
            table.constraints.push(settled(self, kept(&key.1, constraint, true, None)));
        }
        not_null_by_key(&mut table);
        for column in &mut table.columns {
            column.added = None;
        }
        self.schemas.insert(key.0.clone());
        for (at, new) in copies.into_iter().enumerate() {
            let index = Index { table: key.clone(), new, made: Some(moment) };
            self.add_index((key.0.clone(), format!("{}_like_{at}", key.1)), index);
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
        self.add_index(key, Index { table, new: index.clone(), made: Some(moment) });
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
                let name = table.name.clone();
                self.change(table, |table| {
                    table.columns.retain(|old| old.name != column.name);
                    table.columns.push(new);
                    for constraint in &column.constraints {
                        let added = Some((moment, span.clone()));
                        table.constraints.push(kept(&name, constraint, !constraint.waits, added));
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
            Kind::RenameConstraint { table, from, to } => self.change(table, |table| {
                for constraint in table.constraints.iter_mut().filter(|it| it.name.as_ref() == Some(from)) {
                    constraint.name = Some(to.clone());
                }
            }),
            Kind::DropConstraint { table, name, .. } => self.drop_constraint(table, name),
            Kind::ValidateConstraint { table, name } => self.change(table, |table| {
                for constraint in table.constraints.iter_mut().filter(|it| it.name.as_ref() == Some(name)) {
                    constraint.validated = true;
                }
            }),
            _ => {}
        }
    }

    fn drop_constraint(&mut self, relation: &Relation, name: &str) {
        let key = self.key(relation);
        self.change(relation, |table| {
            // From PostgreSQL 18 on NOT NULL is a constraint with a name of its own.
            if let Some(column) =
                name.strip_prefix(&format!("{}_", key.1)).and_then(|rest| rest.strip_suffix("_not_null"))
            {
                for column in table.columns.iter_mut().filter(|known| known.name == column) {
                    column.not_null = false;
                }
            }
            table.constraints.retain(|constraint| constraint.name.as_deref() != Some(name));
        });
        // An index that became the constraint goes with it.
        self.remove_index(&(key.0, name.to_owned()));
    }

    fn add_constraint(&mut self, table: &Relation, new: &NewConstraint, moment: Moment, span: &Range<usize>) {
        let constraint = kept(&table.name, new, !new.waits, Some((moment, span.clone())));
        let mut constraint = settled(self, constraint);
        if let ConstraintKind::Unique { using_index: Some(index) }
        | ConstraintKind::PrimaryKey { using_index: Some(index) } = &new.kind
        {
            let index = index_beside(table, index);
            if let Some(index) = self.index(&index) {
                constraint.columns = index.new.keys.iter().filter_map(|key| key.column.clone()).collect();
            }
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
        self.retain_indexes(&key, |index| {
            !index.new.keys.iter().any(|it| it.column.as_deref() == Some(column))
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
        self.change_indexes(&key, |index| {
            for part in index.new.keys.iter_mut().filter(|part| part.column.as_deref() == Some(from)) {
                part.column = Some(to.to_owned());
            }
        });
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

/// A constraint as it is kept: its partner is settled, whatever the search path leads to later.
fn settled(schema: &Schema, mut constraint: Constraint) -> Constraint {
    if let ConstraintKind::ForeignKey { partner: Some(partner), .. } = &mut constraint.kind {
        partner.schema = Some(schema.key(partner).0);
    }
    constraint
}

fn kept(
    table: &str,
    new: &NewConstraint,
    validated: bool,
    added: Option<(Moment, Range<usize>)>,
) -> Constraint {
    let name = Some(new.name.clone().unwrap_or_else(|| default_name(table, new)));
    Constraint { name, kind: new.kind.clone(), columns: new.columns.clone(), validated, added }
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

/// The name that the server gives a constraint without one, if no other has it (`ChooseConstraintName`).
fn default_name(table: &str, new: &NewConstraint) -> String {
    let columns = new.columns.join("_");
    match &new.kind {
        ConstraintKind::PrimaryKey { .. } => format!("{table}_pkey"),
        ConstraintKind::ForeignKey { .. } => format!("{table}_{columns}_fkey"),
        ConstraintKind::Unique { .. } => format!("{table}_{columns}_key"),
        ConstraintKind::NotNull => format!("{table}_{columns}_not_null"),
        ConstraintKind::Exclude => format!("{table}_{columns}_excl"),
        // Named for its column if it speaks of one only.
        ConstraintKind::Check(_) => match new.columns.split_first() {
            Some((first, rest)) if rest.iter().all(|other| other == first) => {
                format!("{table}_{first}_check")
            }
            _ => format!("{table}_check"),
        },
    }
}
