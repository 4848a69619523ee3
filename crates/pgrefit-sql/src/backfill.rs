//! A statement over a whole table as batches over ranges of its key: `-- pgrefit:backfill` before an `UPDATE`, a `DELETE`
//! or an `INSERT … SELECT`.

use std::time::Duration;

use squawk_syntax::ast::{self, AstNode, Stmt};
use squawk_syntax::{SyntaxKind, SyntaxNode};

use crate::standalone::{has, last_part, text};

/// What the directive says; what it leaves out, the configuration decides.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct BackfillOptions {
    /// `batch=5000`: rows of the first batch; later ones follow from the time they take.
    pub batch: Option<u32>,
    /// `target=200ms`: how long a batch may take.
    pub target: Option<Duration>,
    /// `pause=50ms`: the least pause between two batches.
    pub pause: Option<Duration>,
    /// `max-lag=10s`: how far replicas may fall behind before batches wait for them.
    pub max_lag: Option<Duration>,
}

/// A statement that can run in batches.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Backfill {
    /// The table whose key the batches follow, as written.
    pub table: String,
    /// What its columns are qualified with: its alias or its name, as written.
    pub correlation: String,
    /// What the directive says.
    pub options: BackfillOptions,
    with: String,
    head: String,
    from: String,
    condition: Option<String>,
    tail: String,
    /// The columns that an `UPDATE` sets, as written.
    pub sets: Vec<String>,
    /// Whether it changes the very rows that its condition is about.
    rewrites: bool,
}

impl Backfill {
    /// The statement, restricted to the rows of a range.
    #[must_use]
    pub fn batch(&self, range: &str) -> String {
        let Self { head, tail, .. } = self;
        format!("{head}\nWHERE {}\n{tail}", self.restricted(range))
    }

    /// A query that returns a row if the statement would still touch one of a range. `range` may be `true`.
    #[must_use]
    pub fn remains(&self, range: &str) -> String {
        let Self { with, from, .. } = self;
        format!("{with} SELECT FROM {from}\nWHERE {} LIMIT 1", self.restricted(range))
    }

    /// The same for a range that the statement has just run on, in the same transaction: whether it would touch again what
    /// it has done. What others have written meanwhile does not count, where it can be told from that.
    #[must_use]
    pub fn repeats(&self, range: &str) -> String {
        if !self.rewrites {
            return self.remains(range);
        }
        let Self { correlation, .. } = self;
        self.remains(&format!("({range}) AND {correlation}.xmin = pg_catalog.pg_current_xact_id()::xid"))
    }

    /// Whether the statement says which rows it wants. Without that, what is done cannot be told from what is not.
    #[must_use]
    pub fn has_condition(&self) -> bool {
        self.condition.is_some()
    }

    fn restricted(&self, range: &str) -> String {
        match &self.condition {
            Some(condition) => format!("({range}) AND ({condition}\n)"),
            None => range.to_owned(),
        }
    }

