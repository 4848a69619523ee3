//! A set of manifests that is applied together: each for itself, and what they say of one another.

use crate::exit_codes::ExitCodes;
use crate::failure;
use crate::field::Field;
use crate::manifest::Manifest;
use crate::object::Object;
use crate::problem::{Problem, Problems, Severity};
use crate::world::{Allow, Expects};
use crate::{rules, set};
use std::fmt;
use std::path::PathBuf;

/// A problem, and the manifest that has it.
#[derive(Debug, Clone)]
pub struct Found {
    /// The file of the manifest.
    pub file: PathBuf,
    /// Kind and name of the manifest, as in `Job/pgrefit-migrate`.
    pub object: String,
    /// What is wrong.
    pub problem: Problem,
}

/// `file:field: message (Kind/name)`, with the rule where it is not the server's.
impl fmt::Display for Found {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Problem { field, message, severity } = &self.problem;
        write!(f, "{}:{field}: {message}", self.file.display())?;
        if !self.object.is_empty() {
            write!(f, " ({})", self.object)?;
        }
        match severity {
            Severity::Error => Ok(()),
            Severity::Strict(rule) => write!(f, " [{rule}]"),
        }
    }
}

/// The linter, with what it may take for granted.
#[derive(Debug, Default)]
pub struct Linter {
    expects: Expects,
    exit_codes: Option<ExitCodes>,
}

/// A manifest, and what it was understood as.
pub(crate) struct Item<'a> {
    pub(crate) manifest: &'a Manifest,
    pub(crate) object: Option<Object>,
    pub(crate) problems: Problems,
}

impl Linter {
    /// A linter that knows what there is besides the manifests.
    #[must_use]
    pub fn new(expects: Expects) -> Self {
        Self { expects, exit_codes: None }
    }

    /// Holds the failure policies of all Jobs against the exit codes of what they run.
    #[must_use]
    pub fn exit_codes(self, codes: ExitCodes) -> Self {
        Self { exit_codes: Some(codes), ..self }
    }

    /// Judges manifests that are applied together.
    #[must_use]
    pub fn lint(&self, manifests: &[Manifest]) -> Vec<Found> {
        let mut items: Vec<_> = manifests.iter().map(understand).collect();
        let world = self.expects.with(items.iter().filter_map(|item| item.object.as_ref()));
        for item in &mut items {
            if let Some(object) = &item.object {
                rules::check(object, &world, &mut item.problems);
                failure::check(object, self.exit_codes.as_ref(), &mut item.problems);
            }
        }
        set::check(&mut items);
        self.without_allowed(found(items))
    }

    /// Judges each manifest for itself: what it names must be expected.
    #[must_use]
    pub fn lint_alone(&self, manifest: &Manifest) -> Vec<Problem> {
        let mut item = understand(manifest);
        let world = self.expects.with(item.object.iter());
        if let Some(object) = &item.object {
            rules::check(object, &world, &mut item.problems);
        }
        item.problems.into_vec()
    }

    fn without_allowed(&self, mut found: Vec<Found>) -> Vec<Found> {
        let unused = |allow: &&Allow| !found.iter().any(|one| allows(allow, one));
        let unused: Vec<_> = self.expects.allow.iter().filter(unused).map(unneeded).collect();
        found.retain(|one| !self.expects.allow.iter().any(|allow| allows(allow, one)));
        found.extend(unused);
        found
    }
}

fn understand(manifest: &Manifest) -> Item<'_> {
    let mut problems = Problems::default();
    let object = Object::decode(&manifest.value, &mut problems);
    Item { manifest, object, problems }
}

fn found(items: Vec<Item<'_>>) -> Vec<Found> {
    let of_item = |item: Item<'_>| {
        let (file, object) = (item.manifest.file.clone(), item.manifest.title());
        let found = move |problem| Found { file: file.clone(), object: object.clone(), problem };
        item.problems.into_vec().into_iter().map(found)
    };
    items.into_iter().flat_map(of_item).collect()
}

fn allows(allow: &Allow, found: &Found) -> bool {
    found.problem.severity.rule() == Some(allow.rule.as_str()) && found.object == allow.object
}

fn unneeded(allow: &Allow) -> Found {
    let message = format!("nothing of {} breaks \"{}\" any more", allow.object, allow.rule);
    let mut problems = Problems::default();
    problems.strict("unused-allowance", &Field::of("allow"), message);
    let problem = problems.into_vec().remove(0);
    Found { file: PathBuf::from("expects.toml"), object: allow.object.clone(), problem }
}

#[cfg(test)]
mod tests {
    use super::Linter;
    use crate::manifest::Manifest;
    use crate::world::Expects;
    use std::path::Path;

    /// Lints manifests with a list of what is expected, and compares what is printed.
    fn check(expects: &str, yaml: &str, expected: &[&str]) {
        let expects: Expects = toml::from_str(expects).expect("a list");
        let manifests = Manifest::parse(Path::new("a.yaml"), yaml).expect("manifests");
        let found = Linter::new(expects).lint(&manifests);
        assert_eq!(found.iter().map(ToString::to_string).collect::<Vec<_>>(), expected, "{yaml}");
    }

    const MAP: &str = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n";

    #[test]
    fn a_clean_set_has_no_problems() {
        check("", MAP, &[]);
    }

    #[test]
    fn the_same_name_twice_is_found() {
        let twice = "a.yaml:metadata.name: there is another ConfigMap/a (ConfigMap/a) [twice]";
        check("", &format!("{MAP}---\n{MAP}"), &[twice]);
        check("", &format!("{MAP}---\n{MAP}").replacen("{name: a}", "{name: a, namespace: b}", 1), &[]);
    }

    #[test]
    fn an_exception_is_for_one_rule_of_one_object_and_must_be_needed() {
        let allow = "[[allow]]\nrule = \"twice\"\nobject = \"ConfigMap/a\"\nreason = \"for a test\"\n";
        check(allow, &format!("{MAP}---\n{MAP}"), &[]);
        let unused = "expects.toml:allow: nothing of ConfigMap/a breaks \"twice\" any more (ConfigMap/a) [unused-allowance]";
        check(allow, MAP, &[unused]);
    }

    #[test]
    fn kinds_without_rules_are_named() {
        let why = "a.yaml:kind: no rules for kind Ingress of networking.k8s.io/v1: nothing but its name was looked at \
                   (Ingress/a) [kind-not-judged]";
        check("", "apiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata: {name: a}\n", &[why]);
        check("", "apiVersion: monitoring.coreos.com/v1\nkind: PrometheusRule\nmetadata: {name: a}\n", &[]);
        check("", "kind: Job\n", &["a.yaml:apiVersion: required value: a manifest says what it is (Job/)"]);
        let name = "a.yaml:metadata.name: required value: name or generateName is required (PrometheusRule/)";
        check("", "apiVersion: monitoring.coreos.com/v1\nkind: PrometheusRule\n", &[name]);
    }
}
