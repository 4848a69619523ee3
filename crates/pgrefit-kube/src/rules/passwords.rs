//! Passwords in manifests, which everybody reads who reads the repository or the cluster's objects.

use super::container;
use crate::field::Field;
use crate::object::Object;
use crate::problem::Problems;

pub(super) fn check(object: &Object, problems: &mut Problems) {
    if let Object::ConfigMap(map) = object {
        for (key, text) in map.data.iter().flatten() {
            found(text, &Field::of("data").key(key), problems);
        }
    }
    let Some(pod) = object.pod() else { return };
    for (container, at) in container::of_pod(pod.spec, &pod.at) {
        for (index, variable) in container.env.iter().flatten().enumerate() {
            let at = at.child("env").index(index).child("value");
            found(variable.value.as_deref().unwrap_or_default(), &at, problems);
        }
        for (name, words) in [("command", &container.command), ("args", &container.args)] {
            for (index, word) in words.iter().flatten().enumerate() {
                found(word, &at.child(name).index(index), problems);
            }
        }
    }
}

/// What is found is not repeated.
fn found(text: &str, at: &Field, problems: &mut Problems) {
    if has_password(text) {
        problems.strict(
            "password-in-manifest",
            at,
            "a URL with a password in it: that belongs into a Secret",
        );
    }
}

/// Whether a URL in the text has a password: `scheme://user:password@host`. One that Kubernetes puts in, `$(NAME)`, is
/// somewhere else.
fn has_password(text: &str) -> bool {
    text.split("://").skip(1).any(|rest| {
        let end = rest.find(|c: char| c.is_whitespace() || "/?#\"'<>".contains(c)).unwrap_or(rest.len());
        let authority = rest.get(..end).unwrap_or_default();
        let user = authority.rsplit_once('@').map_or("", |(user, _)| user);
        user.split_once(':').is_some_and(|(_, password)| !password.is_empty() && !password.starts_with("$("))
    })
}

#[cfg(test)]
mod tests {
    use super::has_password;

    #[test]
    fn urls_with_passwords() {
        for text in
            ["postgres://u:p@h/d", "a = \"postgresql://u:p%20@h\"", "x://h y://u:p@h", "postgres://u:p:q@h"]
        {
            assert!(has_password(text), "{text}");
        }
        for text in [
            "",
            "u:p@h",
            "postgres://u@h/d",
            "postgres://h:5432/d?x=a@b",
            "postgres://u:@h",
            "postgres://u:$(P)@h",
            "http://h/a:b@c",
        ] {
            assert!(!has_password(text), "{text}");
        }
    }
}
