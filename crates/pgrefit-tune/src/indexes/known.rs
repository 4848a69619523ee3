//! The statements as the copy's server understands them: what each asks of which table, and the values it is run with.

use super::demand::{Demand, demands};
use super::explain::Ready;
use super::facts::Facts;
use super::found::Unread;
use super::session::{Session, reason};
use super::values::drawn;
use super::{Error, Origin, Statement};

/// The statements that can be measured, what each asks, and those that cannot.
#[derive(Default)]
pub(super) struct Known {
    pub(super) ready: Vec<Ready>,
    pub(super) demands: Vec<Vec<Demand>>,
    /// The types of the parameters.
    types: Vec<Vec<String>>,
    pub(super) unread: Vec<Unread>,
    pub(super) notes: Vec<String>,
}

/// One statement that the server understands.
struct Understood {
    ready: Ready,
    demands: Vec<Demand>,
    types: Vec<String>,
}

impl Known {
    /// Why nothing can be measured.
    pub(super) fn nothing(&self) -> Error {
        Error::NoStatements(match self.unread.as_slice() {
            [] => "none was given".to_owned(),
            [first, ..] => {
                format!(
                    "none of {} can be; the first, \"{}\": {}",
                    self.unread.len(),
                    first.name,
                    first.reason
                )
            }
        })
    }

    /// Has the server prepare and plan each statement; runs none.
    pub(super) async fn of(session: &mut Session<'_>, statements: Vec<Statement>) -> Result<Self, Error> {
        let mut known = Self::default();
        for (number, statement) in statements.into_iter().enumerate() {
            match known.understand(session, &statement, number).await? {
                Ok(Understood { ready, demands, types }) => {
                    // What reads no table, only functions or the catalog, has nothing to be indexed.
                    if statement.origin == Origin::Given || !demands.is_empty() {
                        known.ready.push(ready);
                        known.demands.push(demands);
                        known.types.push(types);
                    }
                }
                Err(reason) => known.unread.push(Unread { name: statement.name, reason }),
            }
        }
        Ok(known)
    }

    async fn understand(
        &mut self,
        session: &mut Session<'_>,
        statement: &Statement,
        number: usize,
    ) -> Result<Result<Understood, String>, Error> {
        let ready = match Ready::prepare(session, statement, number).await? {
            Ok(ready) => ready,
            Err(refused) => return Ok(Err(reason(&refused))),
        };
        let types = ready.parameter_types(session).await?;
        if let Some(values) = statement.args.iter().find(|values| values.len() != types.len()) {
            let (wanted, given) = (types.len(), values.len());
            return Ok(Err(format!("has {wanted} parameters, and {given} values were given")));
        }
        let plan = match ready.naked(session, types.len()).await? {
            Ok(plan) => plan,
            Err(refused) => return Ok(Err(reason(&refused))),
        };
        self.note_keys(&statement.name, &plan.to_string());
        let is_of_user = |demand: &Demand| !demand.relation.schema.starts_with("pg_");
        let demands = demands(&plan).into_iter().filter(is_of_user).collect();
        Ok(Ok(Understood { ready, demands, types }))
    }

    /// `pg_stat_statements` shows `metadata ->> $1` for what may be a constant in the application's text.
    fn note_keys(&mut self, name: &str, plan: &str) {
        if plan.contains("-> $") || plan.contains("->> $") {
            self.notes.push(format!(
                "\"{name}\" takes a key of a document as a parameter, for which there is no index: give it with the key in its \
                 text, if the application writes it so"
            ));
        }
    }

    /// Gives values to each: those of the caller, or drawn from the statistics.
    pub(super) async fn give_values(
        &mut self,
        session: &mut Session<'_>,
        facts: &Facts,
    ) -> Result<(), Error> {
        for ((ready, demands), types) in self.ready.iter_mut().zip(&self.demands).zip(&self.types) {
            let mut args = ready.statement.args.clone();
            if args.is_empty() && !types.is_empty() {
                args = drawn(session, facts, demands, types).await?;
            }
            ready.with_args(&args);
        }
        Ok(())
    }
}
