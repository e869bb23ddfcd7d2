//! SQLite: a connection, and what its statements take and give, on whatever thread.

use crate::runtime::world::{Capability, Permissions};
use rusqlite::fallible_iterator::FallibleIterator;
use rusqlite::hooks::{AuthAction, AuthContext, Authorization};
use rusqlite::types::{Value as Cell, ValueRef};
use rusqlite::{Batch, Connection, OpenFlags, Statement};
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};

/// Where a database is.
#[derive(Clone, Debug)]
pub enum Place {
    /// In a file, which the program may reach.
    File(PathBuf),
    /// In memory, for one connection.
    Memory,
    /// In memory, for all connections with this number.
    Shared(u64),
}

impl Place {
    /// One in memory that connections share, as long as one of them is open.
    pub fn shared() -> Place {
        static LAST: AtomicU64 = AtomicU64::new(0);
        Place::Shared(LAST.fetch_add(1, Ordering::Relaxed))
    }
}

/// Why a database did not do what it should.
#[derive(Debug)]
pub enum Refusal {
    /// The connection is closed.
    Closed,
    /// There is a transaction already, or none.
    Step(&'static str),
    /// So many parameters are wanted.
    Count(usize),
    /// Too much for the program's memory.
    TooMuch,
    /// The words of the database.
    Failed(String),
}

impl From<rusqlite::Error> for Refusal {
    fn from(error: rusqlite::Error) -> Refusal {
        Refusal::Failed(match error {
            rusqlite::Error::SqliteFailure(_, Some(message)) => message,
            error => error.to_string(),
        })
    }
}

/// Rows that a statement has given.
pub struct Rows {
    pub columns: Vec<String>,
    pub rows: Vec<Vec<Cell>>,
}

/// Opens a database. A program with restricted files may attach only those that it may reach.
///
/// # Errors
/// If it cannot be opened.
pub fn open(
    place: &Place,
    permissions: Permissions,
    folder: PathBuf,
) -> Result<Connection, Refusal> {
    let usual = OpenFlags::SQLITE_OPEN_READ_WRITE
        | OpenFlags::SQLITE_OPEN_CREATE
        | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let opened = match place {
        Place::File(path) => Connection::open_with_flags(path, usual),
        Place::Memory => Connection::open_in_memory_with_flags(usual),
        Place::Shared(number) => Connection::open_with_flags(
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
    Ok(connection)
}

/// Runs the statements of a text; how many rows the last one has changed.
///
/// # Errors
/// The first that fails.
pub fn execute(connection: &Connection, sql: &str, params: Vec<Cell>) -> Result<u64, Refusal> {
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

/// The rows that a statement gives, at most about `most` bytes of them.
///
/// # Errors
/// If it fails.
pub fn query(
    connection: &Connection,
    sql: &str,
    params: Vec<Cell>,
    most: usize,
) -> Result<Rows, Refusal> {
    let mut statement = connection.prepare(sql)?;
    bind(&mut statement, params)?;
    let columns = statement.column_names();
    let columns: Vec<String> = columns.into_iter().map(str::to_string).collect();
    let (mut all, mut bytes) = (Vec::new(), 0);
    let mut rows = statement.raw_query();
    while let Some(row) = rows.next()? {
        let mut cells = Vec::with_capacity(columns.len());
        for at in 0..columns.len() {
            let cell = row.get_ref(at)?;
            bytes += size_of::<Cell>();
            if let ValueRef::Text(text) | ValueRef::Blob(text) = cell {
                bytes += text.len();
            }
            cells.push(match cell {
                ValueRef::Null => Cell::Null,
                ValueRef::Integer(i) => Cell::Integer(i),
                ValueRef::Real(f) => Cell::Real(f),
                ValueRef::Text(text) => Cell::Text(String::from_utf8_lossy(text).into_owned()),
                ValueRef::Blob(blob) => Cell::Blob(blob.to_vec()),
            });
        }
        if bytes > most {
            return Err(Refusal::TooMuch);
        }
        all.push(cells);
    }
    Ok(Rows { columns, rows: all })
}

fn bind(statement: &mut Statement<'_>, params: Vec<Cell>) -> Result<(), Refusal> {
    let wanted = statement.parameter_count();
    if wanted != params.len() {
        return Err(Refusal::Count(wanted));
    }
    for (at, param) in params.into_iter().enumerate() {
        statement.raw_bind_parameter(at + 1, param)?;
    }
    Ok(())
}

/// A step of a transaction.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Step {
    Begin,
    Commit,
    Rollback,
}

/// Takes a step of a transaction.
///
/// # Errors
/// If it is out of order, or fails.
pub fn step(connection: &Connection, step: Step) -> Result<(), Refusal> {
    let is_open = !connection.is_autocommit();
    let sql = match step {
        Step::Begin if is_open => return Err(Refusal::Step("no open transaction; got one")),
        Step::Begin => "BEGIN",
        _ if !is_open => return Err(Refusal::Step("an open transaction; got none")),
        Step::Commit => "COMMIT",
        Step::Rollback => "ROLLBACK",
    };
    connection.execute_batch(sql)?;
    Ok(())
}
