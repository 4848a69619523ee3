//! What the containers run, so that the real program can be asked whether it would understand.

use crate::manifest::Manifest;
use crate::object::Object;
use crate::problem::Problems;
use k8s_openapi::api::core::v1::Container;
use serde::Serialize;
use std::path::PathBuf;

/// How a container starts its program.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Invocation {
    /// The file of the manifest.
    pub file: PathBuf,
    /// Kind and name of the manifest.
    pub object: String,
    /// The field of the container.
    pub field: String,
    /// The image, as the manifest has it.
    pub image: String,
    /// The program; empty for the image's own.
    pub command: Vec<String>,
    /// Its arguments.
    pub args: Vec<String>,
}

/// The invocations of all containers of a set of manifests. One that cannot be decoded has none: the linter names it.
#[must_use]
pub fn invocations(manifests: &[Manifest]) -> Vec<Invocation> {
    manifests.iter().flat_map(of_manifest).collect()
}

fn of_manifest(manifest: &Manifest) -> Vec<Invocation> {
    let object = Object::decode(&manifest.value, &mut Problems::default());
    let Some(pod) = object.as_ref().and_then(Object::pod) else { return Vec::new() };
    let one = |list: &str, (index, container): (usize, &Container)| Invocation {
        file: manifest.file.clone(),
        object: manifest.title(),
        field: pod.at.child(list).index(index).to_string(),
        image: container.image.clone().unwrap_or_default(),
        command: container.command.clone().unwrap_or_default(),
        args: container.args.clone().unwrap_or_default(),
    };
    let main = pod.spec.containers.iter().enumerate().map(|place| one("containers", place));
    let init =
        pod.spec.init_containers.iter().flatten().enumerate().map(|place| one("initContainers", place));
    main.chain(init).collect()
}

#[cfg(test)]
mod tests {
    use super::invocations;
    use crate::manifest::Manifest;
    use std::path::Path;

    #[test]
    fn every_container_is_asked() {
        let yaml = "apiVersion: batch/v1\nkind: Job\nmetadata: {name: a}\nspec:\n  template:\n    spec:\n      \
                    containers: [{name: b, image: pgrefit, args: [migrate]}]\n      \
                    initContainers: [{name: c, image: x, command: [/y]}]\n";
        let manifests = Manifest::parse(Path::new("a.yaml"), yaml).expect("a manifest");
        let all = invocations(&manifests);
        let fields: Vec<_> =
            all.iter().map(|one| (one.field.as_str(), one.args.len(), one.command.len())).collect();
        let at = ["spec.template.spec.containers[0]", "spec.template.spec.initContainers[0]"];
        assert_eq!(fields, [(at[0], 1, 0), (at[1], 0, 1)]);
    }
}
