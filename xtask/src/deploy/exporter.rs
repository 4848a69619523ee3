//! What the exporter must say after a deployment.

/// What is wrong, in lines; `metrics` is in the text format of Prometheus.
pub(super) fn problems(metrics: &str) -> Vec<String> {
    let reached = samples(metrics, "pgrefit_database_up");
    let pending = samples(metrics, "pgrefit_migrations_pending");
    let mut problems = Vec::new();
    if reached.is_empty() || pending.is_empty() {
        problems.push("the exporter says nothing of a database, or of its migrations".to_owned());
    }
    let dead = reached.iter().filter(|(_, value)| *value != "1");
    problems.extend(dead.map(|(labels, _)| format!("not reached: {labels}")));
    let behind = pending.iter().filter(|(_, value)| *value != "0");
    problems.extend(behind.map(|(labels, value)| format!("{value} migrations pending: {labels}")));
    problems
}

/// Labels and value of each sample of a family.
fn samples<'a>(metrics: &'a str, family: &str) -> Vec<(&'a str, &'a str)> {
    let samples = metrics.lines().filter_map(|line| line.strip_prefix(family));
    let own = samples.filter(|rest| rest.starts_with(['{', ' ']));
    own.filter_map(|rest| rest.trim().rsplit_once(' ')).collect()
}

#[cfg(test)]
mod tests {
    use super::problems;

    #[test]
    fn every_database_is_reached_and_none_is_behind() {
        let check = |metrics: &str, expected: &[&str]| assert_eq!(problems(metrics), expected, "{metrics}");
        let good = "# TYPE pgrefit_database_up gauge\npgrefit_database_up{database=\"a\"} 1\n\
                    pgrefit_migrations_pending{database=\"a\"} 0\n";
        check(good, &[]);
        check(
            &good.replace("} 1", "} 0").replace("pending{database=\"a\"} 0", "pending{database=\"a\"} 2"),
            &["not reached: {database=\"a\"}", "2 migrations pending: {database=\"a\"}"],
        );
        let silent = "the exporter says nothing of a database, or of its migrations";
        check("", &[silent]);
        check("pgrefit_database_up{database=\"a\"} 1\npgrefit_migrations_pending_total 0\n", &[silent]);
    }
}
