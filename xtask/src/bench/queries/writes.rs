//! What it costs to write a row.

use crate::bench::server::Server;
use crate::failure::{Failure, Outcome};
use crate::{shell, workspace};

/// Processor time of the backend for one row.
pub(super) struct Cost {
    pub(super) phase: String,
    pub(super) way: String,
    pub(super) us: f64,
}

pub(super) fn measure(server: &Server, url: &str, phase: &str) -> Outcome<Vec<Cost>> {
    let mut psql = server.psql(url);
    psql.args(["-v", &format!("phase={phase}"), "-f"]);
    psql.arg(workspace::root().join("xtask/src/bench/queries/sql/writes.sql"));
    let output = psql.output().map_err(|cause| Failure::because("start psql", cause))?;
    let text = String::from_utf8_lossy(&output.stderr);
    if !output.status.success() {
        return Err(Failure::because("measure what a row costs", text.into_owned()));
    }
    let costs: Vec<Cost> = text.lines().filter_map(cost).collect();
    for Cost { phase, way, us } in &costs {
        eprintln!("{phase:<20} {way:<12} {us:>8.0} µs a row");
    }
    Ok(costs)
}

/// `…WARNING:  write <phase> <way> <µs>`
fn cost(line: &str) -> Option<Cost> {
    let (_, rest) = line.split_once("WARNING:  write ")?;
    let mut words = rest.split(' ');
    Some(Cost {
        phase: words.next()?.to_owned(),
        way: words.next()?.to_owned(),
        us: words.next()?.parse().ok()?,
    })
}

/// On the migrated schema: without the full text, and with all.
pub(super) fn after(server: &Server, url: &str) -> Outcome<Vec<Cost>> {
    let search = |action: &str| {
        let each = ["insert_or_delete", "update"]
            .map(|of| format!("ALTER TABLE documents {action} TRIGGER documents_search_{of}"));
        shell::succeed(server.psql(url).args(["-c", &each.join("; ")]))
    };
    search("DISABLE")?;
    let mut costs = measure(server, url, "without-full-text")?;
    search("ENABLE")?;
    costs.extend(measure(server, url, "after")?);
    Ok(costs)
}

#[cfg(test)]
mod tests {
    use super::cost;

    #[test]
    fn a_warning_is_a_cost() {
        let found = cost("psql:writes.sql:60: WARNING:  write before copied 71.5").expect("a cost");
        assert_eq!((found.phase.as_str(), found.way.as_str()), ("before", "copied"));
        assert!((found.us - 71.5).abs() < 1e-9);
        assert!(cost("NOTICE:  write").is_none());
    }
}
