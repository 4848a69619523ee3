//! Tables of a real server go to files and back.

mod place;
mod round_trip;
