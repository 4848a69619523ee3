//! Headless Chromium, driven over its debugging pipe: pages with their own policy in force, and real keys.

use std::fs::File;
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use nix::sys::stat::Mode;
use nix::unistd::mkfifo;
use serde_json::{Value, json};

use super::exporter::SOON;

/// The names under which Chromium is installed.
const NAMES: [&str; 3] = ["chromium", "chromium-browser", "google-chrome"];

/// The descriptors 3 and 4 are where the browser reads and writes.
const START: &str = "exec \"$0\" \"$@\" 3<\"$DEVTOOLS_IN\" 4>\"$DEVTOOLS_OUT\"";

/// One page in a browser, which ends with this value.
pub(super) struct Page {
    browser: Child,
    input: File,
    output: Receiver<Value>,
    session: String,
    count: u64,
    /// What went wrong in the page, as the browser says.
    pub(super) complaints: Vec<String>,
    _folder: tempfile::TempDir,
}

impl Page {
    /// Opens an empty page; says so if there is no browser.
    pub(super) fn open() -> Option<Self> {
        let Some(program) = program() else {
            let _ = writeln!(std::io::stderr(), "skipped: no Chromium on PATH or in PGREFIT_CHROMIUM");
            return None;
        };
        let folder = tempfile::tempdir().unwrap();
        let (to, from) = (folder.path().join("in"), folder.path().join("out"));
        for pipe in [&to, &from] {
            mkfifo(pipe, Mode::S_IRUSR | Mode::S_IWUSR).unwrap();
        }
        let browser = Command::new("sh")
            .args(["-c", START])
            .arg(program)
            .args([
                "--headless",
                "--no-sandbox",
                "--disable-gpu",
                "--disable-dev-shm-usage",
                "--no-first-run",
            ])
            .args(["--disable-background-networking", "--remote-debugging-pipe", "--window-size=1000,900"])
            .arg(format!("--user-data-dir={}", folder.path().join("profile").display()))
            .env("DEVTOOLS_IN", &to)
            .env("DEVTOOLS_OUT", &from)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        // For both directions, so that nobody waits here for a browser that does not come.
        let open = |pipe: &PathBuf| File::options().read(true).write(true).open(pipe).unwrap();
        let (input, output) = (open(&to), listen(open(&from)));
        let mut page = Self {
            browser,
            input,
            output,
            session: String::new(),
            count: 0,
            complaints: Vec::new(),
            _folder: folder,
        };
        let target = page.call("Target.createTarget", &json!({ "url": "about:blank" }));
        let attach = json!({ "targetId": target["targetId"], "flatten": true });
        let session = page.call("Target.attachToTarget", &attach);
        session["sessionId"].as_str().unwrap().clone_into(&mut page.session);
        for domain in ["Page", "Runtime", "Log"] {
            page.call(&format!("{domain}.enable"), &json!({}));
        }
        Some(page)
    }

    /// Sends a command and waits for its result; what is told meanwhile is noted.
    pub(super) fn call(&mut self, method: &str, params: &Value) -> Value {
        self.count += 1;
        let mut message = json!({ "id": self.count, "method": method, "params": params });
        if !self.session.is_empty() {
            message["sessionId"] = json!(self.session);
        }
        self.input.write_all(format!("{message}\0").as_bytes()).unwrap();
        loop {
            let told = self.output.recv_timeout(SOON);
            let told = told.unwrap_or_else(|_| panic!("the browser does not answer {method}"));
            if told["id"] == json!(self.count) {
                assert!(told["error"].is_null(), "{method}: {told}");
                return told["result"].clone();
            }
            if matches!(told["method"].as_str(), Some("Log.entryAdded" | "Runtime.exceptionThrown")) {
                self.complaints.push(told["params"].to_string());
            }
        }
    }

    /// Goes to an address, in the colours that a system asks for and a window of this width.
    pub(super) fn go(&mut self, url: &str, scheme: &str, width: u32) {
        let features = json!({ "features": [{ "name": "prefers-color-scheme", "value": scheme }] });
        self.call("Emulation.setEmulatedMedia", &features);
        let metrics = json!({ "width": width, "height": 900, "deviceScaleFactor": 1, "mobile": false });
        self.call("Emulation.setDeviceMetricsOverride", &metrics);
        self.call("Page.navigate", &json!({ "url": url }));
        self.until("document.readyState === 'complete' && document.querySelector('#live') !== null");
    }

    /// What a script comes to.
    pub(super) fn tell(&mut self, script: &str) -> Value {
        let evaluate = json!({ "expression": script, "returnByValue": true, "awaitPromise": true });
        self.call("Runtime.evaluate", &evaluate)["result"]["value"].clone()
    }

    /// Waits until a script comes to true.
    #[track_caller]
    pub(super) fn until(&mut self, script: &str) {
        let began = Instant::now();
        while self.tell(script) != json!(true) {
            let page = self.tell("document.body.innerText.slice(0, 400)");
            assert!(began.elapsed() < SOON, "never came true: {script}\n{page}");
            std::thread::sleep(Duration::from_millis(100));
        }
    }

    /// Presses a key.
    pub(super) fn press(&mut self, key: &str, code: u32) {
        let text = if key == "Enter" { "\r" } else { "" };
        for kind in ["keyDown", "keyUp"] {
            let mut event = json!({ "type": kind, "key": key, "code": key, "windowsVirtualKeyCode": code });
            if kind == "keyDown" && !text.is_empty() {
                event["text"] = json!(text);
            }
            self.call("Input.dispatchKeyEvent", &event);
        }
    }

    /// Presses the tabulator until what a script tells has the focus.
    #[track_caller]
    pub(super) fn tab_to(&mut self, is_there: &str) {
        for _ in 0..60 {
            self.press("Tab", 9);
            if self.tell(is_there) == json!(true) {
                return;
            }
        }
        panic!("the keyboard does not lead to {is_there}");
    }

    /// A picture into the folder of `PGREFIT_PAGES`, if somebody wants to look.
    pub(super) fn picture(&mut self, name: &str) {
        let Some(folder) = std::env::var_os("PGREFIT_PAGES").map(PathBuf::from) else { return };
        let shot =
            self.call("Page.captureScreenshot", &json!({ "captureBeyondViewport": true, "format": "png" }));
        // In Base64, which any shell reads.
        std::fs::write(folder.join(format!("{name}.png.base64")), shot["data"].as_str().unwrap()).unwrap();
    }
}

/// What the browser says, message by message.
fn listen(pipe: File) -> Receiver<Value> {
    let (sender, receiver) = channel();
    std::thread::spawn(move || {
        for bytes in BufReader::new(pipe).split(0).map_while(Result::ok) {
            // A page that is over listens no more.
            if sender.send(serde_json::from_slice(&bytes).unwrap()).is_err() {
                return;
            }
        }
    });
    receiver
}

impl Drop for Page {
    fn drop(&mut self) {
        let _ = self.browser.kill();
        let _ = self.browser.wait();
    }
}

fn program() -> Option<PathBuf> {
    let named = std::env::var_os("PGREFIT_CHROMIUM").filter(|name| !name.is_empty()).map(PathBuf::from);
    let path = std::env::var_os("PATH").unwrap_or_default();
    named.or_else(|| {
        let mut installed =
            std::env::split_paths(&path).flat_map(|folder| NAMES.map(|name| folder.join(name)));
        installed.find(|file| file.is_file())
    })
}
