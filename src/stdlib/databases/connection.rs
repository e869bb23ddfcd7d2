//! Connections as programs see them.

use super::link::{Cell, Interrupt, Link, Refusal, Rows, Step};
use super::location::Location;
use crate::heap::object::Kind;
use crate::heap::types::LibraryType;
use crate::runtime::bigint::int_value;
use crate::runtime::limits::out_of_memory;
use crate::runtime::messages::{type_error, value_error};
use crate::runtime::pace::Pace;
use crate::runtime::{Args, Context, ErrorKind, Fallible, Fault};
use crate::stdlib::dicts::put;
use crate::stdlib::limits::{copied, new_text, push};
use crate::stdlib::operands::{is_int, str_arg, to_big};
use crate::stdlib::outside::wait;
use crate::value::Value;
use dashu_int::IBig;
use std::any::Any;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::Mutex as Turn;

/// A connection that tasks and threads share: their statements take turns.
pub struct Database {
    link: Arc<Turn<Option<Box<dyn Link>>>>,
    interrupt: Interrupt,
    is_closed: AtomicBool,
    /// The number of the row that was inserted last, if the database tells it.
    last_insert: Mutex<Option<i64>>,
    /// Its share of a pool, which is ended with it.
    lease: Mutex<Option<Box<dyn Any + Send>>>,
}

impl Database {
    pub fn new(link: Box<dyn Link>, lease: Option<Box<dyn Any + Send>>) -> Database {
        Database {
            interrupt: link.interrupt(),
            last_insert: Mutex::new(link.last_insert()),
            link: Arc::new(Turn::new(Some(link))),
            is_closed: AtomicBool::new(false),
            lease: Mutex::new(lease),
        }
    }

    pub fn is_closed(&self) -> bool {
        self.is_closed.load(Ordering::Relaxed)
    }

    /// Closes it, or, if a statement is running, has it closed after that; whether it was
    /// open.
    pub fn close(&self) -> bool {
        let was_open = !self.is_closed.swap(true, Ordering::Relaxed);
        if was_open {
            match self.link.try_lock() {
                Ok(mut link) => *link = None,
                Err(_) => (self.interrupt)(),
            }
            drop(self.take_lease());
        }
        was_open
    }

    fn last_insert(&self) -> MutexGuard<'_, Option<i64>> {
        self.last_insert
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    /// Ends its share of a pool.
    pub fn take_lease(&self) -> Option<Box<dyn Any + Send>> {
        let mut lease = self.lease.lock().unwrap_or_else(PoisonError::into_inner);
        lease.take()
    }

    /// Gives back what [`Database::take_lease`] has taken.
    pub fn keep_lease(&self, lease: Box<dyn Any + Send>) {
        *self.lease.lock().unwrap_or_else(PoisonError::into_inner) = Some(lease);
    }

    /// Takes the connection out, in its turn; for good.
    pub async fn take(&self) -> Option<Box<dyn Link>> {
        let mut link = self.link.lock().await;
        match self.is_closed.swap(true, Ordering::Relaxed) {
            false => link.take(),
            true => None,
        }
    }

    /// Has work done by the connection, in its turn, on a thread of its own.
    pub async fn work<T: Send + 'static>(
        self: Arc<Database>,
        work: impl FnOnce(&mut dyn Link) -> Result<T, Refusal> + Send + 'static,
    ) -> Result<T, Refusal> {
        let mut link = self.link.clone().lock_owned().await;
        apart(move || {
            let done = match link.as_mut() {
                Some(link) if !self.is_closed() => {
                    let done = work(&mut **link);
                    *self.last_insert() = link.last_insert();
                    done
                }
                _ => Err(Refusal::Closed),
            };
            if self.is_closed() {
                // Closed meanwhile, which has interrupted the work.
                *link = None;
                return done.map_err(|_| Refusal::Closed);
            }
            done
        })
        .await
    }
}

