//! Databases (STDLIB 24). SQLite is part of the program; builds with the feature `full-db` reach
//! servers of PostgreSQL and MySQL too. Statements run on threads of their own, so that others go
//! on meanwhile.

use super::declare::*;

#[cfg(feature = "sqlite")]
mod connection;
#[cfg(feature = "sqlite")]
mod link;
#[cfg(feature = "sqlite")]
mod location;
#[cfg(feature = "full-db")]
mod mysql;
#[cfg(feature = "sqlite")]
mod pool;
#[cfg(feature = "full-db")]
mod postgres;
#[cfg(feature = "sqlite")]
mod sqlite;
#[cfg(feature = "full-db")]
mod tls;

#[cfg(not(feature = "sqlite"))]
mod connection {
    super::left_out!("sqlite": db_connect db_execute db_query db_begin db_commit db_rollback
        db_last_insert_id db_close);
}
#[cfg(not(feature = "sqlite"))]
mod pool {
    super::left_out!("sqlite": db_pool db_pool_acquire db_pool_release db_pool_stats
        db_pool_close);
}

natives! {
    /// A connection to a database.
    ///
    /// `kind` is `"sqlite"`, `connection` the path of a file, which is made if there is none,
    /// or `:memory:`. Builds with the feature `full-db` have `"postgres"` and `"mysql"`, with
    /// the connection strings of those.
    pure fn [calls outside reads writes] db_connect(kind: STRING, connection: STRING) -> "database" = connection::db_connect where needs Db; waits;
    /// Runs statements: the number of rows that the last one has changed.
    ///
    /// 0 for definitions. Several statements take no `params`. A `?` stands for a parameter (for postgres `$1`):
    /// null, a bool, an int of 64 bits, a float, a string or bytes.
    pure fn [calls outside reads writes] db_execute(db: DATABASE, sql: STRING, params: opt(ARRAY)) -> "int" = connection::db_execute; waits;
    /// The rows that a statement gives: dicts of their columns.
    ///
    /// Of equal names the last wins. Blobs are bytes.
    pure fn [calls outside reads writes] db_query(db: DATABASE, sql: STRING, params: opt(ARRAY)) -> "array" = connection::db_query; waits;
    /// Begins a transaction; true.
    ///
    /// A second one throws `state`. One that is open when the connection is closed is rolled
    /// back.
    pure fn [calls outside reads writes] db_begin(db: DATABASE) -> "bool" = connection::db_begin; waits;
    /// Makes what a transaction has done last; true.
    ///
    /// Without one it throws `state`.
    pure fn [calls outside reads writes] db_commit(db: DATABASE) -> "bool" = connection::db_commit; waits;
    /// Undoes what a transaction has done; true.
    ///
    /// Without one it throws `state`.
    pure fn [calls outside reads writes] db_rollback(db: DATABASE) -> "bool" = connection::db_rollback; waits;
    /// The number of the row that was inserted last.
    ///
    /// For postgres, which has none, it throws `value`.
    pure fn [none] db_last_insert_id(db: DATABASE) -> "int" = connection::db_last_insert_id; reads;
    /// Closes a connection: whether it was open.
    ///
    /// The data of `:memory:` is gone. A statement that is running is interrupted.
    pure fn [none] db_close(db: DATABASE) -> "bool" = connection::db_close; writes;
    /// A pool of connections, which are made when they are needed.
    ///
    /// Options: `min_connections` (5), `max_connections` (20), `connection_timeout` (30
    /// seconds). A `:memory:` database is one for all of them.
    pure fn [none] db_pool(kind: STRING, connection: STRING, options: opt(DICT)) -> "databasepool" = pool::db_pool where needs Db; writes;
    /// A connection of a pool, the one that has been free longest.
    ///
    /// If none gets free in time it throws `timeout`.
    pure fn [calls outside reads writes] db_pool_acquire(pool: DATABASE_POOL) -> "database" = pool::db_pool_acquire; waits;
    /// Gives a connection back; true.
    ///
    /// An open transaction is rolled back. The connection of another pool, or one that has
    /// been given back, throws `state`.
    pure fn [calls outside reads writes] db_pool_release(pool: DATABASE_POOL, db: DATABASE) -> "bool" = pool::db_pool_release; waits;
    /// The connections of a pool: a dict of `available in_use max total`.
    pure fn [none] db_pool_stats(pool: DATABASE_POOL) -> "dict" = pool::db_pool_stats; reads;
    /// Closes a pool: whether it was open.
    ///
    /// Connections that are in use are closed when they are given back.
    pure fn [none] db_pool_close(pool: DATABASE_POOL) -> "bool" = pool::db_pool_close; writes;
}
