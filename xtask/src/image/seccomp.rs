//! `RuntimeDefault`: the profile of container engines, as it comes with Debian's `golang-github-containers-common`, in the form
//! that a runtime takes: without what holds for other processors, and for capabilities that the container has not.

use crate::failure::{Failure, Outcome};
use crate::workspace;
use serde_json::{Map, Value, json};
use std::path::Path;

/// Where the package puts it.
pub(crate) const PROFILE: &str = "/usr/share/containers/seccomp.json";

/// The profile for a container without any capability.
pub(crate) fn runtime_default() -> Outcome<Value> {
    let text = workspace::read(Path::new(PROFILE))?;
    let profile: Value = serde_json::from_str(&text)
        .map_err(|cause| Failure::because(format!("understand {PROFILE}"), cause))?;
    of(&profile).ok_or_else(|| Failure::because(format!("understand {PROFILE}"), "it is no seccomp profile"))
}

fn of(profile: &Value) -> Option<Value> {
    let (native, words) = match std::env::consts::ARCH {
        "aarch64" => ("SCMP_ARCH_AARCH64", ["arm64", "aarch64"]),
        _ => ("SCMP_ARCH_X86_64", ["amd64", "x86_64"]),
    };
    let mut architectures = vec![json!(native)];
    let map = profile["archMap"].as_array()?;
    let own = map.iter().find(|entry| entry["architecture"] == native)?;
    architectures.extend(own["subArchitectures"].as_array().into_iter().flatten().cloned());
    let rules = profile["syscalls"].as_array()?;
    let rules: Vec<_> = rules.iter().filter(|rule| applies(rule, &words)).map(rule).collect();
    let mut own = json!({
        "defaultAction": profile["defaultAction"].as_str()?,
        "architectures": architectures,
        "syscalls": rules,
    });
    if let Some(errno) = profile.get("defaultErrnoRet") {
        own["defaultErrnoRet"] = errno.clone();
    }
    Some(own)
}

/// A rule that asks for a capability does not apply, one that excludes some does.
fn applies(rule: &Value, words: &[&str]) -> bool {
    let list = |part: &str, key: &str| -> Vec<&str> {
        rule[part][key].as_array().into_iter().flatten().filter_map(Value::as_str).collect()
    };
    let ours = |arches: &[&str]| arches.iter().any(|arch| words.contains(arch));
    let (included, excluded) = (list("includes", "arches"), list("excludes", "arches"));
    list("includes", "caps").is_empty() && (included.is_empty() || ours(&included)) && !ours(&excluded)
}

/// What a runtime knows of a rule.
fn rule(rule: &Value) -> Value {
    let known = ["names", "action", "args", "errnoRet"];
    let fields = known.iter().filter_map(|key| Some(((*key).to_owned(), rule.get(*key)?.clone())));
    let present = fields.filter(|(_, value)| !value.is_null() && *value != json!([]));
    Value::Object(present.collect::<Map<_, _>>())
}

#[cfg(test)]
mod tests {
    use super::of;
    use serde_json::json;

    #[test]
    fn only_what_holds_here_is_left() {
        let native = if cfg!(target_arch = "aarch64") { "SCMP_ARCH_AARCH64" } else { "SCMP_ARCH_X86_64" };
        let arch = if cfg!(target_arch = "aarch64") { "arm64" } else { "amd64" };
        let profile = json!({
            "defaultAction": "SCMP_ACT_ERRNO",
            "defaultErrnoRet": 38,
            "defaultErrno": "ENOSYS",
            "archMap": [{ "architecture": native, "subArchitectures": ["SCMP_ARCH_X86"] }],
            "syscalls": [
                { "names": ["read"], "action": "SCMP_ACT_ALLOW", "args": [], "comment": "", "includes": {}, "excludes": {} },
                { "names": ["mount"], "action": "SCMP_ACT_ALLOW", "includes": { "caps": ["CAP_SYS_ADMIN"] } },
                { "names": ["clone"], "action": "SCMP_ACT_ALLOW", "excludes": { "caps": ["CAP_SYS_ADMIN"] } },
                { "names": ["arch_prctl"], "action": "SCMP_ACT_ALLOW", "includes": { "arches": [arch] } },
                { "names": ["s390"], "action": "SCMP_ACT_ALLOW", "includes": { "arches": ["s390x"] } },
                { "names": ["bdflush"], "action": "SCMP_ACT_ERRNO", "errnoRet": 1, "excludes": { "arches": [arch] } },
            ],
        });
        let expected = json!({
            "defaultAction": "SCMP_ACT_ERRNO",
            "defaultErrnoRet": 38,
            "architectures": [native, "SCMP_ARCH_X86"],
            "syscalls": [
                { "names": ["read"], "action": "SCMP_ACT_ALLOW" },
                { "names": ["clone"], "action": "SCMP_ACT_ALLOW" },
                { "names": ["arch_prctl"], "action": "SCMP_ACT_ALLOW" },
            ],
        });
        assert_eq!(of(&profile), Some(expected));
        assert_eq!(of(&json!({})), None);
    }
}
