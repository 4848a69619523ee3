//! The one door to the parser, which works by recursion and would overflow the stack for a text that nests deep enough.
//!
//! A look at the words of a text tells beforehand how deep it may nest. Short statements are parsed at once, longer ones
//! in a thread with a stack of its own, and those that nest deeper than anybody writes are not given to the parser: they
//! are a syntax error. The tree that is handed out is shallow enough to be dropped on any stack, which recurses, too.

mod nesting;

use std::thread;

use squawk_syntax::{Parse, SourceFile, SyntaxNode};

use nesting::Nesting;

/// How deep a text may nest by its words. Its parse takes some 5 kB of stack for each in a debug build.
const NESTING_MAX: usize = 5_000;
/// What is parsed on the stack of the caller: nesting by its words, and words of a statement, which nest in chains of `OR`
/// and `UNION` only. With 2 MB of stack a debug build takes 300 brackets and 3,000 terms of such a chain.
const NESTING_SHALLOW: usize = 100;
const WORDS_SHALLOW: usize = 1_000;
/// How many nodes may be inside of each other. To drop one takes some 300 bytes of stack in a debug build.
const NODES_MAX: usize = 2_000;
/// A text that nests less by its words has fewer nodes inside of each other than the maximum: each word makes one or two.
const NESTING_OF_NODES_MAX: usize = NODES_MAX / 2;
const STACK_BYTES: usize = 64 << 20;

/// A text as the parser sees it.
pub struct Parsed {
    parse: Parse<SourceFile>,
    errors: Vec<SyntaxError>,
}

/// What is wrong with a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SyntaxError {
    /// The byte of the text at which it was noticed.
    pub offset: usize,
    /// What was expected.
    pub message: String,
}

/// Parses a script of whatever depth.
#[must_use]
pub fn parse(text: &str) -> Parsed {
    let nesting = Nesting::of(text);
    if nesting.deepest <= NESTING_SHALLOW && nesting.longest <= WORDS_SHALLOW {
        return Parsed::here(text);
    }
    let parsed = (nesting.deepest <= NESTING_MAX).then(|| Parsed::elsewhere(text)).flatten();
    parsed.unwrap_or_else(|| Parsed::without(text, &nesting))
}

impl Parsed {
    /// Everything that is wrong, in the order of the text.
    #[must_use]
    pub fn errors(&self) -> &[SyntaxError] {
        &self.errors
    }

    /// The root of the tree.
    #[must_use]
    pub fn syntax_node(&self) -> SyntaxNode {
        self.parse.syntax_node()
    }

    /// The statements.
    #[must_use]
    pub fn tree(&self) -> SourceFile {
        self.parse.tree()
    }

    /// As the parser's own linter takes it.
    #[must_use]
    pub fn raw(&self) -> &Parse<SourceFile> {
        &self.parse
    }

    fn here(text: &str) -> Self {
        let parse = SourceFile::parse(text);
        let errors = parse.errors().into_iter().map(|error| SyntaxError {
            offset: error.range().start().into(),
            message: error.message().to_owned(),
        });
        Self { errors: errors.collect(), parse }
    }

    /// The parse in a thread of its own; nothing if the tree is too deep to leave it, if there is no memory for the
    /// thread, or if the parser gives up on the text.
    fn elsewhere(text: &str) -> Option<Self> {
        thread::scope(|scope| {
            let work = || Some(Self::here(text)).filter(|parsed| nodes(&parsed.syntax_node()) <= NODES_MAX);
            let thread = thread::Builder::new().stack_size(STACK_BYTES).spawn_scoped(scope, work);
            thread.ok()?.join().ok()?
        })
    }

    /// The parse of a text in which the statements that nest too deep are blanks: their neighbours and all comments
    /// are where they were.
    fn without(text: &str, nesting: &Nesting) -> Self {
        let rest = nesting.without_deep(text, NESTING_OF_NODES_MAX);
        let offset = nesting.first_deep(NESTING_OF_NODES_MAX).unwrap_or(0);
        let mut parsed = Self::elsewhere(&rest).unwrap_or_else(|| Self::here(""));
        let message = format!("the statement nests too deep: more than {NODES_MAX} levels");
        parsed.errors.push(SyntaxError { offset, message });
        parsed.errors.sort_by_key(|error| error.offset);
        parsed
    }
}

/// How many nodes are inside of each other at most, counted without recursion.
fn nodes(root: &SyntaxNode) -> usize {
    let (mut depth, mut deepest) = (0_usize, 0_usize);
    let mut at = root.clone();
    loop {
        if let Some(child) = at.first_child() {
            depth += 1;
            deepest = deepest.max(depth);
            at = child;
            continue;
        }
        loop {
            if let Some(next) = at.next_sibling() {
                at = next;
                break;
            }
            match at.parent() {
                Some(parent) if depth > 0 => {
                    depth -= 1;
                    at = parent;
                }
                _ => return deepest,
            }
            if depth == 0 {
                return deepest;
            }
        }
    }
}

#[cfg(test)]
mod tests;
