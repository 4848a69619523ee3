//! The order of the steps: plan, adopt, apply, verify.
