//! The page read back as XML, hostile names in it, and the contrast of its colours.

use std::collections::BTreeSet;

use quick_xml::Reader;
use quick_xml::events::Event;

use super::{SCRIPT, STYLE, render_html};
use crate::{Report, sample};

fn reports() -> [Report; 4] {
    [sample::broken(), sample::audit(), sample::lint(), sample::checked()]
}

/// The markup of a page, without the insides of its style and script.
fn markup(page: &str) -> String {
    page.replace(STYLE, "").replace(SCRIPT, "").replace("<!DOCTYPE html>\n", "")
}

/// The names of all elements and attributes, and all text.
pub(crate) fn read(page: &str) -> (BTreeSet<String>, BTreeSet<String>, String) {
    let markup = markup(page);
    let mut reader = Reader::from_str(&markup);
    reader.config_mut().check_end_names = true;
    let (mut elements, mut attributes, mut text) = (BTreeSet::new(), BTreeSet::new(), String::new());
    loop {
        match reader.read_event().unwrap() {
            Event::Start(element) | Event::Empty(element) => {
                elements.insert(element.name().as_ref().to_owned());
                for attribute in element.attributes() {
                    attributes.insert(attribute.unwrap().key.as_ref().to_owned());
                }
            }
            Event::Text(part) => text += &part.into_inner(),
            Event::GeneralRef(name) => match quick_xml::escape::resolve_predefined_entity(&name) {
                Some(known) => text += known,
                None => text.push(if &*name == "#39" { '\'' } else { '?' }),
            },
            Event::Eof => return (elements, attributes, text),
            _ => (),
        }
    }
}

#[test]
fn every_page_is_sound_and_has_no_markup_but_ours() {
    const ELEMENTS: &str = "a article aside b body button code dd details div dl dt fieldset footer h1 h2 h3 head \
        header html input label legend li link main meta ol p pre q rect script section small span style summary svg \
        table tbody td th thead title tr ul";
    const ATTRIBUTES: &str = "aria-hidden aria-label aria-labelledby aria-pressed autocomplete charset class colspan \
        content data-group data-label data-status height hidden href http-equiv id lang name placeholder \
        preserveAspectRatio rel role scope spellcheck tabindex type viewBox width x";
    let known = |names: &str| names.split_whitespace().map(str::to_owned).collect::<BTreeSet<_>>();
    for report in reports() {
        let (elements, attributes, text) = read(&render_html(&report));
        let strange: Vec<_> = elements.difference(&known(ELEMENTS)).cloned().collect();
        assert!(strange.is_empty(), "{strange:?}");
        let strange: Vec<_> = attributes.difference(&known(ATTRIBUTES)).cloned().collect();
        assert!(strange.is_empty(), "{strange:?}");
        assert!(text.contains(&report.outcome.summary), "{text}");
    }
}

#[test]
fn hostile_names_are_text() {
    let page = render_html(&sample::checked());
    assert_eq!(page.matches("<script>").count(), 1);
    assert!(!page.contains('\u{1b}'));
    let (_, _, text) = read(&page);
    assert!(text.contains(r"public.\u{1b}[31m<script>alert(1)</script>_idx"), "{text}");
}

#[test]
fn nothing_is_loaded() {
    for report in reports() {
        let page = markup(&render_html(&report));
        for word in ["src=\"", "url(", "@import", "http://"] {
            assert!(!page.contains(word) && !STYLE.contains(word) && !SCRIPT.contains(word), "{word}");
        }
        assert!(page.contains("default-src 'none'"));
    }
}

#[test]
fn identifiers_are_unique() {
    for report in reports() {
        let page = render_html(&report);
        let ids: Vec<&str> = page.split(" id=\"").skip(1).filter_map(|rest| rest.split('"').next()).collect();
        assert_eq!(ids.iter().collect::<BTreeSet<_>>().len(), ids.len(), "{ids:?}");
    }
}

#[test]
fn every_object_is_listed_and_what_does_not_count_is_apart() {
    let (_, _, text) = read(&render_html(&sample::checked()));
    let (before, after) = text.split_once("Not counted, for a reason").unwrap();
    for number in 1..=24 {
        assert!(before.contains(&format!("public.log_{number}")), "{number}");
    }
    assert!(before.contains("16 more objects") && !before.contains("public.archive"));
    assert!(after.contains("public.archive") && after.contains("read only since 2019"));
    assert!(text.contains("GRANT pg_read_all_data TO auditor;"));
}

/// WCAG 2 wants a contrast of 4.5 between a text and what it stands on.
#[test]
fn colours_can_be_told_apart() {
    for scheme in [0, 1] {
        for text in ["ink", "soft", "link", "error", "fail", "blind", "warn", "info", "pass", "skip"] {
            for ground in ["ground", "sheet", "inset"] {
                let contrast = contrast(color(text)[scheme], color(ground)[scheme]);
                assert!(contrast >= 4.5, "{text} on {ground}, {scheme}: {contrast:.2}");
            }
            let (tone, sheet) = (color(text)[scheme], color("sheet")[scheme]);
            let mixed = [0, 1, 2].map(|index| 0.11 * tone[index] + 0.89 * sheet[index]);
            assert!(
                contrast(tone, mixed) >= 4.5,
                "{text} on its badge, {scheme}: {:.2}",
                contrast(tone, mixed)
            );
        }
    }
}

/// The light and the dark form of a colour of the style, each as three numbers up to 255.
pub(crate) fn color(name: &str) -> [[f64; 3]; 2] {
    let (_, rest) = STYLE.split_once(&format!("--{name}: light-dark(")).unwrap();
    let (pair, _) = rest.split_once(')').unwrap();
    let (light, dark) = pair.split_once(", ").unwrap();
    [light, dark].map(|hex| [1, 3, 5].map(|at| f64::from(u8::from_str_radix(&hex[at..at + 2], 16).unwrap())))
}

pub(crate) fn contrast(a: [f64; 3], b: [f64; 3]) -> f64 {
    let linear = |value: f64| {
        let value = value / 255.0;
        if value <= 0.04045 { value / 12.92 } else { ((value + 0.055) / 1.055).powf(2.4) }
    };
    let luminance =
        |color: [f64; 3]| 0.2126 * linear(color[0]) + 0.7152 * linear(color[1]) + 0.0722 * linear(color[2]);
    let (a, b) = (luminance(a), luminance(b));
    (a.max(b) + 0.05) / (a.min(b) + 0.05)
}