    /// The batches of a statement, or why it cannot have any.
    pub(crate) fn of(statement: &Stmt, options: BackfillOptions) -> Result<Self, &'static str> {
        match statement {
            Stmt::Update(update) => Self::of_update(update, options),
            Stmt::Delete(delete) => Self::of_delete(delete, options),
            Stmt::Insert(insert) => Self::of_insert(insert, options),
            _ => Err("only UPDATE, DELETE and INSERT … SELECT can run in batches"),
        }
    }

    fn of_update(update: &ast::Update, options: BackfillOptions) -> Result<Self, &'static str> {
        Self::of_target(Target {
            node: update.syntax(),
            with: update.with_clause(),
            name: update.relation_name(),
            alias: update.alias(),
            others: update.from_clause().map(|clause| behind(&text(clause.syntax()), "FROM")),
            condition: update.where_clause_or_current_of(),
            returns: update.returning_clause().is_some(),
            sets: update.set_clause().map(|clause| columns_set(&clause)).unwrap_or_default(),
            options,
        })
    }

    fn of_delete(delete: &ast::Delete, options: BackfillOptions) -> Result<Self, &'static str> {
        Self::of_target(Target {
            node: delete.syntax(),
            with: delete.with_clause(),
            name: delete.relation_name(),
            alias: delete.alias(),
            others: delete.using_clause().map(|clause| behind(&text(clause.syntax()), "USING")),
            condition: delete.where_clause_or_current_of(),
            returns: delete.returning_clause().is_some(),
            sets: Vec::new(),
            options,
        })
    }

    fn of_target(target: Target<'_>) -> Result<Self, &'static str> {
        refuse_returning(target.returns)?;
        let relation = target.name.ok_or(INCOMPLETE)?;
        let name = text(relation.relation_name_ref().ok_or(INCOMPLETE)?.syntax());
        let alias =
            target.alias.as_ref().and_then(ast::OptionalAsAlias::name).map(|name| text(name.syntax()));
        let condition = target.condition.map(where_clause).transpose()?;
        refuse_limit(condition.as_ref())?;
        Ok(Self {
            options: target.options,
            with: with_clause(target.with)?,
            head: until_where(&text(target.node), target.node, condition.as_ref()),
            from: from_list(&text(relation.syntax()), alias.as_deref(), target.others),
            correlation: alias.unwrap_or_else(|| last_part(&name)),
            condition: condition.and_then(|clause| Some(text(clause.expr()?.syntax()))),
            sets: target.sets,
            tail: String::new(),
            rewrites: true,
            table: name,
        })
    }

    fn of_insert(insert: &ast::Insert, options: BackfillOptions) -> Result<Self, &'static str> {
        refuse_returning(insert.returning_clause().is_some())?;
        let Some(ast::InsertSource::SelectVariant(ast::SelectVariant::Select(select))) =
            insert.insert_source()
        else {
            return Err("an INSERT runs in batches only if it has one plain SELECT");
        };
        refuse_whole_result(&select)?;
        let clause =
            select.from_clause().ok_or("the SELECT reads no table whose key batches could follow")?;
        let driving = driving_table(&clause)?;
        let name = driving.relation_name_ref().ok_or(INCOMPLETE)?;
        let alias = driving.alias().and_then(|alias| alias.name()).map(|name| text(name.syntax()));
        let condition = select.where_clause();
        refuse_limit(condition.as_ref())?;
        let target = insert.relation_name_ref().map(|name| text(name.syntax())).unwrap_or_default();
        if last_part(&target) == last_part(&text(name.syntax())) {
            return Err(
                "it inserts into the table that it reads: later batches would read what earlier ones wrote",
            );
        }
        let whole = text(insert.syntax());
        let start = insert.syntax().text_range().start();
        let cut = condition.as_ref().map_or_else(
            || clause.syntax().text_range().end(),
            |condition| condition.syntax().text_range().start(),
        );
        let behind_where = condition.as_ref().map_or(cut, |condition| condition.syntax().text_range().end());
        Ok(Self {
            table: text(name.syntax()),
            correlation: alias.unwrap_or_else(|| last_part(&text(name.syntax()))),
            options,
            with: with_clause(insert.with_clause())? + &with_clause(select.with_clause())?,
            head: whole[..usize::from(cut - start)].trim_end().to_owned(),
            from: behind(&text(clause.syntax()), "FROM"),
            condition: condition.and_then(|clause| Some(text(clause.expr()?.syntax()))),
            tail: whole[usize::from(behind_where - start)..].trim_end().trim_end_matches(';').to_owned(),
            rewrites: false,
            sets: Vec::new(),
        })
    }
}

/// What an `UPDATE` and a `DELETE` have in common.
struct Target<'a> {
    node: &'a SyntaxNode,
    with: Option<ast::WithClause>,
    name: Option<ast::RelationName>,
    alias: Option<ast::OptionalAsAlias>,
    /// The tables it is joined with.
    others: Option<String>,
    condition: Option<ast::WhereClauseOrCurrentOf>,
    returns: bool,
    sets: Vec<String>,
    options: BackfillOptions,
}

const INCOMPLETE: &str = "the statement names no table";

fn refuse_returning(has_returning: bool) -> Result<(), &'static str> {
    if has_returning {
        Err("a statement that runs in batches returns no rows: leave RETURNING out")
    } else {
        Ok(())
    }
}

/// `LIMIT` in a condition would be granted anew to each batch.
fn refuse_limit(condition: Option<&ast::WhereClause>) -> Result<(), &'static str> {
    let limits = [SyntaxKind::LIMIT_CLAUSE, SyntaxKind::OFFSET_CLAUSE, SyntaxKind::FETCH_CLAUSE];
    if condition.is_some_and(|clause| clause.syntax().descendants().any(|node| limits.contains(&node.kind())))
    {
        return Err("its condition has a LIMIT, which each batch would be granted anew");
    }
    Ok(())
}

/// The columns of a SET clause.
fn columns_set(clause: &ast::SetClause) -> Vec<String> {
    let lists = clause.set_column_list();
    let columns = lists.iter().flat_map(ast::SetColumnList::set_columns);
    columns.flat_map(|column| names_before_equals(&text(column.syntax()))).collect()
}

