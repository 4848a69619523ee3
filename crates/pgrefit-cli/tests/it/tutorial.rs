//! docs/tutorial.md: what it shows is typed, word by word, and what it prints is compared.

mod console;
mod reader;

use crate::harness::pgrefit;
use crate::page::Page;
pub(crate) use reader::Reader;

/// The name of the server in the page. Tests take another one: somebody who follows the page may have it.
const SERVER: &str = "library";

/// The server of the page, which goes with the test.
struct Library {
    name: String,
}

impl Drop for Library {
    fn drop(&mut self) {
        let _ = pgrefit(["scratch", "stop", &self.name]).run();
    }
}

#[test]
fn the_tutorial_is_as_it_says() {
    let library = Library { name: format!("lib{}", std::process::id()) };
    let page = Page::read("tutorial").with(SERVER, &library.name);
    let reader = Reader::new();
    reader.follow(&page);
    // The last step stops the server.
    pgrefit(["scratch", "url", &library.name]).run().expect(2);
    for file in ["report.html", "evidence.json", "rehearsal.proof.json"] {
        assert!(reader.has_evidence(file), "no run has left {file}");
    }
}
