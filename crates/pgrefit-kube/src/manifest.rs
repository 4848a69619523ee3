//! Manifests as they are read: files of YAML documents.

use crate::error::Error;
use serde::Deserialize as _;
use serde_json::Value;
use std::path::{Path, PathBuf};

/// One object of a file, before anything is known about it.
#[derive(Debug, Clone)]
pub struct Manifest {
    /// The file it is from.
    pub file: PathBuf,
    /// The object itself.
    pub value: Value,
}

impl Manifest {
    /// Reads the manifests of a file.
    ///
    /// # Errors
    /// When it cannot be read, or is not a list of YAML objects. A key that stands twice is an error, as with the server.
    pub fn read(path: &Path) -> Result<Vec<Self>, Error> {
        let text =
            std::fs::read_to_string(path).map_err(|source| Error::Read { path: path.to_owned(), source })?;
        Self::parse(path, &text)
    }

    /// Reads the manifests of a text; `file` is what problems name. A `List` is taken apart.
    ///
    /// # Errors
    /// As of [`Self::read`].
    pub fn parse(file: &Path, text: &str) -> Result<Vec<Self>, Error> {
        let mut all = Vec::new();
        for (index, document) in serde_yaml_ng::Deserializer::from_str(text).enumerate() {
            let failed = |source| Error::Yaml { path: file.to_owned(), source };
            // Through YAML's own value, which finds a key that stands twice.
            let value = serde_yaml_ng::Value::deserialize(document).map_err(failed)?;
            let value =
                serde_json::to_value(value).map_err(|cause| failed(serde::de::Error::custom(cause)))?;
            all.extend(objects(file, index, value)?);
        }
        Ok(all)
    }

    /// The object's kind; empty when it has none.
    #[must_use]
    pub fn kind(&self) -> &str {
        self.text("/kind")
    }

    /// The object's name; empty when it has none.
    #[must_use]
    pub fn name(&self) -> &str {
        self.text("/metadata/name")
    }

    /// Kind and name, for people.
    #[must_use]
    pub fn title(&self) -> String {
        format!("{}/{}", self.kind(), self.name())
    }

    fn text(&self, pointer: &str) -> &str {
        self.value.pointer(pointer).and_then(Value::as_str).unwrap_or_default()
    }
}

fn objects(file: &Path, index: usize, value: Value) -> Result<Vec<Manifest>, Error> {
    let manifest = |value| Manifest { file: file.to_owned(), value };
    let what = match value {
        // An empty document between two separators.
        Value::Null => return Ok(Vec::new()),
        Value::Object(mut object) => {
            let is_list = object.get("kind").is_some_and(|kind| kind == "List");
            return match object.remove("items").filter(|_| is_list) {
                Some(Value::Array(items)) => Ok(items.into_iter().map(manifest).collect()),
                Some(items) => Ok(vec![manifest(items)]),
                None => Ok(vec![manifest(Value::Object(object))]),
            };
        }
        Value::Array(_) => "a list",
        _ => "a single value",
    };
    Err(Error::NotAnObject { path: file.to_owned(), document: index + 1, what })
}

#[cfg(test)]
mod tests {
    use super::Manifest;
    use std::path::Path;

    fn check(text: &str, expected: Result<&[&str], &str>) {
        let found = Manifest::parse(Path::new("a.yaml"), text);
        let titles = found.map(|all| all.iter().map(Manifest::title).collect::<Vec<_>>());
        match (titles, expected) {
            (Ok(titles), Ok(expected)) => assert_eq!(titles, expected, "{text}"),
            (Err(error), Err(why)) => assert!(error.to_string().contains(why), "{error}: {text}"),
            (titles, _) => panic!("{titles:?}: {text}"),
        }
    }

    #[test]
    fn documents_and_lists() {
        check(
            "kind: Job\nmetadata: {name: a}\n---\n---\nkind: Pod\nmetadata: {name: b}\n",
            Ok(&["Job/a", "Pod/b"]),
        );
        check("kind: List\nitems:\n- kind: Job\n- kind: Pod\n", Ok(&["Job/", "Pod/"]));
        check("", Ok(&[]));
    }

    #[test]
    fn what_holds_no_object() {
        check("kind: Job\nkind: Pod\n", Err("failed to understand a.yaml as YAML"));
        check("- 1\n", Err("in document 1 of a.yaml: it is a list"));
        check("kind: Job\n---\nword\n", Err("in document 2 of a.yaml: it is a single value"));
        check("a: [\n", Err("failed to understand a.yaml as YAML"));
    }
}
