//! Reads files in order, keeps the schema they add up to, and asks every rule at every point.

use std::collections::HashSet;
use std::ops::Range;

use pgrefit_report::{Finding, Location, Remediation, Status};
use pgrefit_sql::{Directive, Effect, Phase, Run, Script, directives_of, effects_of};
use squawk_syntax::ast::Stmt;
use squawk_syntax::{Parse, SourceFile};

use crate::action::{Action, Kind, actions};
use crate::allow::Allows;
use crate::body::Bodies;
use crate::case::{Case, FileCase, Held, Inside, Release};
use crate::found::{Draft, Fix, Found};
use crate::options::Options;
use crate::rule::{Judge, Rule};
use crate::rules::RULES;
use crate::schema::{Moment, Schema};
use crate::source::{Source, without_mark};
use crate::transactions::transactions;
use crate::{syntax, weigh};

/// Judges files one after the other; what one makes is there for the next.
#[derive(Debug, Clone)]
pub struct Linter {
    options: Options,
    pub(crate) schema: Schema,
    bodies: Bodies,
    release: Release,
    files: usize,
    is_migration: bool,
}

/// What was found in one file.
#[derive(Debug, Clone, Default)]
pub struct Judged {
    /// The findings in the order of their places, suppressed ones included.
    pub findings: Vec<Finding>,
    /// Mechanical cures of findings that are not suppressed.
    pub fixes: Vec<Fix>,
    /// For each statement, the numbers of the findings that stand in it.
    pub statements: Vec<Range<usize>>,
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
        let schema = Schema { time_zone: options.time_zone.clone(), ..Schema::default() };
        Self { options, schema, bodies: Bodies::default(), release, files: 0, is_migration: false }
    }

    /// Takes note of what a file makes, without judging it: an earlier migration, or a dump of the schema.
    pub fn learn(&mut self, text: &str) {
        let text = without_mark(text);
        let parse = pgrefit_sql::parse(&text);
        let moment = Moment { file: self.files, transaction: 0 };
        for statement in parse.tree().stmts() {
            self.bodies.remember(&statement, &text);
            for (action, _) in self.all_actions(&statement, &text) {
                self.schema.apply(&action, moment);
            }
        }
        self.files += 1;
    }

    /// Judges a file and takes note of what it makes.
    pub fn judge(&mut self, source: &Source<'_>) -> Judged {
        self.is_migration = source.is_migration;
        let text = without_mark(source.forward());
        let parse = pgrefit_sql::parse(&text);
        let mut drafts: Vec<Draft> = Vec::new();
        let mut allows = Allows::default();
        let mut phase = None;
        match directives_of(&text, &parse) {
            Ok(directives) => {
                phase = directives.iter().find_map(|(_, directive)| match directive {
                    Directive::Phase(phase) => Some(*phase),
                    _ => None,
                });
                allows = Allows::read(&text, &parse, &directives);
            }
            Err(error) => drafts.push(syntax::directive(&text, &error)),
        }
        let script = Script::of(&text, &parse);
        let Some(effects) = effects_of(&text, &parse, self.options.server_major) else {
            drafts.extend(syntax::errors(&text, &parse, &script, source.is_migration));
            // What could be understood still exists for the files behind.
            self.learn(&text);
            return finish(source, &text, drafts, allows, Vec::new());
        };
        drafts.extend(syntax::obstacles(&script, source.is_migration));
        let statements: Vec<Stmt> =
            parse.tree().stmts().filter(|statement| !matches!(statement, Stmt::EmptyStmt(_))).collect();
        let ranges = self.walk(&text, source, &statements, &effects, &script, phase, &mut drafts);
        if !self.options.squawk.is_empty() {
            drafts.extend(crate::squawk::run(&parse, &text, &self.options));
        }
        if phase == Some(Phase::Expand) {
            self.release.expands.push(source.file.to_owned());
        }
        self.files += 1;
        finish(source, &text, drafts, allows, ranges)
    }

    #[expect(clippy::too_many_arguments, reason = "it is the body of `judge`, which has them all at hand")]
    fn walk(
        &mut self,
        text: &str,
        source: &Source<'_>,
        statements: &[Stmt],
        effects: &[Effect],
        script: &Script,
        phase: Option<Phase>,
        drafts: &mut Vec<Draft>,
    ) -> Vec<Range<usize>> {
        let groups = transactions(script, statements);
        let in_steps = !script.is_one_transaction();
        let mut held: Vec<Held> = Vec::new();
        let mut done: Vec<(Moment, Action)> = Vec::new();
        let mut ranges = Vec::new();
        let mut last = usize::MAX;
        let runs = script.statements().iter().filter(|found| !found.range.is_empty());
        for (((statement, effect), group), found) in statements.iter().zip(effects).zip(&groups).zip(runs) {
            let moment = Moment { file: self.files, transaction: group.number };
            if group.number != last {
                held.clear();
                last = group.number;
            }
            let read = Read {
                statement,
                range: found.range.clone(),
                effect,
                run: &found.run,
                moment,
                explicit: group.explicit,
            };
            ranges.push(found.range.clone());
            self.judge_statement(text, &read, &mut held, &mut done, phase, in_steps, drafts);
            self.bodies.remember(statement, text);
        }
        let case = FileCase { schema: &self.schema, file: self.files, actions: &done };
        for rule in self.rules() {
            if let Judge::File(judge) = rule.judge {
                let mut found = Found { rule, drafts: Vec::new() };
                judge(&case, &mut found);
                drafts.append(&mut found.drafts);
            }
        }
        for (_, action) in &done {
            if let Kind::AddColumn { table, column, .. } = &action.kind {
                let key = self.schema.key(table);
                if !self.schema.is_new(&key, self.files) {
                    self.release.added.push((key, column.name.clone(), source.file.to_owned()));
                }
            }
        }
        ranges
    }

    #[expect(clippy::too_many_arguments, reason = "it is the body of `walk`, which has them all at hand")]
    fn judge_statement(
        &mut self,
        text: &str,
        read: &Read<'_>,
        held: &mut Vec<Held>,
        done: &mut Vec<(Moment, Action)>,
        phase: Option<Phase>,
        in_steps: bool,
        drafts: &mut Vec<Draft>,
    ) {
        let all = self.all_actions(read.statement, text);
        let mut first = true;
        for (action, inside) in all {
            let case = Case {
                schema: &self.schema,
                moment: read.moment,
                is_migration: self.is_migration,
                text: &text[read.range.clone()],
                server_major: self.options.server_major,
                statement: read.range.clone(),
                effect: read.effect,
                run: read.run,
                held,
                in_explicit_transaction: read.explicit,
                inside,
                earlier: done,
                release: &self.release,
                phase,
                in_steps,
            };
            for rule in self.rules() {
                let mut found = Found { rule, drafts: Vec::new() };
                match rule.judge {
                    Judge::Action(judge) => judge(&case, &action, &mut found),
                    Judge::Statement(judge) if first => judge(&case, &mut found),
                    _ => continue,
                }
                drafts.append(&mut found.drafts);
            }
            first = false;
            self.schema.apply(&action, read.moment);
            done.push((read.moment, action));
        }
        for lock in &read.effect.locks {
            let table = self.schema.owner(&lock.relation);
            if lock.mode.blocks_writes() && !self.schema.is_new(&table, read.moment.file) {
                held.push(Held { table, mode: lock.mode, statement: read.range.clone() });
            }
        }
    }

    /// What the statement does, and what is done in its body and in the bodies of the functions it calls.
    fn all_actions(&self, statement: &Stmt, text: &str) -> Vec<(Action, Option<Inside>)> {
        let mut all: Vec<_> = actions(statement).into_iter().map(|action| (action, None)).collect();
        all.extend(self.bodies.inner(statement, text));
        all
    }

    fn rules(&self) -> impl Iterator<Item = &'static Rule> + use<'_> {
        RULES.iter().copied().filter(|rule| !self.options.off.iter().any(|off| off == rule.id))
    }
}

