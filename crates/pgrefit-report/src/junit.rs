//! The form for a CI server's list of tests: JUnit XML.
//!
//! One suite for the command itself, so that there is always a test; one for the files, each a test; one for the checks
//! whose findings are in no file, and for all that tell how they ended, whatever they found. The worst of what a test has decides how it ends; warnings do not fail it and are its
//! output.

use std::io;

use quick_xml::Writer;
use quick_xml::events::{BytesDecl, BytesText, Event};

use crate::text::{plain_failure, plain_finding};
use crate::{Finding, Report, RuleInfo, Status, phrase, printable};

/// The whole report as JUnit XML.
#[must_use]
#[expect(
    clippy::missing_panics_doc,
    reason = "writing to memory cannot fail, and all that is written is text"
)]
pub fn render_junit(report: &Report) -> String {
    let mut writer = Writer::new_with_indent(Vec::new(), b' ', 2);
    document(report, &mut writer).expect("memory takes everything");
    let mut xml = String::from_utf8(writer.into_inner()).expect("only text was written");
    xml.push('\n');
    xml
}

type Xml = Writer<Vec<u8>>;

/// A suite: its name, and its tests.
struct Suite<'a> {
    name: String,
    cases: Vec<Case<'a>>,
}

/// A test: a file, a check, or the command.
struct Case<'a> {
    name: String,
    file: Option<&'a str>,
    findings: Vec<&'a Finding>,
    /// The check, if it tells how it ended.
    rule: Option<&'a RuleInfo>,
    /// What is to be said of the command itself.
    error: Option<(String, String)>,
}

fn document(report: &Report, xml: &mut Xml) -> io::Result<()> {
    xml.write_event(Event::Decl(BytesDecl::new("1.0", Some("UTF-8"), None)))?;
    let suites = suites(report);
    let name = format!("pgrefit {}", report.command);
    let time = seconds(report.duration_ms);
    let all = || suites.iter().flat_map(|suite| &suite.cases);
    let mut root =
        counted(xml.create_element("testsuites"), &name, &all()).with_attribute(("time", time.as_str()));
    if !report.started_at.is_empty() {
        root = root.with_attribute(("timestamp", safe(&report.started_at).as_str()));
    }
    root.write_inner_content(|xml| suites.iter().try_for_each(|suite| write_suite(suite, xml)))?;
    Ok(())
}

fn suites(report: &Report) -> Vec<Suite<'_>> {
    let command = format!("pgrefit {}", report.command);
    let error = report.outcome.error.as_ref();
    let error = error.map(|error| (error.message.clone(), plain_failure(error)));
    let own = Case { name: command.clone(), file: None, findings: Vec::new(), rule: None, error };
    let named = |suffix: &str| format!("{command}: {suffix}");
    let mut files = Suite { name: named("files"), cases: Vec::new() };
    let case =
        |name: &str, file, findings| Case { name: name.to_owned(), file, findings, rule: None, error: None };
    let told = report.checks().map(|rule| Case { rule: Some(rule), ..case(&rule.id, None, Vec::new()) });
    let mut checks = Suite { name: named("checks"), cases: told.collect() };
    for finding in report.counted() {
        let file = finding.location.as_ref().map(|location| phrase::path(&location.file));
        let suite = if file.is_some() { &mut files } else { &mut checks };
        let name = file.unwrap_or(&finding.check);
        match suite.cases.iter_mut().find(|case| case.name == name) {
            Some(case) => case.findings.push(finding),
            None => suite.cases.push(case(name, file, vec![finding])),
        }
    }
    let mut suites = vec![Suite { name: command, cases: vec![own] }, files, checks];
    suites.retain(|suite| !suite.cases.is_empty());
    suites
}

/// How a test ended, in JUnit's words.
#[derive(Clone, Copy, PartialEq, Eq)]
enum End {
    Passed,
    Skipped,
    Failure,
    Error,
}

