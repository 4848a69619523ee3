//! What one run of a command leaves behind for a monitor, once its process is gone.
//!
//! Its families are not those of the registry: they are written once, at the end, to whatever keeps them: a file for the
//! textfile collector, a push gateway, an OTLP receiver. The long-lived exporter tells the same of the database's own
//! records, under other names, so that one never counts twice.

use crate::catalogue::{gauge, word};
use crate::error::Error;
use crate::exposition::Exposition;
use crate::family::{Family, Label, Unit, Values};

/// Stages beyond these are not told.
const STAGES_MAX: usize = 32;

const fn names(name: &'static str, of: &'static str, max: usize) -> Label {
    Label { name, values: Values::Names { of, max } }
}

// A run is of one command and on one database.
const COMMAND: Label = names("command", "the run's command", 1);
const DATABASE: Label = names("database", "the run's database", 1);
const STAGE: Label = names("stage", "stages", STAGES_MAX);
const SEVERITY: Label = word("severity", &["info", "warn", "blind", "fail", "error"]);
const OUTCOME: Label = word("outcome", &["skip", "pass", "info", "warn", "blind", "fail", "error"]);
const VERSION: Label = word("version", &[env!("CARGO_PKG_VERSION")]);

const INFO: Family = gauge(
    "pgrefit_run_info",
    Unit::Flag,
    &[COMMAND, DATABASE, OUTCOME, VERSION],
    "The last run of a command: how it was judged, and by which version of pgrefit; always 1.",
);

const EXIT_CODE: Family =
    gauge("pgrefit_run_exit_code", Unit::Of("code"), &[COMMAND, DATABASE], "Exit code of the last run.");

const DURATION: Family =
    gauge("pgrefit_run_duration_seconds", Unit::Seconds, &[COMMAND, DATABASE], "How long the last run took.");

const STAGE_DURATION: Family = gauge(
    "pgrefit_run_stage_duration_seconds",
    Unit::Seconds,
    &[COMMAND, DATABASE, STAGE],
    "How long each stage of the last run took, of those that ran.",
);

const FINDINGS: Family = gauge(
    "pgrefit_run_findings",
    Unit::Of("findings"),
    &[COMMAND, DATABASE, SEVERITY],
    "Findings of the last run that count, by severity.",
);

const MIGRATION_VERSION: Family = gauge(
    "pgrefit_run_migration_version",
    Unit::Of("version"),
    &[COMMAND, DATABASE],
    "The version the database had at the end of the last run, of commands that look at it.",
);

const TIMESTAMP: Family = gauge(
    "pgrefit_run_timestamp_seconds",
    Unit::Seconds,
    &[COMMAND, DATABASE],
    "When the last run ended, whatever came of it.",
);

const SUCCESS: Family = gauge(
    "pgrefit_run_last_success_timestamp_seconds",
    Unit::Seconds,
    &[COMMAND, DATABASE],
    "When a run last ended with exit code 0; a run that failed leaves it as it was.",
);

/// Every family of a run, in the order of the reference.
pub(crate) const FAMILIES: &[Family] =
    &[INFO, EXIT_CODE, DURATION, STAGE_DURATION, FINDINGS, MIGRATION_VERSION, TIMESTAMP, SUCCESS];

