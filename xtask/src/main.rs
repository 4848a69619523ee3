//! Developer tasks. Thin: they run cargo and the product binary.
fn main() {}
