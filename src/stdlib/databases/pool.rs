//! Pools of connections.

use super::connection::{Database, apart, database, fault, not_opened};
use super::link::{Link, Refusal};
use super::location::Location;
use crate::heap::types::LibraryType;
use crate::runtime::messages::{type_error, value_error};
use crate::runtime::{Args, Context, ErrorKind, Fallible, Fault, dict};
use crate::stdlib::operands::*;
use crate::stdlib::outside::wait;
use crate::value::Value;
use std::any::Any;
use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::timeout;

/// A pool that tasks and threads share.
struct Pool {
    location: Location,
    most: usize,
    patience: Duration,
    /// As many as connections may be in use.
    turns: Arc<Semaphore>,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    is_closed: bool,
    /// Free connections; that which has been free longest is in front.
    free: VecDeque<Box<dyn Link>>,
    in_use: usize,
    /// Keeps a database in memory.
    keeper: Option<Box<dyn Link>>,
}

impl Pool {
    fn state(&self) -> MutexGuard<'_, State> {
        // Nothing that holds this lock can leave the state half changed.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A connection, as soon as there may be one more in use.
    async fn acquire(self: Arc<Pool>) -> Result<Database, Failure> {
        let turn = timeout(self.patience, self.turns.clone().acquire_owned()).await;
        let turn = turn.map_err(|_| Failure::Late)?;
        let turn = turn.map_err(|_| Failure::Closed)?;
        let free = {
            let mut state = self.state();
            if state.is_closed {
                return Err(Failure::Closed);
            }
            state.in_use += 1;
            state.free.pop_front()
        };
        // From here on a connection that is lost is no longer in use.
        let lease = Lease {
            pool: self.clone(),
            _turn: turn,
        };
        let connection = match free {
            Some(connection) => connection,
            None => {
                let location = self.location.clone();
                let opened = apart(move || location.open()).await;
                opened.map_err(Failure::NotOpened)?
            }
        };
        Ok(Database::new(connection, Some(Box::new(lease))))
    }
}

/// The place in a pool that one connection in use takes.
struct Lease {
    pool: Arc<Pool>,
    _turn: OwnedSemaphorePermit,
}

impl Drop for Lease {
    fn drop(&mut self) {
        self.pool.state().in_use -= 1;
    }
}

/// Why there is no connection.
enum Failure {
    Late,
    NotOpened(Refusal),
    Closed,
}

fn pool(args: Args) -> Arc<Pool> {
    let share = args.get(0).share_of_handle().clone();
    share.downcast().expect("a handle of its type")
}

const OPTIONS: &str = "a dict of min_connections, max_connections, connection_timeout";

pub fn db_pool(cx: &mut dyn Context, args: Args) -> Fallible {
    const NAME: &str = "db_pool";
    let (mut least, mut most, mut patience) = (None, None, Duration::from_secs(30));
    let (options, mut cursor) = (args.get(2), 0);
    while !options.is_absent()
        && let Some((key, v, next)) = cx.heap().dict_next(options, cursor)
    {
        cursor = next;
        let option = match key.is_string() {
            true => cx.heap().str(key),
            false => "",
        };
        match option {
            "min_connections" | "max_connections" => {
                if !is_int(v) {
                    return Err(type_error(NAME, option, "an int", v));
                }
                let count = not_negative(cx, NAME, option, v)?;
                let kept = match option {
                    "min_connections" => &mut least,
                    _ if count == 0 => {
                        return Err(value_error(cx, NAME, option, "at least 1", v));
                    }
                    _ => &mut most,
                };
                *kept = Some(count);
            }
            "connection_timeout" => {
                if !is_number(v) {
                    return Err(type_error(NAME, option, "a number", v));
                }
                let seconds = to_float(v);
                if seconds.is_nan() || seconds < 0.0 {
                    return Err(value_error(cx, NAME, option, "at least 0", v));
                }
                patience = Duration::try_from_secs_f64(seconds).unwrap_or(Duration::MAX);
            }
            _ => return Err(value_error(cx, NAME, "options", OPTIONS, options)),
        }
    }
    // A number alone is the limit for the other one too.
    let most_known = most.unwrap_or(20.max(least.unwrap_or(0)));
    if least.unwrap_or(5.min(most_known)) > most_known {
        let what = "min_connections of at most max_connections";
        return Err(value_error(cx, NAME, "options", what, options));
    }
    let (location, needs_keeper) = Location::of(cx, NAME, args)?.for_many();
    let keeper = match needs_keeper {
        true => {
            let opened = location.open();
            Some(opened.map_err(|refusal| not_opened(&location.shown, refusal))?)
        }
        false => None,
    };
    let most = most_known.min(Semaphore::MAX_PERMITS);
    let pool = Pool {
        location,
        most,
        patience,
        turns: Arc::new(Semaphore::new(most)),
        state: Mutex::new(State {
            keeper,
            ..State::default()
        }),
    };
    Ok(cx
        .heap()
        .new_handle(LibraryType::DatabasePool, Arc::new(pool)))
}

