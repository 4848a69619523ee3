//! From the text of a workload file to a workload.

use std::io;
use std::ops::Range;
use std::time::Duration;

use pgrefit_sql::parse_duration;

use super::nearest::nearest;
use super::vetting;
use super::written::{Cell, WrittenSource, WrittenStatement, WrittenWorkload};
use super::{LoadStatement, Results, Workload};
use crate::{Error, ParamSource, Params};

/// Rows of a query that are kept when the file names no number.
const ROWS_MAX: usize = 10_000;

type ReadFile<'a> = &'a dyn Fn(&str) -> io::Result<String>;

pub(super) fn read(text: &str, read_file: ReadFile<'_>) -> Result<Workload, Error> {
    let written: WrittenWorkload = toml::from_str(text).map_err(|error| {
        let line = error.span().map(|span| line(text, &span));
        Error::Workload { what: error.message().to_owned(), line, nearest: nearest(error.message()) }
    })?;
    let mut statements: Vec<LoadStatement> = Vec::with_capacity(written.statements.len());
    for statement in written.statements {
        let line = line(text, &statement.span());
        let statement = read_statement(statement.into_inner(), written.results, read_file);
        let statement = statement.map_err(|error| error.at(line))?;
        vetting::check_statement(&statement, &statements).map_err(|what| wrong(what).at(line))?;
        statements.push(statement);
    }
    let workload = Workload { name: written.name, statements };
    workload.check()?;
    Ok(workload)
}

fn read_statement(
    written: WrittenStatement,
    results: Option<Results>,
    read_file: ReadFile<'_>,
) -> Result<LoadStatement, Error> {
    let name = written.name;
    let refused = |what: &str| Err(wrong(format!("\"{name}\": {what}")));
    let sql = match (written.sql, written.file) {
        (Some(sql), None) => sql,
        (None, Some(path)) => read_file(&path).map_err(|source| Error::File { path, source })?,
        _ => return refused("it has either sql or file"),
    };
    let budget = match written.budget.as_deref().map(parse_duration) {
        None => Workload::BUDGET_DEFAULT,
        Some(Some(budget)) if budget > Duration::ZERO => budget,
        Some(_) => return refused("its budget is no duration, such as \"200ms\""),
    };
    let rows_max = written.rows_max.unwrap_or(ROWS_MAX);
    let params = match (written.params, written.rows, written.from) {
        (None, None, None) => Params::Each(Vec::new()),
        (Some(sources), None, None) => match sources.into_iter().map(read_source).collect::<Option<_>>() {
            Some(sources) => Params::Each(sources),
            None => {
                return refused(
                    "each of its params has one of values, query, integer, zipf, uuid = 4, text, serial",
                );
            }
        },
        (None, Some(rows), None) => {
            Params::Rows(rows.into_iter().map(|row| row.into_iter().map(Cell::into_text).collect()).collect())
        }
        (None, None, Some(sql)) => Params::Query { sql, rows_max },
        _ => return refused("its values come from one of params, rows and from"),
    };
    Ok(LoadStatement {
        name,
        sql,
        params,
        weight: written.weight.unwrap_or(1),
        budget,
        writes: written.writes,
        results: written.results.or(results).unwrap_or_default(),
    })
}

/// The one source that is named; `None` when there is none, or more, or something that belongs to another.
fn read_source(written: WrittenSource) -> Option<ParamSource> {
    let WrittenSource { values, query, integer, zipf, uuid, text, serial, rows_max, exponent } = written;
    let extras = (rows_max.filter(|_| query.is_none()), exponent.filter(|_| zipf.is_none()));
    let mut sources = [
        values.map(|cells| ParamSource::Values(cells.into_iter().map(Cell::into_text).collect())),
        query.map(|sql| ParamSource::Query { sql, rows_max: rows_max.unwrap_or(ROWS_MAX) }),
        integer.map(|(min, max)| ParamSource::Integer { min, max }),
        zipf.map(|(min, max)| ParamSource::Zipf { min, max, exponent: exponent.unwrap_or(1.0) }),
        uuid.filter(|version| *version == 4).map(|_| ParamSource::Uuid),
        text.map(|(min, max)| ParamSource::Text { min, max }),
        serial.map(|first| ParamSource::Serial { first }),
    ]
    .into_iter()
    .flatten();
    let source = sources.next().filter(|_| extras == (None, None))?;
    sources.next().is_none().then_some(source)
}

