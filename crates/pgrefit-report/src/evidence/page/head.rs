//! The head of the page: the verdict, which run, on which database; the numbers that matter most; what to do next.

use super::Section;
use crate::evidence::{Evidence, Phase, Quantity, Requirement};
use crate::html::head::failure;
use crate::html::markup::{badge, each, escaped, given, pairs};
use crate::{Cell, Status, human_duration, phrase};

/// The verdict, its circumstances, the numbers that matter most, and what the page has.
pub(super) fn header(evidence: &Evidence, sections: &[Section]) -> String {
    let outcome = &evidence.outcome;
    let verdict = format!(
        "<p class=\"what\"><span class=\"brand\">pgrefit <b>migrate</b></span>{}<span>exit code {}</span></p>\n<h1>{}</h1>\n",
        badge(outcome.status),
        outcome.exit_code,
        escaped(&outcome.summary)
    );
    [verdict, circumstances(evidence), numbers(evidence), contents(sections)].concat()
}

fn circumstances(evidence: &Evidence) -> String {
    let moment = |text: &str| phrase::value(&Cell::Timestamp(text.to_owned()));
    let mut known = Vec::new();
    if let Some(target) = &evidence.target {
        known.push(("Database", target.database.clone()));
        known.push(("Server", format!("{}:{}", target.host, target.port)));
        known.push(("Role", target.user.clone()));
        known.extend(target.server_version.iter().map(|version| ("PostgreSQL", version.clone())));
    }
    known.extend(evidence.policy.iter().map(|policy| ("Environment", policy.environment.clone())));
    known.push(("Run", evidence.run_id.clone()));
    known.push(("Started", moment(&evidence.started_at)));
    known.push(("Took", human_duration(evidence.duration_ms)));
    pairs("where", known.into_iter().map(|(name, value)| (name.to_owned(), escaped(&value))))
}

/// A number with its words, in the colour of a judgement.
struct Tile {
    status: Status,
    number: String,
    words: String,
    small: String,
}

fn numbers(evidence: &Evidence) -> String {
    let tiles = [Some(requirements(evidence)), longest_lock(evidence), failed_transactions(evidence)];
    let tiles = each(tiles.into_iter().flatten(), |Tile { status, number, words, small }| {
        let small =
            given(Some(small).filter(|it| !it.is_empty()), |it| format!("<small>{}</small>", escaped(&it)));
        format!(
            "<li class=\"s-{status}\"><b>{}</b> <span>{}{small}</span></li>",
            escaped(&number),
            escaped(&words)
        )
    });
    format!("<ul class=\"counts\" aria-label=\"What matters most\">{tiles}</ul>\n")
}

fn requirements(evidence: &Evidence) -> Tile {
    let list = &evidence.checklist;
    let count = |status| list.count(status);
    let met = count(Status::Pass) + count(Status::Warn);
    let required = list.lines().len() - count(Status::Skip);
    let told = [
        (count(Status::Fail), "not met"),
        (count(Status::Blind), "not measured"),
        (count(Status::Skip), "not required"),
    ];
    let told: Vec<String> =
        told.iter().filter(|(count, _)| *count > 0).map(|(count, word)| format!("{count} {word}")).collect();
    let status = match Status::worst(list.lines().iter().map(crate::evidence::Line::status)) {
        Some(worst) if required > 0 => worst,
        _ => Status::Skip,
    };
    Tile {
        status,
        number: format!("{met} of {required}"),
        words: "requirements met".to_owned(),
        small: told.join(", "),
    }
}

/// What was measured counts before what was predicted.
fn longest_lock(evidence: &Evidence) -> Option<Tile> {
    let [predicted, actual] = [Phase::Predicted, Phase::Actual].map(|phase| evidence.strong_lock_ms(phase));
    let longest = actual.or(predicted)?;
    let limit = evidence.policy.as_ref().and_then(|policy| policy.strong_lock_limit_ms);
    let status = match limit {
        Some(limit) if actual.max(predicted) > Some(limit) => Status::Fail,
        Some(_) => Status::Pass,
        None => Status::Info,
    };
    let mut told: Vec<String> = Vec::new();
    told.extend(limit.map(|limit| format!("limit {}", human_duration(limit))));
    told.extend(actual.and(predicted).map(|predicted| format!("predicted {}", human_duration(predicted))));
    let words = if actual.is_some() { "longest lock" } else { "longest lock predicted" };
    Some(Tile { status, number: human_duration(longest), words: words.to_owned(), small: told.join(", ") })
}

fn failed_transactions(evidence: &Evidence) -> Option<Tile> {
    let line =
        evidence.checklist.lines().iter().find(|it| it.requirement() == Requirement::NoTransactionFailed)?;
    let Quantity::Count(failed) = line.measurement()?.quantity else { return None };
    let noun = if failed == 1 { "transaction failed" } else { "transactions failed" };
    Some(Tile {
        status: line.status(),
        number: failed.to_string(),
        words: noun.to_owned(),
        small: String::new(),
    })
}

fn contents(sections: &[Section]) -> String {
    let links = each(sections, |it| format!("<li><a href=\"#{}\">{}</a></li>", it.id, it.title));
    format!("<nav class=\"contents\" aria-label=\"Contents\"><ul>{links}</ul></nav>\n")
}

/// What broke, and what to do next.
pub(super) fn what_to_do(evidence: &Evidence) -> String {
    let steps = each(&evidence.next_steps, |step| format!("<li>{}</li>\n", escaped(step)));
    let steps = given(Some(steps).filter(|it| !it.is_empty()), |steps| {
        format!(
            "<section class=\"next\" aria-labelledby=\"next\">\n<h2 id=\"next\">What to do next</h2>\n<ol>\n{steps}</ol>\n</section>\n"
        )
    });
    given(evidence.outcome.error.as_ref(), failure) + &steps
}