/// `a`, or `a` and `b` of `(a, b) = …`.
fn names_before_equals(text: &str) -> Vec<String> {
    let names =
        text.split('=').next().unwrap_or_default().trim().trim_start_matches('(').trim_end_matches(')');
    names.split(',').map(|name| name.trim().to_owned()).collect()
}

/// What makes a row of the result depend on rows of other batches.
fn refuse_whole_result(select: &ast::Select) -> Result<(), &'static str> {
    let list = select.select_clause().ok_or(INCOMPLETE)?;
    let aggregates = [
        "count",
        "sum",
        "min",
        "max",
        "avg",
        "array_agg",
        "string_agg",
        "json_agg",
        "jsonb_agg",
        "bool_and",
        "bool_or",
        "every",
        "json_object_agg",
        "jsonb_object_agg",
        "xmlagg",
        "bit_and",
        "bit_or",
        "bit_xor",
        "any_value",
        "stddev",
        "stddev_pop",
        "stddev_samp",
        "variance",
        "var_pop",
        "var_samp",
    ];
    let calls_aggregate = list.syntax().descendants().filter_map(ast::CallExpr::cast).any(|call| {
        let called = text(call.syntax()).to_ascii_lowercase();
        let name = called.split('(').next().unwrap_or_default().trim();
        aggregates.contains(&name.rsplit('.').next().unwrap_or(name))
    });
    let over_all_rows = select.group_by_clause().is_some()
        || select.having_clause().is_some()
        || select.window_clause().is_some()
        || select.tail_clauses().next().is_some()
        || [SyntaxKind::DISTINCT_KW, SyntaxKind::OVER_KW].into_iter().any(|kind| has(list.syntax(), kind))
        || calls_aggregate;
    if over_all_rows {
        return Err(
            "the rows of its SELECT depend on each other (GROUP BY, DISTINCT, ORDER BY, LIMIT, an aggregate or a \
                    window): batches would give another result",
        );
    }
    Ok(())
}

/// The first table of the list: the one that other tables are joined to.
fn driving_table(clause: &ast::FromClause) -> Result<ast::RelationFromItem, &'static str> {
    let mut item = clause.items().next();
    while let Some(ast::FromListItem::JoinExpr(join)) = item {
        if has(join.syntax(), SyntaxKind::RIGHT_KW) || has(join.syntax(), SyntaxKind::FULL_KW) {
            return Err("batches cannot follow the key of a table that is joined by RIGHT or FULL JOIN");
        }
        item = join.from_list_item();
    }
    match item {
        Some(ast::FromListItem::FromItem(ast::FromItem::RelationFromItem(relation))) => Ok(relation),
        _ => Err("the first item of FROM must be a table, whose key the batches follow"),
    }
}

fn with_clause(clause: Option<ast::WithClause>) -> Result<String, &'static str> {
    let Some(clause) = clause else { return Ok(String::new()) };
    let writes = [SyntaxKind::INSERT, SyntaxKind::UPDATE, SyntaxKind::DELETE, SyntaxKind::MERGE];
    if clause.syntax().descendants().any(|node| writes.contains(&node.kind())) {
        return Err("its WITH writes, which would happen once a batch");
    }
    Ok(text(clause.syntax()))
}

fn where_clause(clause: ast::WhereClauseOrCurrentOf) -> Result<ast::WhereClause, &'static str> {
    match clause {
        ast::WhereClauseOrCurrentOf::WhereClause(clause) => Ok(clause),
        ast::WhereClauseOrCurrentOf::WhereCurrentOf(_) => {
            Err("WHERE CURRENT OF names one row: there are no batches")
        }
    }
}

/// The statement up to its condition, or whole without its semicolon.
fn until_where(whole: &str, node: &SyntaxNode, condition: Option<&ast::WhereClause>) -> String {
    let end = condition.map_or(whole.len(), |clause| {
        usize::from(clause.syntax().text_range().start() - node.text_range().start())
    });
    whole[..end].trim_end().trim_end_matches(';').to_owned()
}

/// The target of an UPDATE or DELETE and what it is joined with, as a FROM list.
fn from_list(target: &str, alias: Option<&str>, items: Option<String>) -> String {
    let alias = alias.map(|alias| format!(" AS {alias}")).unwrap_or_default();
    let others = items.map(|items| format!(", {items}")).unwrap_or_default();
    format!("{target}{alias}{others}")
}

/// What stands behind the keyword of a clause.
fn behind(clause: &str, keyword: &str) -> String {
    clause.get(keyword.len()..).unwrap_or_default().trim().to_owned()
}

#[cfg(test)]
mod tests {
    use squawk_syntax::SourceFile;

