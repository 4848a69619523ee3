//! Throwaway PostgreSQL servers: find or install the binaries, start, stop, clean up.
//!
//! ```no_run
//! use pgrefit_scratch::{Binaries, Home, Options, Search, Server};
//!
//! # fn main() -> Result<(), pgrefit_scratch::Error> {
//! let home = Home::default_for(None, None, 1000);
//! let binaries = Binaries::find(&home, &Search::default())?;
//! let server = Server::start(&home, &binaries, &Options::default())?;
//! println!("{}", server.url("postgres"));
//! # Ok(())
//! # }
//! ```
//!
//! Three lifetimes. An *ephemeral* server ([`Server::start`]) ends with its value. A *shared* one
//! ([`Server::share`]) ends some time after the last process that uses it. A *named* one
//! ([`Server::start_named`]) lives until [`remove`]. Whether a server is in use is told by a file lock, which
//! the kernel drops with the process that holds it: so [`sweep`] and [`supervise`] can clean up after a
//! process that was killed, and never take a server away from somebody.
//!
//! Nothing here prints or reads an environment variable; whatever comes from the environment is handed in.

mod account;
mod binaries;
mod error;
mod event;
mod home;
mod lock;
mod name;
mod port;
mod postmaster;
mod process;
mod secret;
mod server;
mod settings;
mod state;
mod supervise;
mod sweep;

pub use binaries::{Binaries, Origin, Search};
pub use error::Error;
pub use event::Event;
pub use home::Home;
pub use name::ServerName;
pub use postmaster::StopMode;
pub use secret::ConnectionUrl;
pub use server::claim::{Claim, Making};
pub use server::named::{Listed, list, remove};
pub use server::{Options, Server};
pub use settings::Durability;
pub use supervise::supervise;
pub use sweep::sweep;
