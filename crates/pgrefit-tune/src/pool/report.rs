//! A sweep and what was chosen, as a report.

use pgrefit_report::{Cell, Column, Fact, Finding, Outcome, Report, Status, Table};

use super::choice::whole;
use super::{Choice, Connected, CurvePoint, Fleet, Rival, Sweep, Validation, Verdict};

/// How it ended, in one line. Exit code 0 with a recommendation, 3 without one, 1 when its validation did not confirm it or the
/// fleet has no room for it. A validation of one round tells nothing, which is said.
#[must_use]
pub fn outcome(sweep: &Sweep, choice: &Choice, validation: Option<&Validation>) -> Outcome {
    let size = match &choice.size {
        Ok(size) => *size,
        Err(refusal) => return Outcome::new(3, Status::Blind, format!("no size is recommended: {refusal}")),
    };
    let most = pool_max(sweep);
    if size > most {
        let text = format!("{size} connections would be best, and the server has {most} for each pool");
        return Outcome::new(1, Status::Warn, text);
    }
    match validation {
        Some(validation) if !validation.is_told() => Outcome::new(
            0,
            Status::Warn,
            format!(
                "{size} connections, not validated: it takes two rounds to hold it against its neighbours"
            ),
        ),
        Some(validation) if !validation.is_confirmed() => Outcome::new(
            1,
            Status::Warn,
            format!("{size} connections were chosen, and a neighbour was better"),
        ),
        Some(_) => {
            Outcome::new(0, Status::Pass, format!("{size} connections, validated against its neighbours"))
        }
        None => Outcome::new(0, Status::Pass, format!("{size} connections")),
    }
}

/// Says that the chosen size could not be validated, and why; what the sweep found is kept.
pub fn tell_unvalidated(report: &mut Report, size: usize, why: &str) {
    if report.outcome.exit_code == 0 {
        let text = format!("{size} connections were chosen, and could not be validated");
        report.outcome = Outcome::new(1, Status::Warn, text);
    }
    let message = format!("the chosen size was not held against its neighbours: {why}");
    let finding = Finding::new("not-validated", Status::Warn, message);
    report.findings.push(finding.hint("run it again, or take what the sweep found with --no-validation"));
}

fn pool_max(sweep: &Sweep) -> usize {
    usize::try_from(sweep.budget.pool_max).unwrap_or(usize::MAX)
}

/// Adds the curve, the reasoning and the validation.
pub fn tell(
    report: &mut Report,
    sweep: &Sweep,
    choice: &Choice,
    fleet: Fleet,
    validation: Option<&Validation>,
) {
    facts(report, sweep, choice, fleet);
    report.tables.push(curve(choice));
    report.tables.push(points(sweep, choice.size.as_ref().map_or(choice.peak.0, |size| *size)));
    report.tables.extend(validation.map(rivals));
    report.findings.extend(findings(sweep, choice));
    report.findings.extend(reasoning(choice));
    let rivals: Vec<&Rival> = validation.iter().flat_map(|validation| &validation.rivals).collect();
    report.findings.extend(rivals.iter().copied().filter_map(better));
    report.findings.extend(rivals.iter().copied().filter_map(faster));
}

fn facts(report: &mut Report, sweep: &Sweep, choice: &Choice, fleet: Fleet) {
    let (fit, is_chosen) = (choice.fit, choice.size.is_ok());
    report.facts.extend([
        Fact::new("workload", "workload", sweep.workload.as_str()),
        Fact::new("recommended_connections", "recommended size", choice.size.as_ref().ok().copied()),
        Fact::new("low_connections", "95 of 100 resamplings choose from", is_chosen.then_some(choice.low)),
        Fact::new("high_connections", "to", is_chosen.then_some(choice.high)),
        Fact::new(
            "agreement",
            "resamplings in which it is within 5 %",
            is_chosen.then_some(choice.agreement),
        ),
        Fact::new("verdict", "limited by", choice.verdict.map(word)),
        Fact::new("peak_connections", "greatest throughput at", choice.peak.0),
        Fact::new("peak_per_second", "greatest throughput a second", choice.peak.1),
        Fact::new("usl_lambda", "USL λ", fit.map(|fit| fit.lambda)),
        Fact::new("usl_sigma", "USL σ (contention)", fit.map(|fit| fit.sigma)),
        Fact::new("usl_kappa", "USL κ (coherency)", fit.map(|fit| fit.kappa)),
        Fact::new("usl_peak_connections", "USL peak", fit.and_then(|fit| fit.peak())),
        Fact::new(
            "usl_prediction_error",
            "USL, error of the largest size predicted",
            choice.prediction_error,
        ),
        Fact::new("available_connections", "connections free for pools", sweep.budget.available),
        Fact::new("pools", "pools during a rollout", fleet.pools()),
        Fact::new("pool_max_connections", "each may have", sweep.budget.pool_max),
        Fact::new("is_local", "the server's CPU was seen", sweep.is_local),
    ]);
}

