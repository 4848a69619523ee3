//! Which functions and procedures of the user a statement runs.

use squawk_syntax::SyntaxNode;
use squawk_syntax::ast::{AlterColumnOption, AlterTableAction, AstNode, Stmt};

use crate::effect::functions::{self, Call};
use crate::effect::names::{self, RelationKind};

/// Schema, if written, and name of every function and procedure that the statement itself calls, each once, in the order
/// of the text. Left out are the functions of the server, those in expressions that are only stored (views, defaults,
/// policies, bodies), and triggers.
#[must_use]
pub fn called_routines(statement: &Stmt) -> Vec<(Option<String>, String)> {
    let mut called: Vec<(Option<String>, String)> = Vec::new();
    let mut add = |name: (Option<String>, String)| {
        if !called.contains(&name) {
            called.push(name);
        }
    };
    if let Stmt::Call(call) = statement
        && let Some(name) = call.procedure_name_ref()
        && let Some(procedure) = names::of(name.syntax(), RelationKind::Table)
    {
        add((procedure.schema, procedure.name));
    }
    for node in computed(statement) {
        for call in functions::calls(&node).filter(|call| !call.is_built_in()) {
            let Call { schema, name, .. } = call;
            add((schema, name));
        }
    }
    called
}

/// The parts of a statement whose expressions are computed now.
fn computed(statement: &Stmt) -> Vec<SyntaxNode> {
    match statement {
        Stmt::CreateFunction(_)
        | Stmt::CreateProcedure(_)
        | Stmt::CreateView(_)
        | Stmt::CreateRule(_)
        | Stmt::CreatePolicy(_)
        | Stmt::AlterPolicy(_)
        | Stmt::CreateTrigger(_)
        | Stmt::CreateTable(_)
        | Stmt::CreateForeignTable(_)
        | Stmt::CreateDomain(_)
        | Stmt::CreateSchema(_)
        | Stmt::CreateAggregate(_)
        | Stmt::Prepare(_) => Vec::new(),
        Stmt::AlterTable(alter) => {
            alter.actions().filter(computes).map(|action| action.syntax().clone()).collect()
        }
        _ => vec![statement.syntax().clone()],
    }
}

fn computes(action: &AlterTableAction) -> bool {
    match action {
        AlterTableAction::AlterColumn(column) => {
            !matches!(column.option(), Some(AlterColumnOption::SetDefault(_)))
        }
        _ => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::parse::parse;

    #[test]
    fn routines_of_the_user_are_named() {
        let check = |text: &str, expected: &[&str]| {
            let statement = parse(text).tree().stmts().next().expect("a statement");
            let found: Vec<_> = called_routines(&statement)
                .into_iter()
                .map(|(schema, name)| schema.map_or(name.clone(), |schema| format!("{schema}.{name}")))
                .collect();
            assert_eq!(found, expected, "{text}");
        };
        check("SELECT f()", &["f"]);
        check(
            "SELECT f(App.G(1), now()), \"F\"(2), f()",
            &["f", "app.G", "F"].map(|n| if n == "app.G" { "app.g" } else { n }),
        );
        check("SELECT * FROM f(1) x, LATERAL app.g(x)", &["f", "app.g"]);
        check("SELECT * FROM ROWS FROM (f(), g())", &["f", "g"]);
        check("CALL app.p(f(1))", &["app.p", "f"]);
        check("CALL p()", &["p"]);
        check("SELECT pg_catalog.now(), count(*), lower('x')", &[]);
        check("INSERT INTO t (a, b) VALUES (f(1), 2) RETURNING g(a)", &["f", "g"]);
        check("UPDATE t SET a = f(a) WHERE g(b)", &["f", "g"]);
        check("CREATE VIEW v AS SELECT f()", &[]);
        check("CREATE TABLE t (a int DEFAULT f())", &[]);
        check("CREATE TABLE t AS SELECT f()", &["f"]);
        check("CREATE TRIGGER x BEFORE INSERT ON t FOR EACH ROW EXECUTE FUNCTION f()", &[]);
        check("CREATE FUNCTION f() RETURNS int BEGIN ATOMIC SELECT g(); END", &[]);
        check("CREATE INDEX ON t (f(a))", &["f"]);
        check("ALTER TABLE t ADD a int DEFAULT f()", &["f"]);
        check("ALTER TABLE t ALTER a SET DEFAULT f()", &[]);
        check("ALTER TABLE t ALTER a TYPE int USING f(a)", &["f"]);
        check("DO $$ BEGIN PERFORM f(); END $$", &[]);
    }
}
