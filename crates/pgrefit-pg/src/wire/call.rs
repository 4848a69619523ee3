//! The request that runs a prepared statement: `Bind`, `Execute` and `Sync`, with everything but the values written beforehand.

use bytes::{BufMut, BytesMut};
use postgres_protocol::IsNull;
use postgres_protocol::message::frontend;

use super::unsendable;
use crate::Error;

/// In which form the rows of an answer come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ResultForm {
    /// As text; every type has it.
    Text,
    /// As the type's `send` function makes it; a few types have none.
    Binary,
}

/// A prepared statement to be run, all values as text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Call {
    /// `Bind` up to the number of its values.
    head: Box<[u8]>,
    /// What follows the values, `Execute`, and `Sync`.
    tail: Box<[u8]>,
    /// How much of the tail belongs to `Bind`.
    bind_end: usize,
    values: u16,
}

/// Takes the values of a call, in the order of `$1`, `$2`, ….
#[derive(Debug)]
pub struct Values<'a> {
    output: &'a mut BytesMut,
    count: usize,
    too_long: bool,
}

/// Where in a `Bind` its length begins.
const LENGTH_AT: usize = 1;

impl Call {
    /// A run of the statement that is prepared under this name, with so many values.
    ///
    /// # Errors
    /// [`Error::Exchange`] for a name with a zero byte, and for more than 65,535 values.
    pub fn new(statement: &str, values: usize, results: ResultForm) -> Result<Self, Error> {
        let values = u16::try_from(values).map_err(|error| Error::Exchange(error.into()))?;
        let form = i16::from(results == ResultForm::Binary);
        let mut head = BytesMut::new();
        // With no value: it ends with that count and the form of the rows, two numbers of two bytes, which are written anew.
        let none = |(), _: &mut BytesMut| Ok(IsNull::Yes);
        frontend::bind("", statement, [], [], none, [], &mut head).map_err(|error| match error {
            frontend::BindError::Conversion(error) => Error::Exchange(error),
            frontend::BindError::Serialization(error) => unsendable(error),
        })?;
        head.truncate(head.len() - 4);
        head.put_u16(values);
        let mut tail = BytesMut::new();
        tail.put_i16(1);
        tail.put_i16(form);
        let bind_end = tail.len();
        frontend::execute("", 0, &mut tail).map_err(unsendable)?;
        frontend::sync(&mut tail);
        Ok(Self { head: (*head).into(), tail: (*tail).into(), bind_end, values })
    }

    /// How many values it takes.
    #[must_use]
    pub fn values(&self) -> usize {
        self.values.into()
    }
}

impl Call {
    pub(super) fn write(
        &self,
        output: &mut BytesMut,
        values: impl FnOnce(&mut Values<'_>),
    ) -> Result<(), Error> {
        let begin = output.len();
        output.put_slice(&self.head);
        let mut given = Values { output, count: 0, too_long: false };
        values(&mut given);
        let (count, too_long) = (given.count, given.too_long);
        let length = output.len() - begin - LENGTH_AT + self.bind_end;
        let length = i32::try_from(length).ok().filter(|_| !too_long);
        let Some(length) = length.filter(|_| count == self.values()) else {
            output.truncate(begin);
            let wanted = self.values;
            let what = if too_long || count == self.values() {
                "the values of a statement are too long".to_owned()
            } else {
                format!("the statement has {wanted} parameters, and {count} values were given")
            };
            return Err(Error::Exchange(what.into()));
        };
        output[begin + LENGTH_AT..begin + LENGTH_AT + 4].copy_from_slice(&length.to_be_bytes());
        output.put_slice(&self.tail);
        Ok(())
    }
}

impl Values<'_> {
    /// The text of a value, for the server to read as the type that it expects.
    pub fn text(&mut self, text: &[u8]) {
        self.count += 1;
        match i32::try_from(text.len()) {
            Ok(length) => self.output.put_i32(length),
            Err(_) => return self.too_long = true,
        }
        self.output.put_slice(text);
    }

    /// NULL.
    pub fn null(&mut self) {
        self.count += 1;
        self.output.put_i32(-1);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_call_is_what_the_protocol_library_writes() {
        for (form, number) in [(ResultForm::Text, 0), (ResultForm::Binary, 1)] {
            let values = [Some(&b"7"[..]), None, Some(b"")];
            let mut expected = BytesMut::from(&b"before"[..]);
            let put = |value: Option<&[u8]>, buffer: &mut BytesMut| {
                let Some(value) = value else { return Ok(IsNull::Yes) };
                buffer.put_slice(value);
                Ok(IsNull::No)
            };
            let bound = frontend::bind("", "by id", [], values, put, [number], &mut expected);
            assert!(bound.is_ok());
            frontend::execute("", 0, &mut expected).expect("written");
            frontend::sync(&mut expected);

            let mut output = BytesMut::from(&b"before"[..]);
            let call = Call::new("by id", 3, form).expect("a call");
            let written = call.write(&mut output, |given| {
                given.text(b"7");
                given.null();
                given.text(b"");
            });
            written.expect("written");
            assert_eq!(output, expected);
        }
    }

    #[test]
    fn a_wrong_number_of_values_leaves_nothing_behind() {
        let call = Call::new("s", 2, ResultForm::Text).expect("a call");
        let mut output = BytesMut::from(&b"before"[..]);
        for count in [0, 1, 3] {
            let written = call.write(&mut output, |given| (0..count).for_each(|_| given.null()));
            let Err(Error::Exchange(cause)) = written else { panic!("{written:?}") };
            assert!(cause.to_string().contains(&format!("and {count} values were given")), "{cause}");
            assert_eq!(&output[..], b"before");
        }
    }

    #[test]
    fn what_the_protocol_cannot_say_is_refused() {
        assert!(Call::new("a\0b", 0, ResultForm::Text).is_err());
        assert!(Call::new("s", 65_536, ResultForm::Text).is_err());
        assert_eq!(Call::new("s", 65_535, ResultForm::Text).expect("a call").values(), 65_535);
    }
}
