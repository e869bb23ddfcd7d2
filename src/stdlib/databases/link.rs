//! The things that databases of all kinds have in common: a connection, and the cells that its
//! statements take and give. All of it works on whatever thread, and blocks that.

/// A value of a database.
#[cfg_attr(
    not(feature = "full-db"),
    allow(dead_code, reason = "some kinds are of servers alone")
)]
#[derive(Clone, PartialEq, Debug)]
pub enum Cell {
    Null,
    Bool(bool),
    Int(i64),
    /// Only beyond the others.
    Unsigned(u64),
    Real(f64),
    Text(String),
    Blob(Vec<u8>),
    Array(Vec<Cell>),
}

impl Cell {
    /// About how much memory it takes.
    pub fn size(&self) -> usize {
        size_of::<Cell>()
            + match self {
                Cell::Text(text) => text.len(),
                Cell::Blob(bytes) => bytes.len(),
                Cell::Array(cells) => cells.iter().map(Cell::size).sum(),
                _ => 0,
            }
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

/// Rows that a statement has given.
pub struct Rows {
    pub columns: Vec<String>,
    pub rows: Vec<Vec<Cell>>,
}

/// A step of a transaction.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Step {
    Begin,
    Commit,
    Rollback,
}

impl Step {
    pub fn sql(self) -> &'static str {
        match self {
            Step::Begin => "BEGIN",
            Step::Commit => "COMMIT",
            Step::Rollback => "ROLLBACK",
        }
    }

    /// Whether it fits.
    ///
    /// # Errors
    /// If it is out of order.
    pub fn check(self, is_open: bool) -> Result<(), Refusal> {
        match self {
            Step::Begin if is_open => Err(Refusal::Step("no open transaction; got one")),
            Step::Begin => Ok(()),
            _ if !is_open => Err(Refusal::Step("an open transaction; got none")),
            _ => Ok(()),
        }
    }
}

/// Where a connection to a server leads.
#[cfg(feature = "full-db")]
pub enum Address {
    /// A host and a port.
    Net(String),
    /// A socket of the system.
    File(std::path::PathBuf),
}

/// Breaks off the statement that a connection runs, from another thread.
pub type Interrupt = Box<dyn Fn() + Send + Sync>;

/// A connection.
pub trait Link: Send {
    /// Runs the statements of a text; how many rows the last one has changed.
    ///
    /// # Errors
    /// The first that fails.
    fn execute(&mut self, sql: &str, params: Vec<Cell>) -> Result<u64, Refusal>;

    /// The rows that a statement gives, at most about `most` bytes of them.
    ///
    /// # Errors
    /// If it fails.
    fn query(&mut self, sql: &str, params: Vec<Cell>, most: usize) -> Result<Rows, Refusal>;

    /// Takes a step of a transaction.
    ///
    /// # Errors
    /// If it is out of order, or fails.
    fn step(&mut self, step: Step) -> Result<(), Refusal>;

    /// Rolls an open transaction back, if there is one.
    ///
    /// # Errors
    /// If that fails.
    fn clear(&mut self) -> Result<(), Refusal>;

    /// The number of the row that was inserted last; `None` if this kind of database does not
    /// tell.
    fn last_insert(&self) -> Option<i64>;

    fn interrupt(&self) -> Interrupt;
}