pub(super) fn wrong(what: String) -> Error {
    Error::Workload { what, line: None, nearest: None }
}

impl Error {
    /// Adds the line to what is wrong with a workload.
    fn at(self, at: usize) -> Self {
        match self {
            Self::Workload { what, line: None, nearest } => Self::Workload { what, line: Some(at), nearest },
            other => other,
        }
    }
}

/// Counted from 1.
fn line(text: &str, span: &Range<usize>) -> usize {
    text.get(..span.start).unwrap_or_default().matches('\n').count() + 1
}

#[cfg(test)]
mod tests {
    use std::io;

    use super::*;

    fn parse(text: &str) -> Result<Workload, Error> {
        Workload::parse(text, &|path| match path {
            "one.sql" => Ok("SELECT 1".to_owned()),
            _ => Err(io::Error::from(io::ErrorKind::NotFound)),
        })
    }

    #[test]
    fn every_source_is_read() {
        let check = |source: &str, expected: ParamSource| {
            let text =
                format!("name = 'w'\n[[statements]]\nname = 's'\nsql = 'SELECT $1'\nparams = [{source}]");
            assert_eq!(
                parse(&text).expect(source).statements[0].params,
                Params::Each(vec![expected]),
                "{source}"
            );
        };
        let texts = |texts: &[&str]| texts.iter().map(|text| Some((*text).to_owned())).collect::<Vec<_>>();
        check("{ values = ['a', 2, 1.5, true] }", ParamSource::Values(texts(&["a", "2", "1.5", "true"])));
        check("{ values = [{ null = true }] }", ParamSource::Values(vec![None]));
        check(
            "{ query = 'SELECT 1' }",
            ParamSource::Query { sql: "SELECT 1".to_owned(), rows_max: ROWS_MAX },
        );
        check("{ query = 'x', rows_max = 5 }", ParamSource::Query { sql: "x".to_owned(), rows_max: 5 });
        check("{ integer = [1, 9] }", ParamSource::Integer { min: 1, max: 9 });
        check("{ zipf = [1, 9], exponent = 1.2 }", ParamSource::Zipf { min: 1, max: 9, exponent: 1.2 });
        check("{ uuid = 4 }", ParamSource::Uuid);
        check("{ text = [1, 9] }", ParamSource::Text { min: 1, max: 9 });
        check("{ serial = 7 }", ParamSource::Serial { first: 7 });
    }

    #[test]
    fn the_doc_server_is_a_workload() {
        let workload = Workload::docserver().expect("it is read");
        assert_eq!((workload.name.as_str(), workload.statements.len()), ("docserver", 27));
        assert!(workload.statements.iter().all(|statement| !statement.writes));
        let by_id = workload.statement("find-by-id").expect("it is there");
        assert_eq!(
            (by_id.weight, by_id.budget, by_id.results),
            (20, Duration::from_millis(20), Results::Binary)
        );
    }

    #[test]
    fn the_migrated_doc_server_is_asked_for_the_same_things() {
        let migrated = Workload::docserver_migrated().expect("it is read");
        let found = Workload::docserver().expect("it is read");
        let is_new = |name: &&str| found.statement(name).is_none();
        let new: Vec<&str> = migrated.statements.iter().map(|it| it.name.as_str()).filter(is_new).collect();
        assert_eq!(new, ["type-page-largest", "search"]);
        assert!(migrated.statements.iter().all(|it| !it.writes && it.weight > 0), "all of it is in the mix");
    }

