//! The stages over the time of the run.

use super::chart::{Lane, Run, figure};
use crate::evidence::svg::axis::grid;
use crate::evidence::svg::bars::bar;
use crate::evidence::svg::scale::Scale;
use crate::evidence::svg::strip;
use crate::evidence::{Evidence, Stage};
use crate::html::markup::{badge, each, escaped, given};
use crate::{human_duration, phrase};

const HEIGHT: u32 = 22;

/// The pipeline as it ran.
pub(super) fn pipeline(evidence: &Evidence) -> String {
    if evidence.stages.is_empty() {
        return "<p class=\"none\">The run ended before its first stage.</p>\n".to_owned();
    }
    let ends = evidence.stages.iter().filter_map(end).max().unwrap_or(0);
    let scale = Scale::to_ms(evidence.duration_ms.max(ends));
    let lanes: Vec<Lane> = evidence.stages.iter().map(|stage| lane(stage, scale)).collect();
    let about = format!("{} from the first stage to the last", human_duration(evidence.duration_ms));
    figure("Stages by real duration", &about, &lanes, scale, "")
}

fn end(stage: &Stage) -> Option<u64> {
    stage.started_ms.zip(stage.duration_ms).map(|(from, took)| from.saturating_add(took))
}

fn lane(stage: &Stage, scale: Scale) -> Lane {
    let span = stage.started_ms.zip(end(stage));
    let drawing = given(span, |span| bar(scale, &format!("stage s-{}", stage.status), span, (6, 10)));
    let title = format!("{}: {}", stage.name.as_str(), words(stage));
    let took = match stage.duration_ms {
        Some(ms) => human_duration(ms),
        None if stage.reused.is_some() => "reused".to_owned(),
        None => "–".to_owned(),
    };
    let strip = strip(HEIGHT, &title, &stage.summary, &(grid(scale) + &drawing));
    Lane { name: name(stage), runs: vec![Run { word: "", strip, value: took }] }
}

/// When it ran, for who does not see it.
fn words(stage: &Stage) -> String {
    match stage.started_ms.zip(stage.duration_ms) {
        Some((from, took)) => {
            format!("{}, from {} on for {}", stage.status, human_duration(from), human_duration(took))
        }
        None => format!("{}, did not run", stage.status),
    }
}

fn name(stage: &Stage) -> String {
    let why =
        |word: &str, reason: &str| format!("<span class=\"said\"><b>{word}:</b> {}</span>", escaped(reason));
    let facts = each(&stage.facts, |fact| {
        format!(
            " <span class=\"fact\">{} {}</span>",
            escaped(&fact.title),
            escaped(&phrase::value(&fact.value))
        )
    });
    [
        format!("{} <b>{}</b>", badge(stage.status), stage.name.as_str()),
        given(Some(&stage.summary).filter(|it| !it.is_empty()), |it| {
            format!("<span class=\"said\">{}{facts}</span>", escaped(it))
        }),
        given(stage.skipped.as_deref(), |reason| why("skipped", reason)),
        given(stage.reused.as_deref(), |proof| why("reused", proof)),
    ]
    .concat()
}
