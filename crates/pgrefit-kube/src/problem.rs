//! What is wrong with a manifest: where, why, and whether the API server would have said so.

use crate::field::Field;
use std::fmt::Display;

/// Who would have refused the manifest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// The API server.
    Error,
    /// Nobody: it is accepted and then does not do what it says. The rule of [`crate::STRICT_RULES`] says why.
    Strict(&'static str),
}

impl Severity {
    /// The rule of [`crate::STRICT_RULES`]; none where the server refuses.
    #[must_use]
    pub fn rule(self) -> Option<&'static str> {
        match self {
            Self::Error => None,
            Self::Strict(rule) => Some(rule),
        }
    }
}

/// One thing that is wrong.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Problem {
    /// The field as the API server writes it; empty for the whole manifest.
    pub field: String,
    /// What is wrong with it.
    pub message: String,
    /// Who would have refused it.
    pub severity: Severity,
}

/// What was found so far, in the order in which the rules look.
#[derive(Debug, Default)]
pub(crate) struct Problems(Vec<Problem>);

impl Problems {
    pub(crate) fn into_vec(self) -> Vec<Problem> {
        self.0
    }

    /// Whether the server would refuse the manifest by what was found so far.
    pub(crate) fn rejected(&self) -> bool {
        self.0.iter().any(|problem| problem.severity == Severity::Error)
    }

    /// The server refuses it.
    pub(crate) fn reject(&mut self, field: &Field, message: impl Into<String>) {
        self.push(field, message.into(), Severity::Error);
    }

    /// The server accepts it, and it is wrong.
    pub(crate) fn strict(&mut self, rule: &'static str, field: &Field, message: impl Into<String>) {
        self.push(field, message.into(), Severity::Strict(rule));
    }

    pub(crate) fn push(&mut self, field: &Field, message: String, severity: Severity) {
        self.0.push(Problem { field: field.to_string(), message, severity });
    }

    pub(crate) fn required(&mut self, field: &Field, why: &str) {
        let why = if why.is_empty() { String::new() } else { format!(": {why}") };
        self.reject(field, format!("required value{why}"));
    }

    pub(crate) fn invalid(&mut self, field: &Field, value: impl Display, why: impl Display) {
        self.reject(field, format!("invalid value {value}: {why}"));
    }

    pub(crate) fn forbidden(&mut self, field: &Field, why: &str) {
        self.reject(field, format!("forbidden: {why}"));
    }

    pub(crate) fn duplicate(&mut self, field: &Field, value: impl Display) {
        self.reject(field, format!("duplicate value {value}"));
    }

    pub(crate) fn too_many(&mut self, field: &Field, count: usize, most: usize) {
        if count > most {
            self.reject(field, format!("too many: {count}, must have at most {most} items"));
        }
    }

    pub(crate) fn unsupported(&mut self, field: &Field, value: &str, supported: &[&str]) {
        self.reject(field, format!("unsupported value \"{value}\": supported are {}", supported.join(", ")));
    }

    /// A value of a fixed set. Empty is absent, and the server puts its default there.
    pub(crate) fn one_of(&mut self, field: &Field, value: Option<&str>, supported: &[&str]) {
        self.set_one_of(field, value.filter(|value| !value.is_empty()), supported);
    }

    /// A value of a fixed set where empty is a value, and a wrong one.
    pub(crate) fn set_one_of(&mut self, field: &Field, value: Option<&str>, supported: &[&str]) {
        if let Some(value) = value.filter(|value| !supported.contains(value)) {
            self.unsupported(field, value, supported);
        }
    }

    pub(crate) fn not_negative(&mut self, field: &Field, value: Option<impl Into<i64>>) {
        self.between(field, value, 0, i64::MAX);
    }

    /// A number inside of a range, both ends included.
    pub(crate) fn between(&mut self, field: &Field, value: Option<impl Into<i64>>, least: i64, most: i64) {
        let Some(value) = value.map(Into::into).filter(|value| *value < least || *value > most) else {
            return;
        };
        match most {
            i64::MAX => self.invalid(field, value, format!("must be greater than or equal to {least}")),
            _ => self.invalid(field, value, format!("must be between {least} and {most}, inclusive")),
        }
    }

    /// A text that must have a form: `judge` says what is wrong with it.
    pub(crate) fn form(&mut self, field: &Field, text: &str, judge: fn(&str) -> Option<&'static str>) {
        if let Some(why) = judge(text) {
            self.invalid(field, format!("\"{text}\""), why);
        }
    }

    /// As [`Self::form`], where empty is missing.
    pub(crate) fn required_form(
        &mut self,
        field: &Field,
        text: &str,
        judge: fn(&str) -> Option<&'static str>,
    ) {
        if text.is_empty() {
            self.required(field, "");
        } else {
            self.form(field, text, judge);
        }
    }
}
