//! The recorded answers, and the manifests that were asked about.

use pgrefit_kube::{Expects, Linter, Manifest, Problem};
use serde::Deserialize;
use serde_json::Value;
use std::collections::BTreeMap;

/// What was recorded.
#[derive(Deserialize)]
pub(crate) struct Recorded {
    /// Manifests that the server accepts.
    pub(crate) bases: BTreeMap<String, Value>,
    /// Changes to them.
    pub(crate) cases: Vec<Case>,
}

/// One manifest, as a change to an accepted one, and the server's answer.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(crate) struct Case {
    pub(crate) name: String,
    pub(crate) base: String,
    pub(crate) op: String,
    pub(crate) path: String,
    pub(crate) value: Value,
    pub(crate) manifest: Value,
    pub(crate) accepted: bool,
    pub(crate) code: u16,
    pub(crate) message: String,
    pub(crate) fields: Vec<String>,
    pub(crate) warnings: Vec<String>,
}

impl Recorded {
    pub(crate) fn read() -> Self {
        serde_json::from_str(include_str!("verdicts.json")).expect("the recorded verdicts")
    }

    /// What we say about a case, in the namespace of the recording.
    pub(crate) fn lint(&self, case: &Case) -> Vec<Problem> {
        lint(&self.manifest(case))
    }

    /// The manifest of a case.
    pub(crate) fn manifest(&self, case: &Case) -> Value {
        let mut manifest = self.bases.get(&case.base).expect("a base").clone();
        match case.op.as_str() {
            "none" => {}
            "manifest" => manifest = case.manifest.clone(),
            "set" => set(&mut manifest, &case.path, case.value.clone()),
            "remove" => remove(&mut manifest, &case.path),
            other => panic!("{other} is no operation"),
        }
        manifest
    }
}

impl Case {
    /// The field that the decoder of the server names; some of its messages name none.
    pub(crate) fn decoding(&self) -> Option<String> {
        if let Some((_, field)) = self.message.split_once("unknown field \"") {
            return field.strip_suffix('"').map(str::to_owned);
        }
        let (_, rest) = self.message.split_once("Go struct field ")?;
        let field = rest.split_whitespace().next()?;
        // The first word is the type that has the field.
        Some(field.split_once('.')?.1.to_owned())
    }
}

/// What is in the namespace of the recording.
pub(crate) fn lint(manifest: &Value) -> Vec<Problem> {
    let names = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
    let expects = Expects {
        service_accounts: names(&["pgrefit"]),
        secrets: names(&["pgrefit-migrator", "x"]),
        config_maps: names(&["pgrefit-config-tbcm959cg6"]),
        ..Expects::default()
    };
    let manifest = Manifest { file: "case.yaml".into(), value: manifest.clone() };
    Linter::new(expects).lint_alone(&manifest)
}

/// Puts a value at a JSON pointer; `+` at its end appends to a list.
pub(crate) fn set(manifest: &mut Value, path: &str, value: Value) {
    let (parent, key) = split(path);
    let parent = manifest.pointer_mut(parent).unwrap_or_else(|| panic!("nothing at {path}"));
    match parent {
        Value::Object(object) => drop(object.insert(key, value)),
        Value::Array(items) if key == "+" => items.push(value),
        Value::Array(items) => items[key.parse::<usize>().expect("an index")] = value,
        _ => panic!("nothing can be set at {path}"),
    }
}

pub(crate) fn remove(manifest: &mut Value, path: &str) {
    let (parent, key) = split(path);
    match manifest.pointer_mut(parent) {
        Some(Value::Object(object)) => drop(object.remove(&key)),
        Some(Value::Array(items)) => drop(items.remove(key.parse().expect("an index"))),
        _ => panic!("nothing at {path}"),
    }
}

fn split(path: &str) -> (&str, String) {
    let (parent, key) = path.rsplit_once('/').expect("a pointer");
    (parent, key.replace("~1", "/").replace("~0", "~"))
}
