//! Random changes of texts.

use fastrand::Rng;
use squawk_lexer::tokenize;

/// Makes new texts of old ones.
pub(crate) struct Mutator {
    seeds: Vec<String>,
    rng: Rng,
}

/// Words and pieces that many seeds do not have at the same place.
const WORDS: [&str; 60] = [
    "BEGIN",
    "END",
    "END IF;",
    "END LOOP;",
    "CASE",
    "WHEN",
    "THEN",
    "ELSE",
    "IF",
    "LOOP",
    "FOR",
    "IN",
    "EXECUTE",
    "INTO",
    "USING",
    "DECLARE",
    "EXCEPTION",
    "RETURN QUERY",
    "PERFORM",
    "ATOMIC",
    "SELECT",
    "FROM",
    "WHERE",
    "UNION",
    "ALTER TABLE",
    "ADD",
    "CREATE",
    "FUNCTION",
    "AS",
    "LANGUAGE sql",
    "LANGUAGE plpgsql",
    "DO",
    "CONCURRENTLY",
    ";",
    ",",
    "(",
    ")",
    "[",
    "]",
    "'",
    "''",
    "\"",
    "$$",
    "$x$",
    "--",
    "/*",
    "*/",
    ":=",
    "=",
    "||",
    "::",
    ".",
    "..",
    "<<",
    ">>",
    "-- pgrefit:backfill\n",
    "99999999999999999999",
    "$1",
    "\\",
    "\u{feff}",
];

/// What may be repeated around a piece, to nest it.
const NESTS: [(&str, &str); 14] = [
    ("(", ")"),
    ("(SELECT ", ")"),
    ("f(", ")"),
    ("[", "]"),
    ("NOT ", ""),
    ("- ", ""),
    ("CASE WHEN a THEN ", " END"),
    ("BEGIN ", " END; "),
    ("IF a THEN ", " END IF; "),
    ("LOOP ", " END LOOP; "),
    ("", " || a"),
    ("", " UNION SELECT 1, 2"),
    ("DO $x$ ", " $x$"),
    ("format('%s', ", ")"),
];

impl Mutator {
    pub(crate) fn new(seeds: Vec<String>, number: u64) -> Self {
        Self { seeds, rng: Rng::with_seed(number) }
    }

    /// A new text.
    pub(crate) fn text(&mut self) -> String {
        let mut text = self.seed();
        for _ in 0..self.rng.usize(1..6) {
            text = self.changed(&text);
        }
        text
    }

    fn seed(&mut self) -> String {
        let at = self.rng.usize(..self.seeds.len());
        self.seeds[at].clone()
    }

    fn changed(&mut self, text: &str) -> String {
        let (from, to) = self.piece(text);
        let (before, piece, behind) = (&text[..from], &text[from..to], &text[to..]);
        match self.rng.u8(..9) {
            0 => self.flipped(text),
            1 => format!("{before}{behind}"),
            2 => format!("{before}{piece}{piece}{behind}"),
            3 => before.to_owned(),
            4 => {
                let other = self.seed();
                let (from, to) = self.piece(&other);
                format!("{before}{}{behind}", &other[from..to])
            }
            5 => {
                let (left, right) = NESTS[self.rng.usize(..NESTS.len())];
                let times = if self.rng.u8(..10) == 0 { self.rng.usize(..3000) } else { self.rng.usize(..8) };
                format!("{before}{}{piece}{}{behind}", left.repeat(times), right.repeat(times))
            }
            6 => {
                // A body becomes a string in a string.
                let quoted = piece.replace('\'', "''");
                format!("{before}'{quoted}'{behind}")
            }
            _ => {
                let word = WORDS[self.rng.usize(..WORDS.len())];
                let blank = if self.rng.bool() { " " } else { "" };
                format!("{before}{blank}{word}{blank}{piece}{behind}")
            }
        }
    }

    /// Some words of a text.
    fn piece(&mut self, text: &str) -> (usize, usize) {
        let mut ends = vec![0];
        for token in tokenize(text) {
            ends.push(ends[ends.len() - 1] + token.len as usize);
        }
        // Long words are bodies and comments: what is inside of them is the point.
        let from = self.rng.usize(..ends.len());
        let to = (from + self.rng.usize(..12)).min(ends.len() - 1);
        if ends[to] - ends[from] > 60 || self.rng.u8(..4) == 0 {
            let from = text.floor_char_boundary(self.rng.usize(..=text.len()));
            return (from, text.floor_char_boundary(from + self.rng.usize(..60)));
        }
        (ends[from], ends[to])
    }

    fn flipped(&mut self, text: &str) -> String {
        let mut bytes = text.as_bytes().to_vec();
        for _ in 0..self.rng.usize(1..4) {
            if !bytes.is_empty() {
                let at = self.rng.usize(..bytes.len());
                bytes[at] = if self.rng.bool() { self.rng.u8(..) } else { self.rng.u8(32..127) };
            }
        }
        String::from_utf8_lossy(&bytes).into_owned()
    }
}
