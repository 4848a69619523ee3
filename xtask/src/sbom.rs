//! `cargo xtask sbom`: the bill of materials of the product in the form of `CycloneDX`: every crate that is linked into it or
//! that builds it, on any machine, with version, licence and the hash of Cargo.lock.

use crate::failure::{Failure, Outcome};
use crate::workspace;
use cargo_metadata::{DependencyKind, Metadata, MetadataCommand, Package, PackageId};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::process::ExitCode;

/// The crate of the binary.
const PRODUCT: &str = "pgrefit-cli";

/// Print the bill of materials of the product, as JSON of `CycloneDX` 1.6
#[derive(clap::Args)]
pub(crate) struct Args {
    /// Only what this target needs, such as x86_64-unknown-linux-gnu [default: what any target needs]
    #[arg(long)]
    target: Option<String>,
}

pub(crate) fn run(args: &Args) -> Outcome<ExitCode> {
    println!("{:#}", bill(args.target.as_deref())?);
    Ok(ExitCode::SUCCESS)
}

/// Reads Cargo.lock and the crates in cargo's cache. It has no date and no random number, so that it can be built again.
pub(crate) fn bill(target: Option<&str>) -> Outcome<Value> {
    let only = target.into_iter().flat_map(|target| ["--filter-platform", target]);
    let options: Vec<_> = ["--locked"].into_iter().chain(only).map(str::to_owned).collect();
    let metadata = MetadataCommand::new().current_dir(workspace::root()).other_options(options).exec();
    let metadata = metadata.map_err(|cause| Failure::because("read the workspace's metadata", cause))?;
    let hashes = hashes(&workspace::read(&workspace::root().join("Cargo.lock"))?);
    of(&metadata, &hashes).ok_or_else(|| Failure::new(format!("find {PRODUCT} in the workspace")))
}

fn of(metadata: &Metadata, hashes: &BTreeMap<String, String>) -> Option<Value> {
    let product = metadata.packages.iter().find(|package| package.name.as_str() == PRODUCT)?;
    let edges = edges(metadata);
    let ids = reached(&product.id, &edges);
    let package = |id: &PackageId| metadata.packages.iter().find(|package| package.id == *id);
    let packages: Vec<_> = ids.iter().filter_map(package).collect();
    let reference = |id: &PackageId| package(id).map(reference);
    let dependencies = ids.iter().map(|id| {
        let on: Vec<_> = edges.get(id).into_iter().flatten().filter_map(reference).collect();
        json!({ "ref": reference(id), "dependsOn": on })
    });
    let others = packages.iter().filter(|package| package.id != product.id);
    Some(json!({
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": { "component": component("application", product, hashes) },
        "components": others.map(|package| component("library", package, hashes)).collect::<Vec<_>>(),
        "dependencies": dependencies.collect::<Vec<_>>(),
    }))
}

type Edges = BTreeMap<PackageId, BTreeSet<PackageId>>;

/// What each crate needs, but for its tests.
fn edges(metadata: &Metadata) -> Edges {
    let nodes = metadata.resolve.iter().flat_map(|resolve| &resolve.nodes);
    let needed = |kinds: &[cargo_metadata::DepKindInfo]| {
        kinds.iter().any(|info| info.kind != DependencyKind::Development)
    };
    let edges = nodes.map(|node| {
        let on = node.deps.iter().filter(|dependency| needed(&dependency.dep_kinds));
        (node.id.clone(), on.map(|dependency| dependency.pkg.clone()).collect())
    });
    edges.collect()
}

fn reached(from: &PackageId, edges: &Edges) -> BTreeSet<PackageId> {
    let mut reached = BTreeSet::new();
    let mut open = vec![from.clone()];
    while let Some(id) = open.pop() {
        if reached.insert(id.clone()) {
            open.extend(edges.get(&id).into_iter().flatten().cloned());
        }
    }
    reached
}

/// The package URL.
fn reference(package: &Package) -> String {
    format!("pkg:cargo/{}@{}", package.name, package.version)
}

fn component(kind: &str, package: &Package, hashes: &BTreeMap<String, String>) -> Value {
    let mut component = json!({
        "type": kind,
        "bom-ref": reference(package),
        "name": package.name.as_str(),
        "version": package.version.to_string(),
        "purl": reference(package),
    });
    if let Some(license) = &package.license {
        // Cargo once took a slash for "or".
        component["licenses"] = json!([{ "expression": license.replace('/', " OR ").replace("  ", " ") }]);
    }
    if let Some(hash) = hashes.get(&format!("{}@{}", package.name, package.version)) {
        component["hashes"] = json!([{ "alg": "SHA-256", "content": hash }]);
    }
    component
}

/// Name, version and checksum of each crate that does not lie in the workspace. cargo writes them in lines, in this order.
fn hashes(lock: &str) -> BTreeMap<String, String> {
    let value = |block: &str, key: &str| {
        let line = block.lines().find_map(|line| line.strip_prefix(key)?.strip_prefix(" = \""))?;
        line.strip_suffix('"').map(str::to_owned)
    };
    let blocks = lock.split("[[package]]").skip(1);
    let entries = blocks.filter_map(|block| {
        let name = format!("{}@{}", value(block, "name")?, value(block, "version")?);
        Some((name, value(block, "checksum")?))
    });
    entries.collect()
}

#[cfg(test)]
mod tests {
    use super::{bill, hashes};
    use serde_json::Value;

    #[test]
    fn checksums_are_those_of_the_lock_file() {
        let lock = "version = 4\n\n[[package]]\nname = \"a\"\nversion = \"1.0.0\"\nsource = \"s\"\nchecksum = \"ff\"\n\
                    dependencies = [\n \"b\",\n]\n\n[[package]]\nname = \"b\"\nversion = \"0.1.0\"\n";
        assert_eq!(hashes(lock), [("a@1.0.0".to_owned(), "ff".to_owned())].into());
    }

    #[test]
    fn the_bill_has_every_crate_of_the_product_with_licence_and_hash_and_no_crate_of_tests() {
        let bill = bill(None).expect("a bill");
        let components = bill["components"].as_array().expect("components");
        let named = |name: &str| components.iter().find(|component| component["name"] == name);
        assert!(components.len() > 100, "{}", components.len());
        for component in components {
            assert!(component["licenses"][0]["expression"].is_string(), "{component}");
            let own = component["name"].as_str().is_some_and(|name| name.starts_with("pgrefit"));
            let hash = component["hashes"][0]["content"].as_str().unwrap_or_default();
            assert_eq!(hash.len(), if own { 0 } else { 64 }, "{component}");
        }
        assert!(named("tokio-postgres").is_some() && named("pgrefit-pg").is_some());
        assert!(named("expect-test").is_none(), "of tests");
        assert_eq!(bill["metadata"]["component"]["name"], "pgrefit-cli");
        let refs = bill["dependencies"].as_array().map(Vec::len);
        assert_eq!(refs, Some(components.len() + 1));
        assert!(bill["dependencies"].as_array().into_iter().flatten().all(|d| d["ref"] != Value::Null));
    }
    #[test]
    fn one_target_needs_less_than_all() {
        let has = |target: Option<&str>, name: &str| {
            let bill = bill(target).expect("a bill");
            let components = bill["components"].as_array().expect("components");
            components.iter().any(|component| component["name"] == name)
        };
        assert!(has(None, "windows-sys"));
        assert!(!has(Some("x86_64-unknown-linux-gnu"), "windows-sys"));
    }
}
