//! The rules are rules: other values at the places of the recorded cases, drawn at random, get the same verdict, and
//! whatever stands anywhere, the linter answers.

use crate::case::{Recorded, lint, set};
use fastrand::Rng;
use pgrefit_kube::Severity;
use serde_json::{Value, json};
use std::collections::BTreeSet;

const ROUNDS: usize = 40;
/// Any will do; a fixed one makes a failure come again.
const SEED: u64 = 0x6b75_6265;

fn rng() -> Rng {
    Rng::with_seed(SEED)
}

/// Draws values for a place, and compares the fields of our errors.
fn check(base: &str, path: &str, draw: impl Fn(&mut Rng) -> Value, expected: &[&str]) {
    let recorded = Recorded::read();
    let mut rng = rng();
    for _ in 0..ROUNDS {
        let mut manifest = recorded.bases.get(base).expect("a base").clone();
        let value = draw(&mut rng);
        set(&mut manifest, path, value.clone());
        let errors = lint(&manifest).into_iter().filter(|one| one.severity == Severity::Error);
        let fields: BTreeSet<_> = errors.map(|one| one.field).collect();
        assert_eq!(fields.iter().map(String::as_str).collect::<Vec<_>>(), expected, "{path} = {value}");
    }
}

fn word(rng: &mut Rng, least: usize, most: usize) -> String {
    let length = rng.usize(least..=most);
    std::iter::repeat_with(|| rng.lowercase()).take(length).collect()
}

const CONTAINER: &str = "/spec/template/spec/containers/0";
const AT: &str = "spec.template.spec.containers[0]";

#[test]
fn numbers() {
    for name in
        ["backoffLimit", "ttlSecondsAfterFinished", "completions", "parallelism", "activeDeadlineSeconds"]
    {
        let (path, field) = (format!("/spec/{name}"), format!("spec.{name}"));
        check("Job", &path, |rng| rng.i32(i32::MIN..0).into(), &[&field]);
        check("Job", &path, |rng| rng.i32(1..i32::MAX).into(), &[]);
        check("Job", &path, |rng| word(rng, 1, 9).into(), &[&field]);
        check("Job", &path, |rng| (rng.f64() + 0.25).into(), &[&field]);
    }
    let port = (format!("{CONTAINER}/ports/0/containerPort"), format!("{AT}.ports[0].containerPort"));
    check("Job", &port.0, |rng| rng.i32(65536..i32::MAX).into(), &[&port.1]);
    check("Job", &port.0, |rng| rng.i32(i32::MIN..0).into(), &[&port.1]);
    check("Job", &port.0, |rng| rng.i32(1..=65535).into(), &[]);
    check(
        "PodDisruptionBudget",
        "/spec/minAvailable",
        |rng| format!("{}%", rng.u32(101..)).into(),
        &["spec.minAvailable"],
    );
    check("PodDisruptionBudget", "/spec/minAvailable", |rng| format!("{}%", rng.u32(0..=100)).into(), &[]);
}

#[test]
fn words_of_a_fixed_set() {
    for (base, path, field) in [
        ("Job", "/spec/completionMode", "spec.completionMode"),
        ("Job", "/spec/podReplacementPolicy", "spec.podReplacementPolicy"),
        ("Job", "/spec/template/spec/restartPolicy", "spec.template.spec.restartPolicy"),
        ("Job", "/spec/template/spec/dnsPolicy", "spec.template.spec.dnsPolicy"),
        ("Job", "/spec/podFailurePolicy/rules/0/action", "spec.podFailurePolicy.rules[0].action"),
        (
            "Job",
            "/spec/podFailurePolicy/rules/0/onExitCodes/operator",
            "spec.podFailurePolicy.rules[0].onExitCodes.operator",
        ),
        ("CronJob", "/spec/concurrencyPolicy", "spec.concurrencyPolicy"),
        ("CronJob", "/spec/timeZone", "spec.timeZone"),
        ("NetworkPolicy", "/spec/policyTypes/0", "spec.policyTypes[0]"),
        ("NetworkPolicy", "/spec/egress/0/ports/0/protocol", "spec.egress[0].ports[0].protocol"),
    ] {
        check(base, path, |rng| word(rng, 3, 20).into(), &[field]);
    }
    for name in ["imagePullPolicy", "terminationMessagePolicy"] {
        let (path, field) = (format!("{CONTAINER}/{name}"), format!("{AT}.{name}"));
        check("Job", &path, |rng| word(rng, 1, 20).into(), &[&field]);
    }
}

#[test]
fn names_and_labels() {
    let label = "/metadata/labels/app.kubernetes.io~1component";
    check("Job", label, |rng| word(rng, 64, 200).into(), &["metadata.labels"]);
    check("Job", label, |rng| word(rng, 1, 63).into(), &[]);
    check(
        "Job",
        label,
        |rng| format!("{} {}", word(rng, 1, 9), word(rng, 1, 9)).into(),
        &["metadata.labels"],
    );
    check("CronJob", "/metadata/name", |rng| word(rng, 53, 63).into(), &["metadata.name"]);
    check("CronJob", "/metadata/name", |rng| word(rng, 1, 52).into(), &[]);
    check("Job", "/metadata/name", |rng| word(rng, 64, 200).into(), &["spec.template.labels"]);
    check("ConfigMap", "/data/a b", |_| "x".into(), &["data[a b]"]);
    let port = (format!("{CONTAINER}/ports/0/name"), format!("{AT}.ports[0].name"));
    check("Job", &port.0, |rng| word(rng, 16, 40).into(), &[&port.1]);
    check("Job", &port.0, |rng| rng.u32(..).to_string().into(), &[&port.1]);
    let mount = (format!("{CONTAINER}/volumeMounts/0/name"), format!("{AT}.volumeMounts[0].name"));
    check("Job", &mount.0, |rng| word(rng, 4, 20).into(), &[&mount.1]);
}

