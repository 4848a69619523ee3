//! Constraints that are added to a table that exists.

use squawk_syntax::SyntaxNode;
use squawk_syntax::ast::{self, AstNode, Constraint, ConstraintOption};

use super::alter_table::Target;
use super::{Effect, LockMode, Reach, names};

/// The lock of `ADD <constraint>` on its table.
pub(super) fn strength(constraint: &Constraint) -> (LockMode, Reach) {
    match constraint {
        Constraint::ForeignKeyConstraint(_) => (LockMode::ShareRowExclusive, Reach::Partitions),
        _ => (LockMode::AccessExclusive, Reach::Partitions),
    }
}

/// The work of a new constraint, and the lock on the table it refers to.
pub(super) fn add(constraint: &Constraint, target: &Target, effect: &mut Effect) {
    lock_partner(constraint, effect);
    let waits = constraint
        .constraint_options()
        .any(|option| matches!(option, ConstraintOption::NotValid(_) | ConstraintOption::NotEnforced(_)));
    match constraint {
        Constraint::ForeignKeyConstraint(_)
        | Constraint::ReferencesConstraint(_)
        | Constraint::CheckConstraint(_)
        | Constraint::NotNullConstraint(_)
            if !waits =>
        {
            target.scan(effect);
        }
        Constraint::UniqueConstraint(unique) if unique.using_index().is_some() => {}
        // The columns of a primary key become NOT NULL, which is looked for in every row, also with `USING INDEX`.
        Constraint::PrimaryKeyConstraint(_)
        | Constraint::UniqueConstraint(_)
        | Constraint::ExcludeConstraint(_) => target.scan(effect),
        _ => {}
    }
}

/// The lock on the table that a foreign key refers to, which gets a trigger.
pub(super) fn lock_partner(constraint: &Constraint, effect: &mut Effect) {
    let partner = match constraint {
        Constraint::ForeignKeyConstraint(key) => key.table_name_ref(),
        Constraint::ReferencesConstraint(key) => key.table(),
        _ => None,
    };
    let partner = partner.and_then(|name| names::table(&name));
    effect.take(partner, LockMode::ShareRowExclusive, Reach::Partitions);
}

/// The locks on all tables that the constraints below a node refer to.
pub(super) fn lock_partners(node: &SyntaxNode, effect: &mut Effect) {
    for constraint in node.descendants().filter_map(ast::Constraint::cast) {
        lock_partner(&constraint, effect);
    }
}