/// Makes findings of drafts, in the order of their places.
fn finish(
    source: &Source<'_>,
    text: &str,
    mut drafts: Vec<Draft>,
    mut allows: Allows,
    statements: Vec<Range<usize>>,
) -> Judged {
    let ids: HashSet<&str> = RULES.iter().map(|rule| rule.id).collect();
    let mut judged = Judged { statements, ..Judged::default() };
    let mut seen = HashSet::new();
    drafts.retain(|draft| seen.insert((draft.rule.clone(), draft.span.clone(), draft.object.clone())));
    let mut kept = Vec::new();
    for mut draft in drafts {
        if let Some((cost, usage)) = draft.cost {
            match cost.level(&usage, draft.status) {
                Some(level) => draft.status = level,
                None => continue,
            }
        }
        let reason = allows.reason(&draft, &judged.statements);
        kept.push((draft, reason));
    }
    for draft in allows.leftovers(&ids) {
        kept.push((draft, None));
    }
    kept.sort_by_key(|(draft, _)| (draft.span.start, std::cmp::Reverse(draft.status)));
    for (draft, reason) in kept {
        if let (Some(fix), None) = (&draft.fix, &reason) {
            judged.fixes.push(fix.clone());
        }
        let mut finding = report(source.file, text, draft);
        finding.suppressed = reason;
        judged.findings.push(finding);
    }
    judged
}

fn report(file: &str, text: &str, draft: Draft) -> Finding {
    let mut message = draft.message;
    let mut finding = Finding::new(draft.rule, draft.status, "");
    if let Some((cost, usage)) = draft.cost {
        message = format!("{message} ({}", weigh::describe(&usage));
        if let Some(time) = cost.estimate(&usage).filter(|time| time.as_millis() > 0) {
            message = format!("{message}; {}", weigh::about(time));
            finding = finding.number("estimated_ms", u64::try_from(time.as_millis()).unwrap_or(u64::MAX));
        }
        message.push(')');
        finding = finding.number("bytes", usage.bytes);
        if let Some(rows) = usage.rows {
            finding = finding.number("rows", rows);
        }
    }
    finding.message = message;
    finding.object = draft.object;
    finding.caret = draft.caret;
    finding.hint = draft.help;
    finding.remediation = draft.sql.map(|(sql, lock)| Remediation {
        sql,
        lock: lock.map(|lock| lock.sql().to_owned()),
        reversible: draft.status != Status::Skip,
    });
    for (span, message) in draft.labels {
        finding = finding.label(Location::at_range(file, text, span), message);
    }
    finding.at(Location::at_range(file, text, draft.span))
}

/// Whether the parser understands a text.
#[must_use]
pub fn parses(text: &str) -> bool {
    let parse: Parse<SourceFile> = pgrefit_sql::parse(text);
    parse.errors().is_empty()
}
