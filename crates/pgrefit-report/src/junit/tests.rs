//! JUnit XML, read back by an XML reader.

use expect_test::expect;
use quick_xml::Reader;
use quick_xml::events::Event;

use super::{render_junit, safe, seconds};
use crate::{Failure, Finding, Outcome, Report, Status, sample};

/// What a reader makes of `xml`: how often each element begins, and all text.
fn read(xml: &str) -> (Vec<String>, String) {
    let mut reader = Reader::from_str(xml);
    reader.config_mut().check_end_names = true;
    let (mut elements, mut text) = (Vec::new(), String::new());
    loop {
        match reader.read_event().unwrap() {
            Event::Start(element) | Event::Empty(element) => {
                for attribute in element.attributes() {
                    text += &attribute.unwrap().normalized_value(quick_xml::XmlVersion::Implicit1_0).unwrap();
                }
                elements.push(element.name().as_ref().to_owned());
            }
            Event::Text(part) => text += &part.into_inner(),
            Event::GeneralRef(name) => text += quick_xml::escape::resolve_predefined_entity(&name).unwrap(),
            Event::Eof => return (elements, text),
            _ => (),
        }
    }
}

#[test]
fn whole_reports() {
    expect![[r#"
        <?xml version="1.0" encoding="UTF-8"?>
        <testsuites name="pgrefit lint" tests="6" failures="1" errors="1" skipped="1" time="0.012" timestamp="2026-01-02T03:04:05Z">
          <testsuite name="pgrefit lint" tests="1" failures="0" errors="0" skipped="0">
            <testcase name="pgrefit lint" classname="pgrefit lint"/>
          </testsuite>
          <testsuite name="pgrefit lint: files" tests="3" failures="1" errors="0" skipped="0">
            <testcase name="migrations/V7__orders.sql" classname="pgrefit lint: files" file="migrations/V7__orders.sql">
              <system-out>warn[update-without-batches]: every row of orders is updated at once
         --&gt; ./migrations/V7__orders.sql:2:1
          |
        1 | ALTER TABLE orders ADD note text;
          | -------------------------------- locked here first
        2 | UPDATE orders SET note = &apos;&apos;;
          | ^^^^^^^^^^^^^^^^^^^^^^^^^^^^ all rows

        warn[update-without-batches]: every row of orders is updated at once
         --&gt; ./migrations/V7__orders.sql:3:1
          |
        3 | UPDATE orders SET note = &apos;&apos;;
          | ^^^^^^^^^^^^^^^^^^^^^^^^^^^^ all rows
          |
         ::: ./migrations/V7__orders.sql:1:1
          |
        1 | ALTER TABLE orders ADD note text;
          | -------------------------------- locked here first</system-out>
            </testcase>
            <testcase name="odd, 100%: a|b`.sql" classname="pgrefit lint: files" file="odd, 100%: a|b`.sql">
              <failure message="breaks `every` |\nform: ]]&gt; ::warning::100% [a](b) �\u{7}" type="hostile-file">fail[hostile-file]: breaks `every` |
          form: ]]&gt; ::warning::100% [a](b) �\u{7}
         --&gt; odd, 100%: a|b`.sql:2:2
          |
        2 | /     ALTER TABLE &quot;a|b&quot;\u{1b}[31m
        3 | |   ADD x int;
          | |____________^
          |
          = object: &quot;a|b\u{1b}[31m&quot;
          = numbers: rows 12
          = help: Do not,
                  please: &lt;b&gt;never&lt;/b&gt;.
          = fix: no lock, not reversible
              SELECT &apos;]]&gt;&apos;, &apos;```&apos;, &apos;%&apos;, &apos;::&apos;;
               SELECT 2;</failure>
              <system-out>info[at-the-end]: nothing follows
         --&gt; odd, 100%: a|b`.sql:4:1
          |
        4 |
          | ^</system-out>
            </testcase>
            <testcase name="V8__fine.sql" classname="pgrefit lint: files" file="V8__fine.sql"/>
          </testsuite>
          <testsuite name="pgrefit lint: checks" tests="2" failures="0" errors="1" skipped="1">
            <testcase name="catalog-unread" classname="pgrefit lint: checks">
              <error message="pg_class shows no rows to this role" type="catalog-unread">blind: [catalog-unread]
          pg_class shows no rows to this role</error>
            </testcase>
            <testcase name="server-version" classname="pgrefit lint: checks">
              <skipped/>
            </testcase>
          </testsuite>
        </testsuites>
    "#]].assert_eq(&render_junit(&sample::lint()));
    expect![[r#"
        <?xml version="1.0" encoding="UTF-8"?>
        <testsuites name="pgrefit migrate" tests="1" failures="0" errors="1" skipped="0" time="3.440" timestamp="2026-01-02T03:04:05Z">
          <testsuite name="pgrefit migrate" tests="1" failures="0" errors="1" skipped="0">
            <testcase name="pgrefit migrate" classname="pgrefit migrate">
              <error message="failed to apply V2__broken.sql" type="error">error: failed to apply V2__broken.sql
          caused by: column &quot;nope&quot; does not exist
           --&gt; migrations/V2__broken.sql:2:9
            |
          2 |     SELECT nope FROM documents; -- größe
            |            ^
          SQLSTATE 42703
          hint: Correct the file and run `pgrefit migrate` again; nothing was changed.</error>
            </testcase>
          </testsuite>
        </testsuites>
    "#]].assert_eq(&render_junit(&sample::broken()));
}

#[test]
fn every_report_can_be_read() {
    for report in [sample::broken(), sample::audit(), sample::lint()] {
        let (elements, text) = read(&render_junit(&report));
        let count = |name: &str| elements.iter().filter(|element| *element == name).count();
        assert_eq!(count("testsuites"), 1);
        assert!(count("testcase") >= 1 && text.contains(&report.command));
    }
    let (_, text) = read(&render_junit(&sample::lint()));
    assert!(text.contains("SELECT ']]>', '```', '%', '::';"), "{text}");
}

