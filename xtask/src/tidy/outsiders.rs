//! Outside crates with one owner among ours: only the owner knows them, so that they can be replaced in one
//! place.

use super::Violation;
use super::facts::{Crate, Dependency, Facts};

/// A family of outside crates by the beginning of their names, and who may depend on it.
const OWNERS: [(&str, &[&str]); 14] = [
    ("refinery", &["pgrefit-history"]),
    ("deadpool", &["pgrefit-pool"]),
    ("prometheus", &["pgrefit-metrics"]),
    ("mio", &["pgrefit-load"]),
    ("postgres-protocol", &["pgrefit-pg"]),
    ("object_store", &["pgrefit-archive"]),
    // Object stores and monitors are all that is spoken to by HTTP.
    ("reqwest", &["pgrefit-archive", "pgrefit-push"]),
    ("parquet", &["pgrefit-parquet"]),
    // Large, and nothing that a user runs knows Kubernetes or YAML.
    ("k8s-openapi", &["pgrefit-kube"]),
    ("serde_yaml", &["pgrefit-kube", "xtask"]),
    ("squawk", &["pgrefit-sql", "pgrefit-lint"]),
    ("axum", &["pgrefit-serve"]),
    ("hyper", &["pgrefit-serve"]),
    // Opening a connection is the business of pgrefit-pg; the other two need the types.
    ("tokio-postgres", &["pgrefit-pg", "pgrefit-pool", "pgrefit-history"]),
];

pub(super) fn check(facts: &Facts) -> Vec<Violation> {
    facts.crates.iter().flat_map(check_crate).collect()
}

/// Tests may use what they like: a test that compares with refinery needs refinery.
fn check_crate(own: &Crate) -> impl Iterator<Item = Violation> {
    let linked = own.dependencies.iter().filter(|dependency| !dependency.dev);
    linked.filter_map(|dependency| trespass(&own.name, dependency))
}

fn trespass(own: &str, dependency: &Dependency) -> Option<Violation> {
    let (_, owners) = OWNERS.iter().find(|(family, _)| dependency.name.starts_with(family))?;
    let problem = || format!("must not depend on {}: that is for {}", dependency.name, owners.join(", "));
    (!owners.contains(&own)).then(|| Violation::new(own, problem()))
}

#[cfg(test)]
mod tests {
    use super::{Dependency, trespass};

    fn check(own: &str, name: &str, expected: Option<&str>) {
        let dependency = Dependency { name: name.to_owned(), dev: false };
        let problem = trespass(own, &dependency).map(|violation| violation.problem);
        assert_eq!(problem.as_deref(), expected, "{own} {name}");
    }

    #[test]
    fn owners_and_everyday_crates_are_allowed() {
        check("pgrefit-history", "refinery", None);
        check("pgrefit-history", "refinery-core", None);
        check("pgrefit-lint", "squawk-linter", None);
        check("pgrefit-report", "serde", None);
        check("pgrefit-pg", "tokio-postgres-rustls", None);
    }

    #[test]
    fn everyone_else_is_refused() {
        check(
            "pgrefit-cli",
            "refinery-core",
            Some("must not depend on refinery-core: that is for pgrefit-history"),
        );
        check(
            "pgrefit-pg",
            "deadpool-postgres",
            Some("must not depend on deadpool-postgres: that is for pgrefit-pool"),
        );
        check(
            "pgrefit-bench",
            "prometheus",
            Some("must not depend on prometheus: that is for pgrefit-metrics"),
        );
        check(
            "xtask",
            "tokio-postgres",
            Some("must not depend on tokio-postgres: that is for pgrefit-pg, pgrefit-pool, pgrefit-history"),
        );
    }
}
