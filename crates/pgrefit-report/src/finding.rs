//! One thing a check found, with what it rests on and what would cure it.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::{Cell, Location, Status};

/// What one check says about one object.
#[derive(Debug, Clone, PartialEq)]
pub struct Finding {
    /// Id of the check: kebab-case, named for the problem.
    pub check: String,
    /// The judgement.
    pub status: Status,
    /// The object judged, quoted as SQL would quote it; `None` if it is the whole database.
    pub object: Option<String>,
    /// What kind of object that is, in a word: "table", "index", "function"; `None` if the check does not say.
    pub kind: Option<Cow<'static, str>>,
    /// What is the matter, in one sentence.
    pub message: String,
    /// The numbers the judgement rests on; key `snake_case`, unit last.
    pub numbers: BTreeMap<Cow<'static, str>, Cell>,
    /// What to do next, in words.
    pub hint: Option<String>,
    /// What would cure it, in SQL.
    pub remediation: Option<Remediation>,
    /// How sure the judgement is: "certain", "likely" or "estimate"; `None` if the check does not say.
    pub confidence: Option<Cow<'static, str>>,
    /// Where it stands in a file.
    pub location: Option<Location>,
    /// What is said beside the place itself, in a few words: "takes ACCESS EXCLUSIVE on orders".
    pub caret: Option<String>,
    /// Other places that have to do with it.
    pub labels: Vec<Label>,
    /// Why it is not to be counted: the reason given where it stands. Such a finding never counts.
    pub suppressed: Option<String>,
}

/// A second place of a [`Finding`], and what it has to do with it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Label {
    /// The place.
    pub location: Location,
    /// What is there, in a few words: "locked here first".
    pub message: String,
}

/// SQL that cures a [`Finding`], and what running it costs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Remediation {
    /// The statements, ready to run.
    pub sql: String,
    /// The strongest lock they take, in PostgreSQL's words; `None` if they take none that matters.
    pub lock: Option<String>,
    /// Whether the change can be undone without a backup.
    pub reversible: bool,
}

impl Finding {
    /// A finding about the whole database; the builder methods add the rest.
    pub fn new(check: impl Into<String>, status: Status, message: impl Into<String>) -> Self {
        Self {
            check: check.into(),
            status,
            object: None,
            kind: None,
            message: message.into(),
            numbers: BTreeMap::new(),
            hint: None,
            remediation: None,
            confidence: None,
            location: None,
            caret: None,
            labels: Vec::new(),
            suppressed: None,
        }
    }

    /// Names the object judged.
    #[must_use]
    pub fn about(mut self, object: impl Into<String>) -> Self {
        self.object = Some(object.into());
        self
    }

    /// Says what kind of object that is, in a word: "table", "index", "function".
    #[must_use]
    pub fn kind(mut self, kind: &'static str) -> Self {
        self.kind = Some(kind.into());
        self
    }

    /// Adds a number the judgement rests on.
    #[must_use]
    pub fn number(mut self, key: &'static str, value: impl Into<Cell>) -> Self {
        self.numbers.insert(key.into(), value.into());
        self
    }

    /// Says what to do next.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// Adds the cure.
    #[must_use]
    pub fn remediation(mut self, remediation: Remediation) -> Self {
        self.remediation = Some(remediation);
        self
    }

    /// Says how sure the judgement is: "certain", "likely" or "estimate".
    #[must_use]
    pub fn confidence(mut self, confidence: &'static str) -> Self {
        self.confidence = Some(confidence.into());
        self
    }

    /// Says where it stands in a file.
    #[must_use]
    pub fn at(mut self, location: Location) -> Self {
        self.location = Some(location);
        self
    }

    /// Says in a few words what is at the place itself.
    #[must_use]
    pub fn caret(mut self, caret: impl Into<String>) -> Self {
        self.caret = Some(caret.into());
        self
    }

    /// Adds another place that has to do with it.
    #[must_use]
    pub fn label(mut self, location: Location, message: impl Into<String>) -> Self {
        self.labels.push(Label { location, message: message.into() });
        self
    }

    /// Takes it out of the count, for a reason.
    #[must_use]
    pub fn suppressed(mut self, reason: impl Into<String>) -> Self {
        self.suppressed = Some(reason.into());
        self
    }

    /// Sixteen hexadecimal digits that name this finding from run to run; [`fingerprints`] tells alike ones apart.
    ///
    /// The first 64 bits of a SHA-256 over check, object, file and the text of the line. Message, numbers, status and
    /// line number are left out: they change while the problem stays the same, and a baseline must survive that.
    #[must_use]
    pub fn fingerprint(&self) -> String {
        // PostgreSQL text holds no NUL, so a NUL between the parts keeps ("ab", "c") apart from ("a", "bc").
        digest(&self.identity().join("\0"))
    }

