//! A name by which the guard tells the sessions of its own run from all others.

/// An `application_name` that no other run has: `pgrefit/0.1.0 bench 1f2e3d4c`, if `bench` is what it does. The name in the settings will not do: an application
/// that bears the same one would count as the benchmark, and could suffer unseen.
#[must_use]
pub fn own_name(what: &str) -> String {
    format!("pgrefit/{} {what} {:08x}", env!("CARGO_PKG_VERSION"), fastrand::u32(..))
}

#[cfg(test)]
mod tests {
    use super::own_name;

    #[test]
    fn every_run_has_a_name_that_the_server_keeps_whole() {
        let names: Vec<String> = (0..3).map(|_| own_name("tune pool")).collect();
        assert!(names[0] != names[1] && names[1] != names[2] && names[0] != names[2], "{names:?}");
        assert!(names.iter().all(|name| name.len() < 64 && name.starts_with("pgrefit/")), "{names:?}");
    }
}
