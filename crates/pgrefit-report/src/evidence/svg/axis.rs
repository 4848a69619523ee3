//! The axis of a chart: lines through its strips, and the values that they stand for.

use super::scale::Scale;
use super::{percent, strip};
use crate::html::markup::each;

/// The lines of the ticks, for the ground of a strip.
pub(crate) fn grid(scale: Scale) -> String {
    each(scale.ticks(), |tick| {
        let x = percent(scale.percent(tick));
        format!("<line class=\"grid\" x1=\"{x}\" x2=\"{x}\" y1=\"0\" y2=\"100%\"/>")
    })
}

/// The strip below all others, with the values of the ticks.
pub(crate) fn axis(scale: Scale, title: &str) -> String {
    let labels = each(scale.ticks().into_iter().enumerate(), |(index, tick)| {
        let place = scale.percent(tick);
        let anchor = match place {
            place if place < 4.0 => "start",
            place if place > 92.0 => "end",
            _ => "middle",
        };
        // On a telephone there is room for every second one.
        let class = if index % 2 == 1 { " class=\"odd\"" } else { "" };
        let x = percent(place);
        format!("<text{class} x=\"{x}\" y=\"14\" text-anchor=\"{anchor}\">{}</text>", tick_label(tick))
    });
    let (first, last) = (scale.ticks().first().copied(), scale.ticks().last().copied());
    let ends = first.zip(last).map_or_else(String::new, |(first, last)| {
        format!("from {} to {}", tick_label(first), tick_label(last))
    });
    strip(18, title, &ends, &labels)
}

/// Milliseconds in the largest unit that gives a short number: `200 ms`, `2 s`, `1 min`, `2 h`.
pub(crate) fn tick_label(ms: f64) -> String {
    const UNITS: [(f64, &str); 4] =
        [(86_400_000.0, "d"), (3_600_000.0, "h"), (60_000.0, "min"), (1000.0, "s")];
    let whole = |unit: f64| (ms / unit).fract() == 0.0;
    let half = |unit: f64| (ms / unit * 10.0).fract() == 0.0;
    if ms == 0.0 {
        return "0".to_owned();
    }
    match UNITS.into_iter().find(|(unit, name)| ms >= *unit && (whole(*unit) || *name == "s" && half(*unit)))
    {
        Some((unit, name)) => format!("{} {name}", ms / unit),
        None => format!("{} ms", (ms * 1e6).round() / 1e6),
    }
}

#[cfg(test)]
mod tests {
    use super::{axis, grid, tick_label};
    use crate::evidence::svg::scale::Scale;

    #[test]
    fn labels_are_short() {
        let check = |ms: f64, expected: &str| assert_eq!(tick_label(ms), expected);
        check(0.0, "0");
        check(0.1, "0.1 ms");
        check(10_f64.powi(-2), "0.01 ms");
        check(200.0, "200 ms");
        check(1500.0, "1.5 s");
        check(15_000.0, "15 s");
        check(90_000.0, "90 s");
        check(120_000.0, "2 min");
        check(7_200_000.0, "2 h");
        check(172_800_000.0, "2 d");
    }

    #[test]
    fn labels_stay_inside_of_the_strip() {
        let axis = axis(Scale::to_ms(80), "Time");
        assert!(axis.contains("<text x=\"0%\" y=\"14\" text-anchor=\"start\">0</text>"), "{axis}");
        assert!(axis.contains("<text x=\"100%\" y=\"14\" text-anchor=\"end\">80 ms</text>"), "{axis}");
        assert!(axis.contains("<desc>from 0 to 80 ms</desc>"), "{axis}");
        assert_eq!(grid(Scale::to_ms(80)).matches("<line").count(), 5);
    }
}
