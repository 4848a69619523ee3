//! What else ran meanwhile: latency and failures over time, with the locks of the run behind them.

use super::chart::{Lane, Run, figure, key};
use super::queries::ms;
use crate::evidence::svg::axis::{grid, tick_label};
use crate::evidence::svg::bars::bar;
use crate::evidence::svg::scale::Scale;
use crate::evidence::svg::strip;
use crate::evidence::{Phase, StageName, Step, Traffic, TrafficBucket};
use crate::html::markup::{each, escaped, given};
use crate::html::values::measured;

const HEIGHT: u32 = 110;
/// Above the highest bar there is room for a sign.
const TOP: u32 = 18;
/// More bars than this cannot be told apart; neighbours become one.
const BARS_MAX: usize = 120;

const KEY: [(&str, &str); 4] = [
    ("<rect class=\"p99\" x=\"6\" y=\"3\" width=\"12\" height=\"11\"/>", "p99"),
    ("<line class=\"max\" x1=\"5\" x2=\"19\" y1=\"7\" y2=\"7\"/>", "the longest"),
    ("<text class=\"broke\" x=\"12\" y=\"12\" text-anchor=\"middle\">✕</text>", "failed transactions"),
    ("<rect class=\"held\" x=\"6\" y=\"0\" width=\"12\" height=\"14\"/>", "the run keeps others out"),
];

/// One workload, with the locks of these steps behind it.
pub(super) fn traffic(traffic: &Traffic, steps: &[Step]) -> String {
    let buckets = merged(traffic);
    let width = u64::max(traffic.bucket_ms, 1);
    let end = buckets.iter().map(|it| it.until_ms).max().unwrap_or(width);
    let (time, height) = (Scale::to_ms(end), heights(&buckets));
    let bars = each(&buckets, |it| column(it, time, height));
    let title = match traffic.stage {
        StageName::Rehearse => "Latency during the rehearsal".to_owned(),
        StageName::Apply => "Latency during the live run".to_owned(),
        other => format!("Latency during {}", other.as_str()),
    };
    let about = format!("p99 up to {}, {} failed", longest(&buckets), traffic.total.failed);
    let strip = strip(
        HEIGHT,
        &title,
        &about,
        &(grid(time) + &levels(height) + &held(traffic.stage, steps, time) + &bars),
    );
    let lane = Lane { name: totals(traffic), runs: vec![Run { word: "", strip, value: String::new() }] };
    figure(&title, &traffic.workload, &[lane], time, &key(&KEY))
}

/// When others were kept out, in the time of the stage.
fn held(stage: StageName, steps: &[Step], time: Scale) -> String {
    let phase = if stage == StageName::Apply { Phase::Actual } else { Phase::Predicted };
    each(steps, |step| {
        let (from, to) = step.window(phase);
        let started = step.execution(phase).map(|it| it.started_ms).filter(|_| to > from);
        given(started, |at| bar(time, "held", (at.saturating_add(from), at.saturating_add(to)), (0, HEIGHT)))
    })
}

/// Some neighbouring buckets.
struct Bucket {
    from_ms: u64,
    until_ms: u64,
    failed: u64,
    p99_ms: Option<f64>,
    max_ms: Option<f64>,
}

/// At most as many buckets as can be told apart: of neighbours the worst is kept.
fn merged(traffic: &Traffic) -> Vec<Bucket> {
    let each = traffic.buckets.len().div_ceil(BARS_MAX).max(1);
    let worst = |some: &[TrafficBucket], of: fn(&TrafficBucket) -> Option<f64>| {
        some.iter().filter_map(of).filter(|it| it.is_finite()).max_by(f64::total_cmp)
    };
    let bucket = |some: &[TrafficBucket]| Bucket {
        from_ms: some.first().map_or(0, |it| it.from_ms),
        until_ms: some.last().map_or(0, |it| it.from_ms.saturating_add(traffic.bucket_ms.max(1))),
        failed: some.iter().fold(0, |sum, it| sum.saturating_add(it.failed)),
        p99_ms: worst(some, |it| it.p99_ms),
        max_ms: worst(some, |it| it.max_ms),
    };
    traffic.buckets.chunks(each).map(bucket).collect()
}

