//! Tables of judgements.
