//! The baseline migration is the schema found in production: the fixture of the adoption tests without its
//! rows. A difference between the two would let every test pass on a schema that no installation has.

use super::Violation;
use super::facts::Facts;

const BASELINE: &str = "migrations/V1__baseline.sql";
const FIXTURE: &str = "docs/docserver/legacy.sql";

pub(super) fn check(facts: &Facts) -> Vec<Violation> {
    let text = |path| facts.files.iter().find(|file| file.path == path).map(|file| file.text.as_str());
    let (Some(baseline), Some(fixture)) = (text(BASELINE), text(FIXTURE)) else {
        return Vec::new();
    };
    let (baseline, fixture) = (schema(baseline), schema(fixture));
    let same = baseline.iter().zip(&fixture).take_while(|(a, b)| a == b).count();
    if same == baseline.len() && same == fixture.len() {
        return Vec::new();
    }
    let line = |lines: &[&str]| (*lines.get(same).unwrap_or(&"the end")).to_owned();
    let problem = format!("has `{}` where {FIXTURE} has `{}`", line(&baseline), line(&fixture));
    vec![Violation::new(BASELINE, problem)]
}

/// The lines of a script that define something: no comments, no blank lines, no `INSERT`.
fn schema(script: &str) -> Vec<&str> {
    let mut in_insert = false;
    let defines = |line: &&str| {
        in_insert |= line.starts_with("INSERT ");
        let skipped = in_insert || line.starts_with("--") || line.trim().is_empty();
        in_insert &= !line.ends_with(';');
        !skipped
    };
    script.lines().filter(defines).collect()
}

#[cfg(test)]
mod tests {
    use super::super::facts::File;
    use super::{BASELINE, FIXTURE, Facts};

    fn check(baseline: &str, fixture: &str, expected: &[&str]) {
        let file = |path: &str, text: &str| File { path: path.into(), text: text.into() };
        let files = vec![file(BASELINE, baseline), file(FIXTURE, fixture)];
        let found = super::check(&Facts { files, ..Facts::default() });
        let problems: Vec<_> = found.into_iter().map(|violation| violation.problem).collect();
        assert_eq!(problems, expected);
    }

    #[test]
    fn comments_and_rows_may_differ() {
        let rows = "INSERT INTO a VALUES\n    (1),\n    (2);\n";
        check("-- What\nCREATE TABLE a ();\n", &format!("CREATE TABLE a ();\n\n{rows}"), &[]);
    }

    #[test]
    fn the_first_difference_is_shown() {
        let problem = "has `CREATE TABLE b ();` where docs/docserver/legacy.sql has `CREATE TABLE c ();`";
        check("CREATE TABLE a ();\nCREATE TABLE b ();", "CREATE TABLE a ();\nCREATE TABLE c ();", &[problem]);
        let problem = "has `the end` where docs/docserver/legacy.sql has `CREATE TABLE a ();`";
        check("", "CREATE TABLE a ();", &[problem]);
    }
}
