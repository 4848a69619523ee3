//! Prometheus, its push gateway and `promtool`, which the tests of metrics, alerts and the dashboard run.

use crate::debian;
use crate::failure::Outcome;
use crate::postgres::Versions;

/// The programs that must be there; the tests look for the same.
const PROGRAMS: [&str; 3] = ["prometheus", "promtool", "prometheus-pushgateway"];

/// By it tests learn that Prometheus must be there: without it they are left out where it is not.
const REQUIRED: &str = "PGREFIT_TEST_PROMETHEUS";

/// Installs Debian's Prometheus for a run of all tests, if there is none, and gives the variables for the tests; says so if
/// nothing is tested with it.
pub(crate) fn provide(versions: Versions) -> Outcome<Vec<(&'static str, String)>> {
    if versions == Versions::All && !is_installed() && debian::can_install() {
        debian::update()?;
        debian::install(&["prometheus", "prometheus-pushgateway"])?;
    }
    if is_installed() {
        return Ok(vec![(REQUIRED, "1".into())]);
    }
    eprintln!(
        "not tested with Prometheus: {} are not all on PATH; `cargo xtask test --pg all` installs them on Debian, as root",
        PROGRAMS.join(", ")
    );
    Ok(Vec::new())
}

fn is_installed() -> bool {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let folders: Vec<_> = std::env::split_paths(&path).collect();
    PROGRAMS.iter().all(|program| folders.iter().any(|folder| folder.join(program).is_file()))
}
