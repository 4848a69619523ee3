//! The page read back as XML: hostile text in every field, odd runs, and the contrast of its colours.

use std::collections::BTreeSet;

use super::{STYLE, render_evidence_html};
use crate::evidence::{Requirement, sample};
use crate::html::tests::{color, contrast, read};

fn page(name: &str) -> String {
    let (_, evidence) = sample::all().into_iter().find(|(known, _)| *known == name).unwrap();
    render_evidence_html(&evidence)
}

/// The page without its style.
fn read_page(page: &str) -> (BTreeSet<String>, BTreeSet<String>, String) {
    read(&page.replace(STYLE, ""))
}

#[test]
fn every_page_is_sound_and_has_no_markup_but_ours() {
    const ELEMENTS: &str = "a article b body button caption circle code dd desc details div dl dt figcaption figure footer \
        h1 h2 h3 head header html li line link main meta nav ol p pre rect script section small span style summary svg \
        table tbody td text th thead title tr ul";
    const ATTRIBUTES: &str = "aria-hidden aria-label aria-labelledby aria-pressed charset class content cx cy data-group \
        data-label data-status height hidden href http-equiv id lang name r rel role scope tabindex text-anchor type dx \
        width x x1 x2 y y1 y2";
    let known = |names: &str| names.split_whitespace().map(str::to_owned).collect::<BTreeSet<_>>();
    for (name, evidence) in sample::all() {
        let (elements, attributes, text) = read_page(&render_evidence_html(&evidence));
        let strange: Vec<_> = elements.difference(&known(ELEMENTS)).cloned().collect();
        assert!(strange.is_empty(), "{name}: {strange:?}");
        let strange: Vec<_> = attributes.difference(&known(ATTRIBUTES)).cloned().collect();
        assert!(strange.is_empty(), "{name}: {strange:?}");
        for requirement in Requirement::ALL {
            assert!(text.contains(requirement.title()), "{name}: {}", requirement.title());
        }
    }
}

#[test]
fn hostile_text_is_text() {
    let page = page("hostile");
    assert_eq!(page.matches("<script>").count(), 1);
    assert!(!page.contains(['\u{1b}', '\u{202e}', '\0']));
    assert!(!page.contains("href=\"javascript"));
    let (_, _, text) = read_page(&page);
    let hostile = text.matches(r"<script>alert(1)</script> \u{1b}[31m\u{202e}gpj\u{0} {{main}}").count();
    assert!(hostile >= 25, "{hostile}");
}

#[test]
fn nothing_is_loaded_and_places_are_unique() {
    for (name, evidence) in sample::all() {
        let page = render_evidence_html(&evidence);
        for word in ["src=\"", "url(", "@import", "http://", " style=\"", " onload", " onclick"] {
            assert!(!page.contains(word), "{name}: {word}");
        }
        assert!(page.contains("default-src 'none'"));
        let ids: Vec<&str> = page.split(" id=\"").skip(1).filter_map(|rest| rest.split('"').next()).collect();
        let unique: BTreeSet<&str> = ids.iter().copied().collect();
        assert_eq!(unique.len(), ids.len(), "{name}: {ids:?}");
        let targets = page.split(" href=\"#").skip(1).filter_map(|rest| rest.split('"').next());
        for target in targets {
            assert!(unique.contains(target), "{name}: #{target}");
        }
    }
}

#[test]
fn odd_runs_say_what_they_are() {
    let check = |name: &str, said: &[&str], unsaid: &[&str]| {
        let (_, _, text) = read_page(&page(name));
        for words in said {
            assert!(text.contains(words), "{name} without {words}: {text}");
        }
        for words in unsaid {
            assert!(!text.contains(words), "{name} with {words}: {text}");
        }
    };
    check("good", &["17 of 17", "74 ms", "predicted 61 ms", "36 more tables"], &["not met", "Roll-forward"]);
    check(
        "nothing",
        &["0 of 0", "17 not required", "nothing is pending"],
        &["Locks", "requirements met not"],
    );
    check(
        "refused",
        &["not measured", "skipped:", "the gate refused", "reused:", "6 h 12 min old"],
        &["Verification"],
    );
    check("broken", &["failed to apply V8", "SQLSTATE", "✕ 14", "the run broke off"], &["Queries before"]);
    check(
        "unverified",
        &["Roll-forward draft", "worse plan:", "117 rows are missing", "permission denied"],
        &[],
    );
    check(
        "crowded",
        &["496 more statements", "more statements", "120 steps kept others out for less than 1 ms"],
        &[],
    );
    check("bare", &["The run ended before its first stage", "17 not measured"], &["Backup", "Proofs"]);
}

/// A page of 500 statements and 120 files stays one that a browser opens at once.
#[test]
fn large_runs_stay_small_pages() {
    let bytes = page("crowded").len();
    assert!(bytes < 700_000, "{bytes}");
}

/// What is drawn must be told from its ground: WCAG 2 wants 3 for signs, and 4.5 for text.
#[test]
fn colours_of_charts_can_be_told_apart() {
    for scheme in [0, 1] {
        for (sign, least) in
            [("fail", 4.5), ("warn", 4.5), ("ink", 4.5), ("soft", 4.5), ("link", 4.5), ("pass", 4.5)]
        {
            let found = contrast(color(sign)[scheme], color("sheet")[scheme]);
            assert!(found >= least, "{sign}, {scheme}: {found:.2}");
        }
    }
}
