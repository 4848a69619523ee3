//! A block of a terminal: commands behind `$ `, and below each what it prints.
//!
//! `…` is for what differs from run to run: within a line, or, alone on one, for any number of lines. Blanks count once, for
//! columns move with their widest value.

use crate::page::Block;

/// A command with what it prints.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Call {
    /// The line of the command on the page.
    pub(super) line: usize,
    pub(super) command: String,
    expected: Vec<String>,
}

/// The commands of a block, in order. One that goes on does so behind `> ` in the next line, as a shell shows it.
pub(super) fn calls(block: &Block) -> Vec<Call> {
    let mut calls: Vec<Call> = Vec::new();
    for (number, line) in (block.line + 1..).zip(block.text.lines()) {
        if let Some(command) = line.strip_prefix("$ ") {
            calls.push(Call { line: number, command: command.to_owned(), expected: Vec::new() });
            continue;
        }
        let call = calls.last_mut().unwrap_or_else(|| panic!("line {number}: no command before {line:?}"));
        match line.strip_prefix("> ").filter(|_| call.expected.is_empty()) {
            Some(rest) => call.command.extend(["\n", rest]),
            None => call.expected.push(line.to_owned()),
        }
    }
    calls
}

impl Call {
    /// Whether it asks for the exit code of the command before, which may then be any.
    pub(super) fn asks_for_the_code(&self) -> bool {
        self.command == "echo $?"
    }

    /// Whether that is what the page shows.
    pub(super) fn prints(&self, output: &str) -> bool {
        holds(&lines(self.expected.iter().map(String::as_str)), &lines(output.lines()))
    }
}

fn lines<'a>(text: impl Iterator<Item = &'a str>) -> Vec<String> {
    let flat = text.map(|line| line.split_whitespace().collect::<Vec<_>>().join(" "));
    flat.filter(|line| !line.is_empty()).collect()
}

fn holds(expected: &[String], output: &[String]) -> bool {
    let Some((line, rest)) = expected.split_first() else { return output.is_empty() };
    if line == "…" {
        return (0..=output.len()).any(|skipped| holds(rest, &output[skipped..]));
    }
    output.split_first().is_some_and(|(first, others)| is_alike(line, first) && holds(rest, others))
}

fn is_alike(pattern: &str, line: &str) -> bool {
    let mut pieces = pattern.split('…');
    let first = pieces.next().unwrap_or_default();
    let Some(mut rest) = line.strip_prefix(first) else { return false };
    let Some(last) = pieces.next_back() else { return rest.is_empty() };
    for piece in pieces {
        let Some(at) = rest.find(piece) else { return false };
        rest = &rest[at + piece.len()..];
    }
    rest.ends_with(last)
}

#[cfg(test)]
mod tests {
    use super::{Call, calls};
    use crate::page::Page;

    fn parsed(text: &str) -> Vec<Call> {
        calls(&Page::parsed("p", format!("```console\n{text}\n```")).blocks[0])
    }

    #[test]
    fn commands_are_told_from_what_they_print() {
        let found = parsed("$ a \\\n> b\nc\n> d\n$ e");
        let shown: Vec<String> = found
            .iter()
            .map(|call| format!("{} {:?} {:?}", call.line, call.command, call.expected))
            .collect();
        assert_eq!(shown, [r#"2 "a \\\nb" ["c", "> d"]"#, r#"6 "e" []"#]);
    }

    #[test]
    fn output_is_compared_line_by_line() {
        let check = |page: &str, output: &str, same: bool| {
            assert_eq!(parsed(&format!("$ x\n{page}"))[0].prints(output), same, "{page:?} {output:?}");
        };
        check("", "\n", true);
        check("", "a", false);
        check("a  b", "a b\n\n", true);
        check("a", "a\nb", false);
        check("a\nb", "b\na", false);
        check("a\n…\nd", "a\nb\nc\nd", true);
        check("a\n…\nd", "a\nd", true);
        check("a\n…\nd", "a\nb", false);
        check("…", "", true);
        check("took … ms (…)", "took 12 ms (x)", true);
        check("took … ms", "took 12 s", false);
        check("a…a", "a", false);
        check("a…b…c", "a b", false);
        check("pass: … applied", "fail: 1 applied", false);
    }
}
