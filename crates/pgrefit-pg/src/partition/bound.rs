//! The bound of a partition as values, read from what `pg_get_expr(relpartbound)` prints.

/// Which rows a partition takes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Bound {
    /// Those that no other takes.
    Default,
    /// From the first, included, to the second, excluded; one of each for every part of the key.
    Range {
        /// The lower bound.
        from: Vec<Datum>,
        /// The upper bound.
        to: Vec<Datum>,
    },
    /// Those with one of these values; `None` is NULL.
    List(Vec<Option<String>>),
    /// Those whose hash leaves this remainder.
    Hash {
        /// The divisor.
        modulus: u32,
        /// What is left.
        remainder: u32,
    },
    /// A form that a later version of the server prints.
    Unknown,
}

/// One value of a range's bound.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Datum {
    /// Below every value.
    MinValue,
    /// A value as text, without quotes: `2024-01-01 00:00:00+00`.
    Value(String),
    /// Above every value.
    MaxValue,
}

impl Bound {
    /// Reads what the server prints.
    #[must_use]
    pub fn parse(text: &str) -> Self {
        if text == "DEFAULT" {
            return Self::Default;
        }
        range(text).or_else(|| list(text)).or_else(|| hash(text)).unwrap_or(Self::Unknown)
    }
}

fn range(text: &str) -> Option<Bound> {
    let (from, rest) = values(text.strip_prefix("FOR VALUES FROM (")?)?;
    let (to, rest) = values(rest.strip_prefix(" TO (")?)?;
    let datum = |item: Item| match item {
        Item::Word(word) if word == "MINVALUE" => Datum::MinValue,
        Item::Word(word) if word == "MAXVALUE" => Datum::MaxValue,
        Item::Word(text) | Item::Quoted(text) => Datum::Value(text),
    };
    let all = |items: Vec<Item>| items.into_iter().map(datum).collect();
    rest.is_empty().then(|| Bound::Range { from: all(from), to: all(to) })
}

fn list(text: &str) -> Option<Bound> {
    let (items, rest) = values(text.strip_prefix("FOR VALUES IN (")?)?;
    let value = |item: Item| match item {
        Item::Word(word) if word == "NULL" => None,
        Item::Word(text) | Item::Quoted(text) => Some(text),
    };
    rest.is_empty().then(|| Bound::List(items.into_iter().map(value).collect()))
}

fn hash(text: &str) -> Option<Bound> {
    let inner = text.strip_prefix("FOR VALUES WITH (modulus ")?.strip_suffix(')')?;
    let (modulus, remainder) = inner.split_once(", remainder ")?;
    Some(Bound::Hash { modulus: modulus.parse().ok()?, remainder: remainder.parse().ok()? })
}

enum Item {
    Word(String),
    Quoted(String),
}

/// The values up to the closing parenthesis, and what follows it.
fn values(mut text: &str) -> Option<(Vec<Item>, &str)> {
    let mut items = Vec::new();
    loop {
        let (item, rest) = item(text)?;
        items.push(item);
        if let Some(rest) = rest.strip_prefix(')') {
            return Some((items, rest));
        }
        text = rest.strip_prefix(", ")?;
    }
}

fn item(text: &str) -> Option<(Item, &str)> {
    let escaped = text.strip_prefix("E'");
    let Some(body) = escaped.or_else(|| text.strip_prefix('\'')) else {
        let end = text.find([',', ')'])?;
        let (word, rest) = text.split_at(end);
        return (!word.is_empty()).then(|| (Item::Word(word.to_owned()), rest));
    };
    let (mut value, mut chars) = (String::new(), body.char_indices().peekable());
    while let Some((at, c)) = chars.next() {
        match c {
            '\'' if chars.next_if(|(_, next)| *next == '\'').is_some() => value.push('\''),
            '\'' => return Some((Item::Quoted(value), &body[at + 1..])),
            // Only a doubled backslash is printed in such a literal.
            '\\' if escaped.is_some() => value.push(chars.next()?.1),
            other => value.push(other),
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::{Bound, Datum};

    fn check(text: &str, expected: &Bound) {
        assert_eq!(Bound::parse(text), *expected, "{text}");
    }

    fn value(text: &str) -> Datum {
        Datum::Value(text.to_owned())
    }

    #[test]
    fn ranges_are_read() {
        let range = |from: &[Datum], to: &[Datum]| Bound::Range { from: from.to_vec(), to: to.to_vec() };
        check(
            "FOR VALUES FROM ('2024-01-01 00:00:00+00') TO ('2024-02-01 00:00:00+00')",
            &range(&[value("2024-01-01 00:00:00+00")], &[value("2024-02-01 00:00:00+00")]),
        );
        check("FOR VALUES FROM (MINVALUE) TO ('-5')", &range(&[Datum::MinValue], &[value("-5")]));
        check("FOR VALUES FROM (10) TO (MAXVALUE)", &range(&[value("10")], &[Datum::MaxValue]));
        check(
            "FOR VALUES FROM ('a', MINVALUE) TO ('b''), (', 'MAXVALUE')",
            &range(&[value("a"), Datum::MinValue], &[value("b'), ("), value("MAXVALUE")]),
        );
    }

    #[test]
    fn lists_hashes_and_the_default_are_read() {
        check("DEFAULT", &Bound::Default);
        check("FOR VALUES WITH (modulus 4, remainder 3)", &Bound::Hash { modulus: 4, remainder: 3 });
        let text = |text: &str| Some(text.to_owned());
        check("FOR VALUES IN ('a', NULL, 'NULL')", &Bound::List(vec![text("a"), None, text("NULL")]));
        check(r"FOR VALUES IN (E'a\\b''c', true)", &Bound::List(vec![text(r"a\b'c"), text("true")]));
    }

    #[test]
    fn what_is_something_else_is_unknown() {
        for text in
            ["", "FOR VALUES", "FOR VALUES IN (", "FOR VALUES IN ('a)", "FOR VALUES FROM (1) TO (2) x"]
        {
            check(text, &Bound::Unknown);
        }
    }
}
