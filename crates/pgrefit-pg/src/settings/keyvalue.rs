//! `host=localhost dbname='my db'`: libpq's key/value connection strings.

use std::iter::Peekable;
use std::str::Chars;

use crate::Error;

use super::values::{Place, Values};

/// Reads all pairs.
pub(super) fn parse(text: &str, values: &mut Values) -> Result<(), Error> {
    let mut chars = text.chars().peekable();
    loop {
        skip_space(&mut chars);
        if chars.peek().is_none() {
            return Ok(());
        }
        let word = take_word(&mut chars)?;
        let value = take_value(&mut chars)?;
        values.set(&word, value, &Place::KeyValue)?;
    }
}

fn skip_space(chars: &mut Peekable<Chars<'_>>) {
    while chars.next_if(|c| c.is_whitespace()).is_some() {}
}

/// The word is not repeated in the message: it may be the second half of a password with a space in it.
fn take_word(chars: &mut Peekable<Chars<'_>>) -> Result<String, Error> {
    let mut word = String::new();
    while let Some(c) = chars.next_if(|c| *c != '=' && !c.is_whitespace()) {
        word.push(c);
    }
    skip_space(chars);
    match chars.next() {
        Some('=') => Ok(word),
        _ if word.starts_with("postgres") => {
            Err(Place::KeyValue.error("a URL begins with postgres:// or postgresql://"))
        }
        _ => Err(Place::KeyValue.error("a word lacks its =; a value with spaces needs single quotes")),
    }
}

fn take_value(chars: &mut Peekable<Chars<'_>>) -> Result<String, Error> {
    skip_space(chars);
    let quoted = chars.next_if_eq(&'\'').is_some();
    let mut value = String::new();
    loop {
        match chars.next() {
            Some('\'') if quoted => return Ok(value),
            Some(c) if !quoted && c.is_whitespace() => return Ok(value),
            Some('\\') => value.extend(chars.next()),
            Some(c) => value.push(c),
            None if quoted => return Err(Place::KeyValue.error("a value lacks its closing single quote")),
            None => return Ok(value),
        }
    }
}
