//! Whether an index pays: pure.

use super::Options;
use super::explain::Timing;
use super::found::WriteCost;
use super::statement::Statement;

/// What a unit of candidates does to statements and writes.
pub(super) struct Verdict {
    /// Each statement, without and with it.
    pub(super) statements: Vec<(Statement, Timing, Timing)>,
    /// What each candidate costs on writes, where that could be measured.
    pub(super) costs: Vec<Option<WriteCost>>,
    /// Bytes of each candidate and of its table.
    pub(super) sizes: Vec<(u64, u64)>,
    /// By how much the writes of each candidate's table have become more expensive already, as a part of the cost without any.
    pub(super) kept_ratios: Vec<f64>,
}

/// What it saves.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Saving {
    /// Weighted milliseconds.
    pub(super) saved_ms: f64,
    /// The part of the weighted time that is saved net of writes, for what it costs in space and writes: only to compare.
    pub(super) score: f64,
}

/// A unit without cost would be infinitely good; so much is added to every cost.
const COST_MIN: f64 = 0.1;
/// By so much the time of one plan differs from run to run on a machine that does other things too; a smaller difference is none.
const CHANCE: f64 = 0.15;
/// A statement of weight 0 has a budget only; its time counts so little that it decides between equals.
const WEIGHT_MIN: f64 = 0.001;

impl WriteCost {
    /// How many times as expensive a row becomes.
    #[must_use]
    pub fn ratio(&self) -> f64 {
        if self.before_us <= 0.0 { 1.0 } else { (self.after_us / self.before_us).max(1.0) }
    }
}

/// What a unit saves, or why it does not pay.
pub(super) fn judge(verdict: &Verdict, options: &Options) -> Result<Saving, String> {
    let weights: f64 = verdict.statements.iter().map(|(statement, ..)| statement.weight).sum();
    let saved_ms = saved_ms(verdict);
    let total_ms: f64 = verdict.statements.iter().map(|(own, before, _)| weight(own) * before.mean_ms).sum();
    let added_us: f64 =
        verdict.costs.iter().flatten().map(|cost| (cost.after_us - cost.before_us).max(0.0)).sum();
    let writes_ms = options.rows_written * weights * added_us / 1000.0;
    let keeps_budget = verdict.statements.iter().any(comes_under_budget);
    if !keeps_budget {
        refuse_expensive(verdict, options)?;
    }
    refuse_large(verdict, options)?;
    if saved_ms <= writes_ms && !keeps_budget {
        return Err(format!("saves {saved_ms:.2} ms and costs {writes_ms:.2} ms on writes, weighted"));
    }
    let share = saved_ms / total_ms.max(f64::MIN_POSITIVE);
    let is_more_than_chance = verdict.statements.iter().any(|one| saves_enough(one, options));
    let is_faster = verdict.statements.iter().any(|one| becomes_faster(one, weights, options));
    if (share < options.saving_min || !is_more_than_chance) && !is_faster && !keeps_budget {
        return Err(format!(
            "saves {:.2} % of the weighted time, and no statement becomes {} times as fast or needs so many times fewer blocks",
            share * 100.0,
            options.faster_min
        ));
    }
    let net = (saved_ms - writes_ms).max(0.0) / total_ms.max(f64::MIN_POSITIVE);
    Ok(Saving { saved_ms, score: net / (COST_MIN + space(verdict) + writes(verdict)) })
}

fn weight(statement: &Statement) -> f64 {
    statement.weight.max(WEIGHT_MIN)
}

/// Weighted milliseconds that all statements save together.
pub(super) fn saved_ms(verdict: &Verdict) -> f64 {
    verdict.statements.iter().map(saved).sum()
}

fn saved((statement, before, after): &(Statement, Timing, Timing)) -> f64 {
    let difference = before.mean_ms - after.mean_ms;
    let is_chance = difference.abs() < CHANCE * before.mean_ms.max(after.mean_ms);
    if is_chance { 0.0 } else { weight(statement) * difference }
}

fn comes_under_budget((statement, before, after): &(Statement, Timing, Timing)) -> bool {
    let budget = statement.budget.as_secs_f64() * 1000.0;
    let was_over = before.worst_ms > budget || before.is_cut;
    was_over && after.worst_ms <= budget && !after.is_cut
}

fn saves_enough((statement, before, after): &(Statement, Timing, Timing), options: &Options) -> bool {
    statement.weight > 0.0 && before.mean_ms - after.mean_ms >= options.saved_min.as_secs_f64() * 1000.0
}

fn becomes_faster(one: &(Statement, Timing, Timing), weights: f64, options: &Options) -> bool {
    let (statement, before, after) = one;
    let in_time = saves_enough(one, options) && before.mean_ms >= after.mean_ms * options.faster_min;
    let in_blocks = before.blocks >= after.blocks + options.blocks_min
        && part(before.blocks, after.blocks) >= options.faster_min
        && after.mean_ms <= before.mean_ms
        && !after.is_cut;
    statement.weight > 0.0 && statement.weight >= options.share_min * weights && (in_time || in_blocks)
}

