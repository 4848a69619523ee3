//! What a script has made or renamed so far.

use std::rc::Rc;

use squawk_syntax::SyntaxNode;
use squawk_syntax::ast::{self, AlterTableAction, AstNode, Stmt};

use super::names::{self, RelationKind};
use super::{Effect, Relation};
use crate::body::{Inner, body};

/// The relations that exist under their name because of an earlier statement of the script.
#[derive(Default, Clone)]
pub(crate) struct Known {
    /// The name now, and the name it had before the script; nothing if the script made it.
    now: Vec<(Relation, Option<Relation>)>,
    routines: Vec<Rc<Routine>>,
}

/// A function or procedure that the script has made.
pub(crate) struct Routine {
    name: Relation,
    /// Its parameters as written: those of one name differ in them.
    parameters: String,
    pub(super) statements: Vec<Inner>,
    /// Whether its body is SQL in a string, which the server looks at when the routine is made.
    pub(super) is_checked: bool,
}

impl Routine {
    /// The routine that a statement makes, if its body can be read.
    pub(super) fn of(statement: &Stmt, text: &str) -> Option<Self> {
        let (name, parameters) = match statement {
            Stmt::CreateFunction(it) => (names::table(&it.name()?)?, it.param_list()),
            Stmt::CreateProcedure(it) => (names::table(&it.name()?)?, it.param_list()),
            _ => return None,
        };
        let body = body(statement, text)?;
        let parameters = parameters.map(|list| list.syntax().text().to_string()).unwrap_or_default();
        Some(Self { name, parameters, statements: body.statements, is_checked: body.is_checked })
    }
}

impl Known {
    /// The effect as others see it: nothing about relations that the script has made, and old names for renamed ones.
    pub(crate) fn seen_from_outside(&self, mut effect: Effect) -> Effect {
        let locks = std::mem::take(&mut effect.locks);
        for lock in locks {
            effect.take(self.outside(lock.relation), lock.mode, lock.reach);
        }
        effect.work.retain(|work| self.outside(work.relation().clone()).is_some());
        effect
    }

    pub(crate) fn outside(&self, relation: Relation) -> Option<Relation> {
        match self.now.iter().rev().find(|(now, _)| is_same(now, &relation)) {
            Some((_, before)) => before.clone(),
            None => Some(relation),
        }
    }

    /// Takes note of a routine, in the place of the one that it replaces.
    pub(super) fn define(&mut self, routine: Routine) {
        self.routines
            .retain(|known| !is_same(&known.name, &routine.name) || known.parameters != routine.parameters);
        self.routines.push(Rc::new(routine));
    }

    /// The routines of a name. Which one a call means is for the server to say: all of them are given.
    pub(super) fn routines(&self, schema: Option<&str>, name: &str) -> Vec<Rc<Routine>> {
        let called =
            Relation { schema: schema.map(str::to_owned), name: name.to_owned(), kind: RelationKind::Table };
        self.routines.iter().filter(|routine| is_same(&routine.name, &called)).cloned().collect()
    }

    /// Takes note of what a statement makes and renames.
    pub(crate) fn remember(&mut self, statement: &Stmt) {
        if let Some(made) = made(statement) {
            self.now.push((made, None));
        }
        if let Stmt::CreateIndex(index) = statement {
            // An index counts as made only with its table: dropping one of an older table locks that table.
            let table = index.table_relation_name().and_then(|name| names::table(&name));
            let is_new = table.is_some_and(|table| self.outside(table).is_none());
            if let Some(name) = index.index().and_then(|name| names::index(&name)).filter(|_| is_new) {
                self.now.push((name, None));
            }
        }
        if let Some((old, new)) = renamed(statement) {
            let before = self.outside(old);
            self.now.push((new, before));
        }
    }
}

/// Whether two names are the same relation: a name without a schema is taken for one of `public`.
fn is_same(one: &Relation, other: &Relation) -> bool {
    let schema = |relation: &Relation| relation.schema.clone().unwrap_or_else(|| "public".to_owned());
    one.name == other.name && one.kind == other.kind && schema(one) == schema(other)
}

/// What the statement certainly makes. `IF NOT EXISTS` and `OR REPLACE` may find it there.
fn made(statement: &Stmt) -> Option<Relation> {
    let node = statement.syntax();
    let may_exist = node
        .children()
        .any(|child| ast::IfNotExists::can_cast(child.kind()) || ast::OrReplace::can_cast(child.kind()));
    if may_exist {
        return None;
    }
    match statement {
        Stmt::CreateTable(it) => names::table(&it.table_name()?),
        Stmt::CreateForeignTable(it) => names::table(&it.table_name()?),
        Stmt::CreateTableAs(it) => names::table(&it.table_name()?),
        Stmt::CreateView(it) => names::table(&it.view()?),
        Stmt::CreateMaterializedView(it) => names::table(&it.view()?),
        Stmt::CreateSequence(it) => names::table(&it.sequence()?),
        Stmt::SelectInto(it) => names::table(&it.into_clause()?.table_name()?),
        _ => None,
    }
}

fn renamed(statement: &Stmt) -> Option<(Relation, Relation)> {
    let (old, name): (Relation, SyntaxNode) = match statement {
        Stmt::AlterTable(alter) => {
            let name = alter.actions().find_map(|action| match action {
                AlterTableAction::TableRenameTo(rename) => Some(rename.syntax().clone()),
                _ => None,
            })?;
            (names::table(&alter.table_relation_name()?)?, name)
        }
        Stmt::AlterView(alter) => match alter.action()? {
            ast::AlterViewAction::ViewRenameTo(rename) => {
                (names::table(&alter.view_ref()?)?, rename.syntax().clone())
            }
            _ => return None,
        },
        _ => return None,
    };
    let mut new = names::of(&name, RelationKind::Table)?;
    new.schema.clone_from(&old.schema);
    Some((old, new))
}
