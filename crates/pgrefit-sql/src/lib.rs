//! What a SQL script says, with no database at hand: its statements and where they stand, which of them may run in a
//! transaction, its `-- pgrefit:` directives, and whether two scripts mean the same.

mod directive;
mod duration;
mod effect;
mod load;
mod meaning;
mod place;
mod script;
mod split;
mod transaction;

pub use directive::{Directive, DirectiveError, Phase, directives};
pub use duration::{format_duration, parse_duration};
pub use effect::{Effect, Lock, LockMode, Reach, Relation, RelationKind, Repeat, Work, effects};
pub use load::{LoadPiece, load_pieces};
pub use meaning::{plain_text, same_meaning};
pub use place::Place;
pub use script::{Script, Statement};
pub use split::{Part, Split, SplitError, split};
pub use transaction::Obstacle;
