//! Types, drops, settings and the borders of transactions.

use pgrefit_sql::Relation;
use squawk_syntax::ast::{
    self, AlterDomainAction, AlterTypeAction, AstNode, CreateTypeKind, DomainQualifier, SetScope, SetTarget,
    Stmt,
};

use super::read::{at, cascades, named, plain, waits, word};
use super::{Action, Kind, What};
use crate::types::SqlType;

pub(super) fn read(statement: &Stmt, actions: &mut Vec<Action>) -> bool {
    types(statement, actions) || drops(statement, actions) || sessions(statement, actions)
}

fn types(statement: &Stmt, actions: &mut Vec<Action>) -> bool {
    match statement {
        Stmt::CreateType(create) if matches!(create.kind(), Some(CreateTypeKind::EnumType(_))) => {
            let name = create.type_name().and_then(|name| named(&name));
            actions.extend(name.map(|name| at(create, Kind::CreateEnum(name))));
        }
        Stmt::CreateDomain(create) => {
            let constrained = create.domain_qualifiers().any(|qualifier| {
                !matches!(qualifier, DomainQualifier::Collate(_)) && !is_default(&qualifier)
            });
            let has_default = create.domain_qualifiers().any(|qualifier| {
                matches!(qualifier, DomainQualifier::Constraint(ast::Constraint::DefaultConstraint(_)))
            });
            let base =
                SqlType::parse(&create.ty().map(|ty| ty.syntax().text().to_string()).unwrap_or_default());
            let name = create.domain().and_then(|name| named(&name));
            actions.extend(
                name.map(|name| at(create, Kind::CreateDomain { name, base, constrained, has_default })),
            );
        }
        Stmt::AlterDomain(alter) => {
            let domain = alter.domain_ref().and_then(|name| named(&name));
            let kind = match (alter.action(), domain) {
                (Some(AlterDomainAction::AddConstraint(add)), Some(domain)) => {
                    let not_valid = add.constraint().is_some_and(|added| waits(added.constraint_options()));
                    Kind::AddDomainConstraint { domain, not_valid }
                }
                (Some(AlterDomainAction::SetNotNull(_)), Some(domain)) => {
                    Kind::AddDomainConstraint { domain, not_valid: false }
                }
                _ => Kind::Other,
            };
            actions.push(at(alter, kind));
        }
        Stmt::AlterType(alter) => {
            let name = alter.type_name_ref().and_then(|name| named(&name));
            let kind = match (alter.action(), name) {
                (Some(AlterTypeAction::AddValue(add)), Some(name)) => {
                    let label = add.literal().and_then(|literal| literal.string_value()).unwrap_or_default();
                    Kind::AddEnumValue { name, label }
                }
                _ => Kind::Other,
            };
            actions.push(at(alter, kind));
        }
        _ => return false,
    }
    true
}

fn is_default(qualifier: &DomainQualifier) -> bool {
    matches!(
        qualifier,
        DomainQualifier::Constraint(
            ast::Constraint::DefaultConstraint(_) | ast::Constraint::NullConstraint(_)
        )
    )
}

