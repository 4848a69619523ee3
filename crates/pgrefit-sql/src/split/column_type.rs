//! `ALTER COLUMN … TYPE` by way of a second column, which a trigger and a backfill fill, and which then takes the name.

use squawk_syntax::ast;

use super::add_constraint::unquoted;
use super::alter_table::Table;
use super::backfill;
use super::name::{made_of, quoted, text, words};
use super::statement::BACKFILL;
use super::step::Steps;
use crate::Phase;

const WHY_COLUMN: &str = "A column of the new type beside the old one: changing the type itself would write the whole \
    table anew while nobody can use it. (If the server would not rewrite the table, as from varchar to text, the \
    original statement is fine: keep it.)";
const WHY_TRIGGER: &str = "From now on every row that is inserted or updated has its value in both columns. The \
    trigger's name makes it the last of its kind, so that it sees what others have changed.";
const WHY_SWAP: &str = "The new column takes the name of the old one. BEFORE this file carry over what the old column \
    has: NOT NULL (by the way of a check constraint), default, indexes, constraints, foreign keys, grants and \
    comments; and drop and make anew what depends on it, such as views, in this file. The old column may be empty \
    from here on (this fails if it is part of the primary key, which must be moved first). Prepared statements see \
    another type from here on: \"cached plan must not change result type\".";
const WHY_DROP: &str = "Nobody uses the old column any more. There is no way back from here.";

/// Column, trigger, backfill, swap, contract.
pub(super) fn steps(column: &str, to: &ast::SetType, table: &Table, steps: &mut Steps) {
    let name = unquoted(column);
    let (new, old) = (quoted(&made_of(&name, "", "new")), quoted(&made_of(&name, "", "old")));
    let function = format!("{}{}", table.schema, quoted(&made_of(&table.name, &name, "in_step")));
    let trigger = quoted(&made_of(&format!("zz_{}", table.name), &name, "in_step"));
    let ty = to.ty().map(|ty| text(&ty)).unwrap_or_default();
    let collate = to.collate().map(|collate| format!(" {}", text(&collate))).unwrap_or_default();
    let using = to.using_expr().and_then(|using| using.expr()).map(|expr| text(&expr));
    let (alter, written) = (&table.alter, &table.written);
    let what = format!("{} {name}", table.name);

    let sql = format!("{alter} ADD COLUMN {new} {ty}{collate};");
    steps.own(words(&format!("add {what} new")), WHY_COLUMN, sql).phase(Phase::Expand);
    steps
        .own(
            words(&format!("keep {what} in step")),
            WHY_TRIGGER,
            in_step(&function, &trigger, column, &new, using.as_deref(), table),
        )
        .phase(Phase::Expand);
    let (value, filled) = match &using {
        Some(using) => (using.as_str(), String::new()),
        None => (column, format!(" AND {column} IS NOT NULL")),
    };
    let sql = format!("{BACKFILL}\nUPDATE {written} SET {new} = {value} WHERE {new} IS NULL{filled};");
    steps.alone(words(&format!("backfill {what} new")), backfill::WHY, sql);
    let sql = format!(
        "DROP TRIGGER {trigger} ON {written};\n{alter} RENAME COLUMN {column} TO {old};\n\
         {alter} RENAME COLUMN {new} TO {column};\n{alter} ALTER COLUMN {old} DROP NOT NULL;"
    );
    steps.own(words(&format!("swap {what}")), WHY_SWAP, sql);
    let sql = format!("DROP FUNCTION {function}();\n{alter} DROP COLUMN {old};");
    steps.own(words(&format!("drop {what} old")), WHY_DROP, sql).phase(Phase::Contract);
}

/// The trigger that fills the new column. An expression of the user is computed over the new row under the table's name,
/// so that it may name columns as it did in `USING`.
fn in_step(
    function: &str,
    trigger: &str,
    column: &str,
    new: &str,
    using: Option<&str>,
    table: &Table,
) -> String {
    let body = match using {
        Some(using) => {
            format!("SELECT {using} INTO NEW.{new} FROM (SELECT NEW.*) AS {};", quoted(&table.name))
        }
        None => format!("NEW.{new} := NEW.{column};"),
    };
    format!(
        "CREATE FUNCTION {function}() RETURNS trigger LANGUAGE plpgsql AS $in_step$\nBEGIN\n    {body}\n    RETURN \
         NEW;\nEND\n$in_step$;\nCREATE TRIGGER {trigger} BEFORE INSERT OR UPDATE ON {}\n    FOR EACH ROW EXECUTE \
         FUNCTION {function}();",
        table.written
    )
}
