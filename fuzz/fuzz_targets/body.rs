//! Bodies of `DO` blocks, functions and procedures, in each kind of quotes.
#![no_main]

#[path = "../../crates/pgrefit-sql/tests/exercise/mod.rs"]
mod exercise;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    exercise::bodies(&String::from_utf8_lossy(bytes));
});
