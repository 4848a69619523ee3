//! The bill of materials: what is linked into the binary, in the form of `CycloneDX` 1.5, from what cargo resolved and locked.
//! It has no date and no serial number, so that the same sources have the same bill.

use crate::failure::{Failure, Outcome};
use crate::workspace;
use cargo_metadata::{CargoOpt, DependencyKind, Metadata, MetadataCommand, Package, PackageId};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

/// Its name, beside the image and in it.
pub(crate) const NAME: &str = "pgrefit.cdx.json";

/// The package that the binary is made from.
const ROOT: &str = "pgrefit-cli";

/// The bill of this workspace's product.
pub(crate) fn of_workspace() -> Outcome<String> {
    let mut command = MetadataCommand::new();
    command.manifest_path(workspace::root().join("Cargo.toml")).features(CargoOpt::AllFeatures);
    command.other_options(["--locked".to_owned(), "--filter-platform".to_owned(), platform()]);
    let metadata = command.exec().map_err(|cause| Failure::because("list what pgrefit is made of", cause))?;
    let lock = workspace::read(&workspace::root().join("Cargo.lock"))?;
    let sums = checksums(&lock).map_err(|cause| Failure::because("read Cargo.lock", cause))?;
    let bill =
        bill(&metadata, &sums).ok_or_else(|| Failure::new(format!("find {ROOT} in this workspace")))?;
    let text =
        serde_json::to_string_pretty(&bill).map_err(|cause| Failure::because("write the bill", cause))?;
    Ok(text + "\n")
}

fn platform() -> String {
    format!("{}-unknown-linux-gnu", std::env::consts::ARCH)
}

type Named = (String, String);

/// SHA-256 by name and version. Our own crates have none.
fn checksums(lock: &str) -> Result<BTreeMap<Named, String>, toml::de::Error> {
    #[derive(serde::Deserialize)]
    struct Lock {
        package: Vec<Locked>,
    }
    #[derive(serde::Deserialize)]
    struct Locked {
        name: String,
        version: String,
        checksum: Option<String>,
    }
    let lock: Lock = toml::from_str(lock)?;
    let known = |own: Locked| Some(((own.name, own.version), own.checksum?));
    Ok(lock.package.into_iter().filter_map(known).collect())
}

fn bill(metadata: &Metadata, sums: &BTreeMap<Named, String>) -> Option<Value> {
    let packages: BTreeMap<&PackageId, &Package> =
        metadata.packages.iter().map(|own| (&own.id, own)).collect();
    let root = metadata.packages.iter().find(|own| own.name.as_str() == ROOT)?;
    let edges = edges(metadata);
    let linked = reachable(&root.id, &edges);
    let mut parts: Vec<&Package> = linked.iter().filter_map(|id| packages.get(id).copied()).collect();
    parts.sort_by(|a, b| (a.name.as_str(), &a.version).cmp(&(b.name.as_str(), &b.version)));
    let uses = |own: &Package| {
        let names = edges.get(&own.id).into_iter().flatten().filter_map(|id| packages.get(id));
        let names: BTreeSet<String> = names.map(|own| reference(own)).collect();
        json!({ "ref": reference(own), "dependsOn": names })
    };
    Some(json!({
        "bomFormat": "CycloneDX",
        "specVersion": "1.5",
        "version": 1,
        "metadata": { "component": component(root, "application", sums) },
        "components": parts.iter().filter(|own| own.id != root.id).map(|own| component(own, "library", sums)).collect::<Vec<_>>(),
        "dependencies": parts.iter().map(|own| uses(own)).collect::<Vec<_>>(),
    }))
}

/// What each package links. What only builds or tests it is not in the binary.
fn edges(metadata: &Metadata) -> BTreeMap<&PackageId, Vec<&PackageId>> {
    let nodes = metadata.resolve.iter().flat_map(|resolve| &resolve.nodes);
    nodes
        .map(|node| {
            let linked = node.deps.iter().filter(|dependency| {
                dependency.dep_kinds.iter().any(|info| info.kind == DependencyKind::Normal)
            });
            (&node.id, linked.map(|dependency| &dependency.pkg).collect())
        })
        .collect()
}

fn reachable<'a>(
    root: &'a PackageId,
    edges: &BTreeMap<&'a PackageId, Vec<&'a PackageId>>,
) -> BTreeSet<&'a PackageId> {
    let (mut found, mut open) = (BTreeSet::new(), vec![root]);
    while let Some(id) = open.pop() {
        if found.insert(id) {
            open.extend(edges.get(id).into_iter().flatten());
        }
    }
    found
}

fn component(own: &Package, kind: &str, sums: &BTreeMap<Named, String>) -> Value {
    let mut component = json!({
        "type": kind,
        "bom-ref": reference(own),
        "name": own.name.as_str(),
        "version": own.version.to_string(),
        "purl": reference(own),
    });
    if let Some(license) = &own.license {
        // An older form of cargo wrote a slash for OR.
        component["licenses"] = json!([{ "expression": license.replace('/', " OR ") }]);
    }
    if let Some(sum) = sums.get(&(own.name.to_string(), own.version.to_string())) {
        component["hashes"] = json!([{ "alg": "SHA-256", "content": sum }]);
    }
    component
}

/// A package URL.
fn reference(own: &Package) -> String {
    format!("pkg:cargo/{}@{}", own.name, own.version.to_string().replace('+', "%2B"))
}

#[cfg(test)]
mod tests {
    use super::{checksums, of_workspace};
    use serde_json::Value;
    use std::collections::BTreeSet;

    #[test]
    fn the_bill_has_what_is_linked_and_nothing_else() {
        let bill: Value = serde_json::from_str(&of_workspace().expect("a bill")).expect("JSON");
        let parts = bill["components"].as_array().expect("components");
        let find = |name: &str| parts.iter().find(|part| part["name"] == name);
        let tokio = find("tokio").expect("tokio");
        assert_eq!(tokio["hashes"][0]["content"].as_str().map(str::len), Some(64));
        assert_eq!(tokio["licenses"][0]["expression"], "MIT");
        assert!(find("pgrefit-pg").is_some_and(|part| part.get("hashes").is_none()));
        // Only tests use it, and only developer tasks.
        assert_eq!(find("expect-test").or_else(|| find("xtask")), None);
        let named: BTreeSet<&str> = parts.iter().filter_map(|part| part["bom-ref"].as_str()).collect();
        let root = bill["metadata"]["component"]["bom-ref"].as_str().expect("a root");
        for used in bill["dependencies"].as_array().expect("dependencies") {
            let uses = used["dependsOn"].as_array().expect("a list").iter().chain([&used["ref"]]);
            for name in uses.filter_map(Value::as_str) {
                assert!(named.contains(name) || name == root, "{name} is no component");
            }
        }
        let without: Vec<_> = parts.iter().filter(|part| part.get("licenses").is_none()).collect();
        assert!(without.is_empty(), "{without:?}");
    }

    #[test]
    fn checksums_are_by_name_and_version() {
        let lock = "[[package]]\nname = \"a\"\nversion = \"1.0.0\"\nchecksum = \"ff\"\n[[package]]\nname = \"b\"\nversion = \"2.0.0\"\n";
        let sums = checksums(lock).expect("a lock");
        assert_eq!(sums.into_iter().collect::<Vec<_>>(), [(("a".into(), "1.0.0".into()), "ff".into())]);
    }
}