#[test]
fn amounts() {
    let (path, requests) =
        (format!("{CONTAINER}/resources/limits/memory"), format!("{AT}.resources.requests"));
    check("Job", &path, |rng| format!("{}Mi", rng.u32(128..100_000)).into(), &[]);
    check("Job", &path, |rng| format!("{}Mi", rng.u32(0..128)).into(), &[&requests]);
    check("Job", &path, |rng| rng.u32(200_000_000..).into(), &[]);
    let limit = format!("{AT}.resources.limits[memory]");
    check("Job", &path, |rng| format!("{}{}b", rng.u32(..), rng.alphabetic()).into(), &[&limit]);
}

#[test]
fn exit_codes() {
    let (path, field) = (
        "/spec/podFailurePolicy/rules/0/onExitCodes/values",
        "spec.podFailurePolicy.rules[0].onExitCodes.values",
    );
    let sorted = |rng: &mut Rng| {
        let codes: BTreeSet<i32> = (0..rng.usize(2..20)).map(|_| rng.i32(1..=255)).chain([1, 255]).collect();
        codes.into_iter().collect::<Vec<_>>()
    };
    check("Job", path, |rng| json!(sorted(rng)), &[]);
    check("Job", path, |rng| json!(sorted(rng).into_iter().rev().collect::<Vec<_>>()), &[field]);
    check(
        "Job",
        path,
        |rng| {
            let code = rng.i32(1..=255);
            json!([code, code])
        },
        &[&format!("{field}[1]")],
    );
}

#[test]
fn schedules() {
    let field = ["spec.schedule"];
    check("CronJob", "/spec/schedule", |rng| format!("{} * * * *", rng.u32(60..)).into(), &field);
    check("CronJob", "/spec/schedule", |rng| format!("* * * * {}", rng.u32(7..)).into(), &field);
    check("CronJob", "/spec/schedule", |rng| "* ".repeat(rng.usize(6..20)).into(), &field);
    check(
        "CronJob",
        "/spec/schedule",
        |rng| format!("{} {} * * *", rng.u32(..60), rng.u32(..24)).into(),
        &[],
    );
}

/// Every object of every base, by JSON pointer; not those whose keys are free.
fn objects(value: &Value, path: &str, all: &mut Vec<String>) {
    let free = ["labels", "annotations", "matchLabels", "limits", "requests", "data"];
    match value {
        Value::Object(object) if !free.iter().any(|name| path.ends_with(&format!("/{name}"))) => {
            all.push(path.to_owned());
            for (key, inner) in object {
                objects(inner, &format!("{path}/{key}"), all);
            }
        }
        Value::Array(items) => {
            for (index, inner) in items.iter().enumerate() {
                objects(inner, &format!("{path}/{index}"), all);
            }
        }
        _ => {}
    }
}

/// A pointer as the server writes a field.
fn field(pointer: &str) -> String {
    let part = |part: &str| part.parse::<usize>().map_or(format!(".{part}"), |index| format!("[{index}]"));
    let field: String = pointer.split('/').skip(1).map(part).collect();
    field.trim_start_matches('.').to_owned()
}

#[test]
fn a_field_that_does_not_exist_is_found_in_every_object() {
    let (recorded, mut rng) = (Recorded::read(), rng());
    for base in recorded.bases.values() {
        let mut all = Vec::new();
        objects(base, "", &mut all);
        for object in all {
            let path = format!("{object}/x{}", word(&mut rng, 4, 12));
            let mut manifest = base.clone();
            set(&mut manifest, &path, json!(1));
            let found = lint(&manifest).into_iter().filter(|one| one.message == "unknown field");
            assert_eq!(found.map(|one| one.field).collect::<Vec<_>>(), [field(&path)], "{path}");
        }
    }
}

/// Every place of every base.
fn places(value: &Value, path: &str, all: &mut Vec<String>) {
    if !path.is_empty() {
        all.push(path.to_owned());
    }
    match value {
        Value::Object(object) => {
            for (key, inner) in object {
                places(inner, &format!("{path}/{}", key.replace('~', "~0").replace('/', "~1")), all);
            }
        }
        Value::Array(items) => {
            for (index, inner) in items.iter().enumerate() {
                places(inner, &format!("{path}/{index}"), all);
            }
        }
        _ => {}
    }
}

#[test]
fn whatever_stands_anywhere_there_is_an_answer() {
    let odd = [
        json!(null),
        json!(-1),
        json!(1e300),
        json!(""),
        json!("\u{0}ä€"),
        json!([null]),
        json!({ "a": [{}] }),
        json!("9".repeat(400)),
    ];
    let recorded = Recorded::read();
    let mut count = 0;
    // The other two have nothing that these have not.
    for base in recorded
        .bases
        .iter()
        .filter(|(name, _)| !matches!(name.as_str(), "Pod" | "Job/fleet"))
        .map(|(_, base)| base)
    {
        let mut all = Vec::new();
        places(base, "", &mut all);
        for (path, value) in all.iter().flat_map(|path| odd.iter().map(move |value| (path, value))) {
            let mut manifest = base.clone();
            set(&mut manifest, path, value.clone());
            let _ = lint(&manifest);
            count += 1;
        }
    }
    assert!(count > 1000, "{count}");
}
