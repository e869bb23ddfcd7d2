//! Where a database is, by what `db_connect` and `db_pool` are given: a kind and a
//! connection.

use super::link::{Link, Refusal};
use super::sqlite;
#[cfg(feature = "full-db")]
use super::{mysql, postgres};
use crate::runtime::messages::value_error;
use crate::runtime::world::{Capability, Permissions};
use crate::runtime::{Args, Context, Fallible};
#[cfg(feature = "full-db")]
use crate::runtime::{ErrorKind, Fault};
use crate::stdlib::check::permit;
use crate::stdlib::files::place;
use crate::stdlib::operands::str_arg;
use std::path::PathBuf;

/// A database that the program may reach.
#[derive(Clone)]
pub struct Location {
    at: At,
    /// Its name in errors, without passwords.
    pub shown: String,
    permissions: Permissions,
    /// The folder of the program.
    folder: PathBuf,
}

#[derive(Clone)]
enum At {
    Sqlite(sqlite::Location),
    #[cfg(feature = "full-db")]
    Postgres(postgres::Server),
    #[cfg(feature = "full-db")]
    MySql(mysql::Server),
}

impl Location {
    /// The one that the first two arguments name.
    pub fn of(cx: &mut dyn Context, name: &str, args: Args) -> Fallible<Location> {
        let (at, shown) = match str_arg(cx, args, 0) {
            "sqlite" => (
                At::Sqlite(file(cx, name, args)?),
                str_arg(cx, args, 1).to_string(),
            ),
            #[cfg(feature = "full-db")]
            "postgres" => server(cx, name, args, postgres::server, |server| {
                (postgres::addresses(&server), At::Postgres(server))
            })?,
            #[cfg(feature = "full-db")]
            "mysql" => server(cx, name, args, mysql::server, |server| {
                (vec![mysql::address(&server)], At::MySql(server))
            })?,
            #[cfg(not(feature = "full-db"))]
            "postgres" | "mysql" => {
                return Err(crate::stdlib::declare::unsupported(name, "full-db"));
            }
            _ => {
                let what = "\"sqlite\", \"postgres\" or \"mysql\"";
                return Err(value_error(cx, name, "kind", what, args.get(0)));
            }
        };
        Ok(Location {
            at,
            shown,
            permissions: cx.state().world.permissions.clone(),
            folder: place(cx, ""),
        })
    }

    /// Opens a connection, on whatever thread.
    ///
    /// # Errors
    /// If the database cannot be opened.
    pub fn open(&self) -> Result<Box<dyn Link>, Refusal> {
        match &self.at {
            At::Sqlite(location) => {
                sqlite::open(location, self.permissions.clone(), self.folder.clone())
            }
            #[cfg(feature = "full-db")]
            At::Postgres(server) => postgres::open(server),
            #[cfg(feature = "full-db")]
            At::MySql(server) => mysql::open(server),
        }
    }

    /// The same one for several connections; whether it is gone without one.
    pub fn for_many(mut self) -> (Location, bool) {
        let is_in_memory = matches!(self.at, At::Sqlite(sqlite::Location::Memory));
        if is_in_memory {
            self.at = At::Sqlite(sqlite::Location::shared());
        }
        (self, is_in_memory)
    }
}

/// A file, which must be one that the program may read and write, or memory.
fn file(cx: &mut dyn Context, name: &str, args: Args) -> Fallible<sqlite::Location> {
    match str_arg(cx, args, 1) {
        ":memory:" => Ok(sqlite::Location::Memory),
        path if path.is_empty() || path.contains('\0') => {
            let what = "the path of a file, or \":memory:\"";
            Err(value_error(cx, name, "connection", what, args.get(1)))
        }
        path => {
            for capability in [Capability::FsRead, Capability::FsWrite] {
                permit(cx, name, capability, Some(path))?;
            }
            Ok(sqlite::Location::File(place(cx, path)))
        }
    }
}

/// A server, whose addresses must be ones that the program may reach.
#[cfg(feature = "full-db")]
fn server<T>(
    cx: &mut dyn Context,
    name: &str,
    args: Args,
    read: fn(&str) -> Result<T, String>,
    split: fn(T) -> (Vec<super::link::Address>, At),
) -> Fallible<(At, String)> {
    use super::link::Address;
    let kind = str_arg(cx, args, 0);
    let read = read(str_arg(cx, args, 1)).map_err(|why| {
        // The string may have a password in it, so it is not shown.
        let message = format!("{name}() expects a connection string of {kind}: {why}");
        Fault::new(ErrorKind::Value, message)
    })?;
    let (addresses, at) = split(read);
    let mut shown = Vec::new();
    for address in addresses {
        match address {
            Address::Net(address) => {
                permit(cx, name, Capability::Net, Some(&address))?;
                shown.push(address);
            }
            Address::File(path) => {
                let path = path.to_string_lossy().into_owned();
                for capability in [Capability::FsRead, Capability::FsWrite] {
                    permit(cx, name, capability, Some(&path))?;
                }
                shown.push(path);
            }
        }
    }
    Ok((at, format!("{kind} at {}", shown.join(", "))))
}
