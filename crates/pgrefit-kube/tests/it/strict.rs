//! Each rule of ours finds what it is for: a set of manifests without a problem is broken in one place.

use crate::case::{remove, set};
use pgrefit_kube::{ExitCodes, Expects, Linter, Manifest, STRICT_RULES, check_sources};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::path::Path;

const EXPECTS: &str = "secrets = [\"pgrefit-database\"]\nimages.pgrefit.programs = [\"/pgrefit\"]\n";

/// What is done to a manifest, and the problems that must come of it: `field [rule]`.
struct Break {
    object: &'static str,
    path: &'static str,
    value: Value,
    expected: &'static [&'static str],
}

const JOB: &str = "Job/pgrefit-migrate";
const CRON: &str = "CronJob/pgrefit-audit";
const EXPORTER: &str = "Deployment/pgrefit-exporter";
const BUDGET: &str = "PodDisruptionBudget/pgrefit-migrate";
const SERVICE: &str = "Service/pgrefit-exporter";
const POLICY: &str = "NetworkPolicy/pgrefit-metrics";

fn good() -> Vec<Manifest> {
    Manifest::parse(Path::new("good.yaml"), include_str!("good.yaml")).expect("manifests")
}

fn codes() -> ExitCodes {
    let page = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/reference/exit-codes.md");
    ExitCodes::read(Path::new(page)).expect("the page of exit codes")
}

/// The problems of a set, as `field [rule]`.
fn lint(manifests: &[Manifest]) -> Vec<String> {
    let expects: Expects = toml::from_str(EXPECTS).expect("a list");
    let found = Linter::new(expects).exit_codes(codes()).lint(manifests);
    let words = |found: pgrefit_kube::Found| {
        format!("{} [{}]", found.problem.field, found.problem.severity.rule().unwrap_or("error"))
    };
    found.into_iter().map(words).collect()
}

fn broken(Break { object, path, value, .. }: &Break) -> Vec<Manifest> {
    let mut manifests = good();
    let manifest = manifests.iter_mut().find(|one| one.title() == *object).expect("the object");
    match value {
        Value::Null => remove(&mut manifest.value, path),
        value => set(&mut manifest.value, path, value.clone()),
    }
    manifests
}

fn check(object: &'static str, path: &'static str, value: Value, expected: &'static [&'static str]) -> Break {
    Break { object, path, value, expected }
}

