//! Conditions as real servers write them.

use super::super::clause::{Against, Atom, Clause, Operand};
use super::{bare, bare_names, clauses, columns, operand};

fn shown(clause: &Clause) -> String {
    let of = |on: &Operand| match (&on.column, &on.cast) {
        (Some(column), _) => format!("[{column}]"),
        (_, Some((column, of))) => format!("[{column}] as {of}"),
        _ => on.sql.clone(),
    };
    let with = |against: &Against| match against {
        Against::Constant(text) => text.clone(),
        Against::Param(number) => format!("${number}"),
        Against::Params(all) => all.iter().map(|number| format!("${number}")).collect::<Vec<_>>().join(","),
        Against::Join => "join".to_owned(),
        Against::Value => "value".to_owned(),
    };
    let atom = match &clause.atom {
        Atom::Equal(on, against) => format!("{} = {}", of(on), with(against)),
        Atom::OneOf(on, against) => format!("{} in {}", of(on), with(against)),
        Atom::Range(on, against) => {
            format!("{} <> {}", on.iter().map(of).collect::<Vec<_>>().join(","), with(against))
        }
        Atom::NotNull(on) => format!("{} not null", of(on)),
        Atom::Null(on) => format!("{} null", of(on)),
        Atom::Truth(on, is) => format!("{} is {is}", of(on)),
        Atom::Like { on, against, any_case } => {
            format!("{} {} {}", of(on), if *any_case { "ilike" } else { "like" }, with(against))
        }
        Atom::Contains(on, operator, against) => format!("{} {operator} {}", of(on), with(against)),
        Atom::Either(sides) => {
            let side = |side: &Vec<Clause>| side.iter().map(shown).collect::<Vec<_>>().join(" and ");
            format!("either {}", sides.iter().map(side).collect::<Vec<_>>().join(" | "))
        }
        Atom::Other => "other".to_owned(),
    };
    match &clause.predicate {
        Some(predicate) => format!("{atom} where {predicate}"),
        None => atom,
    }
}

fn check(text: &str, expected: &[&str]) {
    let found: Vec<String> = clauses(text, "d").iter().map(shown).collect();
    assert_eq!(found, expected, "{text}");
}

#[test]
fn comparisons() {
    check("(d.id = $1)", &["[id] = $1"]);
    check("($1 = d.id)", &["[id] = $1"]);
    check("((d.source_name)::text = $1)", &["[source_name] as text = $1"]);
    check(
        "((d.source_name)::text = 'serde'::text)",
        &["[source_name] as text = 'serde'::text where (source_name)::text = 'serde'::text"],
    );
    check(
        "(d.doc_type = 'rust'::doc_type)",
        &["[doc_type] = 'rust'::doc_type where doc_type = 'rust'::doc_type"],
    );
    check("(d.doc_type = ($1)::s.\"Odd T\")", &["[doc_type] = $1"]);
    check("('2025-01-01'::date <= d.at)", &["[at] <> '2025-01-01'::date where '2025-01-01'::date <= at"]);
    check("(d.at > (now() - '1 day'::interval))", &["[at] <> value"]);
    check("(ROW(d.at, d.id) < ROW($2, $3))", &["[at],[id] <> $2"]);
    check("(d.a = d.b)", &["other"]);
    check("(d.a = s.b)", &["[a] = join"]);
    check("(d.a <> 1)", &["other"]);
    check("(d.n = '-1'::integer)", &["[n] = '-1'::integer where n = '-1'::integer"]);
    check("(d.n = 5)", &["[n] = 5 where n = 5"]);
    check(
        "(d.ts = '2025-01-01 00:00:00'::timestamp without time zone)",
        &[
            "[ts] = '2025-01-01 00:00:00'::timestamp without time zone where ts = '2025-01-01 00:00:00'::timestamp without time zone",
        ],
    );
}

