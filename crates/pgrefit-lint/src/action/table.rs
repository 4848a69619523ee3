//! `CREATE TABLE` and `ALTER TABLE`, column by column and constraint by constraint.

use pgrefit_sql::Relation;
use squawk_syntax::ast::{
    self, AlterColumnOption, AlterTableAction as Alter, AstNode, ColumnClause, ColumnConstraint, Constraint,
    DetachPartitionOption, GeneratedAs, GeneratedKind, Stmt, TableArg, TableConstraint, TriggerTarget,
};
use squawk_syntax::{SyntaxKind, SyntaxNode};

use super::read::{at, bound, cascades, has, named, plain, span, waits, word};
use super::{
    Action, ConstraintKind, DefaultValue, Generated, Kind, Like, NewColumn, NewConstraint, NewTable, data,
    routine,
};
use crate::types::SqlType;

pub(super) fn read(statement: &Stmt, actions: &mut Vec<Action>) -> bool {
    match statement {
        Stmt::CreateTable(create) => actions.push(at(create, Kind::CreateTable(Box::new(created(create))))),
        Stmt::CreateForeignTable(create) => {
            let table =
                NewTable { name: create.table_name().and_then(|name| named(&name)), ..NewTable::default() };
            actions.push(at(create, Kind::CreateTable(Box::new(table))));
        }
        Stmt::CreateTableAs(create) => {
            let table = NewTable {
                name: create.table_name().and_then(|name| named(&name)),
                if_not_exists: create.if_not_exists().is_some(),
                temporary: matches!(create.persistence(), Some(ast::Persistence::Temp(_))),
                from_query: true,
                reads: data::read_whole(create.syntax()),
                ..NewTable::default()
            };
            actions.push(at(create, Kind::CreateTable(Box::new(table))));
        }
        Stmt::SelectInto(into) => {
            let name =
                into.into_clause().and_then(|clause| clause.table_name()).and_then(|name| named(&name));
            let table = NewTable { name, from_query: true, ..NewTable::default() };
            actions.push(at(into, Kind::CreateTable(Box::new(table))));
        }
        Stmt::AlterTable(alter) => {
            let Some(table) = alter.table_relation_name().and_then(|name| named(&name)) else { return true };
            for action in alter.actions() {
                let kind = altered(&table, &action);
                actions.push(Action { span: span(action.syntax()), kind });
            }
        }
        _ => return false,
    }
    true
}

fn created(create: &ast::CreateTable) -> NewTable {
    let mut table = NewTable {
        name: create.table_name().and_then(|name| named(&name)),
        if_not_exists: create.if_not_exists().is_some(),
        temporary: matches!(create.persistence(), Some(ast::Persistence::Temp(_))),
        unlogged: matches!(create.persistence(), Some(ast::Persistence::Unlogged(_))),
        ..NewTable::default()
    };
    if let Some(parent) = create.partition_of().and_then(|parent| named(&parent)) {
        table.partition_of = bound(create.partition_type()).map(|bound| (parent, bound));
    }
    table.inherits = create.inherits().is_some();
    table.partition_key = create.partition_by().map(|by| {
        let items = by.partition_item_list().into_iter().flat_map(|list| list.partition_items());
        items.filter_map(|item| item.expr()).map(|expr| word(&expr)).collect()
    });
    for argument in create.table_arg_list().into_iter().flat_map(|list| list.args()) {
        match argument {
            TableArg::Column(column) => table.columns.push(declared(&column)),
            TableArg::LikeClause(like) => {
                let says = |word| has(like.syntax(), SyntaxKind::ALL_KW) || has(like.syntax(), word);
                let (constraints, indexes) = (says(SyntaxKind::CONSTRAINTS_KW), says(SyntaxKind::INDEXES_KW));
                table.like.extend(named(&like).map(|source| Like { source, constraints, indexes }));
            }
            TableArg::TableConstraint(constraint) => {
                table.constraints.extend(of_table(&constraint).as_ref().and_then(constraint_of));
            }
        }
    }
    table
}

fn of_table(constraint: &TableConstraint) -> Option<Constraint> {
    Constraint::cast(constraint.syntax().clone())
}

fn declared(column: &ast::Column) -> NewColumn {
    let name = column.name().map(|name| word(&name)).unwrap_or_default();
    let constraints = column.clauses().filter_map(|clause| match clause {
        ColumnClause::ColumnConstraint(constraint) => as_constraint(&constraint),
        _ => None,
    });
    column_of(name, column.ty().as_ref().map(AstNode::syntax), constraints)
}

fn as_constraint(constraint: &ColumnConstraint) -> Option<Constraint> {
    Constraint::cast(constraint.syntax().clone())
}

