//! The built-in functions, one file an area. Each file declares its functions in
//! a table ([`declare`]); this file numbers them and finds them by name and as
//! methods. Built-ins see a `Context` and their arguments, and nothing of the
//! machine; their arguments have been checked ([`check`]) before they run.

mod archives;
mod arg_parser;
mod arrays;
pub mod assert;
mod async_files;
mod bytes;
mod case;
mod channels;
pub mod check;
mod classes;
mod clock;
mod convert;
mod crypto;
mod csv;
mod cuts;
mod databases;
mod dates;
mod declare;
mod dicts;
mod environment;
mod fast;
mod files;
mod fixed;
pub(crate) mod format;
mod formats;
mod groups;
mod hashes;
mod heaps;
mod http_client;
mod http_server;
mod images;
mod iterators;
mod json;
mod limits;
mod lines;
mod math;
mod names;
mod operands;
mod output;
#[cfg(feature = "net")]
mod outside;
mod owners;
mod paths;
mod plain;
mod processes;
mod promises;
mod queues;
mod random;
pub mod reference;
pub(crate) mod regex;
mod results;
mod rsa;
mod sets;
mod shared_channels;
mod sockets;
mod sort;
mod strings;
#[cfg(test)]
mod tests;
mod threads;
pub(crate) mod toml;
mod types;
pub(crate) mod unique;
mod url;
mod urls;
mod walk;
mod web_sockets;
mod yaml;

pub(crate) use channels::{Next, channel_of, next_of_channel, share_channel};
pub use check::{check_args, check_method_args};
pub(crate) use iterators::Arrangement;
pub(crate) use lines::Lines;
pub use names::{function, is_mutating, method, method_effects, method_name, method_names};
pub(crate) use random::{seed, seed_of_block, seed_of_element, use_seed};
pub(crate) use shared_channels::Core as SharedChannel;
pub(crate) use types::own_type;

use crate::heap::object::Kind;
use crate::heap::types::LibraryType;
use crate::runtime::{Context, Fallible, Native, ParamKind, Reach, tags};
use crate::value::Value;

/// The functions that one file declares, under the title of its part of the reference.
struct Area {
    title: &'static str,
    natives: &'static [Native],
}

const fn area(title: &'static str, natives: &'static [Native]) -> Area {
    Area { title, natives }
}

const AREAS: &[Area] = &[
    area("Output, input, program", output::NATIVES),
    area("Strings", strings::NATIVES),
    area("Strings", classes::NATIVES),
    area("Strings", case::NATIVES),
    area("Strings", format::NATIVES),
    area("Arrays", arrays::NATIVES),
    area("Arrays", sort::NATIVES),
    area("Dicts", dicts::NATIVES),
    area("Sequences and iterators", iterators::NATIVES),
    area("Sets, queues, stacks", sets::NATIVES),
    area("Sets, queues, stacks", queues::NATIVES),
    area("Sets, queues, stacks", heaps::NATIVES),
    area("Math", math::NATIVES),
    area("Random", random::NATIVES),
    area("Conversion and types", convert::NATIVES),
    area("Results and options", results::NATIVES),
    area("Assertions", assert::NATIVES),
    area("Clock", clock::NATIVES),
    area("Dates", dates::NATIVES),
    area("JSON, TOML, YAML, CSV", json::NATIVES),
    area("JSON, TOML, YAML, CSV", toml::NATIVES),
    area("JSON, TOML, YAML, CSV", yaml::NATIVES),
    area("JSON, TOML, YAML, CSV", csv::NATIVES),
    area("Regular expressions", regex::NATIVES),
    area("Bytes, encodings, hashes", bytes::NATIVES),
    area("Bytes, encodings, hashes", hashes::NATIVES),
    area("Compression and cryptography", crypto::NATIVES),
    area("Compression and cryptography", rsa::NATIVES),
    area("Files", files::NATIVES),
    area("Files", lines::NATIVES),
    area("Files", walk::NATIVES),
    area("Paths", paths::NATIVES),
    area("Environment", environment::NATIVES),
    area("Command line", arg_parser::NATIVES),
    area("Processes", processes::NATIVES),
    area("Tasks", promises::NATIVES),
    area("Tasks", groups::NATIVES),
    area("Tasks", channels::NATIVES),
    area("Tasks", async_files::NATIVES),
    area("Archives", archives::NATIVES),
    area("Images", images::NATIVES),
    area("URLs", urls::NATIVES),
    area("HTTP client", http_client::NATIVES),
    area("HTTP server", http_server::NATIVES),
    area("WebSockets", web_sockets::NATIVES),
    area("Sockets", sockets::NATIVES),
    area("Databases", databases::NATIVES),
    area("Concurrency", threads::NATIVES),
];