fn word(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::CpuBound => "cpu-bound",
        Verdict::WaitBound => "wait-bound",
        Verdict::Contended => "contended",
    }
}

const CURVE: [Column; 8] = [
    Column::number("connections", "Connections"),
    Column::number("per_second", "Throughput").in_unit("1/s"),
    Column::number("normalised_per_second", "Without others").in_unit("1/s"),
    Column::number("service_mean_ms", "Service mean").in_unit("ms"),
    Column::number("total_p99_ms", "Total p99").in_unit("ms"),
    Column::number("server_cpu_us", "Server CPU each").in_unit("µs"),
    Column::number("others_share", "CPU of others"),
    Column::text("mark", ""),
];

fn curve(choice: &Choice) -> Table {
    let mut table = Table::new("curve", "Throughput by pool size (median of the rounds)", CURVE);
    for point in &choice.curve {
        table.push([
            point.size.into(),
            point.throughput.into(),
            point.normalised.into(),
            Cell::Float(point.service_mean.as_secs_f64() * 1e3),
            Cell::Float(point.total_p99.as_secs_f64() * 1e3),
            point.server_cpu.map(|cpu| cpu.as_secs_f64() * 1e6).into(),
            point.others_share.into(),
            mark(choice, point).into(),
        ]);
    }
    table
}

fn mark(choice: &Choice, point: &CurvePoint) -> &'static str {
    match () {
        () if choice.size == Ok(point.size) => "recommended",
        () if !point.is_lawful => "breaks Little's law",
        () if choice.peak.0 == point.size => "peak",
        () => "",
    }
}

const POINTS: [Column; 14] = [
    Column::number("round", "Round"),
    Column::number("users", "Users"),
    Column::number("connections", "Connections"),
    Column::number("per_second", "Throughput").in_unit("1/s"),
    Column::number("service_p50_ms", "Service p50").in_unit("ms"),
    Column::number("service_p95_ms", "p95").in_unit("ms"),
    Column::number("service_p99_ms", "p99").in_unit("ms"),
    Column::number("total_p50_ms", "Total p50").in_unit("ms"),
    Column::number("total_p95_ms", "p95").in_unit("ms"),
    Column::number("total_p99_ms", "p99").in_unit("ms"),
    Column::number("wait_p50_ms", "Wait p50").in_unit("ms"),
    Column::number("busy", "Busy (X·S)"),
    Column::number("inside", "Inside (X·R)"),
    Column::number("others_share", "CPU of others"),
];

/// People read the curve, and the rounds of one size.
fn points(sweep: &Sweep, size: usize) -> Table {
    let mut table = Table::new("measurements", "Measurements", POINTS);
    let ms = |time: std::time::Duration| Cell::Float(time.as_secs_f64() * 1e3);
    for point in &sweep.points {
        table.push([
            (point.round + 1).into(),
            point.users.into(),
            point.size.into(),
            point.throughput.into(),
            ms(point.service.p50),
            ms(point.service.p95),
            ms(point.service.p99),
            ms(point.total.p50),
            ms(point.total.p95),
            ms(point.total.p99),
            ms(point.wait.p50),
            point.little.busy.into(),
            point.little.inside.into(),
            point.others_share.into(),
        ]);
    }
    let mut brief = Table::new("measurements", format!("Measurements of {size} connections"), POINTS);
    let of_size = sweep.points.iter().zip(&table.rows).filter(|(point, _)| point.size == size);
    brief.rows = of_size.map(|(_, row)| row.clone()).collect();
    table.brief = Some(Box::new(brief));
    table
}

fn rivals(validation: &Validation) -> Table {
    let columns = [
        Column::number("connections", "Held against"),
        Column::number("throughput_ratio", "Throughput, times"),
        Column::number("throughput_low", "from"),
        Column::number("throughput_high", "to"),
        Column::number("total_p99_ratio", "Total p99, times"),
        Column::text("which", ""),
    ];
    let mut table =
        Table::new("validation", format!("{} connections against others", validation.size), columns);
    for rival in &validation.rivals {
        let throughput = rival.throughput;
        table.push([
            rival.size.into(),
            throughput.map(|ratio| ratio.estimate).into(),
            throughput.map(|ratio| ratio.low).into(),
            throughput.map(|ratio| ratio.high).into(),
            rival.total_p99.map(|ratio| ratio.estimate).into(),
            if rival.is_default { "deadpool's default" } else { "neighbour" }.into(),
        ]);
    }
    table
}

