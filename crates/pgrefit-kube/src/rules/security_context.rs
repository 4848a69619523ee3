//! As whom processes run and what the kernel lets them do: whether it is well-formed. Whether it is safe is
//! `pod_security.rs`.

use super::container;
use crate::field::Field;
use crate::problem::Problems;
use k8s_openapi::api::core::v1::{AppArmorProfile, Container, PodSpec, SeccompProfile, SecurityContext};

const ID_MAX: i64 = i32::MAX as i64;

pub(super) fn check_pod(spec: &PodSpec, at: &Field, problems: &mut Problems) {
    windows(spec, at, problems);
    proc_mount(spec, at, problems);
    let Some(context) = &spec.security_context else { return };
    let at = at.child("securityContext");
    for (name, id) in [
        ("runAsUser", context.run_as_user),
        ("runAsGroup", context.run_as_group),
        ("fsGroup", context.fs_group),
    ] {
        problems.between(&at.child(name), id, 0, ID_MAX);
    }
    for (index, group) in context.supplemental_groups.iter().flatten().enumerate() {
        problems.between(&at.child("supplementalGroups").index(index), Some(*group), 0, ID_MAX);
    }
    problems.set_one_of(
        &at.child("fsGroupChangePolicy"),
        context.fs_group_change_policy.as_deref(),
        &["Always", "OnRootMismatch"],
    );
    seccomp(context.seccomp_profile.as_ref(), &at.child("seccompProfile"), problems);
    app_armor(context.app_armor_profile.as_ref(), &at.child("appArmorProfile"), problems);
    sysctls(spec, &at.child("sysctls"), problems);
}

fn sysctls(spec: &PodSpec, at: &Field, problems: &mut Problems) {
    let all =
        spec.security_context.as_ref().and_then(|context| context.sysctls.as_deref()).unwrap_or_default();
    for (index, sysctl) in all.iter().enumerate() {
        let name = at.index(index).child("name");
        let valid = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "-_./".contains(c);
        if sysctl.name.is_empty() {
            problems.required(&name, "");
        } else if !sysctl.name.chars().all(valid) || sysctl.name.len() > 253 {
            problems.invalid(
                &name,
                &sysctl.name,
                "must have at most 253 characters and match a sysctl's name",
            );
        }
        if all.get(..index).unwrap_or_default().iter().any(|before| before.name == sysctl.name) {
            problems.duplicate(&name, &sysctl.name);
        }
    }
}

pub(super) fn check_container(container: &Container, at: &Field, problems: &mut Problems) {
    let at = at.child("securityContext");
    let none = SecurityContext::default();
    let context = container.security_context.as_ref().unwrap_or(&none);
    for (name, id) in [("runAsUser", context.run_as_user), ("runAsGroup", context.run_as_group)] {
        problems.between(&at.child(name), id, 0, ID_MAX);
    }
    if context.privileged == Some(true) {
        problems.forbidden(&at.child("privileged"), "disallowed by cluster policy");
    }
    problems.set_one_of(&at.child("procMount"), context.proc_mount.as_deref(), &["Default", "Unmasked"]);
    seccomp(context.seccomp_profile.as_ref(), &at.child("seccompProfile"), problems);
    app_armor(context.app_armor_profile.as_ref(), &at.child("appArmorProfile"), problems);
    escalation(context, &at, problems);
    if context.read_only_root_filesystem != Some(true) {
        let why = "what the image brings can be overwritten; Pod Security does not ask for it";
        problems.strict("writable-root", &at.child("readOnlyRootFilesystem"), why);
    }
}

/// What always escalates cannot be forbidden to.
fn escalation(context: &SecurityContext, at: &Field, problems: &mut Problems) {
    if context.allow_privilege_escalation != Some(false) {
        return;
    }
    if context.privileged == Some(true) {
        problems.reject(at, "cannot set `allowPrivilegeEscalation` to false and `privileged` to true");
    }
    let added = context.capabilities.as_ref().and_then(|capabilities| capabilities.add.as_deref());
    if added.into_iter().flatten().any(|capability| capability == "CAP_SYS_ADMIN") {
        problems.reject(
            at,
            "cannot set `allowPrivilegeEscalation` to false and `capabilities.Add` CAP_SYS_ADMIN",
        );
    }
}

fn seccomp(profile: Option<&SeccompProfile>, at: &Field, problems: &mut Problems) {
    let Some(profile) = profile else { return };
    let (kind, file) = (profile.type_.as_str(), profile.localhost_profile.as_deref());
    self::profile("seccomp", kind, file, ["Localhost", "RuntimeDefault", "Unconfined"], at, problems);
}

