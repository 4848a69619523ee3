//! Which statements of a file share a transaction.

use pgrefit_sql::{Run, Script};
use squawk_syntax::ast::{self, Stmt};

/// The transaction of a statement.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Group {
    /// Counted from 0 within the file.
    pub(crate) number: usize,
    /// Whether the file itself says `BEGIN`.
    pub(crate) explicit: bool,
}

/// One group for each statement.
///
/// A file that says `BEGIN` and `COMMIT` is taken at its word; what stands outside of them is on its own. Else the file is
/// one transaction, unless it holds statements that cannot be in one: then it runs in steps, as `pgrefit migrate` runs it.
pub(crate) fn transactions(script: &Script, statements: &[Stmt]) -> Vec<Group> {
    let says_begin = statements.iter().any(|statement| matches!(statement, Stmt::Begin(_)));
    if says_begin { as_written(statements) } else { as_run(script, statements.len()) }
}

fn as_written(statements: &[Stmt]) -> Vec<Group> {
    let (mut number, mut inside) = (0, false);
    let mut groups = Vec::with_capacity(statements.len());
    for statement in statements {
        match statement {
            Stmt::Begin(_) => {
                number += 1;
                inside = true;
                groups.push(Group { number, explicit: true });
            }
            Stmt::Commit(_) | Stmt::Rollback(ast::Rollback::RollbackTransaction(_)) => {
                groups.push(Group { number, explicit: inside });
                inside = false;
                number += 1;
            }
            _ => {
                groups.push(Group { number, explicit: inside });
                if !inside {
                    number += 1;
                }
            }
        }
    }
    groups
}

fn as_run(script: &Script, statements: usize) -> Vec<Group> {
    let one = script.is_one_transaction();
    let mut number = 0;
    let mut fresh = true;
    let mut groups = Vec::with_capacity(statements);
    for found in script.statements().iter().take(statements) {
        let alone = !one && (matches!(found.run, Run::Alone(_) | Run::Batches(_)) || found.validates);
        if alone && !fresh {
            number += 1;
        }
        groups.push(Group { number, explicit: false });
        fresh = alone;
        if alone {
            number += 1;
        }
    }
    groups
}

#[cfg(test)]
mod tests {
    use pgrefit_sql::Script;
    use squawk_syntax::ast::Stmt;

    use super::transactions;

    #[test]
    fn statements_share_a_transaction_as_they_run() {
        let check = |text: &str, expected: &[usize]| {
            let parse = pgrefit_sql::parse(text);
            let statements: Vec<Stmt> = parse.tree().stmts().collect();
            let groups = transactions(&Script::of(text, &parse), &statements);
            assert_eq!(groups.iter().map(|group| group.number).collect::<Vec<_>>(), expected, "{text}");
        };
        check("SELECT 1; SELECT 2;", &[0, 0]);
        check("BEGIN; SELECT 1; COMMIT; SELECT 2; BEGIN; SELECT 3; COMMIT;", &[1, 1, 1, 2, 4, 4, 4]);
        check("SELECT 1; VACUUM t; SELECT 2; SELECT 3;", &[0, 1, 2, 2]);
        check(
            "VACUUM t; ALTER TABLE t ADD CHECK (a) NOT VALID; ALTER TABLE t VALIDATE CONSTRAINT c;",
            &[0, 1, 2],
        );
        check("ALTER TABLE t ADD CHECK (a) NOT VALID; ALTER TABLE t VALIDATE CONSTRAINT c;", &[0, 0]);
    }
}