const COUNT: usize = {
    let (mut count, mut area) = (0, 0);
    while area < AREAS.len() {
        count += AREAS[area].natives.len();
        area += 1;
    }
    count
};

static ALL: [Native; COUNT] = {
    let mut all = [AREAS[0].natives[0]; COUNT];
    let (mut at, mut area) = (0, 0);
    while area < AREAS.len() {
        let mut i = 0;
        while i < AREAS[area].natives.len() {
            all[at] = AREAS[area].natives[i];
            (at, i) = (at + 1, i + 1);
        }
        area += 1;
    }
    all
};

/// Every built-in; its number is its place here.
pub fn natives() -> &'static [Native] {
    &ALL
}

/// Constants every program sees.
pub const CONSTANTS: &[(&str, f64)] = &[
    ("PI", std::f64::consts::PI),
    ("E", std::f64::consts::E),
    ("INF", f64::INFINITY),
    ("NAN", f64::NAN),
];

/// The type a method is called on. Null has no methods.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Receiver {
    Int,
    Float,
    Bool,
    String,
    Bytes,
    Array,
    Dict,
    Set,
    Queue,
    Stack,
    Heap,
    Struct,
    Object,
    Result,
    Option,
    Tagged,
    Function,
    Type,
    Generator,
    Iterator,
    Promise,
    Library(LibraryType),
}

impl Receiver {
    /// The types of the language.
    const OWN: [Receiver; 21] = [
        Receiver::Int,
        Receiver::Float,
        Receiver::Bool,
        Receiver::String,
        Receiver::Bytes,
        Receiver::Array,
        Receiver::Dict,
        Receiver::Set,
        Receiver::Queue,
        Receiver::Stack,
        Receiver::Heap,
        Receiver::Struct,
        Receiver::Object,
        Receiver::Result,
        Receiver::Option,
        Receiver::Tagged,
        Receiver::Function,
        Receiver::Type,
        Receiver::Generator,
        Receiver::Iterator,
        Receiver::Promise,
    ];

    /// All types.
    fn all() -> impl Iterator<Item = Receiver> {
        let library = LibraryType::ALL.map(Receiver::Library);
        Receiver::OWN.into_iter().chain(library)
    }

