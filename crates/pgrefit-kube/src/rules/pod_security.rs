//! Pod Security, level "restricted" of version 1.31: what a pod may not be allowed to do.
//!
//! A pod that breaks it is refused; a Job or Deployment is accepted, and then its pods are refused for ever, which only
//! its events tell. The words are the admission controller's: `k8s.io/pod-security-admission/policy`.

use super::{container, volume};
use crate::field::Field;
use crate::object::{Owner, PodView};
use crate::problem::{Problems, Severity};
use k8s_openapi::api::core::v1::{AppArmorProfile, Container, SELinuxOptions, SecurityContext};

/// The only capability that may be added.
const CAPABILITY: &str = "NET_BIND_SERVICE";
const VOLUMES: [&str; 8] = [
    "configMap",
    "csi",
    "downwardAPI",
    "emptyDir",
    "ephemeral",
    "persistentVolumeClaim",
    "projected",
    "secret",
];
const SYSCTLS: [&str; 10] = [
    "kernel.shm_rmid_forced",
    "net.ipv4.ip_local_port_range",
    "net.ipv4.ip_unprivileged_port_start",
    "net.ipv4.tcp_syncookies",
    "net.ipv4.ping_group_range",
    "net.ipv4.ip_local_reserved_ports",
    "net.ipv4.tcp_keepalive_time",
    "net.ipv4.tcp_fin_timeout",
    "net.ipv4.tcp_keepalive_intvl",
    "net.ipv4.tcp_keepalive_probes",
];
const SELINUX_TYPES: [&str; 5] =
    ["", "container_t", "container_init_t", "container_kvm_t", "container_engine_t"];

pub(super) fn check(pod: &PodView<'_>, problems: &mut Problems) {
    let mut found = Found { pod, problems };
    found.host();
    found.volumes();
    found.sysctls();
    found.user();
    found.seccomp();
    found.profiles();
    for (container, at) in container::of_pod(pod.spec, &pod.at) {
        let none = SecurityContext::default();
        let context = container.security_context.as_ref().unwrap_or(&none);
        found.container(container, context, &at);
    }
}

struct Found<'a> {
    pod: &'a PodView<'a>,
    problems: &'a mut Problems,
}

