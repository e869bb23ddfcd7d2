//! A runtime error before it becomes an error value: a kind and a
//! message. Position and stack are added by the machine when a fault leaves the
//! instruction or built-in that raised it.

use std::fmt;

/// `e.kind` of an error.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ErrorKind {
    Thrown,
    Type,
    Name,
    Immutable,
    Index,
    Key,
    Arithmetic,
    Arity,
    Value,
    Import,
    Memory,
    StackOverflow,
    Overflow,
    Parse,
    Io,
    State,
    Unsupported,
    Assertion,
    Capability,
    Process,
    Timeout,
    Network,
    Database,
    Cancelled,
}

impl ErrorKind {
    pub const ALL: [ErrorKind; 24] = [
        ErrorKind::Thrown,
        ErrorKind::Type,
        ErrorKind::Name,
        ErrorKind::Immutable,
        ErrorKind::Index,
        ErrorKind::Key,
        ErrorKind::Arithmetic,
        ErrorKind::Arity,
        ErrorKind::Value,
        ErrorKind::Import,
        ErrorKind::Memory,
        ErrorKind::StackOverflow,
        ErrorKind::Overflow,
        ErrorKind::Parse,
        ErrorKind::Io,
        ErrorKind::State,
        ErrorKind::Unsupported,
        ErrorKind::Assertion,
        ErrorKind::Capability,
        ErrorKind::Process,
        ErrorKind::Timeout,
        ErrorKind::Network,
        ErrorKind::Database,
        ErrorKind::Cancelled,
    ];

    /// The text of `e.kind`.
    pub fn text(self) -> &'static str {
        match self {
            ErrorKind::Thrown => "thrown",
            ErrorKind::Type => "type",
            ErrorKind::Name => "name",
            ErrorKind::Immutable => "immutable",
            ErrorKind::Index => "index",
            ErrorKind::Key => "key",
            ErrorKind::Arithmetic => "arithmetic",
            ErrorKind::Arity => "arity",
            ErrorKind::Value => "value",
            ErrorKind::Import => "import",
            ErrorKind::Memory => "memory",
            ErrorKind::StackOverflow => "stack_overflow",
            ErrorKind::Overflow => "overflow",
            ErrorKind::Parse => "parse",
            ErrorKind::Io => "io",
            ErrorKind::State => "state",
            ErrorKind::Unsupported => "unsupported",
            ErrorKind::Assertion => "assertion",
            ErrorKind::Capability => "capability",
            ErrorKind::Process => "process",
            ErrorKind::Timeout => "timeout",
            ErrorKind::Network => "network",
            ErrorKind::Database => "database",
            ErrorKind::Cancelled => "cancelled",
        }
    }
}

/// Why an operation did not give a value.
#[derive(Debug)]
pub enum Fault {
    /// An error of the engine's or a built-in's making.
    /// The hint is for the report alone.
    Error {
        kind: ErrorKind,
        message: String,
        hint: Option<Box<str>>,
    },
    /// An error value on its way, held by the machine ([`super::Context::throw`]
    /// put it there).
    Thrown,
    /// `exit(code)`: cannot be caught.
    Exit(i32),
    /// Ctrl-C: cannot be caught.
    Interrupted,
    /// The reader of standard output went away: the program ends quietly.
    OutputClosed,
    /// The task waits: its frames have been put aside, and no handler sees this on the way
    /// down to where the task began.
    Waiting,
}

impl Fault {
    #[cold]
    pub fn new(kind: ErrorKind, message: impl Into<String>) -> Box<Fault> {
        Box::new(Fault::Error {
            kind,
            message: message.into(),
            hint: None,
        })
    }

    /// A fault whose report helps.
    #[cold]
    pub fn with_hint(
        kind: ErrorKind,
        message: impl Into<String>,
        hint: impl Into<Box<str>>,
    ) -> Box<Fault> {
        Box::new(Fault::Error {
            kind,
            message: message.into(),
            hint: Some(hint.into()),
        })
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Fault::Error { message, .. } => f.write_str(message),
            Fault::Thrown => f.write_str("thrown value"),
            Fault::Exit(code) => write!(f, "exit({code})"),
            Fault::Interrupted => f.write_str("interrupted"),
            Fault::OutputClosed => f.write_str("output closed"),
            Fault::Waiting => f.write_str("waiting"),
        }
    }
}

/// The result of anything a program can make fail.
pub type Fallible<T = crate::value::Value> = Result<T, Box<Fault>>;
