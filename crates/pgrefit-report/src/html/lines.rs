//! Charts of lines as SVG. The drawing is stretched to the width of the page; its text and the width of its lines are not.

use std::fmt::Write as _;

use super::markup::{each, escaped, given};
use crate::evidence::svg::axis::{axis, grid, tick_label};
use crate::evidence::svg::scale::Scale;
use crate::evidence::svg::{percent, strip};
use crate::{Chart, ChartScale, Line};

pub(super) const STYLE: &str = include_str!("lines.css");

/// Pixels.
const HEIGHT: f64 = 220.0;
/// Room above the highest point for the name of the topmost level.
const TOP: f64 = 14.0;
/// The drawing's own width, which is stretched.
const WIDTH: f64 = 1000.0;
/// Colours that can be told apart; more lines than this are grey.
const COLOURS: usize = 8;

/// All charts; nothing if there are none.
pub(super) fn charts(charts: &[Chart]) -> String {
    let drawn = charts.iter().filter(|chart| chart.lines.iter().any(|line| points(line).next().is_some()));
    each(drawn, figure)
}

fn figure(chart: &Chart) -> String {
    let (x, y) = (scale(chart, chart.x.0, |point| point.0), scale(chart, chart.y.0, |point| point.1));
    let lines = each(chart.lines.iter().enumerate(), |(at, line)| polyline(line, at, x, y));
    let drawing = format!(
        "<svg x=\"0\" y=\"0\" width=\"100%\" height=\"{HEIGHT}\" viewBox=\"0 0 {WIDTH} {HEIGHT}\" preserveAspectRatio=\"none\">{lines}</svg>"
    );
    let strip_height = 220;
    let content = [grid(x), levels(y), drawing, level_names(y, chart.y.1)].concat();
    let (title, about) = (escaped(&chart.title), escaped(&chart.about));
    format!(
        "<figure class=\"chart lines\">\n<figcaption><b>{title}</b> <span>{about}</span></figcaption>\n{}\n{}\n{}</figure>\n",
        strip(strip_height, &chart.title, &description(chart), &content),
        foot(x, chart.x.1),
        key(&chart.lines)
    )
}

/// The axis that holds all points of the chart.
fn scale(chart: &Chart, scale: ChartScale, value: fn((f64, f64)) -> f64) -> Scale {
    let values = chart.lines.iter().flat_map(points).map(value);
    match scale {
        ChartScale::Log => Scale::decades(values),
        ChartScale::Linear => {
            let most = values.fold(0.0, f64::max);
            Scale::Linear(if most > 0.0 { most } else { 1.0 })
        }
    }
}

fn points(line: &Line) -> impl Iterator<Item = (f64, f64)> + '_ {
    line.points.iter().copied().filter(|(x, y)| x.is_finite() && y.is_finite())
}

fn polyline(line: &Line, at: usize, x: Scale, y: Scale) -> String {
    let mut places = String::new();
    for point in points(line) {
        let (right, down) = (x.percent(point.0) / 100.0 * WIDTH, place(y, point.1));
        let _ = write!(places, "{right:.1},{down:.1} ");
    }
    let dashed = if line.is_dashed { " dashed" } else { "" };
    format!(
        "<polyline class=\"line {}{dashed}\" vector-effect=\"non-scaling-stroke\" points=\"{}\"/>",
        colour(at),
        places.trim_end()
    )
}

fn colour(at: usize) -> String {
    if at < COLOURS { format!("c{at}") } else { "more".to_owned() }
}

/// Pixels from the top.
fn place(y: Scale, value: f64) -> f64 {
    HEIGHT - y.percent(value) / 100.0 * (HEIGHT - TOP)
}

/// The lines of the axis that goes up, for the ground.
fn levels(y: Scale) -> String {
    each(y.ticks().into_iter().skip(1), |value| {
        let at = place(y, value).round();
        format!("<line class=\"grid\" x1=\"0\" x2=\"100%\" y1=\"{at}\" y2=\"{at}\"/>")
    })
}