/// Has something done on a thread of its own.
pub async fn apart<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, Refusal> + Send + 'static,
) -> Result<T, Refusal> {
    match tokio::task::spawn_blocking(work).await {
        Ok(done) => done,
        // The runtime ends, and the program with it.
        Err(_) => Err(Refusal::Closed),
    }
}

/// The fault of a database that refused something.
#[cold]
pub fn fault(name: &str, refusal: Refusal, given: usize) -> Box<Fault> {
    let (kind, message) = match refusal {
        Refusal::Closed => (
            ErrorKind::State,
            "an open database; got a closed one".to_string(),
        ),
        Refusal::Step(expected) => (ErrorKind::State, expected.to_string()),
        Refusal::Count(wanted) => (ErrorKind::Value, format!("{wanted} params; got {given}")),
        Refusal::TooMuch => return out_of_memory(),
        Refusal::Failed(why) => {
            return Fault::new(ErrorKind::Database, format!("{name}() failed: {why}"));
        }
    };
    Fault::new(kind, format!("{name}() expects {message}"))
}

/// The database of argument `index`.
pub fn database(args: Args, index: usize) -> Arc<Database> {
    let share = args.get(index).share_of_handle().clone();
    share.downcast().expect("a handle of its type")
}

pub fn db_connect(cx: &mut dyn Context, args: Args) -> Fallible {
    let location = Location::of(cx, "db_connect", args)?;
    let shown = location.shown.clone();
    let opened = apart(move || location.open());
    wait(cx, opened, move |cx, opened| match opened {
        Ok(link) => {
            let database = Arc::new(Database::new(link, None));
            Ok(cx.heap().new_handle(LibraryType::Database, database))
        }
        Err(refusal) => Err(not_opened(&shown, refusal)),
    })
}

#[cold]
pub fn not_opened(shown: &str, refusal: Refusal) -> Box<Fault> {
    let Refusal::Failed(why) = refusal else {
        return fault("db_connect", refusal, 0);
    };
    let message = format!("Cannot open database '{shown}': {why}");
    Fault::new(ErrorKind::Database, message)
}

/// The parameters of a statement.
fn params(cx: &mut dyn Context, name: &str, params: Value) -> Fallible<Vec<Cell>> {
    let mut cells = Vec::new();
    if params.is_absent() {
        return Ok(cells);
    }
    while let Some(&v) = params.elements().get(cells.len()) {
        cells.push(match v.kind() {
            None if v.is_null() => Cell::Null,
            None if v.is_bool() => Cell::Bool(v == Value::TRUE),
            _ if is_int(v) => match i64::try_from(&to_big(v)) {
                Ok(i) => Cell::Int(i),
                Err(_) => {
                    let what = "ints of 64 bits";
                    return Err(value_error(cx, name, "params", what, v));
                }
            },
            None => Cell::Real(v.as_float()),
            Some(Kind::String) => {
                let text = cx.heap().str(v);
                crate::runtime::limits::check_room(cx, text.len())?;
                Cell::Text(text.to_string())
            }
            Some(Kind::Bytes) => Cell::Blob(copied(cx, v.bytes())?),
            Some(_) => {
                let what = "an array of null, bools, numbers, strings and bytes";
                return Err(type_error(name, "params", what, v));
            }
        });
    }
    Ok(cells)
}

/// Has a statement in arguments 1 and 2 done; `finish` makes the result.
fn statement<T: Send + 'static>(
    cx: &mut dyn Context,
    name: &'static str,
    args: Args,
    work: impl FnOnce(&mut dyn Link, &str, Vec<Cell>) -> Result<T, Refusal> + Send + 'static,
    finish: impl FnOnce(&mut dyn Context, T) -> Fallible + Send + 'static,
) -> Fallible {
    let database = database(args, 0);
    let sql = str_arg(cx, args, 1).to_string();
    let params = params(cx, name, args.get(2))?;
    let given = params.len();
    let done = database.work(move |link| work(link, &sql, params));
    wait(cx, done, move |cx, done| match done {
        Ok(done) => finish(cx, done),
        Err(refusal) => Err(fault(name, refusal, given)),
    })
}

