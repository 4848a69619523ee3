//! A row as a value of a type that can be deserialized: the columns are its fields, by name.
//!
//! A column that the type has no field for, or a field without a column, is an error: so a query and its type cannot drift apart.
//! NULL is `None`. The type `"char"` is a `char`, its empty value `None`. An array without a value is an error where the field is a list.

use serde::de::value::{Error, MapDeserializer, SeqDeserializer, StrDeserializer};
use serde::de::{self, DeserializeOwned, Deserializer, IntoDeserializer, Visitor};
use serde::forward_to_deserialize_any;
use tokio_postgres::Row;
use tokio_postgres::types::{FromSql, Kind, Type};

/// Reads a row.
///
/// # Errors
/// What does not fit, with the name of the column.
pub(super) fn decode<T: DeserializeOwned>(row: &Row) -> Result<T, crate::Error> {
    T::deserialize(Whole(row)).map_err(|error| crate::Error::Exchange(Box::new(error)))
}

struct Whole<'a>(&'a Row);

impl<'de> Deserializer<'de> for Whole<'_> {
    type Error = Error;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        let cells = self.0.columns().iter().enumerate();
        let cells = cells.map(|(at, column)| (column.name(), Cell { row: self.0, at }));
        visitor.visit_map(MapDeserializer::new(cells))
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        let columns = self.0.columns();
        if let Some(column) = columns.iter().find(|column| !fields.contains(&column.name())) {
            return Err(de::Error::custom(format!("{name} has no field for the column {}", column.name())));
        }
        if let Some(field) = fields.iter().find(|field| columns.iter().all(|column| column.name() != **field))
        {
            return Err(de::Error::custom(format!("there is no column for the field {field} of {name}")));
        }
        self.deserialize_any(visitor)
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 u8 u16 u32 u64 f32 f64 char str string bytes byte_buf option unit unit_struct newtype_struct seq tuple
        tuple_struct map enum identifier ignored_any
    }
}

/// One value.
struct Cell<'a> {
    row: &'a Row,
    at: usize,
}

impl IntoDeserializer<'_, Error> for Cell<'_> {
    type Deserializer = Self;

    fn into_deserializer(self) -> Self {
        self
    }
}

impl<'a> Cell<'a> {
    fn get<T: FromSql<'a>>(&self) -> Result<T, Error> {
        self.row.try_get(self.at).map_err(|error| self.wrong(&error))
    }

    fn wrong(&self, what: &dyn std::fmt::Display) -> Error {
        de::Error::custom(format!("column {}: {what}", self.row.columns()[self.at].name()))
    }

    fn text(&self) -> Result<String, Error> {
        match *self.row.columns()[self.at].type_() {
            Type::CHAR => {
                let code: i8 = self.get()?;
                Ok(if code == 0 { String::new() } else { char::from(code.cast_unsigned()).to_string() })
            }
            _ => self.get(),
        }
    }

    fn is_none(&self) -> Result<bool, Error> {
        match *self.row.columns()[self.at].type_() {
            Type::CHAR => Ok(self.get::<Option<i8>>()?.is_none_or(|code| code == 0)),
            _ => Ok(self.get::<Option<Raw>>()?.is_none()),
        }
    }

    fn list<'de, T, V>(&self, visitor: V) -> Result<V::Value, Error>
    where
        Vec<T>: FromSql<'a>,
        T: IntoDeserializer<'de, Error>,
        V: Visitor<'de>,
    {
        let list: Vec<T> = self.get()?;
        visitor.visit_seq(SeqDeserializer::new(list.into_iter()))
    }
}

/// Any value, to see whether there is one.
struct Raw;

impl<'a> FromSql<'a> for Raw {
    fn from_sql(_: &Type, _: &'a [u8]) -> Result<Self, Box<dyn std::error::Error + Sync + Send>> {
        Ok(Self)
    }

    fn accepts(_: &Type) -> bool {
        true
    }
}

impl<'de> Deserializer<'de> for Cell<'_> {
    type Error = Error;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        let type_ = self.row.columns()[self.at].type_();
        let value = match *type_ {
            Type::BOOL => visitor.visit_bool(self.get()?),
            Type::INT2 => visitor.visit_i16(self.get()?),
            Type::INT4 => visitor.visit_i32(self.get()?),
            Type::INT8 => visitor.visit_i64(self.get()?),
            Type::OID => visitor.visit_u32(self.get()?),
            Type::FLOAT4 => visitor.visit_f64(self.get::<f32>()?.into()),
            Type::FLOAT8 => visitor.visit_f64(self.get()?),
            Type::TEXT | Type::NAME | Type::VARCHAR | Type::CHAR => visitor.visit_string(self.text()?),
            _ => match type_.kind() {
                Kind::Array(Type::INT2) => self.list::<i16, V>(visitor),
                Kind::Array(Type::INT4) => self.list::<i32, V>(visitor),
                Kind::Array(Type::OID) => self.list::<u32, V>(visitor),
                Kind::Array(Type::TEXT | Type::NAME) => self.list::<String, V>(visitor),
                _ => Err(de::Error::custom(format!("no value here has the type {type_}"))),
            },
        };
        value.map_err(|error| self.wrong(&error))
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        if self.is_none()? { visitor.visit_none() } else { visitor.visit_some(self) }
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        name: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        let text = self.text()?;
        let word: StrDeserializer<'_, Error> = text.as_str().into_deserializer();
        word.deserialize_enum(name, variants, visitor).map_err(|error| self.wrong(&error))
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, Error> {
        visitor.visit_newtype_struct(self)
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 u8 u16 u32 u64 f32 f64 char str string bytes byte_buf unit unit_struct seq tuple tuple_struct map struct
        identifier ignored_any
    }
}
