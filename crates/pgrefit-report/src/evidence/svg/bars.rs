//! What stands on a strip: bars from one moment to another, dots and marks at one.

use super::percent;
use super::scale::Scale;

/// A bar between two times in milliseconds, `y` and `height` in pixels. What is too short to be seen is a thin line.
pub(in crate::evidence) fn bar(
    scale: Scale,
    class: &str,
    (from, to): (u64, u64),
    (y, height): (u32, u32),
) -> String {
    let (start, end) = (scale.place(from), scale.place(to.max(from)));
    let x = percent(start);
    format!(
        "<rect class=\"{class}\" x=\"{x}\" y=\"{y}\" width=\"{}\" height=\"{height}\"/>\
         <line class=\"{class}\" x1=\"{x}\" x2=\"{x}\" y1=\"{y}\" y2=\"{}\"/>",
        percent(end - start),
        y + height
    )
}

/// A line between two values in the middle of a strip that is `height` pixels high.
pub(in crate::evidence) fn range(scale: Scale, class: &str, (from, to): (f64, f64), height: u32) -> String {
    let (x1, x2) = (percent(scale.percent(from)), percent(scale.percent(to)));
    let y = height / 2;
    format!("<line class=\"{class}\" x1=\"{x1}\" x2=\"{x2}\" y1=\"{y}\" y2=\"{y}\"/>")
}

/// A dot in the middle of a strip that is `height` pixels high.
pub(in crate::evidence) fn dot(scale: Scale, class: &str, at: f64, height: u32) -> String {
    format!("<circle class=\"{class}\" cx=\"{}\" cy=\"{}\" r=\"4\"/>", percent(scale.percent(at)), height / 2)
}

/// The line of a limit across the strip, in a casing that sets it off from what it crosses.
pub(in crate::evidence) fn limit(scale: Scale, at: f64) -> String {
    let x = percent(scale.percent(at));
    let line = |class| format!("<line class=\"{class}\" x1=\"{x}\" x2=\"{x}\" y1=\"0\" y2=\"100%\"/>");
    line("casing") + &line("limit")
}

#[cfg(test)]
mod tests {
    use super::{bar, dot, limit, range};
    use crate::evidence::svg::scale::Scale;

    const SCALE: Scale = Scale::Linear(200.0);

    #[test]
    fn bars_are_where_they_belong() {
        let check = |span: (u64, u64), x: &str, width: &str| {
            let found = bar(SCALE, "c", span, (3, 12));
            assert!(found.contains(&format!("x=\"{x}\" y=\"3\" width=\"{width}\" height=\"12\"")), "{found}");
        };
        check((50, 100), "25%", "25%");
        check((0, 0), "0%", "0%");
        check((100, 50), "50%", "0%");
        check((150, u64::MAX), "75%", "25%");
        check((900, 1000), "100%", "0%");
    }

    #[test]
    fn points_are_where_they_belong() {
        assert_eq!(dot(SCALE, "c", 50.0, 20), "<circle class=\"c\" cx=\"25%\" cy=\"10\" r=\"4\"/>");
        let line = limit(SCALE, 100.0);
        assert!(
            line.ends_with("<line class=\"limit\" x1=\"50%\" x2=\"50%\" y1=\"0\" y2=\"100%\"/>"),
            "{line}"
        );
        let line = range(SCALE, "c", (0.0, f64::NAN), 20);
        assert_eq!(line, "<line class=\"c\" x1=\"0%\" x2=\"0%\" y1=\"10\" y2=\"10\"/>");
    }
}
