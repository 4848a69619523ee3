//! Volumes: one source each, and what a source needs.

use crate::field::Field;
use crate::names;
use crate::problem::Problems;
use crate::quantity::Quantity;
use k8s_openapi::api::core::v1::{KeyToPath, PodSpec, Volume, VolumeProjection};

/// The permission bits of a file.
const MODE_MAX: i64 = 0o777;

/// Judges the volumes; gives the names of those that the server takes, which are the only ones to be mounted.
pub(super) fn check(spec: &PodSpec, at: &Field, problems: &mut Problems) -> Vec<String> {
    let at = at.child("volumes");
    let mut taken = Vec::new();
    for (index, volume) in spec.volumes.iter().flatten().enumerate() {
        let at = at.index(index);
        let mut own = Problems::default();
        source(volume, &at, &mut own);
        own.required_form(&at.child("name"), &volume.name, names::dns_label);
        if taken.contains(&volume.name) {
            own.duplicate(&at.child("name"), &volume.name);
        }
        if !own.rejected() {
            taken.push(volume.name.clone());
        }
        for problem in own.into_vec() {
            problems.push(&Field::of(&problem.field), problem.message, problem.severity);
        }
        unused(volume, spec, &at, problems);
    }
    taken
}

/// The kinds of source that a volume has, in the order in which the server looks.
pub(super) fn sources(volume: &Volume) -> Vec<&'static str> {
    let all = [
        ("emptyDir", volume.empty_dir.is_some()),
        ("hostPath", volume.host_path.is_some()),
        ("gitRepo", volume.git_repo.is_some()),
        ("gcePersistentDisk", volume.gce_persistent_disk.is_some()),
        ("awsElasticBlockStore", volume.aws_elastic_block_store.is_some()),
        ("secret", volume.secret.is_some()),
        ("nfs", volume.nfs.is_some()),
        ("iscsi", volume.iscsi.is_some()),
        ("glusterfs", volume.glusterfs.is_some()),
        ("flocker", volume.flocker.is_some()),
        ("persistentVolumeClaim", volume.persistent_volume_claim.is_some()),
        ("rbd", volume.rbd.is_some()),
        ("cinder", volume.cinder.is_some()),
        ("cephfs", volume.cephfs.is_some()),
        ("quobyte", volume.quobyte.is_some()),
        ("downwardAPI", volume.downward_api.is_some()),
        ("fc", volume.fc.is_some()),
        ("flexVolume", volume.flex_volume.is_some()),
        ("configMap", volume.config_map.is_some()),
        ("azureFile", volume.azure_file.is_some()),
        ("vsphereVolume", volume.vsphere_volume.is_some()),
        ("photonPersistentDisk", volume.photon_persistent_disk.is_some()),
        ("portworxVolume", volume.portworx_volume.is_some()),
        ("azureDisk", volume.azure_disk.is_some()),
        ("storageos", volume.storageos.is_some()),
        ("projected", volume.projected.is_some()),
        ("scaleIO", volume.scale_io.is_some()),
        ("csi", volume.csi.is_some()),
        ("ephemeral", volume.ephemeral.is_some()),
        ("image", volume.image.is_some()),
    ];
    all.into_iter().filter(|(_, has)| *has).map(|(name, _)| name).collect()
}

fn source(volume: &Volume, at: &Field, problems: &mut Problems) {
    let sources = sources(volume);
    if sources.is_empty() {
        let why = "no source: the server makes it an emptyDir without a limit";
        problems.strict("volume-without-source", at, why);
    }
    for second in sources.iter().skip(1) {
        problems.forbidden(&at.child(second), "may not specify more than 1 volume type");
    }
    match sources.first().copied() {
        Some("emptyDir") => empty_dir(volume, &at.child("emptyDir"), problems),
        Some("secret") => secret(volume, &at.child("secret"), problems),
        Some("configMap") => config_map(volume, &at.child("configMap"), problems),
        Some("projected") => projected(volume, &at.child("projected"), problems),
        Some("persistentVolumeClaim") => claim(volume, &at.child("persistentVolumeClaim"), problems),
        _ => {}
    }
}

