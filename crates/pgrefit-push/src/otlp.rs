//! OpenTelemetry's protocol over HTTP, in JSON: one gauge a family, each with the labels of its samples as attributes.

use std::time::Duration;

use pgrefit_metrics::{Run, Sample, Unit};
use serde_json::{Value, json};

use crate::{Error, Target};

/// Sends a run to `/v1/metrics` below the target.
///
/// One attempt, bounded by `limit`.
///
/// # Errors
/// [`Error::Send`] when nobody answers in time, [`Error::Refused`] for any answer but success, and when some of the values were not
/// taken.
pub async fn to_otlp(target: &Target, run: &Run, limit: Duration) -> Result<(), Error> {
    let url = target.below(&["v1", "metrics"]);
    let answer = target.post(url, "application/json", message(run).to_string(), limit).await?;
    match rejected(&answer) {
        0 => Ok(()),
        _ => Err(target.refused(200, &answer)),
    }
}

/// How many values a receiver has left out, as its answer says.
fn rejected(answer: &str) -> u64 {
    let answer: Value = serde_json::from_str(answer).unwrap_or_default();
    let count = &answer["partialSuccess"]["rejectedDataPoints"];
    // A 64-bit number is a string in this JSON; some write a number all the same.
    count.as_u64().or_else(|| count.as_str()?.parse().ok()).unwrap_or(0)
}

fn message(run: &Run) -> Value {
    let attributes = [("service.name", "pgrefit"), ("service.version", run.version.as_str())];
    json!({ "resourceMetrics": [{
        "resource": { "attributes": attributes.map(|(name, value)| attribute(name, value)) },
        "scopeMetrics": [{
            "scope": { "name": "pgrefit", "version": run.version },
            "metrics": metrics(run),
        }],
    }] })
}

/// A family after the other, as the samples are in their order.
fn metrics(run: &Run) -> Vec<Value> {
    let samples = run.samples();
    let families = samples.chunk_by(|a, b| a.family.name == b.family.name);
    let metric = |samples: &[Sample]| {
        let family = samples[0].family;
        json!({
            "name": family.name,
            "description": family.help,
            "unit": if family.unit == Unit::Seconds { "s" } else { "1" },
            "gauge": { "dataPoints": samples.iter().map(|sample| point(sample, run)).collect::<Vec<_>>() },
        })
    };
    families.map(metric).collect()
}

fn point(sample: &Sample, run: &Run) -> Value {
    let labels = sample.family.labels.iter().zip(&sample.labels);
    json!({
        "attributes": labels.map(|(label, value)| attribute(label.name, value)).collect::<Vec<_>>(),
        "timeUnixNano": nanoseconds(run.ended_at_seconds),
        "asDouble": sample.value,
    })
}

fn attribute(name: &str, value: &str) -> Value {
    json!({ "key": name, "value": { "stringValue": value } })
}

/// A moment as the digits of a 64-bit number, which is a string in this JSON.
fn nanoseconds(seconds: f64) -> String {
    Duration::try_from_secs_f64(seconds).unwrap_or_default().as_nanos().to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_not_taken() {
        let check = |answer: &str, expected: u64| assert_eq!(rejected(answer), expected, "{answer}");
        check("", 0);
        check("{}", 0);
        check("no JSON", 0);
        check(r#"{"partialSuccess":{}}"#, 0);
        check(r#"{"partialSuccess":{"rejectedDataPoints":"3","errorMessage":"no"}}"#, 3);
        check(r#"{"partialSuccess":{"rejectedDataPoints":2}}"#, 2);
    }

    #[test]
    fn moments() {
        assert_eq!(nanoseconds(1.5), "1500000000");
        assert_eq!(nanoseconds(-1.0), "0");
    }
}
