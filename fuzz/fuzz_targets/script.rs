//! Scripts: parsed, their effects and directives, split, compared with themselves.
#![no_main]

#[expect(dead_code, reason = "the other target has the bodies")]
#[path = "../../crates/pgrefit-sql/tests/exercise/mod.rs"]
mod exercise;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    exercise::script(&String::from_utf8_lossy(bytes));
});
