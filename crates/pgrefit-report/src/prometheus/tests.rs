//! The text format by its grammar, and by `promtool` where it is installed.

use std::collections::BTreeSet;
use std::io::Write as _;
use std::process::{Command, Stdio};

use expect_test::expect;

use super::{escaped, render_prometheus};
use crate::{Report, Status, sample};

fn reports() -> [Report; 5] {
    let mut hostile = sample::checked();
    hostile.command = "migrate split".to_owned();
    hostile.rules[0].id = "a\"b\\c\nd{e=\"f\"} 1".to_owned();
    hostile.target.as_mut().unwrap().database = "größe\u{1b}\\".to_owned();
    [sample::broken(), sample::audit(), sample::lint(), sample::checked(), hostile]
}

#[test]
fn a_whole_report() {
    expect![[r#"
        # HELP pgrefit_audit_findings Findings that count, by check and level.
        # TYPE pgrefit_audit_findings gauge
        pgrefit_audit_findings{check="index-duplicate",severity="warn",database="shop",server="db.example:5432"} 3
        pgrefit_audit_findings{check="index-invalid",severity="fail",database="shop",server="db.example:5432"} 1
        pgrefit_audit_findings{check="primary-key-missing",severity="info",database="shop",server="db.example:5432"} 1
        pgrefit_audit_findings{check="primary-key-missing",severity="warn",database="shop",server="db.example:5432"} 24
        pgrefit_audit_findings{check="statistics-stale",severity="blind",database="shop",server="db.example:5432"} 1
        pgrefit_audit_findings{check="unknown-check",severity="warn",database="shop",server="db.example:5432"} 1
        # HELP pgrefit_audit_check_status How each check ended; always 1.
        # TYPE pgrefit_audit_check_status gauge
        pgrefit_audit_check_status{check="checksums-off",status="skip",database="shop",server="db.example:5432"} 1
        pgrefit_audit_check_status{check="index-bloated",status="pass",database="shop",server="db.example:5432"} 1
        pgrefit_audit_check_status{check="index-duplicate",status="warn",database="shop",server="db.example:5432"} 1
        pgrefit_audit_check_status{check="index-invalid",status="fail",database="shop",server="db.example:5432"} 1
        pgrefit_audit_check_status{check="primary-key-missing",status="warn",database="shop",server="db.example:5432"} 1
        pgrefit_audit_check_status{check="slot-inactive",status="pass",database="shop",server="db.example:5432"} 1
        pgrefit_audit_check_status{check="statistics-stale",status="blind",database="shop",server="db.example:5432"} 1
        # HELP pgrefit_audit_blind_objects Objects that a check could not see.
        # TYPE pgrefit_audit_blind_objects gauge
        pgrefit_audit_blind_objects{check="index-bloated",database="shop",server="db.example:5432"} 0
        pgrefit_audit_blind_objects{check="index-duplicate",database="shop",server="db.example:5432"} 0
        pgrefit_audit_blind_objects{check="index-invalid",database="shop",server="db.example:5432"} 0
        pgrefit_audit_blind_objects{check="primary-key-missing",database="shop",server="db.example:5432"} 0
        pgrefit_audit_blind_objects{check="statistics-stale",database="shop",server="db.example:5432"} 4
        # HELP pgrefit_audit_exit_code Exit code of the run.
        # TYPE pgrefit_audit_exit_code gauge
        pgrefit_audit_exit_code{database="shop",server="db.example:5432"} 1
        # HELP pgrefit_audit_duration_seconds How long the run took.
        # TYPE pgrefit_audit_duration_seconds gauge
        pgrefit_audit_duration_seconds{database="shop",server="db.example:5432"} 0.840
        # HELP pgrefit_audit_last_success_timestamp_seconds When a run last came to its end, whatever it found.
        # TYPE pgrefit_audit_last_success_timestamp_seconds gauge
        pgrefit_audit_last_success_timestamp_seconds{database="shop",server="db.example:5432"} 1767323045
    "#]].assert_eq(&render_prometheus(&sample::checked()));
}

/// Every line is a description or a sample of the family last described, and no series is there twice.
#[test]
fn every_report_follows_the_grammar() {
    for report in reports() {
        let text = render_prometheus(&report);
        let (mut family, mut series) = (String::new(), BTreeSet::new());
        for line in text.lines() {
            if let Some(rest) = line.strip_prefix("# HELP ") {
                family = rest.split_once(' ').unwrap().0.to_owned();
            } else if let Some(rest) = line.strip_prefix("# TYPE ") {
                assert_eq!(rest, format!("{family} gauge"));
            } else {
                let (name, value) = parts(line);
                assert_eq!(name.split('{').next(), Some(family.as_str()), "{line}");
                assert!(value.parse::<f64>().is_ok(), "{line}");
                assert!(series.insert(name.to_owned()), "{line}");
            }
        }
        assert!(text.ends_with('\n') && !series.is_empty());
    }
}

/// Name with labels, and value, after both were held against the grammar.
fn parts(line: &str) -> (&str, &str) {
    let end = line.find(|c: char| !(c.is_ascii_alphanumeric() || c == '_')).unwrap();
    let mut rest = &line[end..];
    if let Some(labels) = rest.strip_prefix('{') {
        rest = labels;
        loop {
            let (name, value) = rest.split_once("=\"").unwrap();
            assert!(name.bytes().all(|byte| byte.is_ascii_lowercase()), "{line}");
            rest = &value[closing_quote(value) + 1..];
            match rest.strip_prefix(',') {
                Some(next) => rest = next,
                None => break,
            }
        }
        rest = rest.strip_prefix('}').unwrap();
    }
    (&line[..line.len() - rest.len()], rest.strip_prefix(' ').unwrap())
}

/// Where the first quote is that no backslash stands before; behind a backslash are only `\`, `"` and `n`.
fn closing_quote(text: &str) -> usize {
    let mut characters = text.char_indices();
    loop {
        match characters.next().unwrap() {
            (index, '"') => return index,
            (_, '\\') => assert!(matches!(characters.next(), Some((_, '\\' | '"' | 'n')))),
            _ => (),
        }
    }
}

#[test]
fn promtool_agrees() {
    for report in reports() {
        let mut command = Command::new("promtool");
        command
            .args(["check", "metrics"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let Ok(mut promtool) = command.spawn() else {
            eprintln!("not held against promtool: it is not on PATH");
            return;
        };
        promtool.stdin.take().unwrap().write_all(render_prometheus(&report).as_bytes()).unwrap();
        let output = promtool.wait_with_output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }
}

#[test]
fn a_run_that_broke_off_is_no_success() {
    let has = |report: &Report| render_prometheus(report).contains("last_success");
    assert!(has(&sample::checked()) && !has(&sample::broken()));
    assert!(!render_prometheus(&sample::checked()).contains("archive"));
    assert!(render_prometheus(&sample::lint()).starts_with("# HELP pgrefit_lint_findings"));
}

#[test]
fn there_is_one_series_for_each_check_and_level() {
    let mut report = sample::checked();
    let before = render_prometheus(&report).lines().count();
    for number in 0..1000 {
        report.findings.push(report.findings[0].clone().about(format!("t{number}")));
    }
    assert_eq!(render_prometheus(&report).lines().count(), before);
    assert_eq!(report.counted().filter(|it| it.status == Status::Warn).count(), 1028);
    assert_eq!(escaped("a\\\"\n"), "a\\\\\\\"\\\\n");
}