/// Its values, over everything else.
fn level_names(y: Scale, unit: &str) -> String {
    each(y.ticks().into_iter().skip(1), |value| {
        let (at, name) = (place(y, value).round() - 3.0, escaped(&label(value, unit)));
        format!("<text class=\"level\" x=\"0\" y=\"{at}\" dx=\"2\">{name}</text>")
    })
}

/// The strip below, with the values of the axis to the right.
fn foot(x: Scale, unit: &str) -> String {
    if unit == "ms" {
        return format!("<div class=\"foot\">{}</div>", axis(x, "Axis"));
    }
    let labels = each(x.ticks(), |tick| {
        let at = x.percent(tick);
        let anchor = if at < 4.0 {
            "start"
        } else if at > 92.0 {
            "end"
        } else {
            "middle"
        };
        let text = escaped(&label(tick, unit));
        format!("<text x=\"{}\" y=\"14\" text-anchor=\"{anchor}\">{text}</text>", percent(at))
    });
    format!("<div class=\"foot\">{}</div>", strip(18, "Axis", unit, &labels))
}

fn label(value: f64, unit: &str) -> String {
    if unit == "ms" {
        return tick_label(value);
    }
    let number = (value * 1000.0).round() / 1000.0;
    format!("{number} {unit}").trim_end().to_owned()
}

/// The lines in words, for who does not see them.
fn description(chart: &Chart) -> String {
    let last = |line: &Line| points(line).last();
    let unit = |unit: &'static str| move |value: f64| label(value, unit);
    let said = chart.lines.iter().filter_map(|line| {
        let (x, y) = last(line)?;
        Some(format!("{} ends at {}, {}", line.name, unit(chart.x.1)(x), unit(chart.y.1)(y)))
    });
    said.collect::<Vec<_>>().join("; ")
}

fn key(lines: &[Line]) -> String {
    let signs = each(lines.iter().enumerate(), |(at, line)| {
        let dashed = if line.is_dashed { " dashed" } else { "" };
        format!(
            "<li><svg class=\"sign\" width=\"24\" height=\"14\" aria-hidden=\"true\"><line class=\"line {}{dashed}\" x1=\"0\" x2=\"24\" y1=\"7\" y2=\"7\"/></svg> {}</li>",
            colour(at),
            escaped(&line.name)
        )
    });
    given(Some(signs).filter(|_| !lines.is_empty()), |signs| format!("<ul class=\"key\">{signs}</ul>\n"))
}

#[cfg(test)]
mod tests {
    use super::{charts, figure};
    use crate::{Chart, ChartScale, Line};

    fn chart(lines: Vec<Line>) -> Chart {
        Chart::new("<Latency>", "a & b", (ChartScale::Log, "ms"), (ChartScale::Linear, "%"), lines)
    }

    #[test]
    fn points_are_where_they_belong() {
        let found = figure(&chart(vec![Line::new("q", vec![(1.0, 0.0), (10.0, 50.0), (100.0, 100.0)])]));
        assert!(found.contains("points=\"0.0,220.0 500.0,117.0 1000.0,14.0\""), "{found}");
        assert!(found.contains("&lt;Latency&gt;") && found.contains("a &amp; b"), "{found}");
        assert!(found.contains("q ends at 100 ms, 100 %"), "{found}");
    }

    #[test]
    fn what_is_no_number_is_not_drawn() {
        let found = figure(&chart(vec![
            Line::new("q", vec![(f64::NAN, 1.0), (1.0, f64::INFINITY), (1.0, 5.0)]).dashed(),
        ]));
        assert!(!found.contains("NaN") && !found.contains("inf"), "{found}");
        assert!(found.contains("line c0 dashed"), "{found}");
        assert_eq!(charts(&[chart(vec![]), chart(vec![Line::new("q", vec![])])]), "");
    }

    #[test]
    fn names_are_text_and_more_lines_than_colours_are_grey() {
        let lines = (0..10).map(|at| Line::new(format!("<script>{at}"), vec![(1.0, 1.0)])).collect();
        let found = figure(&chart(lines));
        assert!(!found.contains("<script>"), "{found}");
        assert_eq!(found.matches("line more").count(), 4, "two lines and their signs: {found}");
    }
}
