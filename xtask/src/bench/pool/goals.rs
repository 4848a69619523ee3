//! What the driver, the pool and its tuning must reach. Pure.

use super::driver::{CLIENTS, Measurement, Round, Tool};
use super::tuned;
use super::{Measured, Parts};
use crate::bench::goal::Goal;
use serde_json::Value;

/// Answers a second, by those of pgbench.
const CLOSED_MIN: f64 = 1.0;
const PIPELINED_MIN: f64 = 1.7;
/// Processor time of client and server for each answer, by that of pgbench.
const CPU_MAX: f64 = 1.0;
/// Queries a second, by those of bare deadpool.
const POOL_MIN: f64 = 0.95;
const CHECK_OUT_US_MAX: f64 = 1.0;
const OPEN_P99_MS_MIN: f64 = 400.0;
const CLOSED_P99_MS_MAX: f64 = 50.0;
/// Answers a second with the recommended size, by those with the best.
const TUNED_MIN: f64 = 0.95;
/// Its p99, by that of the default size: no worse, as far as two runs of the same size are alike.
const TUNED_P99_MAX: f64 = 1.05;

pub(super) fn judge(measured: &Measured) -> Vec<Goal> {
    let mut goals = measured.parts.as_ref().map_or_else(Vec::new, parts);
    goals.extend(measured.tuned.iter().flat_map(tuned));
    goals
}

fn parts(parts: &Parts) -> Vec<Goal> {
    let mut goals: Vec<Goal> = CLIENTS.iter().flat_map(|clients| driver(&parts.driver, *clients)).collect();
    goals.extend(pool(&parts.pool));
    let (open, closed) = (parts.honest.open_p99_ms, parts.honest.closed_p99_ms);
    goals.push(Goal::new(
        format!("open loop sees a stall of 500 ms: p99 {open:.0} ms, at least {OPEN_P99_MS_MIN}"),
        open >= OPEN_P99_MS_MIN,
    ));
    goals.push(Goal::new(
        format!("closed loop hides it: p99 {closed:.1} ms, less than {CLOSED_P99_MS_MAX}"),
        closed < CLOSED_P99_MS_MAX,
    ));
    goals
}

fn driver(all: &[Measurement], clients: usize) -> Vec<Goal> {
    let of = |tool: Tool, value: fn(&Round) -> f64| {
        all.iter().find(|it| it.tool == tool && it.clients == clients).map_or(f64::NAN, |it| it.median(value))
    };
    let ratio = |tool, value| of(tool, value) / of(Tool::Pgbench, value);
    let closed = ratio(Tool::Closed, |round| round.per_second);
    let pipelined = ratio(Tool::Pipelined, |round| round.per_second);
    let cpu = ratio(Tool::Closed, |round| round.client_us + round.server_us);
    vec![
        Goal::new(
            format!("{clients} clients: {closed:.2} × the rate of pgbench, at least {CLOSED_MIN:.1}"),
            closed >= CLOSED_MIN,
        ),
        Goal::new(
            format!(
                "{clients} clients: {cpu:.2} × the processor time of pgbench for each, at most {CPU_MAX:.1}"
            ),
            cpu <= CPU_MAX,
        ),
        Goal::new(
            format!(
                "{clients} clients, 8 in flight: {pipelined:.2} × the rate of pgbench, at least {PIPELINED_MIN}"
            ),
            pipelined >= PIPELINED_MIN,
        ),
    ]
}

fn pool(found: &Value) -> Vec<Goal> {
    let check_out = found["checkout_return"]["ours"]["p50_us"].as_f64().unwrap_or(f64::NAN);
    let mut goals = vec![Goal::new(
        format!("pool: {check_out:.2} µs to check out and return, at most {CHECK_OUT_US_MAX}"),
        check_out <= CHECK_OUT_US_MAX,
    )];
    goals.extend(found["closed_loop"].as_array().into_iter().flatten().map(|of| {
        let ratio = of["ours_to_deadpool"]["median"].as_f64().unwrap_or(f64::NAN);
        Goal::new(
            format!("pool, {} tasks: {ratio:.2} × bare deadpool, at least {POOL_MIN}", of["tasks"]),
            ratio >= POOL_MIN,
        )
    }));
    goals
}