/// One run, as a monitor is told of it.
#[derive(Debug, Clone, PartialEq)]
pub struct Run {
    /// The command, as typed.
    pub command: String,
    /// The database; empty where there was none, or several.
    pub database: String,
    /// Version of pgrefit.
    pub version: String,
    /// The judgement, one of the seven words of a report.
    pub outcome: String,
    /// The exit code of the process.
    pub exit_code: u8,
    /// When it ended, in seconds since 1970.
    pub ended_at_seconds: f64,
    /// How long it took.
    pub duration_seconds: f64,
    /// Stages that ran, with their seconds.
    pub stages: Vec<(String, f64)>,
    /// Findings that count, by the word of their severity.
    pub findings: Vec<(&'static str, u64)>,
    /// The version of the schema at the end.
    pub migration_version: Option<i64>,
}

/// One value of a family.
#[derive(Debug, Clone, PartialEq)]
pub struct Sample {
    /// The family.
    pub family: &'static Family,
    /// The values of its labels, in their order.
    pub labels: Vec<String>,
    /// The value.
    pub value: f64,
}

impl Run {
    /// Everything there is to tell, family by family.
    #[must_use]
    pub fn samples(&self) -> Vec<Sample> {
        let mut samples = vec![
            self.sample(&INFO, &[&self.outcome, &self.version], 1.0),
            self.sample(&EXIT_CODE, &[], f64::from(self.exit_code)),
            self.sample(&DURATION, &[], self.duration_seconds),
        ];
        let stages = self.stages.iter().take(STAGES_MAX);
        samples.extend(stages.map(|(name, seconds)| self.sample(&STAGE_DURATION, &[name], *seconds)));
        samples.extend(self.findings.iter().map(|(severity, count)| {
            #[expect(clippy::cast_precision_loss, reason = "a count of findings is far below 2^53")]
            self.sample(&FINDINGS, &[severity], *count as f64)
        }));
        #[expect(
            clippy::cast_precision_loss,
            reason = "a gauge is a float; versions that are dates still fit"
        )]
        samples.extend(self.migration_version.map(|it| self.sample(&MIGRATION_VERSION, &[], it as f64)));
        samples.push(self.sample(&TIMESTAMP, &[], self.ended_at_seconds));
        if self.exit_code == 0 {
            samples.push(self.sample(&SUCCESS, &[], self.ended_at_seconds));
        }
        samples
    }

    fn sample(&self, family: &'static Family, more: &[&str], value: f64) -> Sample {
        let own = [self.command.as_str(), self.database.as_str()];
        let labels = own.iter().chain(more).map(|word| (*word).to_owned()).collect();
        Sample { family, labels, value }
    }

    /// The same in Prometheus' text format.
    ///
    /// # Errors
    /// [`Error::Encode`].
    pub fn encode(&self) -> Result<String, Error> {
        let mut text = Exposition::default();
        for Sample { family, labels, value } in self.samples() {
            let labels: Vec<&str> = labels.iter().map(String::as_str).collect();
            text.set(family, &labels, value);
        }
        text.encode()
    }

    /// The same after an earlier run whose text is given: what that one knew of the last success stays true.
    ///
    /// # Errors
    /// [`Error::Encode`].
    pub fn encode_after(&self, earlier: &str) -> Result<String, Error> {
        let text = self.encode()?;
        let series = self.success();
        let Some(kept) = earlier.lines().find(|line| self.exit_code != 0 && line.starts_with(&series)) else {
            return Ok(text);
        };
        let Family { name, help, .. } = SUCCESS;
        Ok(format!("{text}# HELP {name} {help}\n# TYPE {name} gauge\n{kept}\n"))
    }

    /// How the series of the last success begins in the text.
    fn success(&self) -> String {
        let [command, database] = [&self.command, &self.database].map(|value| escaped(value));
        format!("{}{{command=\"{command}\",database=\"{database}\"}} ", SUCCESS.name)
    }
}

