//! The form for a monitor: Prometheus' text format, for the textfile collector of the node exporter or a push gateway.
//!
//! One series for each check, never one for each object: a monitor pays for every name it has ever seen. The database is
//! a label, so that the files of several databases can lie beside each other.

use std::collections::BTreeMap;

use crate::moment::unix_seconds;
use crate::{Report, Status, printable};

/// The whole report in Prometheus' text format.
#[must_use]
pub fn render_prometheus(report: &Report) -> String {
    let metrics = Metrics::of(report);
    let mut families = vec![
        metrics.family("findings", "Findings that count, by check and level.", &findings(report)),
        metrics.family("check_status", "How each check ended; always 1.", &statuses(report)),
        metrics.family("blind_objects", "Objects that a check could not see.", &blind(report)),
        metrics.single("exit_code", "Exit code of the run.", report.outcome.exit_code.to_string()),
        metrics.single("duration_seconds", "How long the run took.", seconds(report.duration_ms)),
    ];
    // A run that broke off says nothing of the database; one that found something has succeeded.
    if let Some(started) = unix_seconds(&report.started_at).filter(|_| report.outcome.error.is_none()) {
        let ended = started + i64::try_from(report.duration_ms / 1000).unwrap_or(0);
        let help = "When a run last came to its end, whatever it found.";
        families.push(metrics.single("last_success_timestamp_seconds", help, ended.to_string()));
    }
    families.concat()
}

/// A series of a family: its labels and its value.
struct Series {
    labels: Vec<(&'static str, String)>,
    value: String,
}

/// How the names of a report's metrics begin, and the labels of them all.
struct Metrics {
    prefix: String,
    labels: Vec<(&'static str, String)>,
}

impl Metrics {
    fn of(report: &Report) -> Self {
        let word = |c: char| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '_' };
        let prefix = format!("pgrefit_{}", report.command.chars().map(word).collect::<String>());
        let labels = report.target.as_ref().map_or_else(Vec::new, |target| {
            let server = format!("{}:{}", target.host, target.port);
            vec![("database", target.database.clone()), ("server", server)]
        });
        Self { prefix, labels }
    }

    /// A family with its description; nothing at all if it has no series.
    fn family(&self, name: &str, help: &str, series: &[Series]) -> String {
        if series.is_empty() {
            return String::new();
        }
        let name = format!("{}_{name}", self.prefix);
        let mut lines = vec![format!("# HELP {name} {help}"), format!("# TYPE {name} gauge")];
        lines.extend(series.iter().map(|Series { labels, value }| {
            let labels = labels.iter().chain(&self.labels);
            let labels: Vec<_> =
                labels.map(|(name, value)| format!("{name}=\"{}\"", escaped(value))).collect();
            let braces = if labels.is_empty() { ["", ""] } else { ["{", "}"] };
            format!("{name}{}{}{} {value}", braces[0], labels.join(","), braces[1])
        }));
        lines.join("\n") + "\n"
    }

    fn single(&self, name: &str, help: &str, value: String) -> String {
        self.family(name, help, &[Series { labels: Vec::new(), value }])
    }
}

fn findings(report: &Report) -> Vec<Series> {
    let mut counts: BTreeMap<(&str, Status), usize> = BTreeMap::new();
    for finding in report.counted().filter(|finding| finding.status > Status::Pass) {
        *counts.entry((&finding.check, finding.status)).or_default() += 1;
    }
    let series = counts.into_iter().map(|((check, status), count)| Series {
        labels: vec![("check", check.to_owned()), ("severity", status.to_string())],
        value: count.to_string(),
    });
    series.collect()
}

fn statuses(report: &Report) -> Vec<Series> {
    let mut ended: BTreeMap<&str, Status> = BTreeMap::new();
    for rule in report.checks() {
        ended.extend(rule.status.map(|status| (rule.id.as_str(), status)));
    }
    let series = ended.into_iter().map(|(check, status)| Series {
        labels: vec![("check", check.to_owned()), ("status", status.to_string())],
        value: "1".to_owned(),
    });
    series.collect()
}

/// Of every check that counts objects, so that an alarm ends by a zero.
fn blind(report: &Report) -> Vec<Series> {
    let counting = report.checks().filter(|rule| rule.seen.is_some());
    let unseen: BTreeMap<&str, u64> = counting.map(|rule| (rule.id.as_str(), rule.unseen())).collect();
    let series = unseen.into_iter().map(|(check, unseen)| Series {
        labels: vec![("check", check.to_owned())],
        value: unseen.to_string(),
    });
    series.collect()
}

fn seconds(ms: u64) -> String {
    format!("{}.{:03}", ms / 1000, ms % 1000)
}

/// The value of a label between its quotes.
fn escaped(text: &str) -> String {
    printable::line(text).replace('\\', "\\\\").replace('"', "\\\"")
}

#[cfg(test)]
mod tests;
