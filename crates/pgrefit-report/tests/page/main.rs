//! The page in a real browser: that it is whole without its script, that filters filter, that nothing fails.
//!
//! Runs where Chromium is found: `PGREFIT_CHROMIUM`, or on `PATH`. With `PGREFIT_PAGES` set to a folder, the pages and
//! pictures of them are left there to be looked at.

#![expect(clippy::unwrap_used, reason = "a panic is the report of a failed test")]

mod browser;
mod content;
mod evidence;

use browser::{Browser, Scheme};
use pgrefit_report::render_html;

/// Goes to each address in turn and notes how many entries and rows there are to be seen.
const VISIT: &str = "
  const notes = [];
  for (const hash of HASHES) {
    location.hash = hash;
    await new Promise((done) => setTimeout(done, 20));
    notes.push(seen());
  }
  return notes.join(', ');";

#[test]
fn filters_show_what_they_name() {
    let Some(browser) = Browser::find() else { return };
    let page = browser.page("audit", &render_html(&content::audit()));
    let cases = [
        ("status=fail", "4 6"),
        ("status=fail&status=blind", "5 6"),
        ("group=Indexes", "5 18"),
        ("group=Indexes&status=warn", "3 15"),
        ("q=invoice_lines", "1 1"),
        ("q=INDEXES+work", "1 9"),
        ("q=%3Cscript%3E", "1 1"),
        ("group=Nothing", "0 0"),
        // The place of an entry that is hidden: everything is shown again.
        ("index-duplicate-warn", "15 34"),
    ];
    let hashes: Vec<&str> = cases.iter().map(|(hash, _)| *hash).collect();
    let expected: Vec<&str> = cases.iter().map(|(_, seen)| *seen).collect();
    let script = VISIT.replace("HASHES", &format!("{hashes:?}"));
    for scheme in [Scheme::Light, Scheme::Dark] {
        let seen = browser.drive(&page, "", scheme, &script);
        assert_eq!(seen.answer, expected.join(", "));
        assert_eq!((seen.scheme.as_str(), seen.messages), (scheme.word(), Vec::<String>::new()));
    }
}

#[test]
fn the_address_is_read_and_written() {
    let Some(browser) = Browser::find() else { return };
    let page = browser.page("address", &render_html(&content::audit()));
    let check = |hash: &str, script: &str, expected: &str| {
        let seen = browser.drive(&page, hash, Scheme::Light, script);
        assert_eq!((seen.answer.as_str(), seen.messages), (expected, Vec::<String>::new()), "{script}");
    };
    check("#status=fail&q=index", "return seen()", "1 2");
    check(
        "",
        "const press = (name) => document.querySelector(name).click();
         press('[data-group=\"Tables\"]');
         press('.toggle[data-status=\"fail\"]');
         const pressed = document.querySelectorAll('.toggle[aria-pressed=\"true\"]').length;
         const before = location.hash + ' ' + seen() + ' ' + pressed;
         press('#clear');
         return before + ' then ' + location.hash + seen() + ' ' + document.activeElement.id",
        "#status=fail&group=Tables 1 1 2 then 15 34 search",
    );
    check(
        "",
        "const theme = document.getElementById('theme');
         const ground = () => getComputedStyle(document.body).backgroundColor;
         const light = ground();
         theme.click();
         return theme.getAttribute('aria-pressed') + ' ' + (ground() !== light)",
        "true true",
    );
}

#[test]
fn every_report_opens_without_a_complaint() {
    let Some(browser) = Browser::find() else { return };
    for (name, report) in
        [("whole", content::audit()), ("migrate", content::migrate()), ("lint", content::lint())]
    {
        let page = browser.page(name, &render_html(&report));
        let seen = browser.open(&page, Scheme::Light);
        assert_eq!((seen.scheme.as_str(), seen.messages), ("light", Vec::<String>::new()), "{name}");
        // Nothing is wider than a telephone but what scrolls by itself.
        let script = "return document.documentElement.scrollWidth - document.documentElement.clientWidth";
        let narrow = browser.drive_in(&page, Scheme::Light, 360, script);
        assert_eq!(narrow.answer, "0", "{name}");
    }
}

#[test]
fn without_its_script_the_page_is_whole() {
    let Some(browser) = Browser::find() else { return };
    let page = render_html(&content::audit());
    let (before, after) = page.split_once("<script>").unwrap();
    let (_, after) = after.split_once("</script>").unwrap();
    let page = browser.page("plain", &format!("{before}{after}"));
    let seen = browser.drive(&page, "#status=fail", Scheme::Light, "return seen()");
    assert_eq!((seen.answer.as_str(), seen.messages), ("15 34", Vec::<String>::new()));
}

#[test]
fn pictures_can_be_taken() {
    let Some(browser) = Browser::find() else { return };
    let page = |name: &str, report| browser.page(name, &render_html(&report));
    let audit = page("picture", content::audit());
    browser.picture(&audit, "light", Scheme::Light, (1280, 6200));
    browser.print(&audit, "print");
    if !browser.is_asked_for_pages() {
        return;
    }
    browser.picture(&audit, "dark", Scheme::Dark, (1280, 6200));
    browser.picture(&audit, "narrow", Scheme::Light, (400, 9000));
    for (name, report) in [("picture-migrate", content::migrate()), ("picture-lint", content::lint())] {
        browser.picture(&page(name, report), name, Scheme::Light, (1280, 1100));
    }
}
