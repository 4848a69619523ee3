//! Statements drawn at random: what a linter passes as locking nobody out must lock nobody out.