/// The worst of what a test has decides how it ends.
#[test]
fn how_a_test_ends() {
    let check = |statuses: &[Status], expected: &str| {
        let mut report = Report::new("lint", "0.1.0", "", Outcome::new(0, Status::Pass, ""));
        let finding = |status: &Status| Finding::new("check", *status, format!("it is {status}"));
        report.findings = statuses.iter().map(finding).collect();
        report.findings.push(Finding::new("check", Status::Error, "").suppressed("because"));
        let (elements, _) = read(&render_junit(&report));
        let inside = elements.iter().filter(|element| !element.starts_with("test"));
        assert_eq!(inside.map(String::as_str).collect::<Vec<_>>().join(" "), expected, "{statuses:?}");
    };
    check(&[], "");
    check(&[Status::Pass, Status::Skip], "");
    check(&[Status::Skip], "skipped");
    check(&[Status::Warn], "system-out");
    check(&[Status::Warn, Status::Fail], "failure system-out");
    check(&[Status::Blind, Status::Pass], "error");
    check(&[Status::Blind, Status::Fail], "failure");
    check(&[Status::Error, Status::Fail, Status::Info], "error system-out");
}

#[test]
fn what_xml_cannot_hold_is_shown_or_replaced() {
    let every: String = ('\0'..='\u{a0}').chain(['\u{fffe}', '\u{ffff}', '\u{feff}', '🐘']).collect();
    let mut report = Report::new(&every, "0.1.0", &every, Outcome::failed(70, &every, Failure::new(&every)));
    report.findings = sample::lint().findings;
    for finding in &mut report.findings {
        finding.message.clone_from(&every);
        finding.check.clone_from(&every);
        finding.suppressed = None;
    }
    let xml = render_junit(&report);
    let (_, text) = read(&xml);
    assert!(text.contains("<=>?") && text.contains('🐘'));
    let allowed = |c: char| matches!(c, '\n' | ' '..='~' | '\u{a0}'..='\u{fffd}' | '\u{10000}'..);
    assert!(xml.chars().all(allowed), "{:?}", xml.chars().find(|c| !allowed(*c)));
}

#[test]
fn values_are_one_line() {
    assert_eq!(safe("a\r\n\u{ffff}\"b\""), "a\n\u{fffd}\"b\"".replace('\n', r"\r\n"));
    assert_eq!(seconds(12_034), "12.034");
}

#[test]
fn each_check_is_a_test() {
    let mut report = sample::checked();
    report.findings.retain(|finding| finding.status != Status::Warn && finding.status != Status::Info);
    expect![[r#"
        <?xml version="1.0" encoding="UTF-8"?>
        <testsuites name="pgrefit audit" tests="8" failures="1" errors="1" skipped="1" time="0.840" timestamp="2026-01-02T03:04:05Z">
          <testsuite name="pgrefit audit" tests="1" failures="0" errors="0" skipped="0">
            <testcase name="pgrefit audit" classname="pgrefit audit"/>
          </testsuite>
          <testsuite name="pgrefit audit: checks" tests="7" failures="1" errors="1" skipped="1">
            <testcase name="primary-key-missing" classname="pgrefit audit: checks"/>
            <testcase name="index-duplicate" classname="pgrefit audit: checks"/>
            <testcase name="index-invalid" classname="pgrefit audit: checks">
              <failure message="a build was broken off" type="index-invalid">fail: public.broken [index-invalid]
          a build was broken off</failure>
            </testcase>
            <testcase name="index-bloated" classname="pgrefit audit: checks"/>
            <testcase name="statistics-stale" classname="pgrefit audit: checks">
              <error message="nothing was seen of 4 tables" type="statistics-stale">statistics-stale saw 36 of 40: pg_stats shows no rows of 4 tables to this role
        GRANT pg_read_all_data TO auditor;
        blind: [statistics-stale]
          nothing was seen of 4 tables</error>
            </testcase>
            <testcase name="slot-inactive" classname="pgrefit audit: checks"/>
            <testcase name="checksums-off" classname="pgrefit audit: checks">
              <skipped message="not on this version"/>
            </testcase>
          </testsuite>
        </testsuites>
    "#]].assert_eq(&render_junit(&report));
    report.findings.retain(|finding| finding.status != Status::Blind);
    let xml = render_junit(&report);
    assert!(xml.contains("<error message=\"statistics-stale saw 36 of 40: pg_stats"), "{xml}");
}
