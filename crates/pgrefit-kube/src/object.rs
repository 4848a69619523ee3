//! A manifest as what it is: the kinds that we have rules for, and the pods that they make.

use crate::decode::decode;
use crate::field::Field;
use crate::problem::Problems;
use k8s_openapi::api::apps::v1::Deployment;
use k8s_openapi::api::batch::v1::{CronJob, Job, JobSpec};
use k8s_openapi::api::core::v1::{
    ConfigMap, Namespace, PersistentVolumeClaim, Pod, PodSpec, PodTemplateSpec, Secret, Service,
    ServiceAccount,
};
use k8s_openapi::api::networking::v1::NetworkPolicy;
use k8s_openapi::api::policy::v1::PodDisruptionBudget;
use k8s_openapi::api::rbac::v1::{ClusterRole, ClusterRoleBinding, Role, RoleBinding};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use serde::de::DeserializeOwned;
use serde_json::Value;
use std::collections::BTreeMap;

/// An object of a kind that is known.
pub(crate) enum Object {
    Job(Box<Job>),
    CronJob(Box<CronJob>),
    Pod(Box<Pod>),
    Deployment(Box<Deployment>),
    Budget(Box<PodDisruptionBudget>),
    NetworkPolicy(Box<NetworkPolicy>),
    ConfigMap(Box<ConfigMap>),
    Secret(Box<Secret>),
    ServiceAccount(Box<ServiceAccount>),
    Service(Box<Service>),
    Namespace(Box<Namespace>),
    /// Of Kubernetes, and judged by its types and its metadata only.
    Typed(ObjectMeta),
    /// Not of Kubernetes: a custom resource, judged by its metadata only.
    Foreign(ObjectMeta),
}

/// The labels of an object or pod.
pub(crate) type Labels = BTreeMap<String, String>;

/// Pods that an object makes, or is.
pub(crate) struct PodView<'a> {
    pub(crate) owner: Owner,
    pub(crate) labels: Labels,
    pub(crate) spec: &'a PodSpec,
    /// Where the pod's spec stands.
    pub(crate) at: Field,
}

/// What runs a pod, which decides what is allowed in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Owner {
    Pod,
    Job,
    Deployment,
}

impl Object {
    /// Reads a manifest; nothing when it cannot be decoded, which is then recorded.
    pub(crate) fn decode(value: &Value, problems: &mut Problems) -> Option<Self> {
        let word = |name: &str| value.get(name).and_then(Value::as_str).unwrap_or_default();
        Some(match (word("apiVersion"), word("kind")) {
            ("batch/v1", "Job") => Self::Job(boxed(value, problems)?),
            ("batch/v1", "CronJob") => Self::CronJob(boxed(value, problems)?),
            ("v1", "Pod") => Self::Pod(boxed(value, problems)?),
            ("apps/v1", "Deployment") => Self::Deployment(boxed(value, problems)?),
            ("policy/v1", "PodDisruptionBudget") => Self::Budget(boxed(value, problems)?),
            ("networking.k8s.io/v1", "NetworkPolicy") => Self::NetworkPolicy(boxed(value, problems)?),
            ("v1", "ConfigMap") => Self::ConfigMap(boxed(value, problems)?),
            ("v1", "Secret") => Self::Secret(boxed(value, problems)?),
            ("v1", "ServiceAccount") => Self::ServiceAccount(boxed(value, problems)?),
            ("v1", "Service") => Self::Service(boxed(value, problems)?),
            ("v1", "Namespace") => Self::Namespace(boxed(value, problems)?),
            (version, kind) => return Self::other(version, kind, value, problems),
        })
    }