#[expect(clippy::too_many_lines, reason = "a table, one rule a line")]
fn breaks() -> Vec<Break> {
    vec![
        check(
            BUDGET,
            "/spec/maxUnavailable",
            json!(0),
            &["spec [error]", "spec.maxUnavailable [budget-for-jobs]"],
        ),
        check(BUDGET, "/spec/minAvailable", json!("50%"), &["spec.minAvailable [budget-for-jobs]"]),
        check(BUDGET, "/spec/selector/matchLabels", json!({}), &["spec.selector [budget-of-many-jobs]"]),
        check(BUDGET, "/spec/minAvailable", Value::Null, &["spec [budget-of-nothing]"]),
        check(BUDGET, "/spec/selector", Value::Null, &["spec.selector [budget-of-nothing]"]),
        check(BUDGET, "/spec/selector/matchLabels/app", json!("none"), &["spec.selector [selects-nothing]"]),
        check(JOB, "/metadata/name", json!("a.b"), &["metadata.name [dotted-name]"]),
        check(
            JOB,
            "/spec/podFailurePolicy/rules/0/onExitCodes/values",
            json!([75, 137, 143, 256]),
            &["spec.podFailurePolicy.rules[0].onExitCodes.values[3] [exit-code-never]"],
        ),
        check(JOB, "/spec/podFailurePolicy", Value::Null, &["spec.podFailurePolicy [failure-policy]"]),
        check(
            CRON,
            "/spec/jobTemplate/spec/podFailurePolicy/rules/0/onExitCodes/values",
            json!([137, 143]),
            &[
                "spec.jobTemplate.spec.podFailurePolicy [failure-policy]",
                "spec.jobTemplate.spec.podFailurePolicy [failure-policy]",
            ],
        ),
        check(
            JOB,
            "/spec/template/spec/containers/0/image",
            json!(" pgrefit"),
            &["spec.template.spec.containers[0].image [image-name]"],
        ),
        check(
            JOB,
            "/spec/template/spec/containers/0/image",
            json!("nginx:1"),
            &["spec.template.spec.containers[0].image [image-not-pinned]"],
        ),
        check(
            JOB,
            "/spec/template/spec/containers/0/command",
            json!(["/bin/sh"]),
            &["spec.template.spec.containers[0].command[0] [no-such-program]"],
        ),
        check(JOB, "/kind", json!("Jobs"), &["kind [kind-not-judged]", "spec.selector [selects-nothing]"]),
        check(
            JOB,
            "/spec/template/spec/containers/0/volumeMounts/0/mountPath",
            json!("tmp"),
            &["spec.template.spec.containers[0].volumeMounts[0].mountPath [mount-path]"],
        ),
        check(
            JOB,
            "/spec/template/spec/imagePullSecrets",
            json!([{}]),
            &["spec.template.spec.imagePullSecrets[0].name [nameless-secret]"],
        ),
        check(CRON, "/spec/schedule", json!("0 0 31 2 *"), &["spec.schedule [never-runs]"]),
        check(
            CRON,
            "/spec/startingDeadlineSeconds",
            json!(9),
            &["spec.startingDeadlineSeconds [starting-deadline-too-short]"],
        ),
        check(JOB, "/spec/activeDeadlineSeconds", Value::Null, &["spec.activeDeadlineSeconds [no-deadline]"]),
        check(JOB, "/spec/activeDeadlineSeconds", json!(0), &["spec.activeDeadlineSeconds [no-time]"]),
        check(
            JOB,
            "/spec/template/spec/terminationGracePeriodSeconds",
            json!(-1),
            &["spec.template.spec.terminationGracePeriodSeconds [no-grace]"],
        ),
        check(
            JOB,
            "/spec/template/spec/containers/0/resources/limits/memory",
            Value::Null,
            &["spec.template.spec.containers[0].resources.limits [no-memory-limit]"],
        ),
        check(
            JOB,
            "/spec/template/spec/containers/0/resources/requests/memory",
            json!("100m"),
            &["spec.template.spec.containers[0].resources.requests[memory] [part-of-a-byte]"],
        ),
        check(SERVICE, "/spec/ports/0/targetPort", json!(9465), &["spec.ports[0].targetPort [no-such-port]"]),
        check(SERVICE, "/spec/selector/app", json!("none"), &["spec.selector [selects-nothing]"]),
        check(SERVICE, "/spec/ports/0/name", json!("other"), &["spec.endpoints[0].port [no-such-port]"]),
        check(SERVICE, "/metadata/labels/app", json!("none"), &["spec.selector [selects-nothing]"]),
        check(
            POLICY,
            "/spec/ingress/0/ports/0/port",
            json!("other"),
            &["spec.ingress[0].ports[0].port [no-such-port]"],
        ),
        check(
            POLICY,
            "/spec/podSelector/matchLabels/app",
            json!("none"),
            &["spec.podSelector [selects-nothing]"],
        ),
        check(POLICY, "/spec/policyTypes/0", json!("Egress"), &["spec.ingress [rules-without-type]"]),
        check(
            "PodMonitor/pgrefit-pods",
            "/spec/podMetricsEndpoints/0/port",
            json!("other"),
            &["spec.podMetricsEndpoints[0].port [no-such-port]"],
        ),
        check(
            "PodMonitor/pgrefit-pods",
            "/spec/selector/matchLabels/app",
            json!("none"),
            &["spec.selector [selects-nothing]"],
        ),
        check(
            "ServiceAccount/pgrefit",
            "/metadata/name",
            json!("other"),
            &["spec.template.spec.serviceAccountName [not-there]"],
        ),
        check(
            "ConfigMap/pgrefit-config",
            "/metadata/name",
            json!("other"),
            &["spec.jobTemplate.spec.template.spec.containers[0].envFrom[0].configMapRef.name [not-there]"],
        ),
        check(
            JOB,
            "/spec/template/spec/containers/0/env/0/valueFrom/secretKeyRef/name",
            json!("other"),
            &["spec.template.spec.containers[0].env[0].valueFrom.secretKeyRef.name [not-there]"],
        ),
        check(
            JOB,
            "/spec/template/spec/volumes/0",
            json!({ "name": "tmp", "secret": { "secretName": "other" } }),
            &["spec.template.spec.volumes[0].secret.secretName [not-there]"],
        ),
        check(
            "ConfigMap/pgrefit-config",
            "/data/a",
            json!("url = \"postgres://u:p@h/d\""),
            &["data[a] [password-in-manifest]"],
        ),
        check(
            JOB,
            "/spec/template/spec/containers/0/args/+",
            json!("postgres://u:p@h/d"),
            &["spec.template.spec.containers[0].args[1] [password-in-manifest]"],
        ),
        check(
            JOB,
            "/spec/template/spec/containers/0/env/+",
            json!({ "name": "A", "value": "x://u:p@h" }),
            &["spec.template.spec.containers[0].env[1].value [password-in-manifest]"],
        ),
        check(
            EXPORTER,
            "/spec/template/spec/securityContext/runAsUser",
            json!(0),
            &["spec.template.spec.securityContext.runAsUser [pod-security]"],
        ),
        check(
            EXPORTER,
            "/spec/template/spec/containers/0/readinessProbe/httpGet/port",
            json!("other"),
            &["spec.template.spec.containers[0].readinessProbe.httpGet.port [probe-of-no-port]"],
        ),
        check(
            EXPORTER,
            "/spec/template/spec/automountServiceAccountToken",
            Value::Null,
            &["spec.template.spec.automountServiceAccountToken [token-mounted]"],
        ),
        check(
            EXPORTER,
            "/spec/template/metadata/labels/app",
            json!("other"),
            &[
                "spec.template.metadata.labels [error]",
                "spec.selector [selects-nothing]",
                "spec.podSelector [selects-nothing]",
                "spec.selector [selects-nothing]",
            ],
        ),
        check("ServiceMonitor/pgrefit-exporter", "/kind", json!("PodMonitor"), &[]),
        check("PodMonitor/pgrefit-pods", "/metadata/name", json!(""), &["metadata.name [error]"]),
        check(
            JOB,
            "/spec/template/spec/volumes/0/emptyDir",
            json!({}),
            &["spec.template.spec.volumes[0].emptyDir [unlimited-volume]"],
        ),
        check(
            JOB,
            "/spec/template/spec/volumes/0",
            json!({ "name": "tmp" }),
            &["spec.template.spec.volumes[0] [volume-without-source]"],
        ),
        check(
            JOB,
            "/spec/template/spec/containers/0/volumeMounts",
            json!([]),
            &["spec.template.spec.volumes[0] [volume-unused]"],
        ),
        check(
            JOB,
            "/spec/template/spec/containers/0/env/0/name",
            json!("A-B"),
            &["spec.template.spec.containers[0].env[0].name [variable-name]"],
        ),
        check(
            JOB,
            "/spec/template/spec/containers/0/env/+",
            json!({ "name": "DATABASE_URL", "value": "" }),
            &["spec.template.spec.containers[0].env[1] [variable-twice]"],
        ),
        check(
            JOB,
            "/spec/template/spec/containers/0/securityContext/readOnlyRootFilesystem",
            json!(false),
            &["spec.template.spec.containers[0].securityContext.readOnlyRootFilesystem [writable-root]"],
        ),
    ]
}

