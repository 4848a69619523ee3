//! Gives rendered Jobs a name that changes with what they run: a Job cannot be changed once it is there, so that the
//! next release needs another one, and the same release must find its own again.

use crate::error::Error;
use crate::manifest::Manifest;
use serde_json::Value;
use sha2::{Digest, Sha256};
use std::path::{Path, PathBuf};

/// Of the hash in the name, in bytes: 12 hexadecimal digits.
const HASH_BYTES: usize = 6;
/// Who renames or replaces Jobs themselves: hooks keep their name.
const HOOKS: [&str; 2] = ["argocd.argoproj.io/hook", "helm.sh/hook"];

/// What a name is made of besides the manifest.
#[derive(Debug, Clone, Default)]
pub struct Stamp {
    /// Images to set, as `registry/name@sha256:…`; each replaces those whose name ends the same.
    pub images: Vec<String>,
    /// The folder of migrations that the image has.
    pub migrations: Option<PathBuf>,
}

/// What stops it.
#[derive(Debug, thiserror::Error)]
pub enum StampError {
    /// A file cannot be read, or understood.
    #[error(transparent)]
    Read(#[from] Error),
    /// An image has no digest.
    #[error("failed to set image \"{image}\": it has no digest (name@sha256:…)")]
    NotPinned {
        /// The image.
        image: String,
    },
    /// No container has such an image.
    #[error("failed to set image \"{image}\": no container of the manifests has one of that name")]
    NoContainer {
        /// The image.
        image: String,
    },
    /// The text is not laid out as kustomize does it.
    #[error("failed to rename {object}: its text is not laid out as kustomize renders it")]
    Layout {
        /// The object.
        object: String,
    },
}

/// Sets images and names in rendered manifests; everything else of the text stays as it is.
///
/// # Errors
/// When an image has no digest or fits nowhere, when migrations cannot be read, or when the text is not kustomize's.
pub fn stamp(text: &str, stamp: &Stamp) -> Result<String, StampError> {
    let text = stamp.images.iter().try_fold(text.to_owned(), |text, image| set_image(&text, image))?;
    let migrations = digest_of(stamp.migrations.as_deref())?;
    let maps = maps(&text)?;
    let documents = text.split("\n---\n").map(|document| rename(document, &migrations, &maps));
    Ok(documents.collect::<Result<Vec<_>, _>>()?.join("\n---\n"))
}

fn set_image(text: &str, image: &str) -> Result<String, StampError> {
    let (name, digest) = image.split_once("@sha256:").unwrap_or_default();
    if name.is_empty() || digest.len() != 64 || !digest.chars().all(|c| c.is_ascii_hexdigit()) {
        return Err(StampError::NotPinned { image: image.to_owned() });
    }
    let wanted = last_part(name);
    let mut set = false;
    let lines = text.lines().map(|line| {
        let (indent, old) = line.split_at(line.find("image: ").map_or(line.len(), |at| at + "image: ".len()));
        let is_field = indent.trim_start().trim_start_matches("- ") == "image: ";
        if is_field && last_part(old.trim_matches('"')) == wanted {
            set = true;
            return format!("{indent}{image}\n");
        }
        format!("{line}\n")
    });
    let text = lines.collect();
    if set { Ok(text) } else { Err(StampError::NoContainer { image: image.to_owned() }) }
}

/// The name of an image without registry, tag and digest.
fn last_part(image: &str) -> &str {
    let name = image.split('@').next().unwrap_or_default();
    let last = name.rsplit('/').next().unwrap_or_default();
    last.split(':').next().unwrap_or_default()
}

/// The `ConfigMaps` among the documents: what a Job runs depends on theirs as well.
fn maps(text: &str) -> Result<Vec<Manifest>, Error> {
    let all = Manifest::parse(Path::new("the rendered manifests"), text)?;
    Ok(all.into_iter().filter(|manifest| manifest.kind() == "ConfigMap").collect())
}

fn rename(document: &str, migrations: &[u8], maps: &[Manifest]) -> Result<String, StampError> {
    let Some(job) = job(document)? else { return Ok(document.to_owned()) };
    let name = job.name();
    let new = format!("{name}-{}", hash(&job, migrations, maps));
    let old_line = format!("\n  name: {name}\n");
    // The first at this depth is that of the metadata: kustomize sorts the fields.
    let renamed = document.replacen(&old_line, &format!("\n  name: {new}\n"), 1);
    let mut expected = job.value.clone();
    if let Some(place) = expected.pointer_mut("/metadata/name") {
        *place = Value::String(new);
    }
    let found = self::job(&renamed)?.map(|job| job.value);
    if found == Some(expected) { Ok(renamed) } else { Err(StampError::Layout { object: job.title() }) }
}

/// The document, when it is a Job that keeps no name of its own.
fn job(document: &str) -> Result<Option<Manifest>, Error> {
    let all = Manifest::parse(Path::new("the rendered manifests"), document)?;
    let is_hook = |job: &Manifest| {
        let annotations = job.value.pointer("/metadata/annotations").and_then(Value::as_object);
        annotations.is_some_and(|annotations| HOOKS.iter().any(|hook| annotations.contains_key(*hook)))
    };
    Ok(all.into_iter().find(|manifest| manifest.kind() == "Job" && !is_hook(manifest)))
}

/// Of everything that decides what the Job does: its spec, the configuration that it names, and the migrations.
fn hash(job: &Manifest, migrations: &[u8], maps: &[Manifest]) -> String {
    let mut hasher = Sha256::new();
    let spec = canonical(job.value.get("spec").unwrap_or(&Value::Null));
    hasher.update(&spec);
    for map in maps.iter().filter(|map| spec.contains(&format!("\"{}\"", map.name()))) {
        hasher.update(canonical(&map.value));
    }
    hasher.update(migrations);
    let digest = hasher.finalize();
    let short = digest.iter().take(HASH_BYTES).fold(0_u64, |short, byte| short << 8 | u64::from(*byte));
    format!("{short:0width$x}", width = 2 * HASH_BYTES)
}

/// The same for the same value, in whatever order its keys stood.
fn canonical(value: &Value) -> String {
    match value {
        Value::Object(object) => {
            let mut fields: Vec<_> = object.iter().collect();
            fields.sort_by_key(|(name, _)| *name);
            let fields: Vec<_> = fields
                .into_iter()
                .map(|(name, inner)| format!("{}:{}", Value::from(name.as_str()), canonical(inner)))
                .collect();
            format!("{{{}}}", fields.join(","))
        }
        Value::Array(items) => {
            let items: Vec<_> = items.iter().map(canonical).collect();
            format!("[{}]", items.join(","))
        }
        simple => simple.to_string(),
    }
}

/// Names and contents of all SQL files, in order.
fn digest_of(dir: Option<&Path>) -> Result<Vec<u8>, Error> {
    let Some(dir) = dir else { return Ok(Vec::new()) };
    let failed = |source| Error::Read { path: dir.to_owned(), source };
    let entries: Vec<_> =
        std::fs::read_dir(dir).map_err(failed)?.collect::<Result<_, _>>().map_err(failed)?;
    let mut paths: Vec<_> = entries.into_iter().map(|entry| entry.path()).collect();
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "sql"));
    paths.sort();
    let mut hasher = Sha256::new();
    for path in paths {
        let contents = std::fs::read(&path).map_err(|source| Error::Read { path: path.clone(), source })?;
        hasher.update(path.file_name().unwrap_or_default().as_encoded_bytes());
        hasher.update((contents.len() as u64).to_be_bytes());
        hasher.update(contents);
    }
    Ok(hasher.finalize().to_vec())
}

