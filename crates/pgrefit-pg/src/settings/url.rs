//! `postgres://user:password@host1:5432,host2/dbname?key=value`, cut up exactly as libpq does.
//!
//! No message repeats a part of the URL: when a password has an unescaped `/`, `:` or `@`, any part may be the password.

use crate::Error;

use super::values::{Place, Values};

const ESCAPE: &str = "a / : @ ? # % in the user or password must be percent-encoded";

/// The part after `postgres://` or `postgresql://`, if the text is such a URL.
pub(super) fn strip_scheme(text: &str) -> Option<&str> {
    text.strip_prefix("postgresql://").or_else(|| text.strip_prefix("postgres://"))
}

/// Reads the part after the scheme.
pub(super) fn parse(rest: &str, values: &mut Values) -> Result<(), Error> {
    let rest = parse_user(rest, values)?;
    let end = rest.find(['/', '?']).unwrap_or(rest.len());
    let (authority, tail) = rest.split_at(end);
    parse_hosts(authority, values)?;
    let (path, query) = tail.split_once('?').map_or((tail, None), |(path, query)| (path, Some(query)));
    if path.contains('@') {
        return Err(Place::Url.error(format!("there is an @ after the host: {ESCAPE}")));
    }
    set(values, "dbname", path.strip_prefix('/').unwrap_or_default())?;
    query.map_or(Ok(()), |query| parse_query(query, values))
}

fn parse_user<'a>(rest: &'a str, values: &mut Values) -> Result<&'a str, Error> {
    let end = rest.find('/').unwrap_or(rest.len());
    let Some(at) = rest[..end].find('@') else { return Ok(rest) };
    match rest[..at].split_once(':') {
        Some((user, password)) => {
            set(values, "user", user)?;
            set(values, "password", password)?;
        }
        None => set(values, "user", &rest[..at])?,
    }
    Ok(&rest[at + 1..])
}

fn parse_hosts(authority: &str, values: &mut Values) -> Result<(), Error> {
    if authority.contains('@') {
        return Err(Place::Url.error(format!("there is more than one @ before the host: {ESCAPE}")));
    }
    let mut hosts = Vec::new();
    let mut ports = Vec::new();
    for one in authority.split(',') {
        let (host, port) = split_port(one)?;
        if !port.bytes().all(|b| b.is_ascii_digit()) {
            return Err(Place::Url.error(format!("the port is not a number: {ESCAPE}")));
        }
        hosts.push(host);
        ports.push(port);
    }
    if ports.iter().any(|port| !port.is_empty()) {
        set(values, "port", &ports.join(","))?;
    }
    set(values, "host", &hosts.join(","))
}

/// Splits `host:port`, `[::1]:port`, or either alone.
fn split_port(one: &str) -> Result<(&str, &str), Error> {
    let Some(bracketed) = one.strip_prefix('[') else {
        return Ok(one.split_once(':').unwrap_or((one, "")));
    };
    let (host, rest) =
        bracketed.split_once(']').ok_or_else(|| Place::Url.error("an IPv6 address lacks its ]"))?;
    match rest.strip_prefix(':') {
        Some(port) => Ok((host, port)),
        None if rest.is_empty() => Ok((host, "")),
        None => Err(Place::Url.error("there is something between the ] of an IPv6 address and the port")),
    }
}

fn parse_query(query: &str, values: &mut Values) -> Result<(), Error> {
    for pair in query.split('&').filter(|pair| !pair.is_empty()) {
        let (word, text) =
            pair.split_once('=').ok_or_else(|| Place::Url.error("a parameter after the ? lacks its ="))?;
        let (word, text) = (decode(word)?, decode(text)?);
        // libpq accepts this spelling of JDBC.
        let (word, text) = match (word.as_str(), text.as_str()) {
            ("ssl", "true") => ("sslmode".to_owned(), "require".to_owned()),
            _ => (word, text),
        };
        values.set(&word, text, &Place::Url)?;
    }
    Ok(())
}

/// An empty part of a URL says nothing, so that variables may fill it.
fn set(values: &mut Values, key: &'static str, encoded: &str) -> Result<(), Error> {
    match encoded {
        "" => Ok(()),
        text => values.set(key, decode(text)?, &Place::Url),
    }
}

fn decode(text: &str) -> Result<String, Error> {
    let bad = || {
        Place::Url.error(format!("a % is not followed by two hexadecimal digits of a character: {ESCAPE}"))
    };
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&first, tail)) = rest.split_first() {
        let (byte, tail) = match (first, tail) {
            (b'%', [high, low, tail @ ..]) => {
                (hex(*high).zip(hex(*low)).map(|(h, l)| h * 16 + l).ok_or_else(bad)?, tail)
            }
            (b'%', _) => return Err(bad()),
            (plain, tail) => (plain, tail),
        };
        if byte == 0 {
            return Err(bad());
        }
        bytes.push(byte);
        rest = tail;
    }
    String::from_utf8(bytes).map_err(|_| Place::Url.error("the percent-encoded characters are not UTF-8"))
}

fn hex(digit: u8) -> Option<u8> {
    char::from(digit).to_digit(16).and_then(|value| u8::try_from(value).ok())
}