    fn other(version: &str, kind: &str, value: &Value, problems: &mut Problems) -> Option<Self> {
        let group = version.split_once('/').map_or("", |(group, _)| group);
        if version.is_empty() || kind.is_empty() {
            let missing = Field::of(if version.is_empty() { "apiVersion" } else { "kind" });
            problems.required(&missing, "a manifest says what it is");
            return None;
        }
        match (version, kind) {
            ("v1", "PersistentVolumeClaim") => typed::<PersistentVolumeClaim>(value, problems),
            ("rbac.authorization.k8s.io/v1", "Role") => typed::<Role>(value, problems),
            ("rbac.authorization.k8s.io/v1", "RoleBinding") => typed::<RoleBinding>(value, problems),
            ("rbac.authorization.k8s.io/v1", "ClusterRole") => typed::<ClusterRole>(value, problems),
            ("rbac.authorization.k8s.io/v1", "ClusterRoleBinding") => {
                typed::<ClusterRoleBinding>(value, problems)
            }
            _ if !is_foreign(group) => {
                let why =
                    format!("no rules for kind {kind} of {version}: nothing but its name was looked at");
                problems.strict("kind-not-judged", &Field::of("kind"), why);
                metadata(value, problems).map(Self::Foreign)
            }
            _ => metadata(value, problems).map(Self::Foreign),
        }
    }

    /// Names and labels of the object itself.
    pub(crate) fn metadata(&self) -> &ObjectMeta {
        match self {
            Self::Job(object) => &object.metadata,
            Self::CronJob(object) => &object.metadata,
            Self::Pod(object) => &object.metadata,
            Self::Deployment(object) => &object.metadata,
            Self::Budget(object) => &object.metadata,
            Self::NetworkPolicy(object) => &object.metadata,
            Self::ConfigMap(object) => &object.metadata,
            Self::Secret(object) => &object.metadata,
            Self::ServiceAccount(object) => &object.metadata,
            Self::Service(object) => &object.metadata,
            Self::Namespace(object) => &object.metadata,
            Self::Typed(metadata) | Self::Foreign(metadata) => metadata,
        }
    }

    /// The pods that this object makes.
    pub(crate) fn pod(&self) -> Option<PodView<'_>> {
        if let Self::Pod(pod) = self {
            let labels = pod.metadata.labels.clone().unwrap_or_default();
            return Some(PodView {
                owner: Owner::Pod,
                labels,
                spec: pod.spec.as_ref()?,
                at: Field::of("spec"),
            });
        }
        if let Self::Deployment(deployment) = self {
            return view(
                Owner::Deployment,
                &deployment.spec.as_ref()?.template,
                Field::of("spec.template.spec"),
            );
        }
        let (job, at) = self.job()?;
        view(Owner::Job, &job.template, at.child("template").child("spec"))
    }

    /// The job that this object is or makes, and where its spec stands.
    pub(crate) fn job(&self) -> Option<(&JobSpec, Field)> {
        match self {
            Self::Job(job) => Some((job.spec.as_ref()?, Field::of("spec"))),
            Self::CronJob(cron) => {
                Some((cron.spec.job_template.spec.as_ref()?, Field::of("spec.jobTemplate.spec")))
            }
            _ => None,
        }
    }
}

fn view(owner: Owner, template: &PodTemplateSpec, at: Field) -> Option<PodView<'_>> {
    let labels = template.metadata.as_ref().and_then(|metadata| metadata.labels.clone()).unwrap_or_default();
    Some(PodView { owner, labels, spec: template.spec.as_ref()?, at })
}

fn boxed<T: DeserializeOwned>(value: &Value, problems: &mut Problems) -> Option<Box<T>> {
    decode(value, problems).map(Box::new)
}

fn typed<T: DeserializeOwned>(value: &Value, problems: &mut Problems) -> Option<Object> {
    let _: T = decode(value, problems)?;
    metadata(value, problems).map(Object::Typed)
}

fn metadata(value: &Value, problems: &mut Problems) -> Option<ObjectMeta> {
    let mut found = Problems::default();
    let none = Value::Object(serde_json::Map::new());
    let metadata = decode(value.get("metadata").unwrap_or(&none), &mut found);
    for problem in found.into_vec() {
        problems.push(&Field::of("metadata").child(&problem.field), problem.message, problem.severity);
    }
    metadata
}

/// Kubernetes' own groups have no dot, or end in `k8s.io`; everybody else's have a domain.
fn is_foreign(group: &str) -> bool {
    group.contains('.') && !group.ends_with(".k8s.io")
}
