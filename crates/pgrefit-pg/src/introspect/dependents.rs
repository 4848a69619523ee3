//! What hangs on tables, views and sequences.

use std::collections::{BTreeMap, BTreeSet};

use pgrefit_catalog::{Dependent, DependentKind, Name, quote_ident};
use tokio_postgres::Row;
use tokio_postgres::types::Type;

use super::Names;
use super::reader::{Reader, decode, get, name, sorted};
use crate::Error;

impl Reader<'_> {
    /// By the relation they hang on, sorted. One level: what hangs on a view is filed under the view.
    pub(super) async fn dependents(&self, names: &Names) -> Result<BTreeMap<Name, Vec<Dependent>>, Error> {
        let oids: Vec<u32> = names.keys().copied().collect();
        let mut dependents: BTreeMap<Name, BTreeSet<Dependent>> = BTreeMap::new();
        for row in self.rows(include_str!("dependents.sql"), &[(&oids, Type::OID_ARRAY)]).await? {
            if let Some(name) = names.get(&get(&row, "relation")?) {
                dependents.entry(name.clone()).or_default().insert(dependent(&row)?);
            }
        }
        Ok(dependents
            .into_iter()
            .map(|(name, dependents)| (name, dependents.into_iter().collect()))
            .collect())
    }
}

const KINDS: &[(&str, DependentKind)] = &[
    ("v", DependentKind::View),
    ("m", DependentKind::MaterializedView),
    ("function", DependentKind::Function),
    ("policy", DependentKind::Policy),
    ("trigger", DependentKind::Trigger),
    ("rule", DependentKind::Rule),
    ("foreign key", DependentKind::ForeignKey),
    ("default", DependentKind::Default),
    ("generated", DependentKind::GeneratedColumn),
];

fn dependent(row: &Row) -> Result<Dependent, Error> {
    let owner = name(row)?;
    let (part, signature): (Option<&str>, Option<&str>) = (get(row, "part")?, get(row, "signature")?);
    let name = match (part, signature) {
        (Some(part), _) => format!("{owner}.{}", quote_ident(part)),
        (None, Some(signature)) => format!("{owner}({signature})"),
        (None, None) => owner.to_string(),
    };
    Ok(Dependent { kind: decode(row, "kind", KINDS)?, name, columns: sorted(row, "columns")? })
}
