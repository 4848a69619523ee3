//! The linter as a whole: against a real server's answers, and against what is drawn at random.

mod case;
mod mutations;
mod strict;
mod verdicts;
