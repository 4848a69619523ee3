//! Rendered manifests as data: which image each container runs, which is the migration Job, and the same Job as a plan.

use crate::failure::{Failure, Outcome};
use serde::Deserialize as _;
use serde_json::{Value, json};

#[derive(Debug)]
pub(super) struct Manifests(Vec<Value>);

impl Manifests {
    pub(super) fn parse(text: &str) -> Outcome<Self> {
        let documents = serde_yaml_ng::Deserializer::from_str(text).map(Value::deserialize);
        let documents: Result<Vec<_>, _> = documents.collect();
        let mut documents = documents.map_err(|cause| Failure::because("read the manifests", cause))?;
        documents.retain(|document| !document.is_null());
        Ok(Self(documents))
    }

    /// That of the migration Job.
    pub(super) fn namespace(&self) -> Outcome<&str> {
        let job = self.0.iter().find(|object| object["kind"] == "Job");
        let namespace = job.and_then(|job| job["metadata"]["namespace"].as_str());
        namespace.ok_or_else(|| Failure::new("find a Job with a namespace in the overlay"))
    }

    /// Each image of ours is replaced by the given one of the same name; one that is not given is an error, because it would
    /// be whatever a tag means today.
    pub(super) fn with_images(mut self, given: &[String]) -> Outcome<Self> {
        for reference in given {
            if !reference.contains("@sha256:") {
                return Err(Failure::because(
                    format!("take the image {reference}"),
                    "it has no digest (@sha256:…)",
                ));
            }
        }
        let mut missing = Vec::new();
        for object in &mut self.0 {
            for_each_image(object, &mut |image| {
                let own = short_name(image).to_owned();
                match given.iter().find(|reference| short_name(reference) == own) {
                    Some(reference) => image.clone_from(reference),
                    None => missing.push(own),
                }
            });
        }
        missing.sort();
        missing.dedup();
        if missing.is_empty() {
            return Ok(self);
        }
        Err(Failure::because("know which image to run", format!("no --image for {}", missing.join(", "))))
    }

    /// The Job of this name, and everything that is no Job. The namespace is left out: it was made by somebody who may, and who
    /// deploys may change what is in it.
    pub(super) fn split(&self, job: &str) -> Outcome<(Value, Vec<Value>)> {
        let is_job = |object: &&Value| object["kind"] == "Job";
        let own = self.0.iter().filter(is_job).find(|object| name(object) == Some(job)).cloned();
        let own = own.ok_or_else(|| Failure::new(format!("find the Job {job} in the overlay")))?;
        let is_other = |object: &&Value| !is_job(object) && object["kind"] != "Namespace";
        let others = self.0.iter().filter(is_other).cloned().collect();
        Ok((own, others))
    }
}

pub(super) fn name(object: &Value) -> Option<&str> {
    object["metadata"]["name"].as_str()
}

/// The migration Job, but it only plans, and what selects the pods of the other does not select its pods.
pub(super) fn plan_of(migrate: &Value) -> Outcome<Value> {
    let mut plan = migrate.clone();
    plan["metadata"]["name"] = json!("pgrefit-plan");
    let container = plan.pointer_mut("/spec/template/spec/containers/0");
    let container = container.ok_or_else(|| Failure::new("find the container of the migration Job"))?;
    if container["args"][0] != "migrate" {
        return Err(Failure::because(
            "make a plan of the migration Job",
            "its first argument is not `migrate`",
        ));
    }
    container["args"] = json!(["plan", "--format", "markdown"]);
    container["name"] = json!("plan");
    for labels in ["/metadata/labels", "/spec/template/metadata/labels"] {
        if let Some(labels) = plan.pointer_mut(labels) {
            labels["app.kubernetes.io/component"] = json!("plan");
        }
    }
    for rule in
        plan.pointer_mut("/spec/podFailurePolicy/rules").and_then(Value::as_array_mut).into_iter().flatten()
    {
        if let Some(container) = rule.pointer_mut("/onExitCodes/containerName") {
            *container = json!("plan");
        }
    }
    Ok(plan)
}

/// `pgrefit` of `registry/owner/pgrefit:1@sha256:…`.
fn short_name(image: &str) -> &str {
    let without_digest = image.split('@').next().unwrap_or(image);
    let last = without_digest.rsplit('/').next().unwrap_or(without_digest);
    last.split(':').next().unwrap_or(last)
}

/// Every `image` of a list `containers` or `initContainers`, wherever it stands.
fn for_each_image(value: &mut Value, change: &mut impl FnMut(&mut String)) {
    match value {
        Value::Array(items) => items.iter_mut().for_each(|item| for_each_image(item, change)),
        Value::Object(fields) => {
            for (key, field) in fields {
                if matches!(key.as_str(), "containers" | "initContainers") {
                    images_of(field, change);
                } else {
                    for_each_image(field, change);
                }
            }
        }
        _ => {}
    }
}