#[cfg(test)]
mod tests {
    use super::{Stamp, stamp};
    use std::path::PathBuf;

    const JOB: &str = "apiVersion: batch/v1\nkind: Job\nmetadata:\n  labels:\n    app: a\n  name: m\nspec:\n  template:\n    spec:\n      \
                       containers:\n      - args: [migrate]\n        image: pgrefit\n        name: m\n";
    const MAP: &str = "apiVersion: v1\ndata:\n  a: b\nkind: ConfigMap\nmetadata:\n  name: c\n";

    fn pinned(name: &str, digit: &str) -> String {
        format!("{name}@sha256:{}", digit.repeat(64))
    }

    fn name(text: &str, images: &[String], migrations: Option<PathBuf>) -> String {
        let stamped = stamp(text, &Stamp { images: images.to_vec(), migrations }).expect("a rendered text");
        let line = stamped.lines().find(|line| line.starts_with("  name: m"));
        line.expect("a name").trim_start_matches("  name: ").to_owned()
    }

    #[test]
    fn the_name_changes_with_what_is_run_and_with_nothing_else() {
        let same = name(JOB, &[], None);
        assert_eq!(same.len(), "m-".len() + 12, "{same}");
        assert_eq!(name(JOB, &[], None), same);
        assert_eq!(name(&JOB.replace("app: a", "app: b"), &[], None), same);
        assert_ne!(name(&JOB.replace("[migrate]", "[plan]"), &[], None), same);
        let one = name(JOB, &[pinned("r.example/pgrefit", "1")], None);
        assert_ne!(one, same);
        assert_ne!(name(JOB, &[pinned("r.example/pgrefit", "2")], None), one);
    }

