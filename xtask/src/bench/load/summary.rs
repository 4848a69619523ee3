//! The rounds of one mode, and what they come to. Pure.

use super::modes::Mode;
use crate::bench::timing::median;
use crate::bench::traffic::Figures;
use serde_json::{Value, json};

pub(super) struct Round {
    pub(super) migration_s: f64,
    /// Why the changes were not made.
    pub(super) problem: Option<String>,
    pub(super) figures: Figures,
}

pub(super) struct Summary {
    pub(super) mode: Mode,
    /// None when the tool is not installed.
    pub(super) rounds: Vec<Round>,
}

impl Summary {
    /// The middle of a figure over the rounds.
    pub(super) fn median(&self, figure: fn(&Round) -> f64) -> f64 {
        let mut values: Vec<_> = self.rounds.iter().map(figure).collect();
        values.sort_by(f64::total_cmp);
        median(&values)
    }

    /// The worst round of a figure.
    pub(super) fn worst(&self, figure: fn(&Round) -> f64) -> f64 {
        self.rounds.iter().map(figure).fold(0.0, f64::max)
    }

    pub(super) fn sum(&self, figure: fn(&Figures) -> usize) -> usize {
        self.rounds.iter().map(|round| figure(&round.figures)).sum()
    }

    /// What went wrong in the first round in which something did.
    pub(super) fn problem(&self) -> Option<&str> {
        self.rounds.iter().find_map(|round| round.problem.as_deref())
    }

    /// Something to compare with: it ran, and made the changes each time.
    pub(super) fn is_measured(&self) -> bool {
        !self.rounds.is_empty() && self.problem().is_none()
    }

    pub(super) fn to_json(&self) -> Value {
        let round = |round: &Round| {
            let mut value = round.figures.to_json();
            value["migration_s"] = round.migration_s.into();
            value["problem"] = round.problem.clone().into();
            value
        };
        json!({
            "mode": self.mode.name(),
            "installed": !self.rounds.is_empty(),
            "migration_s": self.median(migration_s),
            "max_ms": self.median(max_ms),
            "p99_ms": self.median(|round| round.figures.p99_ms),
            "rounds": self.rounds.iter().map(round).collect::<Vec<_>>(),
        })
    }
}

pub(super) fn max_ms(round: &Round) -> f64 {
    round.figures.max_ms
}

pub(super) fn migration_s(round: &Round) -> f64 {
    round.migration_s
}