pub fn db_pool_acquire(cx: &mut dyn Context, args: Args) -> Fallible {
    let pool = pool(args);
    let (shown, seconds) = (pool.location.shown.clone(), pool.patience.as_secs_f64());
    wait(cx, pool.acquire(), move |cx, acquired| match acquired {
        Ok(database) => {
            let database = Arc::new(database);
            Ok(cx.heap().new_handle(LibraryType::Database, database))
        }
        Err(Failure::NotOpened(refusal)) => Err(not_opened(&shown, refusal)),
        Err(Failure::Closed) => {
            let message = "db_pool_acquire() expects an open databasepool; got a closed one";
            Err(Fault::new(ErrorKind::State, message))
        }
        Err(Failure::Late) => {
            let message = format!(
                "db_pool_acquire() expects a free connection within {seconds} seconds; got none"
            );
            Err(Fault::new(ErrorKind::Timeout, message))
        }
    })
}

pub fn db_pool_release(cx: &mut dyn Context, args: Args) -> Fallible {
    let (pool, database) = (pool(args), database(args, 1));
    let lease: Option<Box<dyn Any + Send>> = database.take_lease();
    let lease = match lease.map(<Box<dyn Any + Send>>::downcast::<Lease>) {
        Some(Ok(lease)) if Arc::ptr_eq(&lease.pool, &pool) => lease,
        other => {
            if let Some(Ok(lease)) = other {
                database.keep_lease(lease);
            }
            let message =
                "db_pool_release() expects a connection in use of this pool; got another one";
            return Err(Fault::new(ErrorKind::State, message));
        }
    };
    let released = async move {
        let Some(mut link) = database.take().await else {
            return Ok(());
        };
        apart(move || {
            link.clear()?;
            let mut state = pool.state();
            if !state.is_closed {
                state.free.push_back(link);
            }
            drop(state);
            drop(lease);
            Ok(())
        })
        .await
    };
    wait(cx, released, |_, released| match released {
        Ok(()) => Ok(Value::TRUE),
        Err(refusal) => Err(fault("db_pool_release", refusal, 0)),
    })
}

pub fn db_pool_stats(cx: &mut dyn Context, args: Args) -> Fallible {
    let pool = pool(args);
    let (free, in_use) = {
        let state = pool.state();
        match state.is_closed {
            true => (0, 0),
            false => (state.free.len() as i64, state.in_use as i64),
        }
    };
    let parts = [
        ("available", Value::int(free)),
        ("in_use", Value::int(in_use)),
        ("max", Value::int(pool.most as i64)),
        ("total", Value::int(free + in_use)),
    ];
    Ok(dict::record(cx, &parts))
}

pub fn db_pool_close(_: &mut dyn Context, args: Args) -> Fallible {
    let pool = pool(args);
    let (free, keeper) = {
        let mut state = pool.state();
        if std::mem::replace(&mut state.is_closed, true) {
            return Ok(Value::FALSE);
        }
        (std::mem::take(&mut state.free), state.keeper.take())
    };
    // Those who wait for a connection are told.
    pool.turns.close();
    drop((free, keeper));
    Ok(Value::TRUE)
}
