//! Headless Chromium: opens a page, and tells what is to be seen of it.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// The names under which Chromium is installed.
const NAMES: [&str; 5] = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome"];

/// Runs in the page after its own script; what it comes to is written where the dump has it.
const DRIVER: &str = "<script>addEventListener('load', async () => {
  const visible = (selector) => [...document.querySelectorAll(selector)].filter((it) => !it.closest('[hidden]')).length;
  const seen = () => `${visible('.entry')} ${visible('.entry .row')}`;
  const answer = await (async () => { SCRIPT })();
  const root = document.documentElement;
  root.dataset.answer = answer;
  if (parent !== window) parent.postMessage([answer, root.dataset.scheme ?? ''], '*');
});</script>";

/// A page around another, whose window is as narrow as is asked for: that of a headless browser never is.
const FRAME: &str = "<!DOCTYPE html><html style=\"color-scheme: light dark\"><meta charset=\"utf-8\"/>
<body style=\"margin: 0\"><iframe src=\"PAGE\" width=\"WIDTH\" height=\"HEIGHT\" style=\"border: 0\"></iframe>
<script>addEventListener('message', (event) => {
  const data = document.documentElement.dataset;
  [data.answer, data.scheme] = event.data;
});</script></body></html>";

/// The colours that the system asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Scheme {
    /// Dark on light.
    Light,
    /// Light on dark.
    Dark,
}

impl Scheme {
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Light => "light",
            Self::Dark => "dark",
        }
    }

    /// Blink's number for it.
    fn setting(self) -> String {
        format!("--blink-settings=preferredColorScheme={}", u8::from(self == Self::Light))
    }
}

/// What a browser shows of a page.
pub(crate) struct Seen {
    /// What the script that drove it returned.
    pub(crate) answer: String,
    /// The colours that the page found; empty without its script.
    pub(crate) scheme: String,
    /// What stood on the console.
    pub(crate) messages: Vec<String>,
}

/// An installed browser, and a folder for its files.
pub(crate) struct Browser {
    program: PathBuf,
    /// For what nobody wants to keep.
    scratch: PathBuf,
    /// For pages and pictures.
    pages: PathBuf,
}

impl Browser {
    /// The installed one; says so if there is none.
    #[expect(clippy::print_stderr, reason = "a test that is left out must say so")]
    pub(crate) fn find() -> Option<Self> {
        let path = std::env::var_os("PATH").unwrap_or_default();
        let named = std::env::var_os("PGREFIT_CHROMIUM").filter(|name| !name.is_empty()).map(PathBuf::from);
        let mut installed =
            std::env::split_paths(&path).flat_map(|folder| NAMES.map(|name| folder.join(name)));
        let Some(program) = named.or_else(|| installed.find(|file| file.is_file())) else {
            eprintln!("not tested in a browser: no Chromium on PATH or in PGREFIT_CHROMIUM");
            return None;
        };
        let name = format!("pages-{}-{:?}", std::process::id(), std::thread::current().id());
        let scratch = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
        let pages = std::env::var_os("PGREFIT_PAGES").map_or_else(|| scratch.clone(), PathBuf::from);
        for folder in [&scratch, &pages] {
            std::fs::create_dir_all(folder).unwrap();
        }
        Some(Self { program, scratch, pages })
    }

    /// Whether somebody wants to look at what is made.
    pub(crate) fn is_asked_for_pages(&self) -> bool {
        self.pages != self.scratch
    }

    /// Writes a page.
    pub(crate) fn page(&self, name: &str, html: &str) -> PathBuf {
        let file = self.pages.join(format!("{name}.html"));
        std::fs::write(&file, html).unwrap();
        file
    }

    /// Opens a page as it is.
    pub(crate) fn open(&self, page: &Path, scheme: Scheme) -> Seen {
        self.seen(page, "", scheme)
    }

    /// Opens a page at a place behind `#`, runs a script in it and tells what that returned.
    ///
    /// The page's policy lets no script but its own run, and so is taken out.
    pub(crate) fn drive(&self, page: &Path, hash: &str, scheme: Scheme, script: &str) -> Seen {
        self.seen(&self.driven(page, script), hash, scheme)
    }

