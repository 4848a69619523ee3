//! How a file runs: as one transaction, or in steps where a statement must be on its own.

use std::ops::Range;

use pgrefit_sql::{Backfill, Run, Script, Standalone, Statement};

use crate::MigrationFile;

/// A part of a file that takes effect as a whole.
#[derive(Debug)]
pub(crate) struct Step<'a> {
    /// The number of its first statement, from 1: its name in the journal.
    pub(crate) number: i32,
    pub(crate) what: What<'a>,
    /// Its bytes in the file.
    pub(crate) range: Range<usize>,
    /// `SET` statements of the file that stand before it: each step begins with a fresh session.
    pub(crate) settings: Vec<String>,
}

/// The kinds of steps.
#[derive(Debug)]
pub(crate) enum What<'a> {
    /// Neighbours in one transaction.
    Transaction(&'a [Statement]),
    /// A statement outside of any transaction block.
    Alone(&'a Standalone),
    /// A statement in batches.
    Batches(&'a Backfill),
}

/// The way in which a statement of a file runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// In the transaction with this number, counted from 1 within the file.
    Together(usize),
    /// On its own.
    Alone,
    /// In batches, each a transaction of its own.
    Batches,
    /// Before each step that follows: it sets something for the session.
    Setting,
}

/// The ways of the statements of a file, one each.
#[must_use]
pub fn ways(file: &MigrationFile) -> Vec<Way> {
    let script = file.script();
    let count = script.statements().len();
    if script.is_one_transaction() {
        return vec![Way::Together(1); count];
    }
    let mut ways = vec![Way::Setting; count];
    let mut transactions = 0;
    for step in steps(script, &file.sql) {
        let first = usize::try_from(step.number - 1).unwrap_or_default();
        let (length, way) = match step.what {
            What::Transaction(group) => {
                transactions += 1;
                (group.len(), Way::Together(transactions))
            }
            What::Alone(_) => (1, Way::Alone),
            What::Batches(_) => (1, Way::Batches),
        };
        ways[first..first + length].fill(way);
    }
    ways
}

impl Step<'_> {
    /// The settings as SQL to stand before other SQL.
    pub(crate) fn settings_sql(&self) -> String {
        self.settings.iter().flat_map(|set| [set.as_str(), ";\n"]).collect()
    }

    /// What it is, in a few words.
    pub(crate) fn kind(&self) -> &'static str {
        match self.what {
            What::Transaction(_) => "in a transaction",
            What::Alone(_) => "on its own",
            What::Batches(_) => "in batches",
        }
    }
}

/// The steps of a file that is not one transaction.
pub(crate) fn steps<'a>(script: &'a Script, sql: &str) -> Vec<Step<'a>> {
    let statements = script.statements();
    let mut steps = Vec::new();
    let mut settings: Vec<String> = Vec::new();
    let mut at = 0;
    while let Some(statement) = statements.get(at) {
        // Nothing is atomic here anyway, so VALIDATE need not read under the locks of its neighbours.
        let joins = |s: &&Statement| matches!(s.run, Run::Together | Run::Setting) && !s.validates;
        let count = statements[at..].iter().take_while(joins).count().max(1);
        let group = &statements[at..at + count];
        let what = match &statement.run {
            Run::Alone(alone) => Some(What::Alone(alone)),
            Run::Batches(backfill) => Some(What::Batches(backfill)),
            Run::Together | Run::Setting => {
                let acts = group.iter().any(|statement| statement.run == Run::Together);
                acts.then_some(What::Transaction(group))
            }
        };
        if let Some(what) = what {
            let range = statement.range.start..group.last().map_or(0, |last| last.range.end);
            let number = i32::try_from(at + 1).unwrap_or(i32::MAX);
            steps.push(Step { number, what, range, settings: settings.clone() });
        }
        let set = group.iter().filter(|statement| statement.run == Run::Setting);
        settings.extend(set.map(|setting| sql[setting.range.clone()].trim_end_matches(';').to_owned()));
        at += count;
    }
    steps
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_statement_has_its_way() {
        let check = |sql: &str, expected: &[Way]| {
            let file = MigrationFile::new(std::path::Path::new("V1__a.sql"), sql.into()).unwrap();
            assert_eq!(ways(&file), expected, "{sql}");
        };
        check("SELECT 1; SET a = 1; SELECT 2;", &[Way::Together(1); 3]);
        check(
            "SET a = 1; VACUUM t; SELECT 1; SELECT 2; VACUUM t; SELECT 3;",
            &[Way::Setting, Way::Alone, Way::Together(1), Way::Together(1), Way::Alone, Way::Together(2)],
        );
        check(
            "SELECT 1; -- pgrefit:backfill\nUPDATE t SET a = 1 WHERE a = 2;",
            &[Way::Together(1), Way::Batches],
        );
        check("SELEC 1; SELECT 2;", &[Way::Together(1)]);
    }

    #[test]
    fn a_file_is_taken_apart_where_a_statement_is_on_its_own() {
        let check = |sql: &str, expected: &[&str]| {
            let script = Script::parse(sql);
            let found: Vec<String> = steps(&script, sql)
                .iter()
                .map(|step| {
                    format!(
                        "{} {} [{}] {}",
                        step.number,
                        step.kind(),
                        step.settings.join(", "),
                        &sql[step.range.clone()]
                    )
                })
                .collect();
            assert_eq!(found, expected, "{sql}");
        };
        check(
            "SET a = 1; SELECT 1; SELECT 2; VACUUM t;\nSELECT 3;",
            &[
                "1 in a transaction [] SET a = 1; SELECT 1; SELECT 2;",
                "4 on its own [SET a = 1] VACUUM t;",
                "5 in a transaction [SET a = 1] SELECT 3;",
            ],
        );
        check(
            "VACUUM t; ALTER TABLE t ADD CHECK (a) NOT VALID; ALTER TABLE t VALIDATE CONSTRAINT c; SELECT 1;",
            &[
                "1 on its own [] VACUUM t;",
                "2 in a transaction [] ALTER TABLE t ADD CHECK (a) NOT VALID;",
                "3 in a transaction [] ALTER TABLE t VALIDATE CONSTRAINT c;",
                "4 in a transaction [] SELECT 1;",
            ],
        );
        check("SET a = 1; VACUUM t;", &["2 on its own [SET a = 1] VACUUM t;"]);
        check(
            "-- pgrefit:backfill\nUPDATE t SET a = 1;\n-- pgrefit:backfill\nDELETE FROM t;",
            &["1 in batches [] UPDATE t SET a = 1;", "2 in batches [] DELETE FROM t;"],
        );
    }
}
