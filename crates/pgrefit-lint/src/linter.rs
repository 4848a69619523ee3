//! Reads files in order, keeps the schema they add up to, and asks every rule at every point.

use std::ops::Range;
use std::sync::Arc;

use pgrefit_report::Finding;
use pgrefit_sql::{Directive, Effect, Parsed, Phase, Run, Script, directives_of, effects_of};
use squawk_syntax::ast::{self, SetScope, Stmt};

use crate::action::{Action, Kind, actions};
use crate::allow::Allows;
use crate::body::Bodies;
use crate::case::{Case, FileCase, Held, Inside, Release};
use crate::findings::finish;
use crate::found::{Draft, Fix, Found};
use crate::options::Options;
use crate::rule::{Judge, Rule};
use crate::rules::RULES;
use crate::schema::{Moment, Schema, Settings};
use crate::source::{Source, forward, without_mark, without_psql};
use crate::syntax;
use crate::transactions::transactions;
use crate::work::{Statement, Tally};

/// Judges files one after the other; what one makes is there for the next.
#[derive(Debug, Clone)]
pub struct Linter {
    pub(crate) options: Options,
    pub(crate) schema: Schema,
    bodies: Bodies,
    release: Release,
    /// The rules that look at statements and files, less those that are off.
    rules: Arc<[&'static Rule]>,
    pub(crate) files: usize,
}

/// What was found in one file.
#[derive(Debug, Clone, Default)]
pub struct Judged {
    /// The findings in the order of their places, suppressed ones included.
    pub findings: Vec<Finding>,
    /// Mechanical cures of findings that are not suppressed.
    pub fixes: Vec<Fix>,
    /// The statements, with what each comes to on the schema as it is there. Empty when the text is not understood.
    pub statements: Vec<Statement>,
}

/// A file while it is judged.
struct File<'a> {
    name: &'a str,
    text: &'a str,
    is_migration: bool,
    phase: Option<Phase>,
    in_steps: bool,
    /// What the transaction has locked so far.
    held: Vec<Held>,
    /// What the file has done so far.
    done: Vec<(Moment, Action)>,
    drafts: Vec<Draft>,
    statements: Vec<Statement>,
}

/// One statement with what it does.
struct Read<'a> {
    statement: &'a Stmt,
    range: Range<usize>,
    effect: &'a Effect,
    run: &'a Run,
    moment: Moment,
    explicit: bool,
}

impl Linter {
    /// A linter that knows nothing of the database.
    #[must_use]
    pub fn new(options: Options) -> Self {
        let release = Release { is_one: options.one_release, ..Release::default() };
        let settings = Settings { time_zone: options.time_zone.clone(), path_start: None };
        let mut schema = Schema::default();
        schema.settings = settings.clone();
        schema.base = settings;
        let asked = RULES.iter().filter(|rule| !matches!(rule.judge, Judge::Reader) && !options.is_off(rule));
        let rules = asked.copied().collect();
        Self { options, schema, bodies: Bodies::default(), release, rules, files: 0 }
    }

    /// Takes note of what a script makes, without judging it: a dump of the schema, or an earlier file of another runner.
    pub fn learn(&mut self, text: &str) {
        let text = without_mark(forward(text));
        let blank = without_psql(text);
        let text = blank.as_deref().unwrap_or(text);
        self.learn_parsed(text, &pgrefit_sql::parse(text));
    }

    /// Takes note of what an earlier migration of pgrefit has made.
    pub fn learn_migration(&mut self, text: &str) {
        let text = without_mark(text);
        self.learn_parsed(text, &pgrefit_sql::parse(text));
        // The next one begins with a fresh session.
        self.schema.settings = self.schema.base.clone();
    }

    fn learn_parsed(&mut self, text: &str, parse: &Parsed) {
        let moment = Moment { file: self.files, transaction: 0 };
        for statement in parse.tree().stmts() {
            self.bodies.remember(&statement, text);
            for (action, _) in self.all_actions(&statement, text) {
                self.schema.apply(&action, moment);
            }
        }
        self.schema.end_session();
        self.files += 1;
    }

    /// Judges a file and takes note of what it makes.
    pub fn judge(&mut self, source: &Source<'_>) -> Judged {
        // pgrefit runs all of a file.
        let forward = if source.is_migration { source.text } else { forward(source.text) };
        let text = without_mark(forward);
        // pgrefit refuses such a file; of another one the rest is judged.
        let blank = if source.is_migration { None } else { without_psql(text) };
        let mut judged = self.judged(source, blank.as_deref().unwrap_or(text));
        // Whoever writes the fixes has the mark in front of the text.
        let mark = forward.len() - text.len();
        for fix in &mut judged.fixes {
            fix.range = fix.range.start + mark..fix.range.end + mark;
        }
        judged
    }

