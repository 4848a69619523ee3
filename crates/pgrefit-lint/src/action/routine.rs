//! Views, functions and what they are made of.

use std::collections::HashSet;

use pgrefit_sql::Relation;
use squawk_syntax::SyntaxNode;
use squawk_syntax::ast::{self, AstNode, FuncOption, FuncOptionList, Stmt};

use super::read::{at, named, plain, reads, words_of_text};
use super::{Action, Kind, NewRoutine, NewView, Volatility};

pub(super) fn read(statement: &Stmt, actions: &mut Vec<Action>) -> bool {
    match statement {
        Stmt::CreateView(create) => {
            let view = create.view().and_then(|name| named(&name));
            actions.extend(view.map(|name| at(create, viewed(name, false, create.syntax()))));
        }
        Stmt::CreateMaterializedView(create) => {
            let view = create.view().and_then(|name| named(&name));
            actions.extend(view.map(|name| at(create, viewed(name, true, create.syntax()))));
        }
        Stmt::CreateFunction(create) => {
            let name = create.name().and_then(|name| named(&name));
            actions.extend(name.map(|name| at(create, routine(name, create.option_list(), create.syntax()))));
        }
        Stmt::CreateProcedure(create) => {
            let name = create.name().and_then(|name| named(&name));
            actions.extend(name.map(|name| at(create, routine(name, create.option_list(), create.syntax()))));
        }
        _ => return false,
    }
    true
}

fn viewed(name: Relation, materialized: bool, node: &SyntaxNode) -> Kind {
    let targets = node.descendants().filter_map(ast::Target::cast);
    let star = targets.into_iter().any(|target| target.syntax().text().to_string().trim().ends_with('*'));
    let words = words_of_text(&node.text().to_string());
    Kind::CreateView(Box::new(NewView { name, materialized, reads: reads(node), words, star }))
}

fn routine(name: Relation, options: Option<FuncOptionList>, node: &SyntaxNode) -> Kind {
    let mut found = NewRoutine {
        name,
        volatility: Volatility::Volatile,
        inlines_to_stable: false,
        security_definer: false,
        sets_search_path: false,
        words: words_of_text(&node.text().to_string()),
    };
    let mut language = String::new();
    let mut body = String::new();
    for option in options.into_iter().flat_map(|list| list.options()) {
        let text = plain(option.syntax());
        match option {
            FuncOption::VolatilityFuncOption(_) if text == "immutable" => {
                found.volatility = Volatility::Immutable;
            }
            FuncOption::VolatilityFuncOption(_) if text == "stable" => found.volatility = Volatility::Stable,
            FuncOption::SecurityDefinerFuncOption(_) => found.security_definer = true,
            FuncOption::SetFuncOption(_) => found.sets_search_path |= text.contains("search_path"),
            FuncOption::LanguageFuncOption(_) => {
                let named = text.trim_start_matches("language").trim();
                named.trim_matches(['\'', '"']).clone_into(&mut language);
            }
            FuncOption::AsFuncOption(definition) => {
                let literal = definition.syntax().descendants().find_map(ast::Literal::cast);
                body = literal.and_then(|literal| literal.string_value()).unwrap_or_default();
            }
            _ => {}
        }
    }
    if body.is_empty() {
        // `RETURN expression`: SQL, kept as a tree.
        if let Some(returns) = node.descendants().find_map(ast::ReturnStmt::cast) {
            found.inlines_to_stable = is_stable(returns.syntax());
        }
    } else if language == "sql" {
        found.inlines_to_stable = is_one_stable_select(&body);
    }
    Kind::CreateRoutine(Box::new(found))
}

/// Whether the body is one `SELECT expression` without `FROM`, which the planner puts in place of the call, and nothing
/// in it can differ from row to row (`inline_function` of PostgreSQL's `clauses.c`).
fn is_one_stable_select(body: &str) -> bool {
    let parse = pgrefit_sql::parse(body);
    let mut statements =
        parse.tree().stmts().filter(|statement| !matches!(statement, Stmt::EmptyStmt(_))).collect::<Vec<_>>();
    match (statements.pop(), statements.is_empty(), parse.errors().is_empty()) {
        (Some(Stmt::Select(select)), true, true) => {
            select.from_clause().is_none() && is_stable(select.syntax())
        }
        _ => false,
    }
}

fn is_stable(node: &SyntaxNode) -> bool {
    let (calls, volatile) = unstable_calls(node);
    calls.is_empty() && !volatile
}

/// The calls below a node that are not known to give the same value for each row: those of functions that may be the
/// user's, and whether one is of a function of the server that is known to be volatile.
pub(super) fn unstable_calls(node: &SyntaxNode) -> (Vec<(Option<String>, String)>, bool) {
    let mut volatile = false;
    let mut calls = Vec::new();
    let mut seen = HashSet::new();
    for call in pgrefit_sql::unstable_calls(node) {
        if call.built_in {
            volatile = true;
        } else if seen.insert((call.schema.clone(), call.name.clone())) {
            calls.push((call.schema, call.name));
        }
    }
    (calls, volatile)
}