    /// The same in a window of this width, down to that of a telephone.
    pub(crate) fn drive_in(&self, page: &Path, scheme: Scheme, width: u32, script: &str) -> Seen {
        let frame = self.frame(&self.driven(page, script), (width, 900));
        self.seen(&frame, "", scheme)
    }

    fn frame(&self, page: &Path, (width, height): (u32, u32)) -> PathBuf {
        let frame = self.scratch.join("frame.html");
        let html = FRAME.replace("PAGE", &format!("file://{}", page.display()));
        let html = html.replace("WIDTH", &width.to_string()).replace("HEIGHT", &height.to_string());
        std::fs::write(&frame, html).unwrap();
        frame
    }

    fn driven(&self, page: &Path, script: &str) -> PathBuf {
        let html = std::fs::read_to_string(page).unwrap();
        let (before, after) = html.split_once("<meta http-equiv=\"Content-Security-Policy\"").unwrap();
        let (_, after) = after.split_once("/>").unwrap();
        let driver = DRIVER.replace("SCRIPT", script);
        let copy = self.scratch.join("driven.html");
        std::fs::write(&copy, format!("{before}{}", after.replace("</body>", &format!("{driver}</body>"))))
            .unwrap();
        copy
    }

    fn seen(&self, page: &Path, hash: &str, scheme: Scheme) -> Seen {
        let output = self.run(page, hash, &[&scheme.setting(), "--window-size=400,900", "--dump-dom"]);
        let (dom, errors) =
            (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        let messages = errors.lines().filter(|line| line.contains("CONSOLE")).map(str::to_owned).collect();
        Seen { answer: data(&dom, "answer"), scheme: data(&dom, "scheme"), messages }
    }

    /// A picture of a page, in a window of this size.
    pub(crate) fn picture(&self, page: &Path, name: &str, scheme: Scheme, size: (u32, u32)) {
        let file = self.pages.join(format!("{name}.png"));
        let window = format!("--window-size={},{}", size.0, size.1);
        let picture = format!("--screenshot={}", file.display());
        self.run(page, "", &[&scheme.setting(), &window, &picture, "--hide-scrollbars"]);
        assert!(std::fs::read(&file).unwrap().starts_with(b"\x89PNG"), "{name}");
    }

    /// A picture of a page in a window that is as narrow as a telephone.
    pub(crate) fn phone(&self, page: &Path, name: &str, scheme: Scheme, size: (u32, u32)) {
        self.picture(&self.frame(page, size), name, scheme, size);
    }

    /// The page on paper.
    pub(crate) fn print(&self, page: &Path, name: &str) {
        let file = self.pages.join(format!("{name}.pdf"));
        let target = format!("--print-to-pdf={}", file.display());
        self.run(page, "", &[&target, "--no-pdf-header-footer"]);
        assert!(std::fs::read(&file).unwrap().starts_with(b"%PDF"), "{name}");
    }

    fn run(&self, page: &Path, hash: &str, flags: &[&str]) -> Output {
        // No limit of our own: virtual time ends, and the test runner has a limit for each test.
        let output = Command::new(&self.program)
            .args([
                "--headless",
                "--no-sandbox",
                "--disable-gpu",
                "--disable-dev-shm-usage",
                "--no-first-run",
            ])
            .args([
                "--disable-background-networking",
                "--enable-logging=stderr",
                "--virtual-time-budget=2000",
            ])
            .arg(format!("--user-data-dir={}", self.scratch.join("profile").display()))
            .args(flags)
            .arg(format!("file://{}{hash}", page.display()))
            .output()
            .unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        output
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.scratch);
    }
}

/// The value of `data-…` of the document's root.
fn data(dom: &str, name: &str) -> String {
    let root = dom.split_once("<html").map_or("", |(_, rest)| rest.split('>').next().unwrap_or_default());
    let value = root.split_once(&format!("data-{name}=\"")).map_or("", |(_, rest)| rest);
    value.split('"').next().unwrap_or_default().replace("&amp;", "&")
}
