//! The checklist: every requirement once, and none that counts as met without a measurement.

use serde::{Deserialize, Serialize};

use super::measurement::{Measurement, Part, Pointer};
use super::requirement::Requirement;
use super::wire::LineForm;
use crate::Status;

/// Every [`Requirement`] once, in its order. Those of which nobody has said anything are not measured.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "Vec<Line>", into = "Vec<Line>")]
pub struct Checklist(Vec<Line>);

/// One requirement and what was measured of it.
///
/// Its fields are private: [`Line::measured`] is the only way to one that is met, and wants a [`Measurement`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "LineForm", into = "LineForm")]
pub struct Line {
    requirement: Requirement,
    state: State,
    evidence: Option<Pointer>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum State {
    Measured(Verdict, Measurement),
    NotMeasured(String),
    NotRequired(String),
}

/// What a measurement means for its requirement.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// It is so.
    Met,
    /// It is so, but somebody should look.
    MetWithRemark,
    /// It is not so.
    NotMet,
}

impl Default for Checklist {
    fn default() -> Self {
        let line = |requirement| Line::not_measured(requirement, "the run did not come to it");
        Self(Requirement::ALL.map(line).into())
    }
}

impl Checklist {
    /// Every line, in the order of the requirements.
    #[must_use]
    pub fn lines(&self) -> &[Line] {
        &self.0
    }

    /// Puts `line` in the place of what was known of its requirement.
    pub fn set(&mut self, line: Line) {
        if let Some(place) = self.0.iter_mut().find(|known| known.requirement == line.requirement) {
            *place = line;
        }
    }

    /// The lines that end like this.
    #[must_use]
    pub fn count(&self, status: Status) -> usize {
        self.0.iter().filter(|line| line.status() == status).count()
    }

    /// Whether each requirement is met or not required.
    #[must_use]
    pub fn is_met(&self) -> bool {
        self.0.iter().all(|line| matches!(line.status(), Status::Pass | Status::Warn | Status::Skip))
    }
}

impl From<Vec<Line>> for Checklist {
    fn from(lines: Vec<Line>) -> Self {
        let mut list = Self::default();
        for line in lines {
            list.set(line);
        }
        list
    }
}

impl From<Checklist> for Vec<Line> {
    fn from(list: Checklist) -> Self {
        list.0
    }
}

impl Line {
    /// A requirement that was measured.
    #[must_use]
    pub const fn measured(requirement: Requirement, verdict: Verdict, measurement: Measurement) -> Self {
        Self { requirement, state: State::Measured(verdict, measurement), evidence: None }
    }

    /// A requirement that was not measured, and why. It is not met.
    pub fn not_measured(requirement: Requirement, reason: impl Into<String>) -> Self {
        Self { requirement, state: State::NotMeasured(reason.into()), evidence: None }
    }

    /// A requirement that this run does not have, and why: the policy does not ask for it, nothing was to be applied.
    pub fn not_required(requirement: Requirement, reason: impl Into<String>) -> Self {
        Self { requirement, state: State::NotRequired(reason.into()), evidence: None }
    }

    /// Says where its evidence stands.
    #[must_use]
    pub fn see(mut self, part: Part) -> Self {
        self.evidence = Some(Pointer { part, detail: None });
        self
    }

    /// Says in which stage, table or check of a part its evidence stands.
    #[must_use]
    pub fn see_detail(mut self, part: Part, detail: impl Into<String>) -> Self {
        self.evidence = Some(Pointer { part, detail: Some(detail.into()) });
        self
    }

    /// What is required.
    #[must_use]
    pub const fn requirement(&self) -> Requirement {
        self.requirement
    }

    /// [`Status::Pass`], [`Status::Warn`] or [`Status::Fail`] if it was measured, else [`Status::Blind`], or
    /// [`Status::Skip`] if it is not required.
    #[must_use]
    pub const fn status(&self) -> Status {
        match self.state {
            State::Measured(Verdict::Met, _) => Status::Pass,
            State::Measured(Verdict::MetWithRemark, _) => Status::Warn,
            State::Measured(Verdict::NotMet, _) => Status::Fail,
            State::NotMeasured(_) => Status::Blind,
            State::NotRequired(_) => Status::Skip,
        }
    }

    /// What was measured.
    #[must_use]
    pub const fn measurement(&self) -> Option<&Measurement> {
        match &self.state {
            State::Measured(_, measurement) => Some(measurement),
            State::NotMeasured(_) | State::NotRequired(_) => None,
        }
    }

    /// Why nothing was measured.
    #[must_use]
    pub fn reason(&self) -> Option<&str> {
        match &self.state {
            State::Measured(..) => None,
            State::NotMeasured(reason) | State::NotRequired(reason) => Some(reason),
        }
    }

    /// Where its evidence stands.
    #[must_use]
    pub const fn evidence(&self) -> Option<&Pointer> {
        self.evidence.as_ref()
    }
}
