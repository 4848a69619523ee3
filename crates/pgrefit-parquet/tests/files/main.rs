//! Streams and files without a server: broken ones, changed ones, large ones.

mod damage;
mod made;
mod refusals;
mod streams;
