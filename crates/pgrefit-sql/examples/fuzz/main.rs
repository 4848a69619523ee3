//! A fuzzer that needs nothing but a stable compiler: texts of the corpus are changed at random and put through
//! everything that reads SQL. `cargo xtask fuzz` runs it.
//!
//! `fuzz <seeds> <found> <seconds> [<number to begin with>]`: what panics, takes long or does not hold is written to the
//! folder `found`; what overflows the stack ends the program, and is left there as `current.sql`.
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "an example is a program")]

#[path = "../../tests/exercise/mod.rs"]
mod exercise;
mod mutate;

use std::collections::BTreeSet;
use std::panic::catch_unwind;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use mutate::Mutator;

/// What takes longer than this is written down.
const SLOW: Duration = Duration::from_secs(5);
/// The stack of a worker of the runtime and of a test.
const STACK_BYTES: usize = 2 << 20;
/// Longer texts are cut.
const TEXT_BYTES_MAX: usize = 20_000;

/// Where the last panic was.
static PANIC: Mutex<String> = Mutex::new(String::new());

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [seeds, found, seconds, rest @ ..] = arguments.as_slice() else {
        eprintln!("fuzz <seeds> <found> <seconds> [<number to begin with>]");
        return ExitCode::FAILURE;
    };
    let number = rest.first().and_then(|text| text.parse().ok());
    let mut fuzzer = Fuzzer {
        mutator: Mutator::new(texts(Path::new(seeds)), number.unwrap_or_else(|| fastrand::u64(..))),
        found: PathBuf::from(found),
        places: BTreeSet::new(),
    };
    std::fs::create_dir_all(&fuzzer.found).expect("a folder");
    std::panic::set_hook(Box::new(|panic| {
        *PANIC.lock().unwrap_or_else(PoisonError::into_inner) = panic.to_string();
    }));
    let seconds = seconds.parse().expect("a number of seconds");
    let work = move || fuzzer.run(Duration::from_secs(seconds));
    let thread = std::thread::Builder::new().stack_size(STACK_BYTES).spawn(work).expect("a thread");
    ExitCode::from(u8::from(thread.join().expect("no panic") > 0))
}

fn texts(folder: &Path) -> Vec<String> {
    let entries = folder.read_dir().expect("a folder of seeds");
    let mut files: Vec<_> = entries.map(|entry| entry.expect("a file").path()).collect();
    files.sort();
    files
        .iter()
        .map(|file| String::from_utf8_lossy(&std::fs::read(file).expect("a file")).into_owned())
        .collect()
}

struct Fuzzer {
    mutator: Mutator,
    found: PathBuf,
    /// Where panics were: one text for each is enough.
    places: BTreeSet<String>,
}

impl Fuzzer {
    /// Runs for a while, and says how much was found.
    fn run(&mut self, time: Duration) -> usize {
        let start = Instant::now();
        let (mut runs, mut told) = (0_usize, Duration::ZERO);
        let mut faults = 0;
        while start.elapsed() < time {
            runs += 1;
            faults += usize::from(self.once(runs));
            if start.elapsed() > told + Duration::from_secs(30) {
                told = start.elapsed();
                eprintln!("fuzz: {} s, {runs} texts, {faults} faults", told.as_secs());
            }
        }
        println!("fuzz: {runs} texts in {} s, {faults} faults", start.elapsed().as_secs());
        let _ = std::fs::remove_file(self.found.join("current.sql"));
        faults
    }

    fn once(&mut self, runs: usize) -> bool {
        let mut text = self.mutator.text();
        text.truncate(text.floor_char_boundary(TEXT_BYTES_MAX));
        std::fs::write(self.found.join("current.sql"), &text).expect("a file");
        let start = Instant::now();
        let is_body = runs.is_multiple_of(2);
        let result = catch_unwind(|| if is_body { exercise::bodies(&text) } else { exercise::script(&text) });
        if start.elapsed() > SLOW {
            let what = format!("takes {:.1} s", start.elapsed().as_secs_f64());
            return self.keep("slow", &what, &text);
        }
        let panic = std::mem::take(&mut *PANIC.lock().unwrap_or_else(PoisonError::into_inner));
        match result {
            Err(_) => self.keep("panic", &panic, &text),
            // The parser gave up in its own thread, which is seen as a syntax error.
            Ok(()) if !panic.is_empty() => self.keep("parser", &panic, &text),
            Ok(()) => false,
        }
    }

    fn keep(&mut self, kind: &str, what: &str, text: &str) -> bool {
        let place = if kind == "slow" { "" } else { what.split(['\n', '\'']).next().unwrap_or_default() };
        if !self.places.insert(format!("{kind} {place}")) {
            return kind != "parser";
        }
        let name = format!("{kind}-{}.sql", self.places.len());
        println!("{name}: {}", what.lines().take(4).collect::<Vec<_>>().join(" "));
        std::fs::write(self.found.join(name), text).expect("a file");
        kind != "parser"
    }
}