    #[test]
    fn the_name_changes_with_the_configuration_that_is_named() {
        let job = JOB
            .replace("        name: m\n", "        name: m\n        envFrom: [{configMapRef: {name: c}}]\n");
        let with =
            |map: &str, job: &str| name(&format!("{map}\n---\n{job}").replace("\n\n", "\n"), &[], None);
        assert_ne!(with(MAP, &job), with(&MAP.replace("a: b", "a: c"), &job));
        assert_eq!(with(MAP, JOB), with(&MAP.replace("a: b", "a: c"), JOB));
    }

    #[test]
    fn the_name_changes_with_the_migrations() {
        let dir = std::env::temp_dir().join(format!("pgrefit-kube-{}", std::process::id()));
        std::fs::create_dir_all(&dir).expect("a folder");
        let named = |sql: &str| {
            std::fs::write(dir.join("V1__a.sql"), sql).expect("a file");
            name(JOB, &[], Some(dir.clone()))
        };
        assert_ne!(named("SELECT 1"), named("SELECT 2"));
        std::fs::remove_dir_all(&dir).expect("the folder");
    }

    #[test]
    fn images_are_set_by_their_last_part() {
        let image = pinned("r.example:5000/team/pgrefit", "a");
        let check = |old: &str, new: bool| {
            let text = JOB.replace("image: pgrefit", &format!("image: {old}"));
            let stamped = stamp(&text, &Stamp { images: vec![image.clone()], migrations: None });
            assert_eq!(stamped.is_ok_and(|text| text.contains(&format!("image: {image}\n"))), new, "{old}");
        };
        check("pgrefit", true);
        check("pgrefit:0.1.0", true);
        check("other.example/pgrefit:1@sha256:00", true);
        check("pgrefit-tools", false);
        check("nginx", false);
    }

    #[test]
    fn what_cannot_be_stamped() {
        let check = |text: &str, image: &str, expected: &str| {
            let stamped = stamp(text, &Stamp { images: vec![image.to_owned()], migrations: None });
            assert!(stamped.is_err_and(|error| error.to_string().contains(expected)), "{image}");
        };
        check(JOB, "pgrefit:1", "has no digest");
        check(JOB, &pinned("nginx", "a"), "no container");
        let flow = JOB.replace("metadata:\n  labels:\n    app: a\n  name: m\n", "metadata: {name: m}\n");
        check(&flow, &pinned("pgrefit", "a"), "failed to rename Job/m");
    }

    #[test]
    fn hooks_keep_their_name() {
        let hook =
            JOB.replace("  labels:\n", "  annotations:\n    argocd.argoproj.io/hook: PreSync\n  labels:\n");
        assert_eq!(name(&hook, &[], None), "m");
    }
}
