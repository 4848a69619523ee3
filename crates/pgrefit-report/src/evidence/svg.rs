//! Charts as strips of SVG: positions are shares of the width, so that a strip fits a telephone and a wall alike while
//! its text and its lines keep their size.

pub(crate) mod axis;
pub(super) mod bars;
pub(crate) mod scale;

use crate::html::markup::escaped;

/// One strip of a chart, with a title and a description for who does not see it.
pub(crate) fn strip(height: u32, title: &str, description: &str, content: &str) -> String {
    format!(
        "<svg class=\"strip\" width=\"100%\" height=\"{height}\" role=\"img\"><title>{}</title><desc>{}</desc>{content}</svg>",
        escaped(title),
        escaped(description)
    )
}

/// A share of the width, with as many digits as a screen can show.
pub(crate) fn percent(share: f64) -> String {
    let text = format!("{:.2}", share.clamp(0.0, 100.0));
    format!("{}%", text.trim_end_matches('0').trim_end_matches('.'))
}

#[cfg(test)]
mod tests {
    use super::{percent, strip};

    #[test]
    fn shares_are_short_and_inside() {
        let check = |share: f64, expected: &str| assert_eq!(percent(share), expected);
        check(0.0, "0%");
        check(12.345, "12.35%");
        check(50.0, "50%");
        check(100.4, "100%");
        check(-3.0, "0%");
        check(99.999, "100%");
    }

    #[test]
    fn a_strip_has_words_for_who_does_not_see_it() {
        assert_eq!(
            strip(20, "<a>", "b & c", "<g/>"),
            "<svg class=\"strip\" width=\"100%\" height=\"20\" role=\"img\"><title>&lt;a&gt;</title><desc>b &amp; c</desc><g/></svg>"
        );
    }
}
