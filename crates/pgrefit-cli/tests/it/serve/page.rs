//! The status page in a real browser: light and dark, by the keyboard alone, narrow, and fresh without losing the focus.

use serde_json::json;

use super::devtools::Page;
use super::{Exporter, V1, V2, beside, serve};
use crate::concurrency::Bystander;
use crate::harness::{Database, Folder, pgrefit};

const SCROLL: &str = "document.activeElement.matches('#live-values .scroll')";

#[test]
fn the_page_is_read_in_both_schemes_by_keyboard_and_stays_fresh() {
    let Some(mut page) = Page::open() else { return };
    let (database, folder) = (Database::new(), Folder::new(&[V1, V2]));
    pgrefit(["migrate", "--target", "1"]).on(&database).inside(folder.path()).run().expect(0);
    database.sql("CREATE INDEX one ON items (name); CREATE INDEX two ON items (name)");
    beside(&folder, "url", database.url());
    let list =
        "[[database]]\nname = 'orders'\nurl_file = 'url'\n[[database]]\nname = 'gone'\nurl_file = 'none'\n";
    beside(&folder, "list.toml", list);
    let exporter = Exporter::start(
        serve(&folder, &["--list", "list.toml", "--audit-every", "1s"]),
        &[database.password()],
    );
    exporter.until_ready();
    exporter.until("pgrefit_audits_total{database=\"orders\",outcome=\"done\"}", |count| count >= 2.0);
    let root = format!("http://127.0.0.1:{}/", exporter.port);

    let mut grounds = Vec::new();
    for scheme in ["light", "dark"] {
        page.go(&root, scheme, 1000);
        assert_eq!(page.tell("document.documentElement.dataset.scheme"), json!(scheme));
        grounds.push(page.tell("getComputedStyle(document.body).backgroundColor").to_string());
        page.picture(&format!("overview-{scheme}"));
    }
    assert_ne!(grounds[0], grounds[1]);
    assert_eq!(
        page.tell("[...document.querySelectorAll('.links a')].map((it) => it.textContent).join()"),
        json!("All,orders,gone")
    );

    // To the page of one database, by keys alone.
    page.tab_to("document.activeElement.textContent === 'orders'");
    page.press("Enter", 13);
    page.until("location.pathname === '/databases/orders' && document.querySelector('.entry') !== null");
    page.picture("database-dark");
    let text = page.tell("document.querySelector('#findings').innerText").to_string();
    assert!(text.contains("two indexes") || text.contains("duplicate-index"), "{text}");

    // The focus stays on what is replaced beneath it.
    page.tab_to(SCROLL);
    let label = page.tell("document.activeElement.getAttribute('aria-label')");
    let before = page.tell("document.querySelector('#live-head').innerText");
    let mut other = Bystander::on(&database);
    other.sql("BEGIN; SELECT 1");
    page.tell("window.stays = document.querySelector('#live-values').firstElementChild; true");
    page.until("document.documentElement.dataset.refreshed >= '2' && !window.stays.isConnected");
    assert_ne!(page.tell("document.querySelector('#live-head').innerText"), before, "what moves is shown");
    assert_eq!(page.tell(SCROLL), json!(true), "the focus was lost");
    assert_eq!(page.tell("document.activeElement.getAttribute('aria-label')"), label);

    // It can be stopped, and goes on.
    page.tell("document.activeElement.blur(); document.querySelector('#theme').focus(); true");
    page.tab_to("document.activeElement.id === 'pause'");
    page.press("Enter", 13);
    assert_eq!(page.tell("document.querySelector('#pause').getAttribute('aria-pressed')"), json!("true"));
    let count = page.tell("document.documentElement.dataset.refreshed");
    std::thread::sleep(std::time::Duration::from_millis(2500));
    assert_eq!(page.tell("document.documentElement.dataset.refreshed"), count, "paused is paused");
    page.press("Enter", 13);

    // On a telephone nothing stands out of the page.
    page.go(&format!("{root}databases/orders"), "light", 390);
    page.picture("database-phone");
    assert_eq!(page.tell("document.documentElement.scrollWidth <= innerWidth"), json!(true));
    assert_eq!(page.complaints, Vec::<String>::new(), "the page's own policy lets it work");

    // When the exporter is gone, the page says so and stays.
    drop(exporter);
    page.until("document.querySelector('#live-note').textContent.includes('No answer since')");
    assert_eq!(page.tell("document.querySelector('h1') !== null"), json!(true));
}