#[test]
fn the_good_manifests_are_good() {
    assert_eq!(lint(&good()), Vec::<String>::new());
}

#[test]
fn each_rule_finds_what_it_is_for() {
    for one in breaks() {
        assert_eq!(lint(&broken(&one)), one.expected, "{} {} = {}", one.object, one.path, one.value);
    }
}

#[test]
fn every_rule_of_the_list_is_tested_here_and_every_tested_one_is_in_the_list() {
    // By tests of their own: two objects, an exception, and comments.
    let elsewhere = ["twice", "unused-allowance", "exit-code-comment"];
    let rule = |words: &&'static str| words.rsplit_once(" [").and_then(|(_, rule)| rule.strip_suffix(']'));
    let tested =
        breaks().into_iter().flat_map(|one| one.expected.iter().filter_map(rule).collect::<Vec<_>>());
    let tested: BTreeSet<_> = tested.filter(|rule| *rule != "error").chain(elsewhere).collect();
    let listed: BTreeSet<_> = STRICT_RULES.iter().map(|(rule, _)| *rule).collect();
    assert_eq!(tested, listed);
    assert!(STRICT_RULES.is_sorted_by_key(|(rule, _)| *rule));
}

/// A policy is right or not for every code, in a drain and not: 256 codes twice.
#[test]
fn a_failure_policy_that_is_wrong_for_any_code_is_found() {
    let rules = "/spec/podFailurePolicy/rules";
    let codes = |values: &[i32]| json!({ "containerName": "migrate", "operator": "NotIn", "values": values });
    let fail = |values: &[i32]| json!({ "action": "FailJob", "onExitCodes": codes(values) });
    let drain = json!({ "action": "Ignore", "onPodConditions": [{ "type": "DisruptionTarget" }] });
    let messages = |value: Value| {
        let manifests = broken(&check(JOB, rules, value, &[]));
        let found =
            Linter::new(toml::from_str(EXPECTS).expect("a list")).exit_codes(self::codes()).lint(&manifests);
        found.into_iter().map(|one| one.problem.message).collect::<Vec<_>>()
    };
    let of =
        |codes: &str, should: &str| format!("exit codes {codes} of container \"migrate\" should be {should}");
    let again = "tried again, and count";
    assert_eq!(messages(json!([fail(&[75, 137, 143]), drain])), Vec::<String>::new());
    let without = [of("75", again), of("75", &format!("{again} in a drain"))];
    assert_eq!(messages(json!([fail(&[137, 143]), drain])), without);
    let with_bug = [of("70", "final"), of("70", "final in a drain")];
    assert_eq!(messages(json!([fail(&[70, 75, 137, 143]), drain])), with_bug);
    let hidden = [of("1-74, 76-136, 138-142, 144-255", "final in a drain")];
    assert_eq!(messages(json!([drain, fail(&[75, 137, 143])])), hidden);
    let endless = json!({ "action": "Ignore", "onExitCodes": { "operator": "In", "values": [75] } });
    assert_eq!(messages(json!([endless, fail(&[75, 137, 143])])), [of("75", again)]);
}

#[test]
fn comments_beside_a_policy_name_every_code() {
    let dir = std::env::temp_dir().join(format!("pgrefit-kube-comments-{}", std::process::id()));
    std::fs::create_dir_all(dir.join("base")).expect("a folder");
    let write = |name: &str, text: &str| std::fs::write(dir.join(name), text).expect("a file");
    let comments: Vec<_> = (0..=255).map(|code| format!("# {code} x\n")).collect();
    let all = format!("{}podFailurePolicy:\n", comments.concat());
    write("base/job.yaml", &all);
    write("cron.yaml", "# As in job.yaml\npodFailurePolicy:\n");
    write("none.yaml", "kind: Pod\n");
    let found = || check_sources(&dir, &codes()).expect("readable").len();
    assert_eq!(found(), 0);
    write("cron.yaml", "podFailurePolicy:\n");
    assert_eq!(found(), 1);
    write("base/job.yaml", &all.replace("# 75 x\n", ""));
    assert_eq!(found(), 2);
    write("cron.yaml", "# As in job.yaml\npodFailurePolicy:\n");
    assert_eq!(found(), 1, "the file that is referred to is named once");
    std::fs::remove_dir_all(&dir).expect("the folder");
}