fn tuned(found: &tuned::Measurement) -> Vec<Goal> {
    let workload = found.workload;
    let (Ok(size), Some(duel)) = (&found.recommended, found.duel) else {
        return vec![Goal::not_measured(format!("{workload}: the recommended size within 5 % of the best"))];
    };
    let tuned::Duel { best, throughput, p99 } = duel;
    vec![
        Goal::new(
            format!(
                "{workload}: {size} recommended, {throughput:.2} × the throughput of the best ({best}), at least {TUNED_MIN}"
            ),
            throughput >= TUNED_MIN,
        ),
        Goal::new(
            format!(
                "{workload}: {p99:.2} × the p99 of the default size ({}), at most {TUNED_P99_MAX}",
                found.default_size
            ),
            p99 <= TUNED_P99_MAX,
        ),
    ]
}

#[cfg(test)]
mod tests {
    use super::super::honest;
    use super::{CLIENTS, Goal, Measured, Measurement, Parts, Round, Tool, judge, tuned};
    use serde_json::json;

    fn measured() -> (Parts, tuned::Measurement) {
        let of = |tool, clients, per_second, client_us| Measurement {
            tool,
            clients,
            rounds: vec![Round { per_second, client_us, server_us: 30.0 }],
        };
        let driver = CLIENTS
            .iter()
            .flat_map(|clients| {
                [
                    of(Tool::Pgbench, *clients, 1000.0, 10.0),
                    of(Tool::Closed, *clients, 1000.0, 10.0),
                    of(Tool::Pipelined, *clients, 1700.0, 5.0),
                ]
            })
            .collect();
        let pool = json!({
            "checkout_return": { "ours": { "p50_us": 1.0 } },
            "closed_loop": [{ "tasks": 4, "ours_to_deadpool": { "median": 0.95 } }],
        });
        let honest = honest::Measurement { open_p99_ms: 400.0, closed_p99_ms: 49.0 };
        let sizes = vec![(95.0, 10.0), (96.0, 10.0), (97.0, 10.0), (100.0, 10.0), (99.0, 11.0)];
        let duel = Some(tuned::Duel { best: 4, throughput: 0.95, p99: 1.05 });
        let tuned =
            tuned::Measurement { workload: "waiting", default_size: 4, recommended: Ok(1), sizes, duel };
        (Parts { driver, pool, honest }, tuned)
    }

    #[test]
    fn each_goal_is_met_up_to_its_limit() {
        let check = |change: fn(&mut Parts, &mut tuned::Measurement), expected: usize| {
            let (mut parts, mut tuned) = measured();
            change(&mut parts, &mut tuned);
            let all = Measured { parts: Some(parts), tuned: vec![tuned] };
            let missed: Vec<String> =
                judge(&all).iter().filter(|goal| goal.is_missed()).map(Goal::line).collect();
            assert_eq!(missed.len(), expected, "{missed:?}");
        };
        check(|_, _| (), 0);
        check(|all, _| all.driver[1].rounds[0].per_second = 999.0, 1);
        check(|all, _| all.driver[1].rounds[0].client_us = 11.0, 1);
        check(|all, _| all.driver[2].rounds[0].per_second = 1699.0, 1);
        check(|all, _| all.driver.truncate(3), 6);
        check(|all, _| all.pool = json!({}), 1);
        check(|all, _| all.honest.open_p99_ms = 399.0, 1);
        check(|all, _| all.honest.closed_p99_ms = 50.0, 1);
        check(|_, tuned| tuned.duel = Some(tuned::Duel { best: 4, throughput: 0.94, p99: 1.0 }), 1);
        check(|_, tuned| tuned.duel = Some(tuned::Duel { best: 4, throughput: 1.0, p99: 1.06 }), 1);
        check(|_, tuned| tuned.recommended = Err("contended".to_owned()), 0);
    }
}
