//! The layer rule: a crate depends only on crates of lower layers, and crates of one layer do not know each
//! other.

use super::Violation;
use super::facts::{Crate, Dependency, Facts};

/// Every crate and its layer: the one place where the order of the house is written down for a machine.
const LAYERS: [(&str, u8); 24] = [
    ("pgrefit-report", 0),
    ("pgrefit-sql", 0),
    ("pgrefit-catalog", 0),
    ("pgrefit-kube", 0),
    ("pgrefit-pg", 1),
    ("pgrefit-metrics", 1),
    ("pgrefit-scratch", 1),
    ("pgrefit-history", 2),
    ("pgrefit-load", 2),
    ("pgrefit-pool", 2),
    ("pgrefit-push", 2),
    ("pgrefit-parquet", 2),
    ("pgrefit-lint", 3),
    ("pgrefit-audit", 3),
    ("pgrefit-backup", 3),
    ("pgrefit-archive", 3),
    ("pgrefit-rehearse", 3),
    ("pgrefit-bench", 3),
    ("pgrefit-tune", 3),
    ("pgrefit-lifecycle", 3),
    ("pgrefit-migrate", 4),
    ("pgrefit-serve", 4),
    ("pgrefit-fleet", 4),
    ("pgrefit-cli", 5),
];

/// Tests of every layer may start a throwaway server.
const TESTS_MAY_USE: &str = "pgrefit-scratch";

/// Stands outside the house and links none of it.
const XTASK: &str = "xtask";

pub(super) fn check(facts: &Facts) -> Vec<Violation> {
    facts.crates.iter().flat_map(check_crate).collect()
}

fn check_crate(own: &Crate) -> Vec<Violation> {
    let place = || own.name.clone();
    let ours = own.dependencies.iter().filter(|d| d.name.starts_with("pgrefit"));
    if own.name == XTASK {
        let problem =
            |d: &Dependency| format!("links {}: xtask must build when the product does not", d.name);
        return ours.map(|d| Violation::new(place(), problem(d))).collect();
    }
    let Some(layer) = layer_of(&own.name) else {
        return vec![Violation::new(place(), "has no layer: add it to the table in tidy/layers.rs")];
    };
    let forbidden = ours.filter(|dependency| !allowed(layer, dependency));
    forbidden
        .map(|d| {
            Violation::new(place(), format!("is of layer {layer} and must not depend on {}", named(&d.name)))
        })
        .collect()
}

fn allowed(layer: u8, dependency: &Dependency) -> bool {
    let lower = layer_of(&dependency.name).is_some_and(|lower| lower < layer);
    lower || (dependency.dev && dependency.name == TESTS_MAY_USE)
}

fn layer_of(name: &str) -> Option<u8> {
    LAYERS.iter().find(|(own, _)| *own == name).map(|(_, layer)| *layer)
}

fn named(name: &str) -> String {
    layer_of(name).map_or_else(|| name.to_owned(), |layer| format!("{name} of layer {layer}"))
}

#[cfg(test)]
mod tests {
    use super::{Crate, Dependency, Facts};

    /// Checks one crate whose dependencies are given as a list; a `dev:` before a name makes it a
    /// dev-dependency.
    fn check(name: &str, dependencies: &[&str], expected: &[&str]) {
        let dependency = |word: &&str| Dependency {
            name: word.trim_start_matches("dev:").to_owned(),
            dev: word.starts_with("dev:"),
        };
        let own =
            Crate { name: name.to_owned(), dependencies: dependencies.iter().map(dependency).collect() };
        let facts = Facts { crates: vec![own], ..Facts::default() };
        let problems: Vec<_> = super::check(&facts).into_iter().map(|v| v.problem).collect();
        assert_eq!(problems, expected, "{name} {dependencies:?}");
    }

    #[test]
    fn lower_layers_and_outside_crates_are_allowed() {
        check("pgrefit-sql", &["serde"], &[]);
        check("pgrefit-pg", &["pgrefit-catalog", "tokio"], &[]);
        check("pgrefit-cli", &["pgrefit-migrate", "pgrefit-report"], &[]);
        check("xtask", &["clap"], &[]);
    }

    #[test]
    fn an_edge_upwards_or_sideways_is_forbidden() {
        let up = "is of layer 0 and must not depend on pgrefit-pg of layer 1";
        check("pgrefit-sql", &["pgrefit-pg"], &[up]);
        check("pgrefit-sql", &["dev:pgrefit-pg"], &[up]);
        let sideways = "is of layer 3 and must not depend on pgrefit-lint of layer 3";
        check("pgrefit-audit", &["pgrefit-sql", "pgrefit-lint"], &[sideways]);
    }

    #[test]
    fn only_tests_may_start_a_throwaway_server_from_below() {
        check("pgrefit-pg", &["dev:pgrefit-scratch"], &[]);
        let sideways = "is of layer 1 and must not depend on pgrefit-scratch of layer 1";
        check("pgrefit-pg", &["pgrefit-scratch"], &[sideways]);
    }

    #[test]
    fn a_crate_without_a_layer_is_named() {
        check("pgrefit-util", &[], &["has no layer: add it to the table in tidy/layers.rs"]);
        check("pgrefit-cli", &["pgrefit-util"], &["is of layer 5 and must not depend on pgrefit-util"]);
    }

    #[test]
    fn xtask_links_none_of_our_crates() {
        check("xtask", &["pgrefit-sql"], &["links pgrefit-sql: xtask must build when the product does not"]);
    }
}