pub fn db_execute(cx: &mut dyn Context, args: Args) -> Fallible {
    let work = |link: &mut dyn Link, sql: &str, params| link.execute(sql, params);
    statement(cx, "db_execute", args, work, |cx, changed| {
        Ok(int_value(cx, changed as i64))
    })
}

pub fn db_query(cx: &mut dyn Context, args: Args) -> Fallible {
    let most = cx.heap().limit();
    let work = move |link: &mut dyn Link, sql: &str, params| link.query(sql, params, most);
    statement(cx, "db_query", args, work, |cx, rows| as_dicts(cx, &rows))
}

/// Rows as an array of dicts.
fn as_dicts(cx: &mut dyn Context, rows: &Rows) -> Fallible {
    const NAME: &str = "db_query";
    let array = cx.heap().new_array(rows.rows.len());
    let names = cx.heap().new_array(rows.columns.len());
    for name in &rows.columns {
        let name = cx.heap().intern(name);
        push(cx, NAME, names, name)?;
    }
    let mut pace = Pace::new();
    for row in &rows.rows {
        let dict = cx.heap().new_dict(row.len());
        for (at, cell) in row.iter().enumerate() {
            pace.step(cx)?;
            let v = value_of(cx, cell)?;
            put(cx, NAME, dict, names.elements()[at], v)?;
        }
        push(cx, NAME, array, dict)?;
    }
    Ok(array)
}

/// A cell as programs see it.
fn value_of(cx: &mut dyn Context, cell: &Cell) -> Fallible {
    const NAME: &str = "db_query";
    Ok(match cell {
        Cell::Null => Value::NULL,
        Cell::Bool(b) => Value::bool(*b),
        Cell::Int(i) => int_value(cx, *i),
        Cell::Unsigned(i) => cx.heap().new_int(IBig::from(*i)),
        Cell::Real(f) => Value::float(*f),
        Cell::Text(text) => new_text(cx, NAME, text)?,
        Cell::Blob(bytes) => {
            crate::runtime::limits::check_room(cx, bytes.len())?;
            cx.heap().new_bytes(bytes)
        }
        Cell::Array(cells) => {
            let array = cx.heap().new_array(cells.len());
            for cell in cells {
                let v = value_of(cx, cell)?;
                push(cx, NAME, array, v)?;
            }
            array
        }
    })
}

fn transaction(cx: &mut dyn Context, name: &'static str, args: Args, step: Step) -> Fallible {
    let done = database(args, 0).work(move |link| link.step(step));
    wait(cx, done, move |_, done| match done {
        Ok(()) => Ok(Value::TRUE),
        Err(refusal) => Err(fault(name, refusal, 0)),
    })
}

pub fn db_begin(cx: &mut dyn Context, args: Args) -> Fallible {
    transaction(cx, "db_begin", args, Step::Begin)
}

pub fn db_commit(cx: &mut dyn Context, args: Args) -> Fallible {
    transaction(cx, "db_commit", args, Step::Commit)
}

pub fn db_rollback(cx: &mut dyn Context, args: Args) -> Fallible {
    transaction(cx, "db_rollback", args, Step::Rollback)
}

pub fn db_last_insert_id(cx: &mut dyn Context, args: Args) -> Fallible {
    let database = database(args, 0);
    if database.is_closed() {
        return Err(fault("db_last_insert_id", Refusal::Closed, 0));
    }
    let last = *database.last_insert();
    match last {
        Some(last) => Ok(int_value(cx, last)),
        None => {
            let message = "db_last_insert_id() expects a database of kind sqlite or mysql; \
                           with postgres use RETURNING";
            Err(Fault::new(ErrorKind::Value, message))
        }
    }
}

pub fn db_close(_: &mut dyn Context, args: Args) -> Fallible {
    Ok(Value::bool(database(args, 0).close()))
}