impl Found<'_> {
    fn add(&mut self, at: &Field, control: &str, detail: &str) {
        let severity = match self.pod.owner {
            Owner::Pod => Severity::Error,
            Owner::Job | Owner::Deployment => Severity::Strict("pod-security"),
        };
        let message = format!("violates PodSecurity \"restricted:v1.31\": {control} ({detail})");
        self.problems.push(at, message, severity);
    }

    fn host(&mut self) {
        let spec = self.pod.spec;
        for (name, set) in
            [("hostNetwork", spec.host_network), ("hostPID", spec.host_pid), ("hostIPC", spec.host_ipc)]
        {
            if set == Some(true) {
                self.add(&self.pod.at.child(name), "host namespaces", &format!("{name}=true"));
            }
        }
    }

    fn volumes(&mut self) {
        for (index, one) in self.pod.spec.volumes.iter().flatten().enumerate() {
            for source in volume::sources(one).into_iter().filter(|source| !VOLUMES.contains(source)) {
                let at = self.pod.at.child("volumes").index(index).child(source);
                let detail = format!("volume \"{}\" uses restricted volume type \"{source}\"", one.name);
                self.add(&at, "restricted volume types", &detail);
            }
        }
    }

    fn sysctls(&mut self) {
        let context = self.pod.spec.security_context.as_ref();
        let all = context.and_then(|context| context.sysctls.as_deref()).unwrap_or_default();
        for (index, sysctl) in all.iter().enumerate().filter(|(_, one)| !SYSCTLS.contains(&one.name.as_str()))
        {
            let at = self.pod.at.child("securityContext").child("sysctls").index(index);
            self.add(&at, "forbidden sysctls", &sysctl.name);
        }
    }

    fn user(&mut self) {
        let context = self.pod.spec.security_context.clone().unwrap_or_default();
        let at = self.pod.at.child("securityContext");
        if context.run_as_non_root == Some(false) {
            let detail = "pod must not set securityContext.runAsNonRoot=false";
            self.add(&at.child("runAsNonRoot"), "runAsNonRoot != true", detail);
        }
        if context.run_as_user == Some(0) {
            self.add(&at.child("runAsUser"), "runAsUser=0", "pod must not set runAsUser=0");
        }
    }

    fn seccomp(&mut self) {
        let context = self.pod.spec.security_context.as_ref();
        let kind = context.and_then(|context| context.seccomp_profile.as_ref()).map(|profile| &profile.type_);
        if let Some(kind) = kind.filter(|kind| !is_confined(kind)) {
            let at = self.pod.at.child("securityContext").child("seccompProfile").child("type");
            self.add(
                &at,
                "seccompProfile",
                &format!("pod must not set securityContext.seccompProfile.type to \"{kind}\""),
            );
        }
    }

    /// What the pod says for all of its containers.
    fn profiles(&mut self) {
        let context = self.pod.spec.security_context.clone().unwrap_or_default();
        let at = self.pod.at.child("securityContext");
        self.app_armor(context.app_armor_profile.as_ref(), "pod", &at);
        self.se_linux(context.se_linux_options.as_ref(), "pod", &at);
        self.host_process(context.windows_options.and_then(|options| options.host_process), "pod", &at);
    }

    fn container(&mut self, container: &Container, context: &SecurityContext, at: &Field) {
        let who = format!("container \"{}\"", container.name);
        self.host_ports(container, &who, at);
        let at = at.child("securityContext");
        if context.privileged == Some(true) {
            self.add(
                &at.child("privileged"),
                "privileged",
                &format!("{who} must not set securityContext.privileged=true"),
            );
        }
        if context.allow_privilege_escalation != Some(false) {
            let detail = format!("{who} must set securityContext.allowPrivilegeEscalation=false");
            self.add(&at.child("allowPrivilegeEscalation"), "allowPrivilegeEscalation != false", &detail);
        }
        self.capabilities(context, &who, &at);
        self.container_user(context, &who, &at);
        self.container_seccomp(context, &who, &at);
        if let Some(mount) = context.proc_mount.as_ref().filter(|mount| *mount != "Default") {
            self.add(
                &at.child("procMount"),
                "procMount",
                &format!("{who} must not set securityContext.procMount to \"{mount}\""),
            );
        }
        self.app_armor(context.app_armor_profile.as_ref(), &who, &at);
        self.se_linux(context.se_linux_options.as_ref(), &who, &at);
        self.host_process(
            context.windows_options.as_ref().and_then(|options| options.host_process),
            &who,
            &at,
        );
    }

    /// A pod on the host's network has its ports there, without saying so.
    fn host_ports(&mut self, container: &Container, who: &str, at: &Field) {
        let on_host = self.pod.owner == Owner::Pod && self.pod.spec.host_network == Some(true);
        for (index, port) in container.ports.iter().flatten().enumerate() {
            let host = port.host_port.filter(|host| *host != 0);
            if let Some(host) = host.or(on_host.then_some(port.container_port)) {
                let at = at.child("ports").index(index).child("hostPort");
                self.add(&at, "hostPort", &format!("{who} uses hostPort {host}"));
            }
        }
    }

    fn capabilities(&mut self, context: &SecurityContext, who: &str, at: &Field) {
        let capabilities = context.capabilities.clone().unwrap_or_default();
        let at = at.child("capabilities");
        if !capabilities.drop.iter().flatten().any(|one| one == "ALL") {
            let detail = format!("{who} must set securityContext.capabilities.drop=[\"ALL\"]");
            self.add(&at.child("drop"), "unrestricted capabilities", &detail);
        }
        for (index, added) in
            capabilities.add.iter().flatten().enumerate().filter(|(_, one)| *one != CAPABILITY)
        {
            let detail = format!("{who} must not include \"{added}\" in securityContext.capabilities.add");
            self.add(&at.child("add").index(index), "unrestricted capabilities", &detail);
        }
    }

    fn container_user(&mut self, context: &SecurityContext, who: &str, at: &Field) {
        let pod = self.pod.spec.security_context.as_ref().and_then(|context| context.run_as_non_root);
        let detail = match (context.run_as_non_root, pod) {
            (Some(false), _) => Some(format!("{who} must not set securityContext.runAsNonRoot=false")),
            (None, None) => Some(format!("pod or {who} must set securityContext.runAsNonRoot=true")),
            _ => None,
        };
        if let Some(detail) = detail {
            self.add(&at.child("runAsNonRoot"), "runAsNonRoot != true", &detail);
        }
        if context.run_as_user == Some(0) {
            self.add(&at.child("runAsUser"), "runAsUser=0", &format!("{who} must not set runAsUser=0"));
        }
    }

    fn container_seccomp(&mut self, context: &SecurityContext, who: &str, at: &Field) {
        let pod =
            self.pod.spec.security_context.as_ref().and_then(|context| context.seccomp_profile.as_ref());
        let own = context.seccomp_profile.as_ref().map(|profile| &profile.type_);
        let detail = match own {
            Some(kind) if !is_confined(kind) => {
                format!("{who} must not set securityContext.seccompProfile.type to \"{kind}\"")
            }
            None if pod.is_none() => format!(
                "pod or {who} must set securityContext.seccompProfile.type to \"RuntimeDefault\" or \"Localhost\""
            ),
            _ => return,
        };
        self.add(&at.child("seccompProfile").child("type"), "seccompProfile", &detail);
    }

    fn app_armor(&mut self, profile: Option<&AppArmorProfile>, who: &str, at: &Field) {
        if let Some(kind) = profile.map(|profile| &profile.type_).filter(|kind| !is_confined(kind)) {
            let detail = format!("{who} must not set AppArmor profile type to \"{kind}\"");
            self.add(&at.child("appArmorProfile").child("type"), "forbidden AppArmor profile", &detail);
        }
    }

    fn se_linux(&mut self, options: Option<&SELinuxOptions>, who: &str, at: &Field) {
        let Some(options) = options else { return };
        let kind = options.type_.as_deref().unwrap_or_default();
        let named = [&options.user, &options.role].into_iter().flatten().any(|name| !name.is_empty());
        if named || !SELINUX_TYPES.contains(&kind) {
            let detail = format!("{who} set forbidden securityContext.seLinuxOptions");
            self.add(&at.child("seLinuxOptions"), "seLinuxOptions", &detail);
        }
    }

    fn host_process(&mut self, set: Option<bool>, who: &str, at: &Field) {
        if set == Some(true) {
            let detail = format!("{who} must not set securityContext.windowsOptions.hostProcess=true");
            self.add(&at.child("windowsOptions").child("hostProcess"), "hostProcess", &detail);
        }
    }
}

fn is_confined(kind: &str) -> bool {
    matches!(kind, "RuntimeDefault" | "Localhost")
}
