//! What a SQL script says, with no database at hand: its statements and where they stand, how each of them runs, its `-- pgrefit:` directives, and whether two scripts mean the same.

mod backfill;
mod body;
mod called;
mod directive;
mod duration;
mod effect;
mod load;
mod meaning;
mod parse;
mod place;
mod redact;
mod script;
mod split;
mod standalone;
mod transaction;

pub use backfill::{Backfill, BackfillOptions};
pub use body::{Body, Inner, UNKNOWN, body, inner_statements};
pub use called::called_routines;
pub use directive::{Allow, Directive, DirectiveError, Phase, directives, directives_of};
pub use duration::{format_duration, parse_duration};
pub use effect::functions::{UnstableCall, unstable_calls};
pub use effect::names::relation_at;
pub use effect::{Effect, Lock, LockMode, Reach, Relation, RelationKind, Repeat, Work, effects, effects_of};
pub use load::{LoadPiece, load_pieces};
pub use meaning::{plain_text, same_meaning};
pub use parse::{Parsed, SyntaxError, parse};
pub use place::Place;
pub use redact::without_passwords;
pub use script::{Run, Script, Statement};
pub use split::{Part, Split, SplitError, split};
pub use standalone::{CreateIndex, Global, ReindexTarget, Standalone};
pub use transaction::Obstacle;