fn refuse_expensive(verdict: &Verdict, options: &Options) -> Result<(), String> {
    for (cost, kept) in verdict.costs.iter().zip(&verdict.kept_ratios) {
        let Some(cost) = cost else { continue };
        let ratio = cost.ratio() + kept;
        let added_us = (ratio - 1.0) * cost.before_us;
        if ratio > options.write_ratio_max && added_us > options.write_added_min.as_secs_f64() * 1e6 {
            return Err(format!(
                "writing a row would become {ratio:.1} times as expensive; the most is {}",
                options.write_ratio_max
            ));
        }
    }
    Ok(())
}

fn refuse_large(verdict: &Verdict, options: &Options) -> Result<(), String> {
    for (bytes, table) in &verdict.sizes {
        let ratio = part(*bytes, *table);
        if ratio > options.size_ratio_max {
            return Err(format!(
                "is {ratio:.1} times as large as its table; the most is {}",
                options.size_ratio_max
            ));
        }
    }
    Ok(())
}

fn space(verdict: &Verdict) -> f64 {
    verdict.sizes.iter().map(|(bytes, table)| part(*bytes, *table)).sum()
}

/// By WAL, not by time: it is the same on a busy machine, and here indexes are compared with each other.
fn writes(verdict: &Verdict) -> f64 {
    let more = |cost: &WriteCost| cost.wal_after_bytes / cost.wal_before_bytes.max(1.0) - 1.0;
    verdict.costs.iter().flatten().map(|cost| more(cost).max(0.0)).sum()
}

#[expect(clippy::cast_precision_loss, reason = "a ratio of sizes needs no more than 53 bits")]
fn part(bytes: u64, table: u64) -> f64 {
    bytes as f64 / table.max(1) as f64
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    /// One statement of 1 ms beside the one that is asked about, which has weight 1 of 2.
    fn check(before: f64, after: f64, change: fn(&mut Verdict), expected: &str) {
        let timing = |ms: f64| Timing { mean_ms: ms, worst_ms: ms, blocks: 1, is_cut: false };
        let other = Statement::given("other", "SELECT 1");
        let own = Statement::given("own", "SELECT 2").with_budget(Duration::from_millis(100));
        let mut verdict = Verdict {
            statements: vec![(other, timing(1000.0), timing(1000.0)), (own, timing(before), timing(after))],
            costs: vec![Some(WriteCost {
                before_us: 50.0,
                after_us: 60.0,
                wal_before_bytes: 1.0,
                wal_after_bytes: 1.0,
            })],
            sizes: vec![(10, 100)],
            kept_ratios: vec![0.0],
        };
        change(&mut verdict);
        let found = judge(&verdict, &Options::default()).map_or_else(|why| why, |_| "pays".to_owned());
        assert!(found.contains(expected), "{before} → {after}: {found}");
    }

    #[test]
    fn what_pays() {
        check(90.0, 10.0, |_| (), "pays");
        // 1 % only, and not twice as fast.
        check(50.0, 40.0, |_| (), "saves 0.95 %");
        // What may be chance.
        check(90.0, 80.0, |_| (), "saves 0.00 ms and costs");
        // 0.5 % only, but twice as fast.
        check(10.0, 5.0, |_| (), "pays");
        // Too little to be told from chance, unless blocks tell it.
        check(0.3, 0.15, |_| (), "saves 0.01 %");
        check(
            0.3,
            0.15,
            |verdict| (verdict.statements[1].1.blocks, verdict.statements[1].2.blocks) = (300, 150),
            "pays",
        );
        check(
            0.3,
            0.15,
            |verdict| (verdict.statements[1].1.blocks, verdict.statements[1].2.blocks) = (100, 10),
            "saves 0.01 %",
        );
        // 0.5 % only, but under its budget now.
        check(110.0, 90.0, |_| (), "pays");
        check(10.0, 11.0, |_| (), "and costs");
    }

    #[test]
    fn what_is_too_expensive() {
        let slow_writes = |verdict: &mut Verdict| {
            if let Some(cost) = &mut verdict.costs[0] {
                cost.after_us = 500.0;
            }
        };
        check(90.0, 10.0, slow_writes, "10.0 times as expensive");
        check(900.0, 10.0, slow_writes, "pays");
        check(90.0, 10.0, |verdict| verdict.kept_ratios[0] = 3.0, "4.2 times as expensive");
        let cheap = |verdict: &mut Verdict| {
            if let Some(cost) = &mut verdict.costs[0] {
                (cost.before_us, cost.after_us) = (3.0, 18.0);
            }
        };
        check(90.0, 10.0, cheap, "pays");
        check(90.0, 10.0, |verdict| verdict.sizes[0].0 = 150, "1.5 times as large");
        check(
            0.5,
            0.2,
            |verdict| {
                verdict.statements.remove(0);
                if let Some(cost) = &mut verdict.costs[0] {
                    (cost.before_us, cost.after_us) = (10_000.0, 20_000.0);
                }
            },
            "and costs 1.00 ms on writes",
        );
        check(90.0, 10.0, |verdict| verdict.costs[0] = None, "pays");
    }

    #[test]
    fn a_statement_without_weight_counts_by_its_budget_only() {
        let without = |verdict: &mut Verdict| verdict.statements[1].0.weight = 0.0;
        check(90.0, 10.0, without, "and no statement");
        check(190.0, 10.0, without, "pays");
    }
}
