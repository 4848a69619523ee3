//! The frame of a chart: a title, what it shows, its lanes below each other, a key.

use crate::evidence::svg::axis::axis;
use crate::evidence::svg::scale::Scale;
use crate::html::markup::{each, escaped, given};

/// One thing in a chart: its name beside its strips.
pub(super) struct Lane {
    /// Markup of the name.
    pub(super) name: String,
    /// What is drawn of it, below each other.
    pub(super) runs: Vec<Run>,
}

/// A strip with a word before and a number behind it.
pub(super) struct Run {
    /// "predicted", "actual", "before", "after"; empty if there is one only.
    pub(super) word: &'static str,
    /// The SVG.
    pub(super) strip: String,
    /// Markup of the number.
    pub(super) value: String,
}

/// A figure with all lanes over a common axis. `title` and `about` are text, `key` is markup.
pub(super) fn figure(title: &str, about: &str, lanes: &[Lane], scale: Scale, key: &str) -> String {
    let wordless = lanes.iter().flat_map(|lane| &lane.runs).all(|run| run.word.is_empty());
    let class = if wordless { "lanes wordless" } else { "lanes" };
    let foot = Lane {
        name: String::new(),
        runs: vec![Run { word: "", strip: axis(scale, "Axis"), value: String::new() }],
    };
    let about = given(Some(about).filter(|it| !it.is_empty()), |it| format!(" <span>{}</span>", escaped(it)));
    format!(
        "<figure class=\"chart\">\n<figcaption><b>{}</b>{about}</figcaption>\n<div class=\"{class}\">\n{}{}</div>\n{key}</figure>\n",
        escaped(title),
        each(lanes, |it| lane(it, "lane")),
        lane(&foot, "lane foot"),
    )
}

fn lane(lane: &Lane, class: &str) -> String {
    let runs = each(&lane.runs, |Run { word, strip, value }| {
        format!(
            "<div class=\"run\"><span class=\"word\">{word}</span>{strip}<span class=\"took\">{value}</span></div>\n"
        )
    });
    format!(
        "<div class=\"{class}\"><div class=\"name\">{}</div><div class=\"runs\">\n{runs}</div></div>\n",
        lane.name
    )
}

/// What the signs of a chart mean: a small drawing and words each.
pub(super) fn key(signs: &[(&str, &str)]) -> String {
    let signs = each(signs, |(drawing, words)| {
        format!(
            "<li><svg class=\"sign\" width=\"24\" height=\"14\" aria-hidden=\"true\">{drawing}</svg> {}</li>",
            escaped(words)
        )
    });
    format!("<ul class=\"key\">{signs}</ul>\n")
}

#[cfg(test)]
mod tests {
    use super::{Lane, Run, figure, key};
    use crate::evidence::svg::scale::Scale;

    #[test]
    fn texts_are_escaped_and_words_take_room_only_if_there_are_any() {
        let lane = |word| Lane {
            name: String::new(),
            runs: vec![Run { word, strip: String::new(), value: String::new() }],
        };
        let page = figure("<b>", "", &[lane("")], Scale::to_ms(1), "");
        assert!(page.contains("<b>&lt;b&gt;</b></figcaption>") && page.contains("wordless"), "{page}");
        assert!(!figure("", "", &[lane("before")], Scale::to_ms(1), "").contains("wordless"));
        assert!(key(&[("", "a < b")]).contains("a &lt; b"));
    }
}
