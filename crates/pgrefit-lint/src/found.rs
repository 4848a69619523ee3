//! What rules find, before it becomes part of a report.

use std::borrow::Cow;
use std::ops::Range;

use pgrefit_report::Status;
use pgrefit_sql::{LockMode, Relation};

use crate::rule::Rule;
use crate::schema::Usage;
use crate::weigh::Cost;

/// The findings of one statement or file so far.
pub(crate) struct Found {
    pub(crate) rule: &'static Rule,
    pub(crate) drafts: Vec<Draft>,
}

/// A finding in the making; places are bytes of the file.
#[derive(Debug, Clone)]
pub(crate) struct Draft {
    pub(crate) rule: Cow<'static, str>,
    pub(crate) status: Status,
    pub(crate) span: Range<usize>,
    pub(crate) message: String,
    pub(crate) object: Option<String>,
    pub(crate) caret: Option<String>,
    pub(crate) help: Option<String>,
    pub(crate) sql: Option<(String, LockMode)>,
    pub(crate) labels: Vec<(Range<usize>, String)>,
    pub(crate) cost: Option<(Cost, Usage)>,
    pub(crate) fix: Option<Fix>,
}

/// A change of the text that cures a finding.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fix {
    /// The bytes to replace; empty to insert.
    pub range: Range<usize>,
    /// What stands there afterwards.
    pub text: String,
}

impl Found {
    /// Adds a finding at the rule's own level.
    pub(crate) fn add(&mut self, span: &Range<usize>, message: impl Into<String>) -> &mut Draft {
        self.drafts.push(Draft::new(self.rule.id, self.rule.level, span.clone(), message));
        let last = self.drafts.len() - 1;
        &mut self.drafts[last]
    }
}

impl Draft {
    pub(crate) fn new(
        rule: impl Into<Cow<'static, str>>,
        status: Status,
        span: Range<usize>,
        message: impl Into<String>,
    ) -> Self {
        Self {
            rule: rule.into(),
            status,
            span,
            message: message.into(),
            object: None,
            caret: None,
            help: None,
            sql: None,
            labels: Vec::new(),
            cost: None,
            fix: None,
        }
    }

    pub(crate) fn about(&mut self, relation: &Relation) -> &mut Self {
        self.object = Some(relation.to_string());
        self
    }

    pub(crate) fn status(&mut self, status: Status) -> &mut Self {
        self.status = status;
        self
    }

    pub(crate) fn caret(&mut self, caret: impl Into<String>) -> &mut Self {
        self.caret = Some(caret.into());
        self
    }

    pub(crate) fn help(&mut self, help: impl Into<String>) -> &mut Self {
        self.help = Some(help.into());
        self
    }

    /// SQL to write instead, and the strongest lock it takes.
    pub(crate) fn sql(&mut self, sql: impl Into<String>, lock: LockMode) -> &mut Self {
        self.sql = Some((sql.into(), lock));
        self
    }

    pub(crate) fn label(&mut self, span: &Range<usize>, message: impl Into<String>) -> &mut Self {
        self.labels.push((span.clone(), message.into()));
        self
    }

    /// What it costs on the table as it is; nothing if its size is not known.
    pub(crate) fn cost(&mut self, cost: Option<(Cost, Usage)>) -> &mut Self {
        self.cost = cost;
        self
    }

    /// A mechanical cure.
    pub(crate) fn fix(&mut self, range: Range<usize>, text: impl Into<String>) -> &mut Self {
        self.fix = Some(Fix { range, text: text.into() });
        self
    }
}