    /// The name that `type(x)` gives values of this type.
    pub fn name(self) -> &'static str {
        match self {
            Receiver::Int => "int",
            Receiver::Float => "float",
            Receiver::Bool => "bool",
            Receiver::String => "string",
            Receiver::Bytes => "bytes",
            Receiver::Array => "array",
            Receiver::Dict => "dict",
            Receiver::Set => "set",
            Receiver::Queue => "queue",
            Receiver::Stack => "stack",
            Receiver::Heap => "heap",
            Receiver::Struct => "struct",
            Receiver::Object => "object",
            Receiver::Result => "result",
            Receiver::Option => "option",
            Receiver::Tagged => "tagged",
            Receiver::Function => "function",
            Receiver::Type => "type",
            Receiver::Generator => "generator",
            Receiver::Iterator => "iterator",
            Receiver::Promise => "promise",
            Receiver::Library(LibraryType::ArgParser) => "argparser",
            Receiver::Library(ty) => ty.name(),
        }
    }

    pub fn of(v: Value) -> Option<Receiver> {
        if v.is_int() {
            return Some(Receiver::Int);
        }
        if v.is_float() {
            return Some(Receiver::Float);
        }
        let Some(kind) = v.kind() else {
            return v.is_bool().then_some(Receiver::Bool);
        };
        if let Some(ty) = v.library_type() {
            return Some(Receiver::Library(ty));
        }
        Some(match kind {
            Kind::String => Receiver::String,
            Kind::BigInt => Receiver::Int,
            Kind::Bytes => Receiver::Bytes,
            Kind::Array => Receiver::Array,
            Kind::Dict => Receiver::Dict,
            Kind::Set => Receiver::Set,
            Kind::Queue => Receiver::Queue,
            Kind::Stack => Receiver::Stack,
            Kind::Heap => Receiver::Heap,
            Kind::Struct => Receiver::Struct,
            Kind::Object => Receiver::Object,
            Kind::Tagged => match v.header().aux {
                tags::OK | tags::ERR => Receiver::Result,
                tags::SOME | tags::NONE => Receiver::Option,
                _ => Receiver::Tagged,
            },
            Kind::Function | Kind::Native | Kind::BoundMethod => Receiver::Function,
            Kind::StructType | Kind::EnumType => Receiver::Type,
            Kind::Generator => Receiver::Generator,
            Kind::Iterator => Receiver::Iterator,
            Kind::Promise => Receiver::Promise,
            Kind::Task
            | Kind::Reaction
            | Kind::Free
            | Kind::Buffer
            | Kind::Cell
            | Kind::KeyList
            | Kind::Handle => return None,
        })
    }

    /// Whether a first parameter of this kind makes a method of this type.
    fn suits(self, kind: ParamKind) -> bool {
        use ParamKind as P;
        match kind {
            P::Any => true,
            P::String => self == Receiver::String,
            P::Array => self == Receiver::Array,
            P::Dict => self == Receiver::Dict,
            P::Bool => self == Receiver::Bool,
            P::Int => self == Receiver::Int,
            P::Whole | P::Number => matches!(self, Receiver::Int | Receiver::Float),
            P::Key => match self {
                Receiver::Function
                | Receiver::Type
                | Receiver::Generator
                | Receiver::Iterator
                | Receiver::Promise => false,
                Receiver::Library(ty) => !ty.is_handle(),
                _ => true,
            },
            P::Callable => matches!(self, Receiver::Function | Receiver::Type),
            P::Sequence => matches!(
                self,
                Receiver::Array
                    | Receiver::String
                    | Receiver::Bytes
                    | Receiver::Dict
                    | Receiver::Set
                    | Receiver::Generator
                    | Receiver::Iterator
            ),
            P::Lazy => matches!(self, Receiver::Generator | Receiver::Iterator),
            P::Promise => self == Receiver::Promise,
            P::Searched => matches!(
                self,
                Receiver::String
                    | Receiver::Bytes
                    | Receiver::Array
                    | Receiver::Dict
                    | Receiver::Set
            ),
            P::Bytes => self == Receiver::Bytes,
            P::Measured => matches!(
                self,
                Receiver::String
                    | Receiver::Bytes
                    | Receiver::Array
                    | Receiver::Dict
                    | Receiver::Set
                    | Receiver::Queue
                    | Receiver::Stack
                    | Receiver::Heap
            ),
            P::Set => self == Receiver::Set,
            P::Queue => self == Receiver::Queue,
            P::Stack => self == Receiver::Stack,
            P::Heap => self == Receiver::Heap,
            P::Result => self == Receiver::Result,
            P::Option => self == Receiver::Option,
            P::Library(ty) => self == Receiver::Library(ty),
            P::OneOf(kinds) => kinds.iter().any(|&kind| self.suits(kind)),
        }
    }
}

/// The names that `type(x)` gives; null is no receiver.
pub fn type_names() -> impl Iterator<Item = &'static str> {
    Receiver::all().map(Receiver::name)
}

/// Ends the work of the library when a program has ended.
///
/// # Errors
/// If the system refuses something.
pub fn finish(cx: &mut dyn Context) -> Fallible<()> {
    #[cfg(feature = "http")]
    {
        http_client::end(cx);
        http_server::end(cx);
    }
    #[cfg(feature = "net")]
    outside::end(cx);
    archives::close_all(cx)
}

/// Whether the function of this number does nothing but give a value.
pub fn is_pure(number: u16) -> bool {
    ALL[number as usize].reach == Reach::Pure
}

/// Names of all functions and constants, for suggestions and completion.
pub fn names() -> impl Iterator<Item = &'static str> {
    let constants = CONSTANTS.iter().map(|&(name, _)| name);
    let functions = ALL.iter().filter(|native| native.is_function);
    functions.flat_map(Native::names).chain(constants)
}