    fn judged(&mut self, source: &Source<'_>, text: &str) -> Judged {
        let parse = pgrefit_sql::parse(text);
        let mut drafts: Vec<Draft> = Vec::new();
        let mut allows = Allows::default();
        let mut phase = None;
        match directives_of(text, &parse) {
            Ok(directives) => {
                phase = directives.iter().find_map(|(_, directive)| match directive {
                    Directive::Phase(phase) => Some(*phase),
                    _ => None,
                });
                allows = Allows::read(text, &parse, &directives);
            }
            Err(error) => drafts.push(syntax::directive(text, &error)),
        }
        let script = Script::of(text, &parse);
        if !parse.errors().is_empty() {
            drafts.extend(syntax::errors(text, parse.errors(), &script, source.is_migration));
            // What could be understood still exists for the files behind.
            self.learn_parsed(text, &parse);
            return finish(source.file, text, drafts, allows, Vec::new(), &self.options);
        }
        drafts.extend(syntax::obstacles(text, &script, source.is_migration));
        if phase == Some(Phase::Expand) {
            self.release.expands.push(source.file.to_owned());
        }
        // Nobody asks what the statements do, and what they add up to.
        if self.rules.is_empty() {
            self.files += 1;
            drafts.extend(crate::squawk::run(&parse, text, &self.options));
            let statements =
                statements_of(&script).map(|found| Statement::unread(found.range.clone())).collect();
            return finish(source.file, text, drafts, allows, statements, &self.options);
        }
        let effects = effects_of(text, &parse, self.options.server_major).unwrap_or_default();
        let statements: Vec<Stmt> =
            parse.tree().stmts().filter(|statement| !matches!(statement, Stmt::EmptyStmt(_))).collect();
        let mut file = File {
            name: source.file,
            text,
            is_migration: source.is_migration,
            phase,
            in_steps: !script.is_one_transaction(),
            held: Vec::new(),
            done: Vec::new(),
            drafts,
            statements: Vec::new(),
        };
        self.walk(&mut file, &statements, &effects, &script);
        let (mut drafts, statements) = (file.drafts, file.statements);
        self.files += 1;
        drafts.extend(crate::squawk::run(&parse, text, &self.options));
        finish(source.file, text, drafts, allows, statements, &self.options)
    }

    fn walk(&mut self, file: &mut File<'_>, statements: &[Stmt], effects: &[Effect], script: &Script) {
        let groups = transactions(script, statements);
        let mut last = usize::MAX;
        let runs = statements_of(script);
        // What `SET LOCAL` has changed ends with the transaction, and what is rolled back has not been.
        let (mut local, mut before): (Option<Settings>, Option<Schema>) = (None, None);
        let gives_up = statements
            .iter()
            .any(|statement| matches!(statement, Stmt::Rollback(ast::Rollback::RollbackTransaction(_))));
        for (((statement, effect), group), found) in statements.iter().zip(effects).zip(&groups).zip(runs) {
            if group.number != last {
                file.held.clear();
                last = group.number;
                if let Some(outside) = local.take() {
                    self.schema.settings = outside;
                }
            }
            if is_local(statement) {
                local.get_or_insert_with(|| self.schema.settings.clone());
            }
            if matches!(statement, Stmt::Begin(_)) && gives_up {
                before = Some(self.schema.clone());
            }
            let read = Read {
                statement,
                range: found.range.clone(),
                effect,
                run: &found.run,
                moment: Moment { file: self.files, transaction: group.number },
                explicit: group.explicit,
            };
            self.judge_statement(file, &read);
            self.bodies.remember(statement, file.text);
            if let (Stmt::Rollback(ast::Rollback::RollbackTransaction(_)), Some(known)) =
                (statement, before.take())
            {
                self.schema = known;
            }
        }
        if let Some(outside) = local {
            self.schema.settings = outside;
        }
        let is_migration = file.is_migration;
        let case = FileCase { schema: &self.schema, file: self.files, is_migration, actions: &file.done };
        for rule in self.rules.iter().copied() {
            if let Judge::File(judge) = rule.judge {
                let mut found = Found { rule, drafts: Vec::new() };
                judge(&case, &mut found);
                file.drafts.append(&mut found.drafts);
            }
        }
        if file.is_migration {
            self.schema.settings = self.schema.base.clone();
        }
        self.schema.end_session();
        for (_, action) in &file.done {
            if let Kind::AddColumn { table, column, .. } = &action.kind {
                let key = self.schema.key(table);
                if !self.schema.is_new(&key, self.files) {
                    self.release.added.push((key, column.name.clone(), file.name.to_owned()));
                }
            }
        }
    }

