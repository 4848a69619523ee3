//! Streams and files without a server: broken ones, changed ones, large ones.

mod damage;
mod made;
mod native;
mod order;
mod refusals;
mod streams;
