//! Schemas, extensions, types, sequences and routines.

use std::collections::{BTreeMap, HashMap};

use pgrefit_catalog::{
    Attribute, Constraint, DataType, Extension, Name, Routine, RoutineKind, Sequence, Volatility,
};
use tokio_postgres::Row;
use tokio_postgres::types::Type;

use super::reader::{ByRelation, Reader, collation, decode, get, name, sorted};
use super::relations::Relation;
use crate::Error;

/// A schema in scope.
pub(super) struct Schema {
    pub(super) oid: u32,
    pub(super) name: String,
    /// It is made and dropped with an extension, but users may put objects of their own into it.
    pub(super) of_extension: bool,
}

impl Reader<'_> {
    pub(super) async fn schemas(&self, out: &[String]) -> Result<Vec<Schema>, Error> {
        let rows = self.rows(include_str!("schemas.sql"), &[(&out, Type::TEXT_ARRAY)]).await?;
        let schema = |row: &Row| {
            Ok(Schema {
                oid: get(row, "oid")?,
                name: get(row, "name")?,
                of_extension: get(row, "of_extension")?,
            })
        };
        rows.iter().map(schema).collect()
    }

    pub(super) async fn extensions(&self) -> Result<BTreeMap<String, Extension>, Error> {
        let rows = self.rows(include_str!("extensions.sql"), &[]).await?;
        let extension = |row: &Row| {
            Ok((get(row, "name")?, Extension { schema: get(row, "schema")?, version: get(row, "version")? }))
        };
        rows.iter().map(extension).collect()
    }

    /// Takes the constraints of domains out of `constraints`.
    pub(super) async fn types(
        &self,
        schemas: &[u32],
        constraints: &mut ByRelation<Constraint>,
    ) -> Result<BTreeMap<Name, DataType>, Error> {
        let rows = self.rows(include_str!("types.sql"), &[(&schemas, Type::OID_ARRAY)]).await?;
        let oids = rows.iter().map(|row| get(row, "oid")).collect::<Result<Vec<u32>, _>>()?;
        let mut attributes = self.attributes(&oids).await?;
        let mut types = BTreeMap::new();
        for (row, oid) in rows.iter().zip(oids) {
            let data_type = match get(row, "kind")? {
                "c" => DataType::Composite { attributes: attributes.remove(&oid).unwrap_or_default() },
                "d" => domain(row, constraints.remove(&oid).unwrap_or_default())?,
                "r" => range(row)?,
                _ => DataType::Enum { labels: get(row, "labels")? },
            };
            types.insert(name(row)?, data_type);
        }
        Ok(types)
    }

    async fn attributes(&self, types: &[u32]) -> Result<HashMap<u32, Vec<Attribute>>, Error> {
        let mut attributes: HashMap<u32, Vec<Attribute>> = HashMap::new();
        for row in self.rows(include_str!("attributes.sql"), &[(&types, Type::OID_ARRAY)]).await? {
            let attribute = Attribute {
                name: get(&row, "name")?,
                data_type: get(&row, "type")?,
                collation: collation(&row)?,
            };
            attributes.entry(get(&row, "type_oid")?).or_default().push(attribute);
        }
        Ok(attributes)
    }

    /// A sequence whose owner is not among `relations` has been left out with it.
    pub(super) async fn sequences(&self, relations: &[Relation]) -> Result<BTreeMap<Name, Sequence>, Error> {
        let names: HashMap<u32, &Name> =
            relations.iter().map(|relation| (relation.oid, &relation.name)).collect();
        let oids: Vec<u32> = names.keys().copied().collect();
        let mut sequences = BTreeMap::new();
        for row in self.rows(include_str!("sequences.sql"), &[(&oids, Type::OID_ARRAY)]).await? {
            let owner: Option<u32> = get(&row, "owner")?;
            let table = owner.and_then(|oid| names.get(&oid).copied());
            let own = names.get(&get(&row, "relation")?);
            if let Some(name) = own.filter(|_| owner.is_none() || table.is_some()) {
                sequences.insert((*name).clone(), sequence(&row, table)?);
            }
        }
        Ok(sequences)
    }

    pub(super) async fn routines(&self, schemas: &[u32]) -> Result<BTreeMap<String, Routine>, Error> {
        let body = if self.major >= 14 { "pg_get_function_sqlbody(p.oid)" } else { "NULL" };
        let sql = include_str!("routines.sql").replace("{body}", body);
        let mut routines = BTreeMap::new();
        for row in self.rows(&sql, &[(&schemas, Type::OID_ARRAY)]).await? {
            let (name, types): (_, &str) = (name(&row)?, get(&row, "signature")?);
            routines.insert(format!("{name}({types})"), routine(&row, name)?);
        }
        Ok(routines)
    }
}

fn domain(row: &Row, constraints: BTreeMap<String, Constraint>) -> Result<DataType, Error> {
    Ok(DataType::Domain {
        base: get(row, "base")?,
        collation: collation(row)?,
        not_null: get(row, "not_null")?,
        default: get(row, "default")?,
        constraints,
    })
}

fn range(row: &Row) -> Result<DataType, Error> {
    Ok(DataType::Range {
        subtype: get(row, "subtype")?,
        collation: collation(row)?,
        operator_class: Name { schema: get(row, "class_schema")?, name: get(row, "class")? },
        functions: get(row, "functions")?,
    })
}

fn sequence(row: &Row, owner: Option<&Name>) -> Result<Sequence, Error> {
    let column: Option<String> = get(row, "owner_column")?;
    Ok(Sequence {
        data_type: get(row, "type")?,
        start: get(row, "start")?,
        increment: get(row, "increment")?,
        min: get(row, "min")?,
        max: get(row, "max")?,
        cache: get(row, "cache")?,
        cycle: get(row, "cycle")?,
        owned_by: owner.cloned().zip(column),
    })
}

const KINDS: &[(&str, RoutineKind)] = &[
    ("f", RoutineKind::Function),
    ("p", RoutineKind::Procedure),
    ("a", RoutineKind::Aggregate),
    ("w", RoutineKind::Window),
];

const VOLATILITIES: &[(&str, Volatility)] =
    &[("i", Volatility::Immutable), ("s", Volatility::Stable), ("v", Volatility::Volatile)];

const PARALLEL: &[(&str, &str)] = &[("s", "SAFE"), ("r", "RESTRICTED"), ("u", "UNSAFE")];

fn routine(row: &Row, name: Name) -> Result<Routine, Error> {
    Ok(Routine {
        name,
        kind: decode(row, "kind", KINDS)?,
        arguments: get(row, "arguments")?,
        result: get(row, "result")?,
        language: get(row, "language")?,
        volatility: decode(row, "volatility", VOLATILITIES)?,
        strict: get(row, "strict")?,
        security_definer: get(row, "security_definer")?,
        leakproof: get(row, "leakproof")?,
        parallel: decode(row, "parallel", PARALLEL)?.to_owned(),
        settings: sorted(row, "settings")?,
        source: get(row, "source")?,
    })
}