    #[test]
    fn a_statement_has_what_the_file_says() {
        let text = "name = 'w'\nresults = 'binary'\n[[statements]]\nname = 's'\nfile = 'one.sql'\nweight = 0\n\
                    budget = '20ms'\n[[statements]]\nname = 't'\nsql = 'TABLE t'\nresults = 'text'\n\
                    rows = [[1, 'a'], [2, { null = true }]]\n[[statements]]\nname = 'u'\nsql = 'x'\nfrom = 'y'\n\
                    rows_max = 3\nwrites = true";
        let statements = parse(text).expect("read").statements;
        let [s, t, u] = &statements[..] else { panic!("{statements:?}") };
        assert_eq!((s.sql.as_str(), s.weight, s.budget), ("SELECT 1", 0, Duration::from_millis(20)));
        assert_eq!(
            (s.results, t.results, t.budget),
            (Results::Binary, Results::Text, Duration::from_secs(2))
        );
        let rows = [[Some("1".to_owned()), Some("a".to_owned())], [Some("2".to_owned()), None]];
        assert_eq!(t.params, Params::Rows(rows.map(Vec::from).into()));
        assert_eq!(u.params, Params::Query { sql: "y".to_owned(), rows_max: 3 });
        assert!(u.writes && !t.writes);
    }

    #[track_caller]
    fn refused(text: &str, expected: &str) {
        let error = parse(&format!("name = 'w'\n[[statements]]\nname = 's'\n{text}")).expect_err(text);
        let hint = error.hint().map_or_else(String::new, |hint| format!("; {hint}"));
        assert_eq!(format!("{error}{hint}"), format!("failed to read {expected}"), "{text}");
    }

    #[test]
    fn what_is_wrong_is_said_with_its_line() {
        refused(
            "sql = 'SELECT 1'\nbudgte = '1s'",
            "the workload: unknown field `budgte`, expected one of `name`, `sql`, \
            `file`, `weight`, `budget`, `writes`, `results`, `params`, `rows`, `from`, `rows_max` (line 5); did you mean \"budget\"?",
        );
        refused(
            "sql = 'SELECT 1'\nbudget = 'soon'",
            "the workload: \"s\": its budget is no duration, such as \"200ms\" (line 2)",
        );
        refused("weight = 1", "the workload: \"s\": it has either sql or file (line 2)");
        refused("file = 'absent.sql'", "\"absent.sql\", which the workload names");
        refused("sql = ' '", "the workload: \"s\": it has no text (line 2)");
        refused("sql = 'BEGIN'", "the workload: \"s\": BEGIN cannot be a transaction of its own (line 2)");
        refused(
            "sql = '''/* a */ -- b\n(copy t TO STDOUT)'''",
            "the workload: \"s\": COPY cannot be a transaction of its own (line 2)",
        );
        refused(
            "sql = 'x'\nparams = [{ integer = [2, 1] }]",
            "the workload: \"s\": the source of $1 has no value (line 2)",
        );
        refused("sql = 'x'\nrows = []", "the workload: \"s\": it has no rows (line 2)");
        refused("sql = 'x'\nrows = [[1], [1, 2]]", "the workload: \"s\": its rows differ in length (line 2)");
        refused(
            "sql = 'x'\nfrom = 'y'\nrows = [[1]]",
            "the workload: \"s\": its values come from one of params, rows and from (line 2)",
        );
        let one = "the workload: \"s\": each of its params has one of values, query, integer, zipf, uuid = 4, text, serial (line 2)";
        for source in
            ["{ uuid = 1 }", "{}", "{ integer = [1, 2], text = [1, 2] }", "{ uuid = 4, exponent = 2.0 }"]
        {
            refused(&format!("sql = 'x'\nparams = [{source}]"), one);
        }
        refused("sql = 'x'\nweight = 0", "the workload: no statement has a weight above 0");
        refused(
            "sql = 'x'\n[[statements]]\nname = 's'\nsql = 'y'",
            "the workload: two statements are called \"s\" (line 5)",
        );
    }
}