fn column_of(
    name: String,
    data_type: Option<&SyntaxNode>,
    constraints: impl Iterator<Item = Constraint>,
) -> NewColumn {
    let data_type = SqlType::parse(&data_type.map(|node| node.text().to_string()).unwrap_or_default());
    let mut column = NewColumn {
        not_null: data_type.is_serial(),
        name,
        data_type,
        default: None,
        identity: false,
        generated: None,
        constraints: Vec::new(),
    };
    for constraint in constraints {
        match &constraint {
            Constraint::NotNullConstraint(_) => column.not_null = true,
            Constraint::DefaultConstraint(default) => {
                column.default = default.expr().and_then(|expr| default_of(expr.syntax()));
            }
            Constraint::GeneratedConstraint(generated) => {
                if let Some(GeneratedAs::GeneratedStored(expr)) = generated.generated_as() {
                    column.generated = Some(match expr.generated_kind() {
                        Some(GeneratedKind::Stored(_)) => Generated::Stored,
                        Some(GeneratedKind::Virtual(_)) => Generated::Virtual,
                        None => Generated::Unsaid,
                    });
                } else {
                    column.identity = true;
                    column.not_null = true;
                }
            }
            _ => {}
        }
        if let Some(mut found) = constraint_of(&constraint) {
            if found.columns.is_empty() {
                found.columns.push(column.name.clone());
            }
            column.not_null |= matches!(found.kind, ConstraintKind::PrimaryKey { .. });
            if !matches!(found.kind, ConstraintKind::NotNull) {
                column.constraints.push(found);
            }
        }
    }
    column
}

fn default_of(expr: &SyntaxNode) -> Option<DefaultValue> {
    let text = plain(expr);
    let bare = text.split("::").next().unwrap_or_default().trim();
    if bare == "null" {
        return None;
    }
    let (calls, volatile) = routine::unstable_calls(expr);
    Some(DefaultValue { text, calls, volatile })
}

/// A constraint as one adds or declares it; nothing for `DEFAULT` and `GENERATED`, which are no constraints.
fn constraint_of(constraint: &Constraint) -> Option<NewConstraint> {
    let names = |list: Option<ast::ForeignKeyColumnList>| {
        list.into_iter().flat_map(|list| list.column_name_refs()).map(|name| word(&name)).collect::<Vec<_>>()
    };
    let of_index = |parameters: Option<ast::IndexParameters>| {
        let list = parameters.and_then(|parameters| parameters.column_list());
        let names = list.into_iter().flat_map(|list| list.syntax().descendants().collect::<Vec<_>>());
        names.filter_map(ast::ColumnNameRef::cast).map(|name| word(&name)).collect::<Vec<_>>()
    };
    let using = |index: Option<ast::UsingIndexName>| {
        index
            .and_then(|using| using.index_ref())
            .and_then(|name| super::read::index_named(&name))
            .map(|it| it.name)
    };
    let (kind, columns) = match constraint {
        Constraint::CheckConstraint(check) => {
            let expr = check.expr()?;
            let columns =
                expr.syntax().descendants().filter_map(ast::NameRef::cast).map(|name| word(&name)).collect();
            (ConstraintKind::Check(plain(expr.syntax())), columns)
        }
        Constraint::NotNullConstraint(not_null) => (
            ConstraintKind::NotNull,
            not_null.column_name_ref().map(|name| word(&name)).into_iter().collect(),
        ),
        Constraint::ForeignKeyConstraint(key) => {
            let partner = key.table_name_ref().and_then(|name| named(&name));
            (
                ConstraintKind::ForeignKey { partner, partner_columns: names(key.to_columns()) },
                names(key.from_columns()),
            )
        }
        Constraint::ReferencesConstraint(key) => {
            let partner = key.table().and_then(|name| named(&name));
            let partner_columns = key.column().map(|name| word(&name)).into_iter().collect();
            (ConstraintKind::ForeignKey { partner, partner_columns }, Vec::new())
        }
        Constraint::UniqueConstraint(unique) => (
            ConstraintKind::Unique { using_index: using(unique.using_index()) },
            of_index(unique.index_parameters()),
        ),
        Constraint::PrimaryKeyConstraint(key) => (
            ConstraintKind::PrimaryKey { using_index: using(key.using_index()) },
            of_index(key.index_parameters()),
        ),
        Constraint::ExcludeConstraint(_) => (ConstraintKind::Exclude, Vec::new()),
        _ => return None,
    };
    Some(NewConstraint {
        name: constraint.constraint_name().map(|name| word(&name)),
        kind,
        columns,
        waits: waits(constraint.constraint_options()),
        span: span(constraint.syntax()),
    })
}