fn findings(sweep: &Sweep, choice: &Choice) -> Vec<Finding> {
    let mut findings = Vec::new();
    if let Err(refusal) = &choice.size {
        let finding =
            Finding::new("no-recommendation", Status::Blind, format!("no size is recommended: {refusal}"));
        findings.push(finding.hint(refusal.hint()));
    }
    if !sweep.is_local {
        let text = "the server is not on this machine: its CPU, and what others had of it, was not measured";
        findings
            .push(Finding::new("cpu-not-seen", Status::Info, text).hint("run it on the server's machine"));
    }
    if !choice.unlawful.is_empty() {
        let sizes: Vec<String> = choice.unlawful.iter().map(ToString::to_string).collect();
        let text = format!("Little's law did not hold within 5 % at {} connections", sizes.join(", "));
        findings.push(
            Finding::new("little-law", Status::Warn, text)
                .hint("measure for longer, or from another machine"),
        );
    }
    if let Some(drift) = choice.cpu_drift {
        let text =
            format!("an answer costs the server {drift:.1} times as much CPU at one size as at another");
        let hint = "connections that spin on locks, or a cache that does not hold: see the table";
        findings.push(Finding::new("cpu-drift", Status::Info, text).hint(hint));
    }
    findings.extend(others(sweep));
    let most = pool_max(sweep);
    if let Some(size) = choice.size.as_ref().ok().filter(|size| **size > most) {
        let text = format!(
            "{} pools of {size} connections do not fit: {} are free, {most} for each",
            sweep.budget.pools, sweep.budget.available
        );
        let finding = Finding::new("fleet-over-budget", Status::Warn, text);
        findings.push(finding.hint(
            "fewer replicas at once, a pooler in transaction mode, or more max_connections (see `pgrefit tune server`)",
        ));
    }
    findings
}

/// Names of applications that are told.
const NAMES_MAX: usize = 5;

/// Who has connections that the fleet cannot have: some of them may be those of the very application.
fn others(sweep: &Sweep) -> Option<Finding> {
    let count = sweep.places.others;
    let name = |it: &Connected| {
        let name = if it.application.is_empty() { "without a name" } else { &it.application };
        format!("{} {name}", it.connections)
    };
    let mut names: Vec<String> = sweep.others.iter().take(NAMES_MAX).map(name).collect();
    if sweep.others.len() > NAMES_MAX {
        names.push(format!("{} more applications", sweep.others.len() - NAMES_MAX));
    }
    let text = format!("others have {count} of the connections: {}", names.join(", "));
    let hint =
        "name the application that is sized by --application: its own connections are not those of others";
    let finding = Finding::new("others-connected", Status::Info, text).number("others", count).hint(hint);
    (count > 0).then_some(finding)
}

/// Why this size, in words.
fn reasoning(choice: &Choice) -> Option<Finding> {
    let size = *choice.size.as_ref().ok()?;
    let own = choice.curve.iter().find(|point| point.size == size)?;
    let bound = match choice.verdict {
        Some(Verdict::CpuBound) => "its queries are mostly at work on a CPU",
        Some(Verdict::WaitBound) => "its queries mostly wait, so that more connections than CPUs pay",
        Some(Verdict::Contended) | None => "what limits it was not seen",
    };
    let mut text = format!(
        "{size} is the smallest size within 5 % of the greatest throughput ({:.0} of {:.0} a second): {bound}; \
         {:.1} connections are busy at a mean service time of {:.2} ms (Little's law)",
        own.throughput,
        choice.peak.1,
        own.throughput * own.service_mean.as_secs_f64(),
        own.service_mean.as_secs_f64() * 1e3,
    );
    if choice.still_grows {
        text.push_str("; throughput still grows at the largest size that was tried");
    }
    if let Some(peak) = choice.fit.and_then(|fit| fit.peak()).filter(|peak| *peak < whole(size) * 100.0) {
        text.extend(["; the Universal Scalability Law has its peak at ", &format!("{peak:.0}")]);
    }
    let confidence = if choice.agreement >= 0.9 { "likely" } else { "estimate" };
    Some(Finding::new("recommended-size", Status::Info, text).confidence(confidence))
}

fn better(rival: &Rival) -> Option<Finding> {
    let ratio = rival.throughput.filter(|_| rival.is_better())?;
    let text =
        format!("{} connections answered {:.0} % more", rival.size, (1.0 / ratio.estimate - 1.0) * 100.0);
    Some(Finding::new("rival-better", Status::Warn, text).hint("measure more rounds, and choose again"))
}

fn faster(rival: &Rival) -> Option<Finding> {
    let ratio = rival.total_p99.filter(|_| rival.is_faster())?;
    let text = format!(
        "with {} connections 99 of 100 answers came {:.0} % sooner, at the same throughput",
        rival.size,
        (1.0 - 1.0 / ratio.estimate) * 100.0
    );
    Some(Finding::new("rival-faster", Status::Info, text).hint("take that size if the tail matters more"))
}

#[cfg(test)]
mod tests;
