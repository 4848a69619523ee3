//! Charts of lines, as data: what a page draws besides tables.

use std::borrow::Cow;

/// Some lines over a common axis.
#[derive(Debug, Clone, PartialEq)]
pub struct Chart {
    /// What people read.
    pub title: Cow<'static, str>,
    /// What it shows, in a sentence.
    pub about: Cow<'static, str>,
    /// How the axis to the right runs, and its unit; milliseconds are named in the unit that is shortest.
    pub x: (ChartScale, &'static str),
    /// The same of the axis that goes up, which begins at 0.
    pub y: (ChartScale, &'static str),
    /// The lines, in the order of the key.
    pub lines: Vec<Line>,
}

/// How an axis runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ChartScale {
    /// From 0 on.
    Linear,
    /// In powers of ten; values that are not above 0 have no place.
    Log,
}

/// One line.
#[derive(Debug, Clone, PartialEq)]
pub struct Line {
    /// What it is of; may come from a file or a server.
    pub name: String,
    /// Its points, from left to right. Those that are not finite are left out.
    pub points: Vec<(f64, f64)>,
    /// Whether it is drawn in dashes: what is there to compare with.
    pub is_dashed: bool,
}

impl Chart {
    /// A chart.
    pub fn new(
        title: impl Into<Cow<'static, str>>,
        about: impl Into<Cow<'static, str>>,
        x: (ChartScale, &'static str),
        y: (ChartScale, &'static str),
        lines: Vec<Line>,
    ) -> Self {
        Self { title: title.into(), about: about.into(), x, y, lines }
    }
}

impl Line {
    /// A line of these points.
    pub fn new(name: impl Into<String>, points: Vec<(f64, f64)>) -> Self {
        Self { name: name.into(), points, is_dashed: false }
    }

    /// The same in dashes.
    #[must_use]
    pub fn dashed(mut self) -> Self {
        self.is_dashed = true;
        self
    }
}
