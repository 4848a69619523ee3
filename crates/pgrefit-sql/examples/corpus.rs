//! Puts SQL files through everything that reads SQL and says what was found: `cargo run -p pgrefit-sql --example corpus
//! -- FILE …`, or the names of the files on stdin, one a line. `cargo xtask corpus --sql` runs it over the sources of
//! our dependencies.
//!
//! A file that makes the code panic is named and fails the run; one that the parser does not understand is only told.
#![expect(clippy::print_stdout, reason = "an example is a program")]

use std::panic::catch_unwind;
use std::process::ExitCode;

use pgrefit_sql::{Script, body, effects, parse};
use squawk_syntax::ast::Stmt;

#[derive(Default)]
struct Seen {
    files: usize,
    unreadable: usize,
    not_understood: usize,
    panics: usize,
    bodies: usize,
    unread_bodies: usize,
    inner: usize,
    dynamic: usize,
    unseen: usize,
}

fn main() -> ExitCode {
    let named: Vec<String> = std::env::args().skip(1).collect();
    let files =
        if named.is_empty() { std::io::stdin().lines().map_while(Result::ok).collect() } else { named };
    let mut seen = Seen::default();
    for file in files {
        seen.files += 1;
        let Ok(bytes) = std::fs::read(&file) else {
            seen.unreadable += 1;
            continue;
        };
        let text = without_commands(&String::from_utf8_lossy(&bytes));
        if let Ok(found) = catch_unwind(|| look(&text)) {
            seen.add(&file, found);
        } else {
            println!("{file}: panics");
            seen.panics += 1;
        }
    }
    println!(
        "{} files, {} not readable, {} not understood; {} bodies, {} of them in other languages; {} statements \
         inside, {} of them dynamic, {} unseen; {} panics",
        seen.files,
        seen.unreadable,
        seen.not_understood,
        seen.bodies,
        seen.unread_bodies,
        seen.inner,
        seen.dynamic,
        seen.unseen,
        seen.panics
    );
    ExitCode::from(u8::from(seen.panics > 0))
}

/// The text without lines for `psql`, such as `\\echo`.
fn without_commands(text: &str) -> String {
    let line = |line: &str| if line.starts_with('\\') { "\n".to_owned() } else { line.to_owned() };
    text.split_inclusive('\n').map(line).collect()
}

/// What is wrong with a file for the parser, and what is inside of its bodies.
struct Found {
    error: Option<String>,
    seen: Seen,
    lines: Vec<String>,
}

fn look(text: &str) -> Found {
    let mut found = Found { error: None, seen: Seen::default(), lines: Vec::new() };
    let _ = Script::parse(text);
    let _ = (effects(text, 15), effects(text, 18));
    let parse = parse(text);
    if let Some(error) = parse.errors().first() {
        let line = text[..error.offset].matches('\n').count() + 1;
        let shown = text.lines().nth(line - 1).unwrap_or_default().trim();
        found.error = Some(format!("line {line}: {}: {shown}", error.message));
        return found;
    }
    for statement in parse.tree().stmts() {
        if !matches!(statement, Stmt::Do(_) | Stmt::CreateFunction(_) | Stmt::CreateProcedure(_)) {
            continue;
        }
        found.seen.bodies += 1;
        let Some(body) = body(&statement, text) else {
            found.seen.unread_bodies += 1;
            continue;
        };
        found.seen.inner += body.statements.len();
        found.seen.dynamic += body.statements.iter().filter(|inner| inner.dynamic).count();
        found.seen.unseen += body.unseen.len();
        for range in body.unseen {
            let shown: Vec<_> = text[range].split_whitespace().collect();
            found.lines.push(format!("unseen: {}", shown.join(" ")));
        }
    }
    found
}

impl Seen {
    fn add(&mut self, file: &str, found: Found) {
        if let Some(error) = found.error {
            println!("{file}: not understood: {error}");
            self.not_understood += 1;
        }
        for line in found.lines {
            println!("{file}: {line}");
        }
        self.bodies += found.seen.bodies;
        self.unread_bodies += found.seen.unread_bodies;
        self.inner += found.seen.inner;
        self.dynamic += found.seen.dynamic;
        self.unseen += found.seen.unseen;
    }
}