fn escaped(value: &str) -> String {
    value.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(exit_code: u8) -> Run {
        Run {
            command: "migrate".to_owned(),
            database: "sh\"op".to_owned(),
            version: "0.1.0".to_owned(),
            outcome: "pass".to_owned(),
            exit_code,
            ended_at_seconds: 1_767_323_045.0,
            duration_seconds: 3.44,
            stages: vec![("plan".to_owned(), 0.1), ("apply".to_owned(), 2.0)],
            findings: vec![("warn", 2), ("fail", 0)],
            migration_version: Some(7),
        }
    }

    #[test]
    fn a_run_as_text() {
        expect_test::expect![[r#"
            # HELP pgrefit_run_duration_seconds How long the last run took.
            # TYPE pgrefit_run_duration_seconds gauge
            pgrefit_run_duration_seconds{command="migrate",database="sh\"op"} 3.44
            # HELP pgrefit_run_exit_code Exit code of the last run.
            # TYPE pgrefit_run_exit_code gauge
            pgrefit_run_exit_code{command="migrate",database="sh\"op"} 0
            # HELP pgrefit_run_findings Findings of the last run that count, by severity.
            # TYPE pgrefit_run_findings gauge
            pgrefit_run_findings{command="migrate",database="sh\"op",severity="warn"} 2
            pgrefit_run_findings{command="migrate",database="sh\"op",severity="fail"} 0
            # HELP pgrefit_run_info The last run of a command: how it was judged, and by which version of pgrefit; always 1.
            # TYPE pgrefit_run_info gauge
            pgrefit_run_info{command="migrate",database="sh\"op",outcome="pass",version="0.1.0"} 1
            # HELP pgrefit_run_last_success_timestamp_seconds When a run last ended with exit code 0; a run that failed leaves it as it was.
            # TYPE pgrefit_run_last_success_timestamp_seconds gauge
            pgrefit_run_last_success_timestamp_seconds{command="migrate",database="sh\"op"} 1767323045
            # HELP pgrefit_run_migration_version The version the database had at the end of the last run, of commands that look at it.
            # TYPE pgrefit_run_migration_version gauge
            pgrefit_run_migration_version{command="migrate",database="sh\"op"} 7
            # HELP pgrefit_run_stage_duration_seconds How long each stage of the last run took, of those that ran.
            # TYPE pgrefit_run_stage_duration_seconds gauge
            pgrefit_run_stage_duration_seconds{command="migrate",database="sh\"op",stage="plan"} 0.1
            pgrefit_run_stage_duration_seconds{command="migrate",database="sh\"op",stage="apply"} 2
            # HELP pgrefit_run_timestamp_seconds When the last run ended, whatever came of it.
            # TYPE pgrefit_run_timestamp_seconds gauge
            pgrefit_run_timestamp_seconds{command="migrate",database="sh\"op"} 1767323045
        "#]]
        .assert_eq(&run(0).encode().expect("encoded"));
    }

    #[test]
    fn the_last_success_outlives_a_failure() {
        let check = |code: u8, earlier: &str, expected: usize| {
            let text = run(code).encode_after(earlier).expect("encoded");
            assert_eq!(text.matches(SUCCESS.name).count(), expected, "{text}");
            text
        };
        let good = check(0, "", 3);
        let bad = check(75, &good, 3);
        assert!(bad.contains("pgrefit_run_exit_code{command=\"migrate\",database=\"sh\\\"op\"} 75"), "{bad}");
        check(75, &bad, 3);
        check(75, "", 0);
        check(0, &bad, 3);
        let other = Run { database: "other".to_owned(), ..run(1) }.encode_after(&good).expect("encoded");
        assert!(!other.contains("sh\\\"op"), "of another database: {other}");
    }

    #[test]
    fn every_family_has_a_sample_and_labels_fit() {
        let samples = run(0).samples();
        for family in FAMILIES {
            let own: Vec<&Sample> =
                samples.iter().filter(|sample| sample.family.name == family.name).collect();
            assert!(!own.is_empty(), "{}", family.name);
            assert!(own.iter().all(|sample| sample.labels.len() == family.labels.len()), "{}", family.name);
            assert!(family.help.ends_with('.') && family.name.starts_with("pgrefit_run_"), "{}", family.name);
        }
    }

    #[test]
    fn stages_are_bounded() {
        let stages = (0..1000).map(|number| (format!("s{number}"), 1.0)).collect();
        let run = Run { stages, ..run(0) };
        let told = run.samples().iter().filter(|sample| sample.family.name == STAGE_DURATION.name).count();
        assert_eq!(told, STAGES_MAX);
    }
}