#[test]
fn expressions() {
    check("((d.metadata ->> 'crate'::text) = $1)", &["metadata ->> 'crate'::text = $1"]);
    check(
        "((d.metadata ->> 'crate'::text) IS NOT NULL)",
        &["metadata ->> 'crate'::text not null where (metadata ->> 'crate'::text) IS NOT NULL"],
    );
    check("((d.metadata ->> $1) = $2)", &["other"]);
    check(
        "(lower((d.\"Mixed Case\")::text) = 'x'::text)",
        &["lower((\"Mixed Case\")::text) = 'x'::text where lower((\"Mixed Case\")::text) = 'x'::text"],
    );
    check(
        "(to_tsvector('english'::regconfig, d.content) @@ websearch_to_tsquery('english'::regconfig, $3))",
        &["to_tsvector('english'::regconfig, content) @@ $3"],
    );
    check("(d.tags @> '{a}'::text[])", &["[tags] @> '{a}'::text[]"]);
    check("('{a}'::text[] <@ d.tags)", &["[tags] @> '{a}'::text[]"]);
    check("(s.lower(d.a) = $1)", &["s.lower(a) = $1"]);
    check("(d.content ~~* (('%'::text || $1) || '%'::text))", &["[content] ilike $1"]);
    check("(d.path ~~ 'a%'::text)", &["[path] like 'a%'::text"]);
}

#[test]
fn lists_nulls_and_truth() {
    check(
        "(d.status = ANY ('{queued,running}'::job_status[]))",
        &[
            "[status] in '{queued,running}'::job_status[] where status = ANY ('{queued,running}'::job_status[])",
        ],
    );
    check("(d.n = ANY ($1))", &["[n] in $1"]);
    check("(d.n = ANY (ARRAY[$1, $2]))", &["[n] in $1,$2"]);
    check("(d.n <> ALL ('{1}'::integer[]))", &["other"]);
    check("(d.gone IS NULL)", &["[gone] null where gone IS NULL"]);
    check("d.enabled", &["[enabled] is true where enabled"]);
    check("(NOT d.enabled)", &["[enabled] is false where NOT enabled"]);
}

#[test]
fn conjunctions_and_alternatives() {
    check(
        "((d.a = $1) AND (d.b = $2) AND ((d.c = 1) AND d.e))",
        &["[a] = $1", "[b] = $2", "[c] = 1 where c = 1", "[e] is true where e"],
    );
    check(
        "((d.t = 'rust'::t) AND ((d.a = $1) OR ((d.b)::text = $1)))",
        &["[t] = 'rust'::t where t = 'rust'::t", "either [a] = $1 | [b] as text = $1"],
    );
    check(
        "(CASE WHEN (d.a AND d.b) THEN 1 ELSE 2 END = 1)",
        &["CASE WHEN (a AND b) THEN 1 ELSE 2 END = 1 where CASE WHEN (a AND b) THEN 1 ELSE 2 END = 1"],
    );
}

#[test]
fn what_is_not_understood_gives_nothing() {
    check("(SubPlan 1)", &["other"]);
    check("(d.a = (SubPlan 1))", &["[a] = join"]);
    check("(d.a = $0)", &["[a] = $0"]);
    check("(d.a = (InitPlan 1).col1)", &["[a] = join"]);
    assert_eq!(operand("(d.embedding <=> (InitPlan 1).col1)", "d"), None);
    check("; nonsense", &[]);
    check("", &[]);
    check(&"(".repeat(3000), &["other"]);
}

#[test]
fn operands_and_columns() {
    let check = |text: &str, expected: Option<&str>| {
        assert_eq!(operand(text, "d").map(|on| on.sql).as_deref(), expected, "{text}");
    };
    check("d.created_at", Some("created_at"));
    check("((d.metadata ->> 'a'::text))", Some("metadata ->> 'a'::text"));
    check("(count(*))", None);
    check("s.a", None);
    check("(d.a + s.b)", None);
    let found: Vec<String> = columns("sum(d.\"T n\") FILTER (WHERE d.b)", "d").into_iter().collect();
    assert_eq!(found, ["T n", "b"]);
    assert!(columns("d.*", "d").contains("*"));
    let found: Vec<String> = bare_names("sum(\"T n\") + a::int + d.c + lower(b)").into_iter().collect();
    assert_eq!(found, ["T n", "a", "b"]);
}

#[test]
fn brackets_around_the_whole_are_left_out() {
    let check = |text: &str, expected: &str| assert_eq!(bare(text), expected, "{text}");
    check("((a ->> 'b'::text))", "a ->> 'b'::text");
    check("(a) = (b)", "(a) = (b)");
    check("lower(a)", "lower(a)");
    check("; x", "; x");
}