    /// What stays the same from run to run.
    fn identity(&self) -> [&str; 4] {
        let (file, text) = match &self.location {
            Some(location) => (location.file.as_str(), location.text.trim()),
            None => ("", ""),
        };
        [&self.check, self.object.as_deref().unwrap_or_default(), file, text]
    }

    /// Line and column; findings without a place are all at the start.
    fn place(&self) -> (u32, u32) {
        self.location.as_ref().map_or((0, 0), |location| (location.line, location.column))
    }
}

/// The fingerprint of each finding of one report, in the same order, no two alike.
///
/// The same line may stand in a file twice. The first place keeps the value of [`Finding::fingerprint`]; in those of the
/// others goes their number, counted down the file, whatever the order of the findings.
#[must_use]
pub fn fingerprints(findings: &[Finding]) -> Vec<String> {
    let mut order: Vec<usize> = (0..findings.len()).collect();
    order.sort_by_key(|&index| (findings[index].place(), index));
    let mut seen: BTreeMap<[&str; 4], usize> = BTreeMap::new();
    let mut found = vec![String::new(); findings.len()];
    for index in order {
        let identity = findings[index].identity();
        let occurrence = seen.entry(identity).and_modify(|count| *count += 1).or_insert(1);
        found[index] = match *occurrence {
            1 => findings[index].fingerprint(),
            later => digest(&format!("{}\0{later}", identity.join("\0"))),
        };
    }
    found
}

/// The first 64 bits of a SHA-256, in hexadecimal.
fn digest(text: &str) -> String {
    Sha256::digest(text).iter().take(8).fold(String::new(), |mut hex, byte| {
        let _ = write!(hex, "{byte:02x}");
        hex
    })
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use super::{Finding, Location, Status, fingerprints};

    fn finding() -> Finding {
        Finding::new("fk-without-index", Status::Warn, "3 rows").about("public.orders")
    }

    fn at(line: u32, text: &str) -> Location {
        Location { file: "V1__a.sql".to_owned(), line, column: 1, text: text.to_owned(), excerpt: None }
    }

    #[test]
    fn fingerprint_is_the_same_in_every_release() {
        expect!["5eae896c8cef1cfd"].assert_eq(&finding().fingerprint());
    }

    #[test]
    fn fingerprint_ignores_counters_and_line_numbers() {
        let same = |a: &Finding, b: &Finding| assert_eq!(a.fingerprint(), b.fingerprint());
        same(&finding(), &finding().number("rows", 4));
        same(&finding(), &Finding { message: "4 rows".to_owned(), status: Status::Fail, ..finding() });
        same(&finding().at(at(1, "DROP TABLE t;")), &finding().at(at(9, "  DROP TABLE t;")));
    }

    #[test]
    fn fingerprint_tells_problems_apart() {
        let differ = |a: &Finding, b: &Finding| assert_ne!(a.fingerprint(), b.fingerprint());
        differ(&finding(), &finding().about("public.order_items"));
        differ(&finding(), &Finding { check: "fk-not-valid".to_owned(), ..finding() });
        differ(&finding().at(at(1, "DROP TABLE t;")), &finding().at(at(1, "DROP TABLE u;")));
        let split = |check: &str, object: &str| Finding::new(check, Status::Warn, "").about(object);
        differ(&split("ab", "c"), &split("a", "bc"));
    }

    #[test]
    fn fingerprints_count_down_the_file() {
        let alike = |lines: &[u32]| {
            let findings: Vec<_> =
                lines.iter().map(|&line| finding().at(at(line, "DROP TABLE t;"))).collect();
            fingerprints(&findings)
        };
        let first = finding().at(at(1, "DROP TABLE t;")).fingerprint();
        let second = alike(&[1, 2]).remove(1);
        expect!["87d23a6424f763d1"].assert_eq(&second);
        assert_eq!(alike(&[3]), [first.as_str()]);
        assert_eq!(alike(&[3, 7]), [first.as_str(), &second]);
        assert_eq!(alike(&[9, 4]), [second.as_str(), &first]);
        assert_eq!(alike(&[1, 1])[0], first);
        let mut many = alike(&[1, 2, 3, 3, 4]);
        many.dedup();
        assert_eq!(many.len(), 5);
        assert!(fingerprints(&[]).is_empty());
    }
}