impl Case<'_> {
    fn end(&self) -> End {
        let own = self.rule.and_then(|rule| rule.status);
        match Status::worst(self.findings.iter().map(|finding| finding.status).chain(own)) {
            _ if self.error.is_some() => End::Error,
            Some(Status::Error | Status::Blind) => End::Error,
            Some(Status::Fail) => End::Failure,
            Some(Status::Skip) => End::Skipped,
            Some(Status::Pass | Status::Info | Status::Warn) | None => End::Passed,
        }
    }

    /// The findings that made it fail, or those that did not.
    fn findings(&self, grave: bool) -> Vec<&Finding> {
        let told = |finding: &&&Finding| match finding.status {
            Status::Blind | Status::Fail | Status::Error => grave,
            Status::Info | Status::Warn => !grave,
            Status::Pass | Status::Skip => false,
        };
        self.findings.iter().filter(told).copied().collect()
    }

    /// The headline and the whole text of what made it fail.
    fn trouble(&self) -> (String, String) {
        if let Some((message, text)) = &self.error {
            return (message.clone(), text.clone());
        }
        let grave = self.findings(true);
        let more = match grave.len().saturating_sub(1) {
            0 => String::new(),
            more => format!(" (and {more} more)"),
        };
        let unseen = self.unseen();
        let first = grave.first().map(|finding| finding.message.clone()).or_else(|| unseen.clone());
        let text = unseen.into_iter().chain([texts(&grave)]).filter(|text| !text.is_empty());
        (format!("{}{more}", first.unwrap_or_default()), text.collect::<Vec<_>>().join("\n"))
    }

    /// What the check could not see, and what would let it.
    fn unseen(&self) -> Option<String> {
        let rule = self.rule.filter(|rule| matches!(rule.status, Some(Status::Blind | Status::Error)))?;
        let said = format!("{} {}", rule.id, phrase::blindness(rule));
        Some(rule.grant.iter().fold(said, |said, grant| format!("{said}\n{grant}")))
    }

    /// The checks that made it fail.
    fn kind(&self) -> String {
        let mut checks: Vec<&str> =
            self.findings(true).iter().map(|finding| finding.check.as_str()).collect();
        checks.sort_unstable();
        checks.dedup();
        match self.rule {
            _ if self.error.is_some() => "error".to_owned(),
            Some(rule) if checks.is_empty() => rule.id.clone(),
            _ => checks.join(" "),
        }
    }
}

fn texts(findings: &[&Finding]) -> String {
    findings.iter().map(|finding| plain_finding(finding)).collect::<Vec<_>>().join("\n")
}

fn write_suite(suite: &Suite<'_>, xml: &mut Xml) -> io::Result<()> {
    counted(xml.create_element("testsuite"), &suite.name, &suite.cases.iter()).write_inner_content(
        |xml| suite.cases.iter().try_for_each(|case| write_case(case, &suite.name, xml)),
    )?;
    Ok(())
}

fn write_case(case: &Case<'_>, suite: &str, xml: &mut Xml) -> io::Result<()> {
    let name = safe(&case.name);
    let mut element = xml.create_element("testcase").with_attribute(("name", name.as_str()));
    element = element.with_attribute(("classname", safe(suite).as_str()));
    if case.file.is_some() {
        element = element.with_attribute(("file", name.as_str()));
    }
    let output = texts(&case.findings(false));
    let end = case.end();
    if end == End::Passed && output.is_empty() {
        element.write_empty()?;
        return Ok(());
    }
    element.write_inner_content(|xml| {
        match end {
            End::Passed => (),
            End::Skipped => {
                let note = case.rule.and_then(|rule| rule.note.as_deref());
                let element = xml.create_element("skipped");
                match note {
                    Some(note) => element.with_attribute(("message", safe(note).as_str())).write_empty()?,
                    None => element.write_empty()?,
                };
            }
            End::Failure => write_trouble("failure", case, xml)?,
            End::Error => write_trouble("error", case, xml)?,
        }
        if !output.is_empty() {
            xml.create_element("system-out").write_text_content(BytesText::new(&allowed(&output)))?;
        }
        Ok(())
    })?;
    Ok(())
}

fn write_trouble(element: &str, case: &Case<'_>, xml: &mut Xml) -> io::Result<()> {
    let (message, text) = case.trouble();
    let (message, kind) = (safe(&message), safe(&case.kind()));
    let element = xml.create_element(element);
    let element =
        element.with_attribute(("message", message.as_str())).with_attribute(("type", kind.as_str()));
    element.write_text_content(BytesText::new(&allowed(&text)))?;
    Ok(())
}

/// The element with its name and how many tests of each kind it has.
fn counted<'a, 'b>(
    element: quick_xml::writer::ElementWriter<'a, Vec<u8>>,
    name: &str,
    cases: &(impl Iterator<Item = &'b Case<'b>> + Clone),
) -> quick_xml::writer::ElementWriter<'a, Vec<u8>> {
    let count = |end: End| cases.clone().filter(|case| case.end() == end).count().to_string();
    element
        .with_attribute(("name", safe(name).as_str()))
        .with_attribute(("tests", cases.clone().count().to_string().as_str()))
        .with_attribute(("failures", count(End::Failure).as_str()))
        .with_attribute(("errors", count(End::Error).as_str()))
        .with_attribute(("skipped", count(End::Skipped).as_str()))
}

fn seconds(ms: u64) -> String {
    format!("{}.{:03}", ms / 1000, ms % 1000)
}

/// The value of an attribute: one line, since a reader may turn line breaks into spaces.
fn safe(text: &str) -> String {
    allowed(&printable::line(text))
}

/// Text without the characters that XML cannot hold, not even escaped; all control characters are shown as escapes.
fn allowed(text: &str) -> String {
    let lines: Vec<String> = printable::lines(text).collect();
    lines.join("\n").replace(['\u{fffe}', '\u{ffff}'], "\u{fffd}")
}

#[cfg(test)]
mod tests;