    fn judge_statement(&mut self, file: &mut File<'_>, read: &Read<'_>) {
        // Behind the statement, what it drops is no longer known by its name.
        let locks = read.effect.locks.iter().filter(|lock| lock.mode.blocks_writes());
        let locks: Vec<Held> = locks
            .map(|lock| (self.schema.owner(&lock.relation), lock.mode))
            .filter(|(table, _)| {
                !self.schema.is_new(table, read.moment.file) && !self.schema.views.contains_key(table)
            })
            .map(|(table, mode)| Held { table, mode, statement: read.range.clone() })
            .collect();
        let mut tally = Tally::new(&self.schema, read.effect, read.moment.file);
        let whole = self.all_actions(read.statement, file.text);
        for (index, (action, inside)) in whole.iter().enumerate() {
            let inside = *inside;
            let case = Case {
                schema: &self.schema,
                moment: read.moment,
                is_migration: file.is_migration,
                text: &file.text[read.range.clone()],
                server_major: self.options.server_major,
                statement: read.range.clone(),
                effect: read.effect,
                whole: &whole,
                run: read.run,
                locks: &locks,
                held: &file.held,
                in_explicit_transaction: read.explicit,
                inside,
                earlier: &file.done,
                release: &self.release,
                phase: file.phase,
                in_steps: file.in_steps,
            };
            tally.add(&case, action);
            let idle = does_nothing(&self.schema, action);
            for rule in self.rules.iter().copied() {
                if idle && rule.id != "if-not-exists-hides-difference" {
                    continue;
                }
                let mut found = Found { rule, drafts: Vec::new() };
                match rule.judge {
                    Judge::Action(judge) => judge(&case, action, &mut found),
                    Judge::Statement(judge) if index == 0 => judge(&case, &mut found),
                    _ => continue,
                }
                file.drafts.append(&mut found.drafts);
            }
            // What may not happen takes nothing away.
            let takes =
                matches!(action.kind, Kind::Drop { .. } | Kind::DropColumn { .. } | Kind::DropIndex { .. });
            if !(takes && inside.is_some_and(|inside| inside.conditional)) {
                self.schema.apply(action, read.moment);
            }
            // Inside of a body, what one statement has locked is held while the next one works.
            if inside.is_some()
                && let Some(table) = action.kind.table().map(|table| self.schema.owner(table))
                && !matches!(action.kind, Kind::Update(_) | Kind::Delete(_) | Kind::Insert { .. })
            {
                file.held.extend(locks.iter().filter(|held| held.table == table).cloned());
            }
            file.done.push((read.moment, action.clone()));
        }
        file.held.extend(locks);
        file.statements.push(tally.finish(read.range.clone(), read.effect.command));
    }

    /// What the statement does, and what is done in its body and in the bodies of the functions it calls.
    fn all_actions(&self, statement: &Stmt, text: &str) -> Vec<(Action, Option<Inside>)> {
        let mut all: Vec<_> = actions(statement).into_iter().map(|action| (action, None)).collect();
        all.extend(self.bodies.inner(statement, text));
        all
    }
}

/// Whether `IF NOT EXISTS` finds it there.
fn does_nothing(schema: &Schema, action: &Action) -> bool {
    match &action.kind {
        Kind::AddColumn { table, column, if_not_exists: true } => {
            schema.table(table).is_some_and(|table| table.column(&column.name).is_some())
        }
        Kind::CreateIndex(index) if index.if_not_exists => {
            index.relation().is_some_and(|name| schema.index(&name).is_some())
        }
        Kind::CreateTable(new) if new.if_not_exists => {
            new.name.as_ref().is_some_and(|name| schema.table(name).is_some_and(|known| known.complete))
        }
        _ => false,
    }
}

/// Whether it sets something until the end of the transaction.
fn is_local(statement: &Stmt) -> bool {
    matches!(statement, Stmt::Set(set) if matches!(set.set_scope(), Some(SetScope::LocalScope(_))))
}

/// The statements of a script, without the place of a directive that belongs to none.
fn statements_of(script: &Script) -> impl Iterator<Item = &pgrefit_sql::Statement> {
    script.statements().iter().filter(|found| !found.range.is_empty())
}

/// The first thing in a script that the parser does not understand: the line, from 1, and what it says. What only psql
/// understands is passed over.
#[must_use]
pub fn first_error(text: &str) -> Option<(usize, String)> {
    let text = without_mark(text);
    let blank = without_psql(text);
    let text = blank.as_deref().unwrap_or(text);
    let parse = pgrefit_sql::parse(text);
    let error = parse.errors().first()?;
    Some((pgrefit_sql::Place::of_byte(text, error.offset).line, error.message.clone()))
}

/// Whether the parser understands a text.
#[must_use]
pub fn parses(text: &str) -> bool {
    pgrefit_sql::parse(text).errors().is_empty()
}
