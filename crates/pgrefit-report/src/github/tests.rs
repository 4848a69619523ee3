//! Workflow commands, and that nothing can become one.
#![expect(clippy::needless_raw_string_hashes, reason = "expect-test writes the snapshots, hashes and all")]

use expect_test::expect;

use super::{data, property, render_github};
use crate::{Failure, Outcome, Report, sample};

#[test]
fn whole_reports() {
    expect![[r#"
        ::warning file=migrations/V7__orders.sql,line=2,endLine=2,col=1,title=update-without-batches%3A orders::every row of orders is updated at once
        ::warning file=migrations/V7__orders.sql,line=3,endLine=3,col=1,title=update-without-batches%3A orders::every row of orders is updated at once
        ::error file=odd%2C 100%25%3A a|b`.sql,line=2,endLine=3,title=hostile-file%3A "a|b\u{1b}[31m"::breaks `every` |%0Aform: ]]> ::warning::100%25 [a](b) ￿\u{7}%0Ahint: Do not,%0Aplease: <b>never</b>.%0Afix (no lock, not reversible):%0ASELECT ']]>', '```', '%25', '::';%0A SELECT 2;
        ::notice file=odd%2C 100%25%3A a|b`.sql,line=4,endLine=4,col=1,title=at-the-end::nothing follows
        ::error title=catalog-unread::pg_class shows no rows to this role
        pgrefit lint: fail: 1 of 3 files fails
    "#]].assert_eq(&render_github(&sample::lint()));
    expect![[r#"
        ::error file=migrations/V2__broken.sql,line=2,endLine=2,col=9,title=pgrefit migrate::failed to apply V2__broken.sql%0Acaused by: column "nope" does not exist%0ASQLSTATE 42703%0Ahint: Correct the file and run `pgrefit migrate` again; nothing was changed.
        pgrefit migrate: error: 1 of 2 migrations applied
    "#]].assert_eq(&render_github(&sample::broken()));
    expect![[r#"
        ::error title=primary-key-missing%3A public.\u{1b}[31m|evil::the table has no primary key, so its rows cannot be told apart by logical replication%0Ahint: Pick the column that names a row.%0Afix (takes ACCESS EXCLUSIVE, reversible):%0ACREATE UNIQUE INDEX CONCURRENTLY i ON t (id);%0AALTER TABLE t ADD PRIMARY KEY USING INDEX i;
        ::error title=stale-statistics::pg_stats shows no rows to this role
        pgrefit audit: fail: 1 finding at or above fail
    "#]].assert_eq(&render_github(&sample::audit()));
}

#[test]
fn a_value_cannot_end_early() {
    let check = |text: &str, in_data: &str, in_property: &str| {
        assert_eq!((data(text).as_str(), property(text).as_str()), (in_data, in_property));
    };
    check("100%", "100%25", "100%25");
    check("%0A", "%250A", "%250A");
    check("a, b: c", "a, b: c", "a%2C b%3A c");
    check("a\r\n::error::b", "a%0A::error::b", r"a\r\n%3A%3Aerror%3A%3Ab");
    check("a\rb", r"a\rb", r"a\rb");
    check("\u{1b}[31m🐘", r"\u{1b}[31m🐘", r"\u{1b}[31m🐘");
}

/// Every line is a command of ours or the summary.
#[test]
fn no_line_begins_with_anything_else() {
    let hostile = "\n::error::x\r\n::set-output::y ##[error]z";
    let mut report = Report::new("lint", "0.1.0", "", Outcome::failed(70, hostile, Failure::new(hostile)));
    report.findings = sample::lint().findings;
    for finding in &mut report.findings {
        finding.message = hostile.to_owned();
        finding.hint = Some(hostile.to_owned());
    }
    let text = render_github(&report);
    let (last, commands) =
        text.lines().collect::<Vec<_>>().split_last().map(|(last, all)| (*last, all.to_vec())).unwrap();
    assert!(last.starts_with("pgrefit lint: error: ") && !last.contains("##["), "{last}");
    assert_eq!(commands.len(), 6);
    for command in commands {
        assert!(
            ["::error ", "::warning ", "::notice "].iter().any(|start| command.starts_with(start)),
            "{command}"
        );
    }
}