fn images_of(containers: &mut Value, change: &mut impl FnMut(&mut String)) {
    for container in containers.as_array_mut().into_iter().flatten() {
        if let Some(Value::String(image)) = container.get_mut("image") {
            change(image);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Manifests, name, plan_of, short_name};

    const TEXT: &str = "\
kind: Namespace
metadata: {name: n}
---
kind: ConfigMap
metadata: {name: c, namespace: n}
data: {image: pgrefit}
---
kind: Job
metadata: {name: pgrefit-migrate, namespace: n, labels: {app.kubernetes.io/component: migrate}}
spec:
  podFailurePolicy:
    rules:
      - {action: FailJob, onExitCodes: {containerName: migrate, operator: NotIn, values: [75]}}
      - {action: Ignore, onPodConditions: [{type: DisruptionTarget}]}
  template:
    spec:
      containers: [{name: migrate, image: 'pgrefit-tools:0.1.0', args: [migrate, --log-format, json]}]
---
kind: CronJob
metadata: {name: pgrefit-audit, namespace: n}
spec: {jobTemplate: {spec: {template: {spec: {containers: [{name: audit, image: pgrefit}]}}}}}
";

    fn given() -> [String; 2] {
        ["host:5000/own/pgrefit@sha256:aa", "host:5000/own/pgrefit-tools@sha256:bb"].map(str::to_owned)
    }

    #[test]
    fn the_name_of_an_image_is_without_place_and_version() {
        let check = |image, expected| assert_eq!(short_name(image), expected, "{image}");
        check("pgrefit", "pgrefit");
        check("pgrefit:0.1.0", "pgrefit");
        check("host:5000/own/pgrefit-tools:1@sha256:aa", "pgrefit-tools");
    }

    #[test]
    fn every_container_runs_the_given_image_and_nothing_else_is_changed() {
        let manifests = Manifests::parse(TEXT).expect("YAML").with_images(&given()).expect("images");
        assert_eq!(manifests.namespace().expect("a namespace"), "n");
        let text = format!("{manifests:?}");
        assert!(text.contains("host:5000/own/pgrefit@sha256:aa"), "{text}");
        assert!(text.contains("host:5000/own/pgrefit-tools@sha256:bb"), "{text}");
        assert_eq!(manifests.0[1]["data"]["image"], "pgrefit");
    }

    #[test]
    fn an_image_without_a_digest_or_without_a_replacement_is_refused() {
        let check = |given: &[String], expected: &str| {
            let failure = Manifests::parse(TEXT).expect("YAML").with_images(given).expect_err("refused");
            assert_eq!(failure.chain(), expected);
        };
        check(
            &["own/pgrefit:latest".to_owned()],
            "failed to take the image own/pgrefit:latest: it has no digest (@sha256:…)",
        );
        check(&given()[..1], "failed to know which image to run: no --image for pgrefit-tools");
    }

    #[test]
    fn the_plan_is_the_same_job_under_another_name() {
        let (migrate, others) =
            Manifests::parse(TEXT).expect("YAML").split("pgrefit-migrate").expect("the Job");
        let names: Vec<_> = others.iter().filter_map(name).collect();
        assert_eq!(names, ["c", "pgrefit-audit"]);
        let plan = plan_of(&migrate).expect("a plan");
        assert_eq!(name(&plan), Some("pgrefit-plan"));
        let container = &plan["spec"]["template"]["spec"]["containers"][0];
        assert_eq!(container["args"], serde_json::json!(["plan", "--format", "markdown"]));
        assert_eq!(container["image"], "pgrefit-tools:0.1.0");
        assert_eq!(plan["metadata"]["labels"]["app.kubernetes.io/component"], "plan");
        assert_eq!(plan["spec"]["podFailurePolicy"]["rules"][0]["onExitCodes"]["containerName"], "plan");
        assert_eq!(
            plan["spec"]["podFailurePolicy"]["rules"][1],
            migrate["spec"]["podFailurePolicy"]["rules"][1]
        );
    }

    #[test]
    fn a_job_that_does_not_migrate_has_no_plan() {
        let text = TEXT.replace("args: [migrate,", "args: [fleet,");
        let (job, _) = Manifests::parse(&text).expect("YAML").split("pgrefit-migrate").expect("the Job");
        let chain = plan_of(&job).expect_err("no plan").chain();
        assert!(chain.ends_with("its first argument is not `migrate`"), "{chain}");
        assert!(Manifests::parse("kind: Job\n").expect("YAML").split("pgrefit-migrate").is_err());
    }
}
