//! Draws values by lot while a load runs.

mod zipf;

use std::io::Write as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use fastrand::Rng;

use crate::ParamSource;
use zipf::Zipf;

/// A value as it is sent: text, or NULL.
pub(crate) type Value = Option<Box<[u8]>>;

/// What the values of a statement are drawn from.
#[derive(Debug, Clone)]
pub(crate) enum Source {
    /// Each on its own.
    Each(Vec<Generator>),
    /// All together.
    Rows(Vec<Box<[Value]>>),
}

/// What the values of one parameter are drawn from.
#[derive(Debug, Clone)]
pub(crate) enum Generator {
    Values(Box<[Value]>),
    Integer(i64, i64),
    Zipf(Zipf),
    Uuid,
    Text(usize, usize),
    /// Shared by all threads, and by all runs of what was drawn, so that no key comes twice.
    Serial(Arc<AtomicI64>),
}

impl Source {
    /// How many values there are each time.
    pub(crate) fn width(&self) -> usize {
        match self {
            Self::Each(generators) => generators.len(),
            Self::Rows(rows) => rows.first().map_or(0, |row| row.len()),
        }
    }

    /// Draws the values of one request, in order.
    pub(crate) fn draw(&self, rng: &mut Rng, put: &mut impl FnMut(Option<&[u8]>)) {
        match self {
            Self::Each(generators) => generators.iter().for_each(|generator| generator.draw(rng, put)),
            Self::Rows(rows) => {
                for value in rng.choice(rows).into_iter().flatten() {
                    put(value.as_deref());
                }
            }
        }
    }
}

impl Generator {
    /// A query has no values of its own here: the database gives them.
    pub(crate) fn of(source: &ParamSource) -> Self {
        match source {
            ParamSource::Values(values) => Self::Values(
                values.iter().map(|text| text.as_deref().map(|text| text.as_bytes().into())).collect(),
            ),
            ParamSource::Query { .. } => Self::Values(Box::default()),
            ParamSource::Integer { min, max } => Self::Integer(*min, *max),
            ParamSource::Zipf { min, max, exponent } => Self::Zipf(Zipf::new(*min, *max, *exponent)),
            ParamSource::Uuid => Self::Uuid,
            ParamSource::Text { min, max } => Self::Text(*min, *max),
            ParamSource::Serial { first } => Self::Serial(Arc::new(AtomicI64::new(*first))),
        }
    }

    fn draw(&self, rng: &mut Rng, put: &mut impl FnMut(Option<&[u8]>)) {
        match self {
            Self::Values(values) => put(rng.choice(values).and_then(Option::as_deref)),
            Self::Integer(min, max) => digits(rng.i64(*min..=*max), put),
            Self::Zipf(zipf) => digits(zipf.draw(rng), put),
            Self::Uuid => uuid(rng, put),
            Self::Text(min, max) => {
                let text: Vec<u8> = (0..rng.usize(*min..=*max)).map(|_| letter(rng)).collect();
                put(Some(&text));
            }
            Self::Serial(next) => digits(next.fetch_add(1, Ordering::Relaxed), put),
        }
    }
}

/// Without an allocation: this is done for each request.
fn digits(number: i64, put: &mut impl FnMut(Option<&[u8]>)) {
    let mut room = [0_u8; 20];
    let mut rest = &mut room[..];
    // The longest, i64::MIN, has 20 characters.
    let _ = write!(rest, "{number}");
    let left = rest.len();
    put(Some(&room[..room.len() - left]));
}

/// RFC 9562, version 4.
fn uuid(rng: &mut Rng, put: &mut impl FnMut(Option<&[u8]>)) {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let bits = (rng.u128(..) & !(0xf << 76) & !(0x3 << 62)) | (0x4 << 76) | (0x2 << 62);
    let mut text = [b'-'; 36];
    let mut shift = 128;
    for (place, cell) in text.iter_mut().enumerate() {
        if matches!(place, 8 | 13 | 18 | 23) {
            continue;
        }
        shift -= 4;
        *cell = DIGITS[usize::from(u8::try_from((bits >> shift) & 0xf).unwrap_or(0))];
    }
    put(Some(&text));
}

fn letter(rng: &mut Rng) -> u8 {
    *rng.choice(b"abcdefghijklmnopqrstuvwxyz0123456789").unwrap_or(&b'a')
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    fn texts(source: &ParamSource, count: usize) -> Vec<Option<String>> {
        let (source, mut rng) = (Source::Each(vec![Generator::of(source)]), Rng::with_seed(7));
        let mut texts = Vec::new();
        for _ in 0..count {
            source.draw(&mut rng, &mut |value: Option<&[u8]>| {
                texts.push(value.map(|bytes| String::from_utf8(bytes.to_vec()).expect("text")));
            });
        }
        texts
    }

    #[track_caller]
    fn check(source: &ParamSource, holds: impl Fn(&str) -> bool) {
        for text in texts(source, 2_000) {
            let text = text.expect("a value");
            assert!(holds(&text), "{source:?} gave {text}");
        }
    }

    #[test]
    fn values_are_in_their_bounds() {
        let within = |min, max| move |text: &str| text.parse().is_ok_and(|n: i64| (min..=max).contains(&n));
        check(&ParamSource::Integer { min: -3, max: 9 }, within(-3, 9));
        check(&ParamSource::Integer { min: i64::MIN, max: i64::MAX }, |text| text.parse::<i64>().is_ok());
        check(&ParamSource::Integer { min: i64::MIN, max: i64::MIN }, within(i64::MIN, i64::MIN));
        check(&ParamSource::Zipf { min: 10, max: 20, exponent: 1.0 }, within(10, 20));
        check(&ParamSource::Text { min: 2, max: 5 }, |text| (2..=5).contains(&text.len()));
        check(&ParamSource::Serial { first: 5 }, within(5, 2_005));
        check(&ParamSource::Uuid, |text| {
            let dashes = [8, 13, 18, 23].iter().all(|at| text.as_bytes()[*at] == b'-');
            dashes && text.len() == 36 && &text[14..15] == "4" && "89ab".contains(&text[19..20])
        });
    }

    #[test]
    fn every_value_has_its_turn() {
        let all = |source: &ParamSource| texts(source, 2_000).into_iter().collect::<BTreeSet<_>>().len();
        assert_eq!(all(&ParamSource::Integer { min: 1, max: 10 }), 10);
        assert_eq!(all(&ParamSource::Values(vec![None, Some("a".to_owned()), Some(String::new())])), 3);
        assert_eq!(all(&ParamSource::Serial { first: 1 }), 2_000);
        assert_eq!(all(&ParamSource::Uuid), 2_000);
    }

    #[test]
    fn values_of_a_row_stay_together() {
        let row = |a: &str, b: &str| vec![Some(a.as_bytes().into()), Some(b.as_bytes().into())].into();
        let (source, mut rng) = (Source::Rows(vec![row("1", "one"), row("2", "two")]), Rng::with_seed(3));
        for _ in 0..100 {
            let mut drawn = Vec::new();
            source.draw(&mut rng, &mut |value: Option<&[u8]>| drawn.push(value.expect("a value").to_vec()));
            assert!(drawn == [b"1".to_vec(), b"one".to_vec()] || drawn == [b"2".to_vec(), b"two".to_vec()]);
        }
    }
}
