//! From a manifest to the types of the API: unknown fields, and values of another type, with their paths.
//!
//! What the server answers with 400 and "strict decoding error" or "cannot unmarshal".

use crate::field::Field;
use crate::problem::Problems;
use crate::quantity::Quantity;
use serde::de::DeserializeOwned;
use serde_ignored::Path;
use serde_json::Value;
use serde_path_to_error::Segment;

/// Reads an object of a type; nothing when it has problems, which are then recorded.
pub(crate) fn decode<T: DeserializeOwned>(value: &Value, problems: &mut Problems) -> Option<T> {
    let mut value = value.clone();
    quantities(&mut value, &Field::default(), problems);
    let mut unknown = Vec::new();
    let mut note = |path: Path<'_>| unknown.push(ignored(&path));
    let watched = serde_ignored::Deserializer::new(value, &mut note);
    let decoded = serde_path_to_error::deserialize(watched);
    for field in unknown {
        problems.reject(&field, "unknown field");
    }
    match decoded {
        Ok(object) => Some(object).filter(|_| !problems.rejected()),
        Err(error) => {
            problems.reject(&failed(error.path()), error.inner().to_string());
            None
        }
    }
}

/// Numbers where an amount stands are amounts to the server: `cpu: 1`. One that cannot be read is an error of decoding.
fn quantities(value: &mut Value, at: &Field, problems: &mut Problems) {
    match value {
        Value::Object(object) => {
            for (name, inner) in object {
                let at = at.child(name);
                match name.as_str() {
                    "limits" | "requests" | "overhead" | "capacity" => amounts(inner, &at, problems),
                    "sizeLimit" | "divisor" => amount(inner, &at, problems),
                    // Free text, where such names mean nothing.
                    "data" | "stringData" | "labels" | "annotations" => {}
                    _ => quantities(inner, &at, problems),
                }
            }
        }
        Value::Array(items) => {
            for (index, inner) in items.iter_mut().enumerate() {
                quantities(inner, &at.index(index), problems);
            }
        }
        _ => {}
    }
}

fn amounts(value: &mut Value, at: &Field, problems: &mut Problems) {
    for (name, inner) in value.as_object_mut().into_iter().flatten() {
        amount(inner, &at.key(name), problems);
    }
}

fn amount(value: &mut Value, at: &Field, problems: &mut Problems) {
    if let Value::Number(number) = value {
        *value = Value::String(number.to_string());
    }
    if let Some(Err(why)) = value.as_str().map(Quantity::parse) {
        problems.reject(at, why);
    }
}

fn ignored(path: &Path<'_>) -> Field {
    match path {
        Path::Root => Field::default(),
        Path::Seq { parent, index } => ignored(parent).index(*index),
        Path::Map { parent, key } => ignored(parent).child(key),
        Path::Some { parent } | Path::NewtypeStruct { parent } | Path::NewtypeVariant { parent } => {
            ignored(parent)
        }
    }
}

fn failed(path: &serde_path_to_error::Path) -> Field {
    path.iter().fold(Field::default(), |at, segment| match segment {
        Segment::Seq { index } => at.index(*index),
        Segment::Map { key } => at.child(key),
        Segment::Enum { variant } => at.child(variant),
        Segment::Unknown => at,
    })
}

#[cfg(test)]
mod tests {
    use super::decode;
    use crate::problem::Problems;
    use k8s_openapi::api::core::v1::{ConfigMap, Pod};
    use serde::de::DeserializeOwned;
    use serde_json::{Value, json};

    fn check<T: DeserializeOwned>(value: &Value, expected: &[&str]) {
        let mut problems = Problems::default();
        let decoded = decode::<T>(value, &mut problems).is_some();
        let fields: Vec<_> = problems.into_vec().into_iter().map(|problem| problem.field).collect();
        assert_eq!(fields, expected, "{value}");
        assert_eq!(decoded, expected.is_empty(), "{value}");
    }

    fn pod(container: &Value) -> Value {
        json!({ "apiVersion": "v1", "kind": "Pod", "spec": { "containers": [container] } })
    }

    #[test]
    fn unknown_fields_are_found_at_every_depth() {
        check::<Pod>(&pod(&json!({ "name": "a", "img": "b" })), &["spec.containers[0].img"]);
        check::<Pod>(
            &pod(&json!({ "name": "a", "env": [{ "nam": null }] })),
            &["spec.containers[0].env[0].nam"],
        );
        check::<Pod>(&json!({ "apiVersion": "v1", "kind": "Pod", "spek": {} }), &["spek"]);
    }

    #[test]
    fn types_are_not_guessed() {
        check::<Pod>(&pod(&json!({ "name": 1 })), &["spec.containers[0].name"]);
        check::<Pod>(&pod(&json!({ "name": "a", "stdin": "yes" })), &["spec.containers[0].stdin"]);
        check::<ConfigMap>(
            &json!({ "apiVersion": "v1", "kind": "ConfigMap", "data": { "a": 1 } }),
            &["data.a"],
        );
        check::<ConfigMap>(
            &json!({ "apiVersion": "v1", "kind": "ConfigMap", "binaryData": { "a": "***" } }),
            &["binaryData.a"],
        );
    }

    #[test]
    fn null_is_absent() {
        check::<Pod>(&pod(&json!({ "name": null, "env": null })), &[]);
    }

    #[test]
    fn amounts_may_be_numbers() {
        let limits = |cpu: Value| pod(&json!({ "name": "a", "resources": { "limits": { "cpu": cpu } } }));
        check::<Pod>(&limits(json!(1)), &[]);
        check::<Pod>(&limits(json!(0.5)), &[]);
        check::<Pod>(&limits(json!("5mi")), &["spec.containers[0].resources.limits[cpu]"]);
        check::<Pod>(&limits(json!(true)), &["spec.containers[0].resources.limits.cpu"]);
    }

    #[test]
    fn text_that_looks_like_amounts_is_left_alone() {
        let data = json!({ "apiVersion": "v1", "kind": "ConfigMap", "data": { "sizeLimit": "none" } });
        check::<ConfigMap>(&data, &[]);
    }
}
