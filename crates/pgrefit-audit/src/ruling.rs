//! What one check says: what it found, how much it saw, and what it could not see.

use pgrefit_report::{Cell, Finding, Remediation, Status};

/// What one check says. The check tells each object it looked at by [`Ruling::saw`] or [`Ruling::missed`], and adds what it finds.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Ruling {
    pub(crate) check: &'static str,
    pub(crate) findings: Vec<Finding>,
    pub(crate) seen: u64,
    pub(crate) missed: u64,
    pub(crate) blind: Option<String>,
    pub(crate) grant: Option<String>,
    pub(crate) skipped: Option<String>,
    pub(crate) left_out: u64,
    pub(crate) keeps_order: bool,
}

impl Ruling {
    pub(crate) fn new(check: &'static str) -> Self {
        Self { check, ..Self::default() }
    }

    /// One object was looked at.
    pub fn saw(&mut self) {
        self.saw_many(1);
    }

    /// So many objects were looked at.
    pub fn saw_many(&mut self, count: usize) {
        self.seen += count as u64;
    }

    /// One object could not be looked at: why, as the end of "could not see N of M: ", and the SQL that would help.
    pub fn missed(&mut self, why: impl Into<String>, grant: Option<String>) {
        self.missed += 1;
        self.blind.get_or_insert_with(|| why.into());
        if self.grant.is_none() {
            self.grant = grant;
        }
    }

    /// One object was left out, because its column statistics are read only when that is asked for: the check is neither blind
    /// for it, nor has it seen all there is.
    pub fn left_out(&mut self) {
        self.left_out += 1;
    }

    /// Findings stay in the order in which they are told, not by object: what they offer is to be run in it.
    pub fn keep_order(&mut self) {
        self.keeps_order = true;
    }

    /// The check does not apply here; the reason completes "skipped: ".
    pub fn skip(&mut self, reason: impl Into<String>) {
        self.skipped = Some(reason.into());
    }

    /// Something must be changed. The object is quoted as SQL would quote it: [`Facts::name`](crate::Facts::name) and its like.
    pub fn fail(&mut self, object: impl Into<String>, message: impl Into<String>) -> Found<'_> {
        self.found(Status::Fail, object, message)
    }

    /// Something should be changed.
    pub fn warn(&mut self, object: impl Into<String>, message: impl Into<String>) -> Found<'_> {
        self.found(Status::Warn, object, message)
    }

    /// Something to know.
    pub fn info(&mut self, object: impl Into<String>, message: impl Into<String>) -> Found<'_> {
        self.found(Status::Info, object, message)
    }

    /// A finding of a level that depends.
    pub fn found(
        &mut self,
        status: Status,
        object: impl Into<String>,
        message: impl Into<String>,
    ) -> Found<'_> {
        let at = self.findings.len();
        self.findings.push(Finding::new(self.check, status, message).about(object));
        Found(&mut self.findings[at])
    }
}

/// A finding that was just made, to be filled in.
#[derive(Debug)]
pub struct Found<'a>(&'a mut Finding);

impl Found<'_> {
    /// A number the judgement rests on; key `snake_case`, unit last.
    pub fn number(&mut self, key: &'static str, value: impl Into<Cell>) -> &mut Self {
        self.0.numbers.insert(key.into(), value.into());
        self
    }

    /// What to do next, in words.
    pub fn hint(&mut self, hint: impl Into<String>) -> &mut Self {
        self.0.hint = Some(hint.into());
        self
    }

    /// What cures it: SQL that is ready to run, the strongest lock it takes in PostgreSQL's words (empty if none matters), and
    /// whether it can be undone without a backup.
    pub fn sql(&mut self, sql: impl Into<String>, lock: &str, reversible: bool) -> &mut Self {
        let lock = (!lock.is_empty()).then(|| lock.to_owned());
        self.0.remediation = Some(Remediation { sql: sql.into(), lock, reversible });
        self
    }
}

#[cfg(test)]
mod tests {
    use pgrefit_catalog::census::{RelationKind, Source, Unseen, Why};
    use pgrefit_report::Status;

    use crate::check;
    use crate::sample::Sample;

    #[test]
    fn what_was_not_seen_is_no_pass() {
        let unseen = |why| {
            let unseen = Unseen { why, text: "no".to_owned(), grant: None };
            let sample = Sample::new(18).relation(100, RelationKind::Table, "t", |_| {});
            sample.with(|census| drop(census.unseen.insert(Source::SequenceValues, unseen)))
        };
        let check = |why: Why, expected: Status| {
            let sequences = check("sequence-exhaustion").expect("a check");
            assert_eq!(unseen(why).status(sequences), expected, "{why:?}");
        };
        check(Why::Privilege, Status::Blind);
        check(Why::Locked, Status::Blind);
        check(Why::TimedOut, Status::Blind);
        check(Why::Failed, Status::Blind);
        check(Why::Absent, Status::Skip);
        check(Why::NotAsked, Status::Skip);
    }
}
