//! The forms that names, labels, keys and ports must have. Each function says what is wrong, or nothing.
//!
//! After `k8s.io/apimachinery/pkg/util/validation` of Kubernetes 1.36.

const LABEL_MAX: usize = 63;
const SUBDOMAIN_MAX: usize = 253;

/// The name of a container, volume or namespace.
pub(crate) fn dns_label(text: &str) -> Option<&'static str> {
    if text.len() > LABEL_MAX {
        return Some("must be no more than 63 characters");
    }
    let why = "must consist of lower case alphanumeric characters or '-', and start and end with an alphanumeric character";
    (!is_dns_part(text)).then_some(why)
}

/// The name of most objects.
pub(crate) fn dns_subdomain(text: &str) -> Option<&'static str> {
    if text.len() > SUBDOMAIN_MAX {
        return Some("must be no more than 253 characters");
    }
    let why = "must consist of lower case alphanumeric characters, '-' or '.', and start and end with an alphanumeric character";
    (!text.split('.').all(is_dns_part)).then_some(why)
}

/// The name of a Service, which becomes a host name.
pub(crate) fn dns_1035_label(text: &str) -> Option<&'static str> {
    let starts = text.starts_with(|first: char| first.is_ascii_lowercase());
    dns_label(text).or((!starts).then_some("must start with a lower case letter"))
}

/// The key of a label: a name, or `domain/name`.
pub(crate) fn qualified_name(text: &str) -> Option<&'static str> {
    let name = match text.split_once('/') {
        Some((prefix, name)) if !prefix.is_empty() && dns_subdomain(prefix).is_none() => name,
        Some(_) => return Some("the part before '/' must be a DNS subdomain"),
        None => text,
    };
    if name.len() > LABEL_MAX {
        return Some("name part must be no more than 63 characters");
    }
    let why = "name part must consist of alphanumeric characters, '-', '_' or '.', and start and end with an alphanumeric character";
    (!is_label_part(name)).then_some(why)
}

/// The value of a label.
pub(crate) fn label_value(text: &str) -> Option<&'static str> {
    if text.len() > LABEL_MAX {
        return Some("must be no more than 63 bytes");
    }
    let why = "must be empty or consist of alphanumeric characters, '-', '_' or '.', and start and end with an alphanumeric character";
    (!text.is_empty() && !is_label_part(text)).then_some(why)
}

/// The key of a `ConfigMap` or Secret, which becomes a file name.
pub(crate) fn config_key(text: &str) -> Option<&'static str> {
    if text.len() > SUBDOMAIN_MAX {
        return Some("must be no more than 253 characters");
    }
    if text == "." || text.starts_with("..") {
        return Some("must not be '.' or begin with '..'");
    }
    let valid = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
    let why = "must consist of alphanumeric characters, '-', '_' or '.'";
    (text.is_empty() || !text.chars().all(valid)).then_some(why)
}

/// The name of an environment variable, as relaxed since Kubernetes 1.32.
pub(crate) fn env_name(text: &str) -> Option<&'static str> {
    let valid = |c: char| (' '..='~').contains(&c) && c != '=';
    let why = "must consist only of printable ASCII characters other than '='";
    (!text.chars().all(valid)).then_some(why)
}

/// Whether a shell and most programs can read such a variable.
pub(crate) fn is_c_identifier(text: &str) -> bool {
    let valid = |c: char| c.is_ascii_alphanumeric() || c == '_';
    text.chars().all(valid) && !text.starts_with(|c: char| c.is_ascii_digit()) && !text.is_empty()
}

/// The name of a port: IANA's service name.
pub(crate) fn port_name(text: &str) -> Option<&'static str> {
    if text.len() > 15 {
        return Some("must be no more than 15 characters");
    }
    if !text.chars().all(is_dns_char) {
        return Some("must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)");
    }
    if !text.contains(|c: char| c.is_ascii_lowercase()) {
        return Some("must contain at least one letter (a-z)");
    }
    let hyphens = text.contains("--") || text.starts_with('-') || text.ends_with('-');
    hyphens.then_some("must not contain consecutive hyphens, nor begin or end with one")
}

/// A word that belongs to somebody: `acme.io/foo`.
pub(crate) fn domain_prefixed_path(text: &str) -> Option<&'static str> {
    let why = "must be a domain-prefixed path (such as \"acme.io/foo\")";
    let valid = |c: char| c.is_ascii_alphanumeric() || "-._~!$&'()*+,;=:@/%".contains(c);
    match text.split_once('/') {
        Some((domain, path))
            if dns_subdomain(domain).is_none() && !path.is_empty() && path.chars().all(valid) =>
        {
            None
        }
        _ => Some(why),
    }
}

fn is_dns_char(c: char) -> bool {
    c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-'
}

fn is_dns_part(text: &str) -> bool {
    !text.is_empty() && text.chars().all(is_dns_char) && !text.starts_with('-') && !text.ends_with('-')
}

fn is_label_part(text: &str) -> bool {
    let valid = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
    let edge = |c: char| c.is_ascii_alphanumeric();
    text.chars().all(valid) && text.starts_with(edge) && text.ends_with(edge)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(judge: fn(&str) -> Option<&'static str>, good: &[&str], bad: &[&str]) {
        for text in good {
            assert_eq!(judge(text), None, "{text:?}");
        }
        for text in bad {
            assert!(judge(text).is_some(), "{text:?}");
        }
    }

    #[test]
    fn names_of_objects() {
        let (longest, longer) = ("a".repeat(63), "a".repeat(64));
        check(dns_label, &["a", "0", "a-b", &longest], &["", "A", "-a", "a-", "a.b", "a_b", &longer]);
        check(dns_subdomain, &["a.b", "a-b.c", &longer], &["", "a..b", ".a", "a.-b", &"a".repeat(254)]);
        check(dns_1035_label, &["a0"], &["0a", "", "a.b"]);
    }

    #[test]
    fn labels() {
        let longer = "a".repeat(64);
        check(qualified_name, &["a", "A_.b", "a.io/b"], &["", "/b", "a b", "a/", "A.io/b", "a/b/c", &longer]);
        check(label_value, &["", "a", "A_b.c", "1"], &["-a", "a b", "a-", &longer]);
        check(domain_prefixed_path, &["acme.io/foo", "a/b/c"], &["nodomain", "a/", "/b", "A/b"]);
    }

    #[test]
    fn keys_variables_and_ports() {
        check(
            config_key,
            &["a.b", "A_b", "..a".trim_start_matches('.')],
            &["", ".", "..", "..a", "a b", "a/b"],
        );
        check(env_name, &["1BAD", "a-b", "a b"], &["=", "ä", "a\n"]);
        check(
            port_name,
            &["metrics", "a", "p-1"],
            &["", "1", "a--b", "-a", "a-", "METRICS", "m_x", &"a".repeat(16)],
        );
        assert!(
            is_c_identifier("_A1")
                && !is_c_identifier("1A")
                && !is_c_identifier("")
                && !is_c_identifier("a-b")
        );
    }
}