fn heights(buckets: &[Bucket]) -> Scale {
    let values = buckets.iter().flat_map(|it| [it.p99_ms, it.max_ms]).flatten();
    Scale::Linear(values.fold(1.0, f64::max))
}

/// The place of a value, in pixels from the top of the strip.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a share of the height of a strip"
)]
fn y(height: Scale, value: f64) -> u32 {
    HEIGHT - (height.percent(value) / 100.0 * f64::from(HEIGHT - TOP)).round() as u32
}

fn column(bucket: &Bucket, time: Scale, height: Scale) -> String {
    // A gap between bars, so that they can be counted.
    let gap = (bucket.until_ms - bucket.from_ms) / 6;
    let span = (bucket.from_ms, bucket.until_ms - gap);
    let p99 = given(bucket.p99_ms, |value| {
        let top = y(height, value);
        bar(time, "p99", span, (top, HEIGHT - top))
    });
    let max = given(bucket.max_ms, |value| bar(time, "max", span, (y(height, value), 1)));
    p99 + &max + &given(Some(bucket.failed).filter(|it| *it > 0), |failed| sign(time, span.0, failed))
}

/// How many failed, above the bar, inside of the strip.
fn sign(time: Scale, at_ms: u64, failed: u64) -> String {
    let place = time.place(at_ms);
    let anchor = if place > 80.0 { "end" } else { "start" };
    format!("<text class=\"broke\" x=\"{place:.2}%\" y=\"12\" text-anchor=\"{anchor}\">✕ {failed}</text>")
}

/// The values of the axis that goes up.
fn levels(height: Scale) -> String {
    each(height.ticks().into_iter().skip(1), |value| {
        let y = y(height, value);
        format!(
            "<line class=\"grid\" x1=\"0\" x2=\"100%\" y1=\"{y}\" y2=\"{y}\"/><text class=\"level\" x=\"100%\" y=\"{}\" dx=\"6\">{}</text>",
            y + 4,
            tick_label(value)
        )
    })
}

fn longest(buckets: &[Bucket]) -> String {
    buckets.iter().filter_map(|it| it.p99_ms).max_by(f64::total_cmp).map_or_else(|| "–".to_owned(), ms)
}

fn totals(traffic: &Traffic) -> String {
    let total = &traffic.total;
    let class = if total.failed > 0 { " broke" } else { "" };
    let known = [("p50", total.p50_ms), ("p99", total.p99_ms), ("longest", total.max_ms)];
    let known = each(known, |(word, value)| {
        format!("<span class=\"said\">{word} {}</span>", escaped(&ms(value.unwrap_or(f64::NAN))))
    });
    format!(
        "<b>{}</b> completed<span class=\"said{class}\"><b>{}</b> failed</span>{known}",
        measured(&total.completed.into()),
        measured(&total.failed.into())
    )
}

#[cfg(test)]
mod tests {
    use super::{merged, traffic};
    use crate::evidence::sample;

    #[test]
    fn neighbours_become_one_and_the_worst_is_kept() {
        let mut long = sample::broken().traffic.remove(1);
        assert_eq!(merged(&long).len(), 43);
        long.buckets = (0..1000_u64)
            .map(|index| {
                let mut bucket = long.buckets[usize::try_from(index % 43).unwrap()].clone();
                bucket.from_ms = index * 1000;
                bucket
            })
            .collect();
        let bars = merged(&long);
        assert_eq!((bars.len(), bars[0].until_ms), (112, 9000));
        assert!(bars[0].p99_ms > Some(70.0));
        assert_eq!(bars[0].failed, 14);
    }

    #[test]
    fn nothing_is_drawn_of_nothing() {
        let mut empty = sample::broken().traffic.remove(1);
        empty.buckets.clear();
        empty.bucket_ms = 0;
        let page = traffic(&empty, &[]);
        assert!(page.contains("<b>8574</b> completed"), "{page}");
        assert_eq!(page.matches("class=\"p99\"").count(), 1, "the key alone: {page}");
    }
}