fn app_armor(profile: Option<&AppArmorProfile>, at: &Field, problems: &mut Problems) {
    let Some(profile) = profile else { return };
    let (kind, file) = (profile.type_.as_str(), profile.localhost_profile.as_deref());
    self::profile("AppArmor", kind, file, ["Localhost", "RuntimeDefault", "Unconfined"], at, problems);
}

fn profile(
    what: &str,
    kind: &str,
    file: Option<&str>,
    kinds: [&str; 3],
    at: &Field,
    problems: &mut Problems,
) {
    let here = at.child("localhostProfile");
    match (kind, file) {
        ("", _) => problems.required(&at.child("type"), "type is required when a profile is set"),
        ("Localhost", None | Some("")) => {
            problems.required(&here, &format!("must be set when {what} type is Localhost"));
        }
        ("Localhost", _) => {}
        (kind, _) if !kinds.contains(&kind) => problems.unsupported(&at.child("type"), kind, &kinds),
        (_, Some(file)) => {
            problems.invalid(&here, file, format!("can only be set when {what} type is Localhost"));
        }
        _ => {}
    }
}

/// `/proc` can be shown whole only to those who are nobody on the node.
fn proc_mount(spec: &PodSpec, at: &Field, problems: &mut Problems) {
    for (container, at) in container::of_pod(spec, at) {
        let mount = container.security_context.as_ref().and_then(|context| context.proc_mount.as_deref());
        if mount == Some("Unmasked") && spec.host_users != Some(false) {
            let why = "`hostUsers` must be false to use `Unmasked`";
            problems.invalid(&at.child("securityContext").child("procMount"), "Unmasked", why);
        }
    }
}

fn windows(spec: &PodSpec, at: &Field, problems: &mut Problems) {
    let Some(system) = spec.os.as_ref().map(|os| os.name.as_str()) else { return };
    match system {
        "windows" => {}
        "linux" => return,
        "" => return problems.required(&at.child("os").child("name"), ""),
        other => return problems.unsupported(&at.child("os").child("name"), other, &["linux", "windows"]),
    }
    let why = "cannot be set for a windows pod";
    for (name, set) in [
        ("hostPID", spec.host_pid == Some(true)),
        ("hostIPC", spec.host_ipc == Some(true)),
        ("shareProcessNamespace", spec.share_process_namespace.is_some()),
    ] {
        if set {
            problems.forbidden(&at.child(name), why);
        }
    }
    let context = spec.security_context.clone().unwrap_or_default();
    for (name, set) in [
        ("appArmorProfile", context.app_armor_profile.is_some()),
        ("seLinuxOptions", context.se_linux_options.is_some()),
        ("seccompProfile", context.seccomp_profile.is_some()),
        ("fsGroup", context.fs_group.is_some()),
        ("fsGroupChangePolicy", context.fs_group_change_policy.is_some()),
        ("sysctls", context.sysctls.is_some_and(|all| !all.is_empty())),
        ("runAsUser", context.run_as_user.is_some()),
        ("runAsGroup", context.run_as_group.is_some()),
        ("supplementalGroups", context.supplemental_groups.is_some()),
    ] {
        if set {
            problems.forbidden(&at.child("securityContext").child(name), why);
        }
    }
    for (container, at) in container::of_pod(spec, at) {
        windows_container(container, &at.child("securityContext"), problems);
    }
}

fn windows_container(container: &Container, at: &Field, problems: &mut Problems) {
    let context = container.security_context.clone().unwrap_or_default();
    for (name, set) in [
        ("appArmorProfile", context.app_armor_profile.is_some()),
        ("seLinuxOptions", context.se_linux_options.is_some()),
        ("seccompProfile", context.seccomp_profile.is_some()),
        ("capabilities", context.capabilities.is_some()),
        ("readOnlyRootFilesystem", context.read_only_root_filesystem.is_some()),
        ("privileged", context.privileged.is_some()),
        ("allowPrivilegeEscalation", context.allow_privilege_escalation.is_some()),
        ("procMount", context.proc_mount.is_some()),
        ("runAsUser", context.run_as_user.is_some()),
        ("runAsGroup", context.run_as_group.is_some()),
    ] {
        if set {
            problems.forbidden(&at.child(name), "cannot be set for a windows pod");
        }
    }
}