fn altered(table: &Relation, action: &Alter) -> Kind {
    let table = table.clone();
    match action {
        Alter::AddColumn(add) => {
            let name = add.column_name().map(|name| word(&name)).unwrap_or_default();
            let column = column_of(name, add.ty().as_ref().map(AstNode::syntax), add.constraints());
            Kind::AddColumn { table, column: Box::new(column), if_not_exists: add.if_not_exists().is_some() }
        }
        Alter::DropColumn(drop) => {
            let column = drop.column_name_ref().map(|name| word(&name)).unwrap_or_default();
            Kind::DropColumn { table, column, cascade: cascades(drop.drop_behavior().as_ref()) }
        }
        Alter::RenameColumn(rename) => Kind::RenameColumn {
            table,
            from: rename.column_name_ref().map(|name| word(&name)).unwrap_or_default(),
            to: rename.column_name().map(|name| word(&name)).unwrap_or_default(),
        },
        Alter::AlterColumn(alter) => column_altered(table, alter),
        Alter::AddConstraint(add) => match add.constraint().as_ref().and_then(constraint_of) {
            Some(constraint) => Kind::AddConstraint { table, constraint: Box::new(constraint) },
            None => Kind::Other,
        },
        Alter::DropConstraint(drop) => Kind::DropConstraint {
            table,
            name: drop.constraint_name_ref().map(|name| word(&name)).unwrap_or_default(),
            cascade: cascades(drop.drop_behavior().as_ref()),
        },
        Alter::ValidateConstraint(validate) => Kind::ValidateConstraint {
            table,
            name: validate.constraint_name_ref().map(|name| word(&name)).unwrap_or_default(),
        },
        Alter::AttachPartition(attach) => {
            match (attach.table_name_ref().and_then(|name| named(&name)), bound(attach.partition_type())) {
                (Some(partition), Some(bound)) => Kind::Attach { parent: table, partition, bound },
                _ => Kind::Other,
            }
        }
        Alter::DetachPartition(detach) => match detach.table_name_ref().and_then(|name| named(&name)) {
            Some(partition) => Kind::Detach {
                parent: table,
                partition,
                concurrently: matches!(
                    detach.detach_partition_option(),
                    Some(
                        DetachPartitionOption::DetachConcurrently(_)
                            | DetachPartitionOption::DetachFinalize(_)
                    )
                ),
            },
            None => Kind::Other,
        },
        Alter::RenameConstraint(rename) => Kind::RenameConstraint {
            table,
            from: rename.constraint_name_ref().map(|name| word(&name)).unwrap_or_default(),
            to: rename.constraint_name().map(|name| word(&name)).unwrap_or_default(),
        },
        Alter::TableRenameTo(rename) => {
            Kind::RenameTable { table, to: rename.table_name().map(|name| word(&name)).unwrap_or_default() }
        }
        Alter::SetSchema(set) => {
            Kind::SetSchema { table, schema: set.schema_ref().map(|name| word(&name)).unwrap_or_default() }
        }
        Alter::SetLogged(_) => Kind::Store { table, how: "SET LOGGED" },
        Alter::SetUnlogged(_) => Kind::Store { table, how: "SET UNLOGGED" },
        // The default is nearly always where it is already.
        Alter::SetTablespace(set) if plain(set.syntax()).ends_with(" pg_default") => Kind::Other,
        Alter::SetTablespace(_) => Kind::Store { table, how: "SET TABLESPACE" },
        Alter::SetAccessMethod(set) if plain(set.syntax()).ends_with(" heap") => Kind::Other,
        Alter::SetAccessMethod(_) => Kind::Store { table, how: "SET ACCESS METHOD" },
        Alter::DisableTrigger(disable) => Kind::DisableTriggers {
            table,
            all: matches!(disable.trigger_target(), Some(TriggerTarget::All(_))),
        },
        Alter::EnableRls(_) => Kind::EnableRowSecurity { table },
        _ => Kind::Other,
    }
}

fn column_altered(table: Relation, alter: &ast::AlterColumn) -> Kind {
    let column = alter.column_name_ref().map(|name| word(&name)).unwrap_or_default();
    match alter.option() {
        Some(AlterColumnOption::SetType(set)) => Kind::SetType {
            table,
            column,
            to: SqlType::parse(&set.ty().map(|ty| ty.syntax().text().to_string()).unwrap_or_default()),
            collate: set.collate().is_some(),
            using: set.using_expr().and_then(|using| using.expr()).map(|expr| plain(expr.syntax())),
        },
        Some(AlterColumnOption::SetNotNull(_)) => Kind::SetNotNull { table, column },
        Some(AlterColumnOption::DropNotNull(_)) => Kind::DropNotNull { table, column },
        Some(AlterColumnOption::SetExpression(_)) => Kind::SetExpression { table, column },
        _ => Kind::Other,
    }
}

/// The tables that `INSERT … SELECT` may read whole.
pub(super) fn sources(insert: &ast::Insert) -> Vec<Relation> {
    match insert.insert_source() {
        Some(ast::InsertSource::SelectVariant(query)) => data::read_whole(query.syntax()),
        _ => Vec::new(),
    }
}
