//! SQLite: a connection, and what its statements take and give, on whatever thread.

use super::link::{Cell, Interrupt, Link, Refusal, Rows, Step};
use crate::runtime::world::{Capability, Permissions};
use rusqlite::fallible_iterator::FallibleIterator;
use rusqlite::hooks::{AuthAction, AuthContext, Authorization};
use rusqlite::types::{Value, ValueRef};
use rusqlite::{Batch, Connection, OpenFlags, Statement};
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};

/// Where a database is.
#[derive(Clone, Debug)]
pub enum Location {
    /// In a file, which the program may reach.
    File(PathBuf),
    /// In memory, for one connection.
    Memory,
    /// In memory, for all connections with this number.
    Shared(u64),
}

impl Location {
    /// One in memory that connections share, as long as one of them is open.
    pub fn shared() -> Location {
        static LAST: AtomicU64 = AtomicU64::new(0);
        Location::Shared(LAST.fetch_add(1, Ordering::Relaxed))
    }
}

impl From<rusqlite::Error> for Refusal {
    fn from(error: rusqlite::Error) -> Refusal {
        Refusal::Failed(match error {
            rusqlite::Error::SqliteFailure(_, Some(message)) => message,
            error => error.to_string(),
        })
    }
}

/// A connection.
struct Sqlite(Connection);

/// Opens a database. A program with restricted files may attach only those that it may reach.
///
/// # Errors
/// If it cannot be opened.
pub fn open(
    location: &Location,
    permissions: Permissions,
    folder: PathBuf,
) -> Result<Box<dyn Link>, Refusal> {
    let usual = OpenFlags::SQLITE_OPEN_READ_WRITE
        | OpenFlags::SQLITE_OPEN_CREATE
        | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let opened = match location {
        Location::File(path) => Connection::open_with_flags(path, usual),
        Location::Memory => Connection::open_in_memory_with_flags(usual),
        Location::Shared(number) => Connection::open_with_flags(
            format!("file:/ruff-{number}?vfs=memdb"),
            usual | OpenFlags::SQLITE_OPEN_URI,
        ),
    };
    let mut connection = opened?;
    // A file is first looked at when it is used.
    connection.query_row("SELECT count(*) FROM sqlite_schema", [], |_| Ok(()))?;
    let is_free = |capability| permissions.allows_all(capability);
    if !is_free(Capability::FsRead) || !is_free(Capability::FsWrite) {
        let allows = move |path: &str| {
            // An empty name is a database for the moment, as `VACUUM` makes one.
            path.is_empty() || path == ":memory:" || {
                let path = folder.join(path);
                permissions.allows_path(Capability::FsRead, &path)
                    && permissions.allows_path(Capability::FsWrite, &path)
            }
        };
        connection.authorizer(Some(move |context: AuthContext<'_>| match context.action {
            AuthAction::Attach { filename } if !allows(filename) => Authorization::Deny,
            // Among these is a name that is known only when the statement runs.
            AuthAction::Unknown { .. } => Authorization::Deny,
            _ => Authorization::Allow,
        }))?;
    }
    Ok(Box::new(Sqlite(connection)))
}

impl Link for Sqlite {
    fn execute(&mut self, sql: &str, params: Vec<Cell>) -> Result<u64, Refusal> {
        let connection = &self.0;
        let mut changed = 0;
        let mut run = |statement: &mut Statement<'_>, params: Vec<Cell>| {
            let before = connection.total_changes();
            bind(statement, params)?;
            let mut rows = statement.raw_query();
            while rows.next()?.is_some() {}
            changed = match connection.total_changes() == before {
                // The count is that of a statement before this.
                true => 0,
                false => connection.changes(),
            };
            Ok::<(), Refusal>(())
        };
        if params.is_empty() {
            let mut batch = Batch::new(connection, sql);
            while let Some(mut statement) = batch.next()? {
                run(&mut statement, Vec::new())?;
            }
        } else {
            run(&mut connection.prepare(sql)?, params)?;
        }
        Ok(changed)
    }

    fn query(&mut self, sql: &str, params: Vec<Cell>, most: usize) -> Result<Rows, Refusal> {
        let mut statement = self.0.prepare(sql)?;
        bind(&mut statement, params)?;
        let columns = statement.column_names();
        let columns: Vec<String> = columns.into_iter().map(str::to_string).collect();
        let (mut all, mut bytes) = (Vec::new(), 0);
        let mut rows = statement.raw_query();
        while let Some(row) = rows.next()? {
            let mut cells = Vec::with_capacity(columns.len());
            for at in 0..columns.len() {
                let cell = match row.get_ref(at)? {
                    ValueRef::Null => Cell::Null,
                    ValueRef::Integer(i) => Cell::Int(i),
                    ValueRef::Real(f) => Cell::Real(f),
                    ValueRef::Text(text) => Cell::Text(String::from_utf8_lossy(text).into_owned()),
                    ValueRef::Blob(blob) => Cell::Blob(blob.to_vec()),
                };
                bytes += cell.size();
                cells.push(cell);
            }
            if bytes > most {
                return Err(Refusal::TooMuch);
            }
            all.push(cells);
        }
        Ok(Rows { columns, rows: all })
    }

    fn step(&mut self, step: Step) -> Result<(), Refusal> {
        step.check(!self.0.is_autocommit())?;
        Ok(self.0.execute_batch(step.sql())?)
    }

    fn clear(&mut self) -> Result<(), Refusal> {
        match self.0.is_autocommit() {
            true => Ok(()),
            false => Ok(self.0.execute_batch(Step::Rollback.sql())?),
        }
    }

    fn last_insert(&self) -> Option<i64> {
        Some(self.0.last_insert_rowid())
    }

    fn interrupt(&self) -> Interrupt {
        let handle = self.0.get_interrupt_handle();
        Box::new(move || handle.interrupt())
    }
}

fn bind(statement: &mut Statement<'_>, params: Vec<Cell>) -> Result<(), Refusal> {
    let wanted = statement.parameter_count();
    if wanted != params.len() {
        return Err(Refusal::Count(wanted));
    }
    for (at, param) in params.into_iter().enumerate() {
        statement.raw_bind_parameter(at + 1, stored(param))?;
    }
    Ok(())
}

/// A parameter as SQLite has it. Those of programs hold no arrays, and no larger ints.
fn stored(param: Cell) -> Value {
    match param {
        Cell::Null | Cell::Unsigned(_) | Cell::Array(_) => Value::Null,
        Cell::Bool(b) => Value::Integer(b.into()),
        Cell::Int(i) => Value::Integer(i),
        Cell::Real(f) => Value::Real(f),
        Cell::Text(text) => Value::Text(text),
        Cell::Blob(bytes) => Value::Blob(bytes),
    }
}
