//! What runs inside of a statement: the body of a `DO` block, and the functions and procedures that the same script has
//! made and that are called now.

use std::rc::Rc;

use squawk_syntax::ast::{AstNode, Stmt};

use super::known::{Known, Routine};
use super::{Effect, Lock, Reach, Relation, data};
use crate::body::{Inner, UNKNOWN, body};
use crate::called::called_routines;
use crate::parse::parse;

/// How deep blocks and calls are followed.
const DEPTH_MAX: usize = 8;

/// Adds the locks and the work of everything inside of a statement, and takes note of what it makes.
pub(super) fn add(statement: &Stmt, text: &str, server_major: u32, known: &mut Known, effect: &mut Effect) {
    Inside { server_major, depth: 0, seen: Vec::new(), effect }.statement(statement, text, known);
}

struct Inside<'a> {
    server_major: u32,
    depth: usize,
    /// The routines that were followed. Each is followed once: what it locks the second time is held already, and
    /// cycles end.
    seen: Vec<Rc<Routine>>,
    effect: &'a mut Effect,
}

impl Inside<'_> {
    fn statement(&mut self, statement: &Stmt, text: &str, known: &mut Known) {
        match statement {
            Stmt::Do(_) if self.depth < DEPTH_MAX => {
                if let Some(body) = body(statement, text) {
                    self.body(&body.statements, known);
                }
            }
            Stmt::CreateFunction(_) | Stmt::CreateProcedure(_) => {
                if let Some(routine) = Routine::of(statement, text) {
                    self.checked(&routine, known);
                    known.define(routine);
                }
            }
            _ => {}
        }
        for (schema, name) in called_routines(statement) {
            for routine in known.routines(schema.as_deref(), &name) {
                if self.depth < DEPTH_MAX && !self.seen.iter().any(|seen| Rc::ptr_eq(seen, &routine)) {
                    self.seen.push(Rc::clone(&routine));
                    self.body(&routine.statements, known);
                }
            }
        }
    }

    /// What a body makes is nobody else's: behind it, if it is made in any case, else to the end of its branch.
    fn body(&mut self, statements: &[Inner], known: &mut Known) {
        self.depth += 1;
        let mut branches: Vec<(Vec<u32>, Known)> = Vec::new();
        for inner in statements {
            while branches.last().is_some_and(|(branch, _)| !inner.branch.starts_with(branch)) {
                branches.pop();
            }
            if branches.last().map_or(0, |(branch, _)| branch.len()) < inner.branch.len() {
                let here = branches.last().map_or_else(|| known.clone(), |(_, here)| here.clone());
                branches.push((inner.branch.clone(), here));
            }
            let here = branches.last_mut().map_or(&mut *known, |(_, here)| here);
            let parsed = parse(&inner.sql);
            if let Some(statement) = parsed.tree().stmts().next() {
                self.take(here.seen_from_outside(Effect::of(&statement, self.server_major)));
                self.statement(&statement, &inner.sql, here);
                here.remember(&statement);
            }
        }
        self.depth -= 1;
    }

    /// A body of SQL in a string is checked when the routine is made: its queries are analyzed and lock what they name.
    fn checked(&mut self, routine: &Routine, known: &Known) {
        if !routine.is_checked {
            return;
        }
        for inner in &routine.statements {
            let Some(statement) = parse(&inner.sql).tree().stmts().next() else { continue };
            if !is_analyzed(&statement) {
                continue;
            }
            let mut effect = Effect::of(&statement, self.server_major);
            effect.locks.clear();
            effect.work.clear();
            data::of(statement.syntax(), &mut effect);
            for lock in &mut effect.locks {
                lock.reach = Reach::Named;
            }
            self.take(known.seen_from_outside(effect));
        }
    }

    fn take(&mut self, inner: Effect) {
        for Lock { relation, mode, reach } in inner.locks {
            if is_known(&relation) {
                self.effect.take(Some(relation), mode, reach);
            }
        }
        let work = inner.work.into_iter().filter(|work| is_known(work.relation()));
        for work in work {
            if !self.effect.work.contains(&work) {
                self.effect.work.push(work);
            }
        }
    }
}

fn is_known(relation: &Relation) -> bool {
    ![Some(&relation.name), relation.schema.as_ref()].into_iter().flatten().any(|name| name.contains(UNKNOWN))
}

fn is_analyzed(statement: &Stmt) -> bool {
    matches!(
        statement,
        Stmt::Select(_)
            | Stmt::CompoundSelect(_)
            | Stmt::ParenSelect(_)
            | Stmt::Values(_)
            | Stmt::Table(_)
            | Stmt::Insert(_)
            | Stmt::Update(_)
            | Stmt::Delete(_)
            | Stmt::Merge(_)
    )
}