    use super::*;

    fn backfill(sql: &str) -> Result<Backfill, &'static str> {
        let statement = SourceFile::parse(sql).tree().stmts().next().expect("a statement");
        Backfill::of(&statement, BackfillOptions::default())
    }

    fn flat(sql: &str) -> String {
        sql.split_whitespace().collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn a_statement_is_restricted_to_a_range() {
        let check = |sql: &str, table: &str, correlation: &str, batch: &str, remains: &str| {
            let found = backfill(sql).expect(sql);
            assert_eq!((found.table.as_str(), found.correlation.as_str()), (table, correlation), "{sql}");
            assert_eq!(flat(&found.batch("R")), batch, "{sql}");
            assert_eq!(flat(&found.remains("R")), remains, "{sql}");
        };
        check("UPDATE t SET a = b;", "t", "t", "UPDATE t SET a = b WHERE R", "SELECT FROM t WHERE R LIMIT 1");
        check(
            "UPDATE app.\"T.x\" AS u SET a = v.b FROM v WHERE v.id = u.id AND u.a IS NULL -- why\n;",
            "app.\"T.x\"",
            "u",
            "UPDATE app.\"T.x\" AS u SET a = v.b FROM v WHERE (R) AND (v.id = u.id AND u.a IS NULL )",
            "SELECT FROM app.\"T.x\" AS u, v WHERE (R) AND (v.id = u.id AND u.a IS NULL ) LIMIT 1",
        );
        check(
            "WITH v AS (SELECT 1 AS id) UPDATE t SET a = 1 FROM v WHERE v.id = t.id",
            "t",
            "t",
            "WITH v AS (SELECT 1 AS id) UPDATE t SET a = 1 FROM v WHERE (R) AND (v.id = t.id )",
            "WITH v AS (SELECT 1 AS id) SELECT FROM t, v WHERE (R) AND (v.id = t.id ) LIMIT 1",
        );
        check(
            "DELETE FROM ONLY app.t USING v WHERE v.id = t.id",
            "app.t",
            "t",
            "DELETE FROM ONLY app.t USING v WHERE (R) AND (v.id = t.id )",
            "SELECT FROM ONLY app.t, v WHERE (R) AND (v.id = t.id ) LIMIT 1",
        );
        check(
            "INSERT INTO d (a) SELECT s.a FROM s JOIN v USING (id) WHERE s.a > 1 ON CONFLICT DO NOTHING;",
            "s",
            "s",
            "INSERT INTO d (a) SELECT s.a FROM s JOIN v USING (id) WHERE (R) AND (s.a > 1 ) ON CONFLICT DO NOTHING",
            "SELECT FROM s JOIN v USING (id) WHERE (R) AND (s.a > 1 ) LIMIT 1",
        );
        check(
            "INSERT INTO d SELECT * FROM app.s x",
            "app.s",
            "x",
            "INSERT INTO d SELECT * FROM app.s x WHERE R",
            "SELECT FROM app.s x WHERE R LIMIT 1",
        );
    }

    #[test]
    fn what_has_no_batches_is_refused() {
        let check = |sql: &str, part: &str| {
            let reason = backfill(sql).expect_err(sql);
            assert!(reason.contains(part), "{sql}: {reason}");
        };
        check("SELECT 1", "only UPDATE");
        check("UPDATE t SET a = 1 RETURNING a", "RETURNING");
        check("DELETE FROM t WHERE CURRENT OF c", "CURRENT OF");
        check("INSERT INTO t VALUES (1)", "one plain SELECT");
        check("INSERT INTO t SELECT 1", "reads no table");
        check("INSERT INTO t SELECT a FROM s GROUP BY a", "depend on each other");
        check("INSERT INTO t SELECT DISTINCT a FROM s", "depend on each other");
        check("INSERT INTO t SELECT pg_catalog.count(*) FROM s", "depend on each other");
        check("INSERT INTO t SELECT a FROM s LIMIT 5", "depend on each other");
        check("INSERT INTO t SELECT jsonb_object_agg(a, b) FROM s", "depend on each other");
        check("INSERT INTO t SELECT a FROM app.t", "the table that it reads");
        check("DELETE FROM t WHERE id IN (SELECT id FROM u LIMIT 5)", "LIMIT");
        check("INSERT INTO t SELECT a FROM f()", "must be a table");
        check("INSERT INTO t SELECT a FROM s RIGHT JOIN u USING (a)", "RIGHT or FULL");
        check("WITH x AS (DELETE FROM u RETURNING a) UPDATE t SET a = 1 FROM x", "WITH writes");
    }
}