fn drops(statement: &Stmt, actions: &mut Vec<Action>) -> bool {
    let mut each = |what: What, names: Vec<(Option<Relation>, Action)>, cascade: bool| {
        for (name, place) in names {
            let kind = name.map(|name| Kind::Drop { what, name, cascade });
            actions.extend(kind.map(|kind| Action { kind, ..place }));
        }
    };
    match statement {
        Stmt::DropTable(drop) => {
            each(What::Table, list(drop.table_name_refs()), cascades(drop.drop_behavior().as_ref()));
        }
        Stmt::DropForeignTable(drop) => {
            each(What::Other, list(drop.table_name_refs()), cascades(drop.drop_behavior().as_ref()));
        }
        Stmt::DropView(drop) => {
            each(What::View, list(drop.view_refs()), cascades(drop.drop_behavior().as_ref()));
        }
        Stmt::DropMaterializedView(drop) => {
            each(What::MaterializedView, list(drop.view_refs()), cascades(drop.drop_behavior().as_ref()));
        }
        Stmt::DropSequence(drop) => {
            each(What::Sequence, list(drop.sequence_refs()), cascades(drop.drop_behavior().as_ref()));
        }
        Stmt::DropType(drop) => {
            each(What::Type, list(drop.type_name_refs()), cascades(drop.drop_behavior().as_ref()));
        }
        Stmt::DropDomain(drop) => {
            each(What::Type, list(drop.domain_refs()), cascades(drop.drop_behavior().as_ref()));
        }
        Stmt::DropFunction(drop) => {
            let names = drop.function_sig_list().into_iter().flat_map(|list| list.function_sigs());
            each(What::Routine, list(names), cascades(drop.drop_behavior().as_ref()));
        }
        Stmt::DropSchema(drop) => {
            let names = drop.schema_refs().map(|name| (Some(bare(word(&name))), at(&name, Kind::Other)));
            each(What::Schema, names.collect(), cascades(drop.drop_behavior().as_ref()));
        }
        Stmt::DropDatabase(drop) => {
            let names =
                drop.database_ref().into_iter().map(|name| (Some(bare(word(&name))), at(&name, Kind::Other)));
            each(What::Database, names.collect(), false);
        }
        Stmt::DropExtension(drop) => {
            let names = drop.extension_refs().map(|name| (Some(bare(word(&name))), at(&name, Kind::Other)));
            each(What::Extension, names.collect(), cascades(drop.drop_behavior().as_ref()));
        }
        Stmt::DropTrigger(drop) => {
            let name = drop.trigger_ref().map(|name| (Some(bare(word(&name))), at(drop, Kind::Other)));
            each(What::Trigger, name.into_iter().collect(), cascades(drop.drop_behavior().as_ref()));
        }
        Stmt::DropPolicy(drop) => {
            each(What::Policy, vec![(Some(bare(String::new())), at(drop, Kind::Other))], false);
        }
        _ => return false,
    }
    true
}

fn list<N: AstNode>(names: impl Iterator<Item = N>) -> Vec<(Option<Relation>, Action)> {
    names.map(|name| (named(&name), at(&name, Kind::Other))).collect()
}

fn bare(name: String) -> Relation {
    Relation { schema: None, name, kind: pgrefit_sql::RelationKind::Table }
}

fn sessions(statement: &Stmt, actions: &mut Vec<Action>) -> bool {
    match statement {
        Stmt::Lock(lock) => {
            let list = lock.relation_list().into_iter().flat_map(|list| list.relation_names());
            let tables = list.filter_map(|name| named(&name)).collect();
            let mode = lock.lock_mode_clause().and_then(|clause| clause.lock_mode());
            let mode = mode.map_or("access exclusive".to_owned(), |mode| plain(mode.syntax()));
            actions.push(at(lock, Kind::LockTable { tables, mode }));
        }
        Stmt::Set(set) => {
            let local = matches!(set.set_scope(), Some(SetScope::LocalScope(_)));
            let (name, value) = match set.set_target() {
                Some(SetTarget::SetConfig(config)) => (
                    config.config_parameter_ref().map(|name| plain(name.syntax())).unwrap_or_default(),
                    config.config_assignment().map(|value| plain(value.syntax())).unwrap_or_default(),
                ),
                Some(SetTarget::SetTimeZone(zone)) => ("timezone".to_owned(), plain(zone.syntax())),
                Some(SetTarget::SetSchemaValue(schema)) => ("search_path".to_owned(), plain(schema.syntax())),
                _ => (String::new(), String::new()),
            };
            let value =
                value.trim_start_matches("time zone").trim_start_matches("to ").trim_start_matches('=');
            actions
                .push(at(set, Kind::Set { name, value: value.trim().trim_matches('\'').to_owned(), local }));
        }
        Stmt::Reset(reset) => {
            let name = plain(reset.syntax());
            let name = name.trim_start_matches("reset").trim().trim_end_matches(';').to_owned();
            actions.push(at(reset, Kind::Set { name, value: String::new(), local: false }));
        }
        Stmt::AlterView(alter) => {
            let view = alter.view_ref().and_then(|name| named(&name));
            let kind = match (alter.action(), view) {
                (Some(ast::AlterViewAction::ViewRenameTo(rename)), Some(view)) => {
                    Kind::RenameView { view, to: word(&rename) }
                }
                _ => Kind::Other,
            };
            actions.push(at(alter, kind));
        }
        Stmt::Begin(begin) => actions.push(at(begin, Kind::Begin)),
        Stmt::Commit(commit) => actions.push(at(commit, Kind::End)),
        Stmt::Rollback(ast::Rollback::RollbackTransaction(rollback)) => {
            actions.push(at(rollback, Kind::End));
        }
        Stmt::CreatePolicy(create) => {
            let table = create.on_table().and_then(|name| named(&name));
            actions.extend(table.map(|table| at(create, Kind::CreatePolicy { table })));
        }
        _ => return false,
    }
    true
}
