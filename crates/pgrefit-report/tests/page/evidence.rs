//! The page of the evidence in a real browser: nothing overflows, nothing is loaded, nothing complains.

use crate::browser::{Browser, Scheme};
use pgrefit_report::{Evidence, render_evidence_html};

#[path = "../../src/evidence/sample.rs"]
mod sample;

/// How far the page is wider than its window, and what is wider than the page.
const OVERFLOW: &str = "
  const root = document.documentElement;
  const over = [...document.querySelectorAll('body *')].filter((it) => !it.closest('pre, svg, .skip') &&
    it.getBoundingClientRect().right > root.clientWidth + 1);
  const names = over.slice(0, 3).map((it) => it.tagName + '.' + it.className);
  return `${root.scrollWidth - root.clientWidth} ${names.join(' ')}`;";

/// How much was asked of any network, and how many charts have no title or no description.
const QUIET: &str = "
  const asked = performance.getEntriesByType('resource').filter((it) => !it.name.startsWith('data:'));
  const nameless = [...document.querySelectorAll('svg[role=img]')].filter((it) =>
    !it.querySelector('title')?.textContent || !it.querySelector('desc'));
  return `${asked.length} ${nameless.length}`;";

#[test]
fn every_page_fits_every_window() {
    let Some(browser) = Browser::find() else { return };
    for (name, evidence) in sample::all() {
        let page = browser.page(&format!("evidence-{name}"), &render_evidence_html(&evidence));
        let is_wide_too = ["good", "hostile"].contains(&name);
        let windows = [(Scheme::Light, 360), (Scheme::Dark, 1280)];
        for (scheme, width) in windows.into_iter().take(1 + usize::from(is_wide_too)) {
            let seen = browser.drive_in(&page, scheme, width, OVERFLOW);
            assert_eq!(
                (seen.answer.as_str(), seen.scheme.as_str()),
                ("0 ", scheme.word()),
                "{name} in {width}"
            );
            assert_eq!(seen.messages, Vec::<String>::new(), "{name} in {width}");
        }
    }
}

#[test]
fn nothing_is_loaded_and_every_chart_has_words() {
    let Some(browser) = Browser::find() else { return };
    for (name, evidence) in [("good", sample::good()), ("hostile", sample::hostile())] {
        let page = browser.page(&format!("evidence-quiet-{name}"), &render_evidence_html(&evidence));
        let seen = browser.open(&page, Scheme::Light);
        assert_eq!((seen.scheme.as_str(), seen.messages), ("light", Vec::<String>::new()), "{name}");
        assert_eq!(browser.drive(&page, "", Scheme::Light, QUIET).answer, "0 0", "{name}");
    }
}

/// All that the script adds is a switch for the colours and buttons that copy.
#[test]
fn without_its_script_the_page_is_whole() {
    let Some(browser) = Browser::find() else { return };
    let whole = render_evidence_html(&sample::unverified());
    let (before, after) = whole.split_once("<script>").unwrap();
    let (_, after) = after.split_once("</script>").unwrap();
    let seen = |name: &str, html: &str| {
        let page = browser.page(name, html);
        let script = "return String([...document.querySelectorAll('section, tr, .lane, svg')].filter((it) => it.checkVisibility()).length)";
        let seen = browser.drive(&page, "", Scheme::Light, script);
        assert_eq!(seen.messages, Vec::<String>::new());
        seen.answer
    };
    let plain = seen("evidence-plain", &format!("{before}{after}"));
    assert_eq!(seen("evidence-whole", &whole), plain);
    assert!(plain.parse::<u32>().unwrap() > 100, "{plain}");
}

#[test]
fn pictures_can_be_taken() {
    let Some(browser) = Browser::find() else { return };
    let page = |name: &str, evidence: &Evidence| browser.page(name, &render_evidence_html(evidence));
    let good = page("evidence-picture", &sample::good());
    browser.picture(&good, "evidence-light", Scheme::Light, (1280, 7200));
    browser.print(&good, "evidence-print");
    if !browser.is_asked_for_pages() {
        return;
    }
    browser.picture(&good, "evidence-dark", Scheme::Dark, (1280, 7200));
    for (name, evidence) in sample::all() {
        let page = page(&format!("evidence-picture-{name}"), &evidence);
        browser.picture(&page, &format!("evidence-{name}"), Scheme::Light, (1280, 7200));
        browser.phone(&page, &format!("evidence-{name}-phone"), Scheme::Dark, (360, 12000));
    }
}
