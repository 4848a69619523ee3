//! The linter as a whole: against a real server's answers, against what is drawn at random, and on our own manifests.

mod case;
mod mutations;
mod ours;
mod strict;
mod verdicts;