fn empty_dir(volume: &Volume, at: &Field, problems: &mut Problems) {
    let Some(source) = &volume.empty_dir else { return };
    let limit = source.size_limit.as_ref().and_then(|limit| Quantity::parse(&limit.0).ok());
    if limit.is_some_and(Quantity::is_negative) {
        problems.forbidden(&at.child("sizeLimit"), "SizeLimit field must be a valid resource quantity");
    }
    if limit.is_none() {
        problems.strict("unlimited-volume", at, "without sizeLimit it may fill the disk of the node");
    }
    let medium = source.medium.as_deref().unwrap_or_default();
    if !matches!(medium, "" | "Memory" | "HugePages") && !medium.starts_with("HugePages-") {
        problems.unsupported(&at.child("medium"), medium, &["Memory", "HugePages"]);
    }
}

fn secret(volume: &Volume, at: &Field, problems: &mut Problems) {
    let Some(source) = &volume.secret else { return };
    if source.secret_name.as_ref().is_none_or(String::is_empty) {
        problems.required(&at.child("secretName"), "");
    }
    mode(source.default_mode, &at.child("defaultMode"), problems);
    items(source.items.as_deref(), at, problems);
}

fn config_map(volume: &Volume, at: &Field, problems: &mut Problems) {
    let Some(source) = &volume.config_map else { return };
    if source.name.is_empty() {
        problems.required(&at.child("name"), "");
    }
    mode(source.default_mode, &at.child("defaultMode"), problems);
    items(source.items.as_deref(), at, problems);
}

fn projected(volume: &Volume, at: &Field, problems: &mut Problems) {
    let Some(source) = &volume.projected else { return };
    mode(source.default_mode, &at.child("defaultMode"), problems);
    for (index, projection) in source.sources.iter().flatten().enumerate() {
        self::projection(projection, &at.child("sources").index(index), problems);
    }
}

fn projection(projection: &VolumeProjection, at: &Field, problems: &mut Problems) {
    let secret = projection.secret.as_ref().map(|one| ("secret", &one.name, one.items.as_deref()));
    let map = projection.config_map.as_ref().map(|one| ("configMap", &one.name, one.items.as_deref()));
    for (kind, name, keys) in [secret, map].into_iter().flatten() {
        if name.is_empty() {
            problems.required(&at.child(kind).child("name"), "");
        }
        items(keys, &at.child(kind), problems);
    }
}

fn claim(volume: &Volume, at: &Field, problems: &mut Problems) {
    if volume.persistent_volume_claim.as_ref().is_some_and(|source| source.claim_name.is_empty()) {
        problems.required(&at.child("claimName"), "");
    }
}

fn items(items: Option<&[KeyToPath]>, at: &Field, problems: &mut Problems) {
    for (index, item) in items.into_iter().flatten().enumerate() {
        let at = at.child("items").index(index);
        if item.key.is_empty() {
            problems.required(&at.child("key"), "");
        }
        inner_path(&item.path, &at.child("path"), problems);
        mode(item.mode, &at.child("mode"), problems);
    }
}

fn inner_path(path: &str, at: &Field, problems: &mut Problems) {
    if path.is_empty() {
        problems.required(at, "");
    } else if path.starts_with('/') {
        problems.invalid(at, path, "must be a relative path");
    } else if path.split('/').any(|part| part == "..") {
        problems.invalid(at, path, "must not contain '..'");
    } else if path.starts_with("..") {
        problems.invalid(at, path, "must not start with '..'");
    }
}

fn mode(mode: Option<i32>, at: &Field, problems: &mut Problems) {
    if let Some(mode) = mode.filter(|mode| !(0..=MODE_MAX).contains(&i64::from(*mode))) {
        problems.invalid(at, mode, "must be a number between 0 and 0777 (octal), both inclusive");
    }
}

fn unused(volume: &Volume, spec: &PodSpec, at: &Field, problems: &mut Problems) {
    let containers = spec.containers.iter().chain(spec.init_containers.iter().flatten());
    let used = containers.into_iter().any(|container| {
        let mounts = container.volume_mounts.iter().flatten().map(|mount| &mount.name);
        let devices = container.volume_devices.iter().flatten().map(|device| &device.name);
        mounts.chain(devices).any(|name| *name == volume.name)
    });
    if !used {
        let why = format!("no container mounts \"{}\"", volume.name);
        problems.strict("volume-unused", at, why);
    }
}
