//! How built-ins are declared. A file of the library ends its introduction with
//! one table:
//!
//! ```text
//! natives! {
//!     /// The texts between the separators.
//!     ///
//!     /// An empty `sep` gives the characters.
//!     pure fn [none] split(s: STRING, sep: STRING) -> "array" = split;
//!     /// With `v` at the end.
//!     mutating fn [none] push | append (xs: ARRAY, v: ANY) -> "array" = push, push_method => fast::push;
//!     /// The array without its last element, and that element.
//!     mutating fn [none] pop(xs: ARRAY) -> "array" = pop, pop_method | fast::pop_method;
//!     /// `f(x)` of every element.
//!     adaptor fn [pulls calls] map(xs: SEQUENCE, f: CALLABLE) -> "array/iterator" = map, lazy_map;
//! }
//! ```
//!
//! The first word is the method form: `plain` has none, `pure` has the same
//! result, `mutating` names a second function that changes its receiver, `adaptor`
//! one that makes an iterator, which both forms do of iterators and generators; `method` is
//! no function, and a `mutating_method` neither, but changes its receiver. `|` separates names of one function; after `=>` is
//! its [`FastFn`](crate::runtime::native::FastFn), after `|` that of the method form alone.
//! `as` names the [`Intrinsic`](crate::runtime::Intrinsic) that it is.
//! `where needs` names a capability that every call needs; parameters that are paths or names
//! say themselves which one those take ([`READ_PATH`], [`VARIABLE`], …). A place that the program
//! may not reach is refused before the function runs, so that no function can forget it.
//! A last word after `;` says what a call reaches of the outside ([`Reach`]): `reads`,
//! `writes`, `blocks` or `waits`. Without it that follows from the capabilities, and is
//! nothing if there are none.
//! The words in brackets are the [`Effects`](crate::effects::Effects): what code of the
//! program may run during the call, in any form and with any arguments. The comment's
//! first paragraph says what the function gives, the second what happens at the edges;
//! the type after the arrow is left out where it can be any.

use super::check::permit;
use super::operands::clamped;
use super::url::address_of;
use crate::heap::types::LibraryType;
use crate::runtime::messages::value_error;
use crate::runtime::world::Capability;
use crate::runtime::{
    Args, Context, ErrorKind, Fallible, Fault, NativeFn, Param, ParamKind, Reach, sequence,
};
use crate::value::Value;
use std::borrow::Cow;

/// The values that a parameter accepts, as written in a table.
#[derive(Clone, Copy)]
pub struct Accepts {
    kind: ParamKind,
    optional: bool,
    rest: bool,
    default: &'static str,
    needs: Option<Capability>,
}

pub const ANY: Accepts = exactly(ParamKind::Any);
pub const STRING: Accepts = exactly(ParamKind::String);
pub const ARRAY: Accepts = exactly(ParamKind::Array);
pub const DICT: Accepts = exactly(ParamKind::Dict);
pub const BOOL: Accepts = exactly(ParamKind::Bool);
pub const INT: Accepts = exactly(ParamKind::Int);
pub const WHOLE: Accepts = exactly(ParamKind::Whole);
pub const NUMBER: Accepts = exactly(ParamKind::Number);
pub const KEY: Accepts = exactly(ParamKind::Key);
pub const CALLABLE: Accepts = exactly(ParamKind::Callable);
pub const SEQUENCE: Accepts = exactly(ParamKind::Sequence);
pub const SET: Accepts = exactly(ParamKind::Set);
pub const QUEUE: Accepts = exactly(ParamKind::Queue);
pub const STACK: Accepts = exactly(ParamKind::Stack);
pub const DATA: Accepts = either(&[ParamKind::String, ParamKind::Bytes]);
pub const BYTES: Accepts = exactly(ParamKind::Bytes);
pub const HEAP: Accepts = exactly(ParamKind::Heap);
pub const LAZY: Accepts = exactly(ParamKind::Lazy);
pub const PROMISE: Accepts = exactly(ParamKind::Promise);
pub const ARG_PARSER: Accepts = exactly(ParamKind::Library(LibraryType::ArgParser));
pub const ZIP_ARCHIVE: Accepts = exactly(ParamKind::Library(LibraryType::ZipArchive));
pub const IMAGE: Accepts = exactly(ParamKind::Library(LibraryType::Image));
pub const CHANNEL_VALUE: Accepts = exactly(ParamKind::Library(LibraryType::Channel));
pub const TASK_GROUP_VALUE: Accepts = exactly(ParamKind::Library(LibraryType::TaskGroup));
pub const TCP_LISTENER: Accepts = exactly(ParamKind::Library(LibraryType::TcpListener));
pub const TCP_STREAM: Accepts = exactly(ParamKind::Library(LibraryType::TcpStream));
pub const TCP_SOCKET: Accepts = either(&[
    ParamKind::Library(LibraryType::TcpListener),
    ParamKind::Library(LibraryType::TcpStream),
]);
pub const HTTP_SERVER: Accepts = exactly(ParamKind::Library(LibraryType::HttpServer));
pub const HTTP_RESPONSE: Accepts = exactly(ParamKind::Library(LibraryType::HttpResponse));
pub const WEB_SOCKET: Accepts = exactly(ParamKind::Library(LibraryType::WebSocket));
pub const DATABASE: Accepts = exactly(ParamKind::Library(LibraryType::Database));
pub const DATABASE_POOL: Accepts = exactly(ParamKind::Library(LibraryType::DatabasePool));
pub const UDP_SOCKET: Accepts = exactly(ParamKind::Library(LibraryType::UdpSocket));
pub const RESULT: Accepts = exactly(ParamKind::Result);
pub const OPTION: Accepts = exactly(ParamKind::Option);

const fn exactly(kind: ParamKind) -> Accepts {
    Accepts {
        kind,
        optional: false,
        rest: false,
        default: "",
        needs: None,
    }
}

/// One of several kinds.
pub const fn either(kinds: &'static [ParamKind]) -> Accepts {
    exactly(ParamKind::OneOf(kinds))
}

/// A parameter that may be left out.
pub const fn opt(accepts: Accepts) -> Accepts {
    Accepts {
        optional: true,
        ..accepts
    }
}

/// A parameter that may be left out: the function then takes this value.
pub const fn or(accepts: Accepts, default: &'static str) -> Accepts {
    Accepts {
        optional: true,
        default,
        ..accepts
    }
}

/// All remaining arguments.
pub const fn rest(accepts: Accepts) -> Accepts {
    Accepts {
        rest: true,
        ..accepts
    }
}

pub const fn param(name: &'static str, accepts: Accepts) -> Param {
    Param {
        name: plain_name(name),
        kind: accepts.kind,
        optional: accepts.optional,
        rest: accepts.rest,
        default: accepts.default,
        needs: accepts.needs,
    }
}

/// A name without the mark of those that are words of Rust.
const fn plain_name(name: &'static str) -> &'static str {
    match name.as_bytes() {
        [b'r', b'#', ..] => name.split_at(2).1,
        _ => name,
    }
}

/// The path of what the function reads.
pub const READ_PATH: Accepts = needs(STRING, Capability::FsRead);
/// The path of what the function writes.
pub const WRITTEN_PATH: Accepts = needs(STRING, Capability::FsWrite);
/// The host of an address that the function reaches, or binds; the parameter after it is
/// the port.
pub const HOST: Accepts = needs(STRING, Capability::Net);
/// A URL that the function reaches; it looks at the scheme itself.
pub const URL: Accepts = needs(STRING, Capability::Net);
/// A URL, or options in which it is, which the function looks for itself.
pub const URL_OR_OPTIONS: Accepts = either(&[ParamKind::String, ParamKind::Dict]);
/// The name of a variable of the environment.
pub const VARIABLE: Accepts = needs(STRING, Capability::Env);

const fn needs(accepts: Accepts, capability: Capability) -> Accepts {
    Accepts {
        needs: Some(capability),
        ..accepts
    }
}

/// Whether calls need a capability.
pub const fn is_guarded(params: &[Param], needs: Option<Capability>) -> bool {
    let mut i = 0;
    while i < params.len() {
        if params[i].needs.is_some() {
            return true;
        }
        i += 1;
    }
    needs.is_some()
}

/// The reach of a function whose row names none follows from its capabilities.
pub const fn usual_reach(params: &[Param], needs: Option<Capability>) -> Reach {
    let mut reach = of_capability(needs);
    let mut i = 0;
    while i < params.len() {
        let other = of_capability(params[i].needs);
        if other as u8 > reach as u8 {
            reach = other;
        }
        i += 1;
    }
    reach
}

const fn of_capability(needs: Option<Capability>) -> Reach {
    match needs {
        None => Reach::Pure,
        Some(Capability::Env) => Reach::Reads,
        Some(Capability::FsRead | Capability::FsWrite) => Reach::Blocks,
        Some(Capability::Process | Capability::Net | Capability::Db) => Reach::Waits,
    }
}

/// Whether a parameter is a host with its port after it, and no URL.
fn has_port(params: &[Param], index: usize) -> bool {
    params
        .get(index + 1)
        .is_some_and(|next| next.name == "port")
}

/// A host and a port as one address. The port is checked.
pub fn address(cx: &mut dyn Context, name: &str, host: Value, port: Value) -> Fallible<String> {
    if !(0..=65_535).contains(&clamped(port)) {
        return Err(value_error(cx, name, "port", "from 0 to 65535", port));
    }
    let (host, port) = (cx.heap().str(host), clamped(port));
    Ok(match host.contains(':') && !host.starts_with('[') {
        true => format!("[{host}]:{port}"),
        false => format!("{host}:{port}"),
    })
}

/// Refuses a call, whose arguments are of the right types, that needs what the program
/// may not reach.
pub fn guard(
    cx: &mut dyn Context,
    name: &str,
    params: &[Param],
    needs: Option<Capability>,
    args: Args,
) -> Fallible<()> {
    if let Some(capability) = needs {
        permit(cx, name, capability, None)?;
    }
    for (i, param) in params.iter().enumerate() {
        if let Some(capability) = param.needs
            && !args.get(i).is_absent()
        {
            let what: Cow<str> = match capability {
                Capability::Net if has_port(params, i) => {
                    address(cx, name, args.get(i), args.get(i + 1))?.into()
                }
                Capability::Net => address_of(cx.heap().str(args.get(i)))?.into(),
                _ => cx.heap().str(args.get(i)).into(),
            };
            permit(cx, name, capability, Some(&what))?;
        }
    }
    Ok(())
}

macro_rules! natives {
    ($(
        $(#[doc = $doc:literal])+
        $form:ident fn [$($effect:ident)+] $name:ident $(| $alias:ident)*
        ($($param:ident : $accepts:expr),* $(,)?) $(-> $result:literal)?
            = $function:path $(, $method:path $(| $fast_method:path)?)? $(=> $fast:path)?
            $(as $intrinsic:ident)? $(where needs $needs:ident)? $(; $reach:ident)?;
    )*) => {
        pub(super) const NATIVES: &[$crate::runtime::Native] = &[$({
            const PARAMS: &[$crate::runtime::Param] =
                &[$($crate::stdlib::declare::param(stringify!($param), $accepts)),*];
            const COUNT: (u8, usize) = $crate::runtime::Native::count(PARAMS);
            $crate::runtime::Native {
                name: stringify!($name),
                aliases: &[$(stringify!($alias)),*],
                params: PARAMS,
                min_args: COUNT.0,
                max_args: COUNT.1,
                sets: $crate::runtime::Native::sets(PARAMS),
                intrinsic: $crate::stdlib::declare::intrinsic!($($intrinsic)?),
                fast: $crate::stdlib::declare::fast!($($fast)?),
                function: {
                    const FUNCTION: $crate::runtime::NativeFn =
                        $crate::stdlib::declare::function_form!($form $function $(, $method)?);
                    const NEEDS: Option<$crate::runtime::world::Capability> =
                        $crate::stdlib::declare::capability!($($needs)?);
                    if $crate::stdlib::declare::is_guarded(PARAMS, NEEDS) {
                        |cx, args| {
                            let name = stringify!($name);
                            $crate::stdlib::declare::guard(cx, name, PARAMS, NEEDS, args)?;
                            FUNCTION(cx, args)
                        }
                    } else {
                        FUNCTION
                    }
                },
                needs: $crate::stdlib::declare::capability!($($needs)?),
                reach: $crate::stdlib::declare::reach!(
                    (PARAMS, $crate::stdlib::declare::capability!($($needs)?)) $($reach)?
                ),
                is_function: $crate::stdlib::declare::is_function!($form),
                method: $crate::stdlib::declare::method_form!($form $($method $(| $fast_method)?)?),
                effects: $crate::effects::effects!($($effect)+),
                result: concat!($($result)?),
                doc: concat!($($doc, "\n"),+).trim_ascii(),
            }
        }),*];
    };
}

/// Functions that a build without a feature has: they say so.
#[cfg_attr(feature = "full", allow(unused_macros))]
macro_rules! left_out {
    ($feature:literal: $($name:ident)+) => {$(
        pub fn $name(
            _: &mut dyn $crate::runtime::Context,
            _: $crate::runtime::Args,
        ) -> $crate::runtime::Fallible {
            Err($crate::stdlib::declare::unsupported(stringify!($name), $feature))
        }
    )+};
}

macro_rules! method_form {
    (plain) => {
        $crate::runtime::MethodForm::None
    };
    (pure) => {
        $crate::runtime::MethodForm::Pure
    };
    (mutating $method:path $(| $fast:path)?) => {
        $crate::runtime::MethodForm::Mutating {
            method: $method,
            fast: $crate::stdlib::declare::fast!($($fast)?),
        }
    };
    (adaptor $lazy:path) => {
        $crate::runtime::MethodForm::Pure
    };
    (method) => {
        $crate::runtime::MethodForm::Pure
    };
    (mutating_method $method:path) => {
        $crate::runtime::MethodForm::Mutating {
            method: $method,
            fast: None,
        }
    };
}

macro_rules! is_function {
    (method) => {
        false
    };
    (mutating_method) => {
        false
    };
    ($form:ident) => {
        true
    };
}

macro_rules! function_form {
    (adaptor $eager:path, $lazy:path) => {
        |cx, args| $crate::stdlib::declare::adaptor(cx, args, $eager, $lazy)
    };
    ($form:ident $function:path $(, $method:path)?) => {
        $function
    };
}

macro_rules! fast {
    () => {
        None
    };
    ($fast:path) => {
        Some($fast)
    };
}

macro_rules! intrinsic {
    () => {
        None
    };
    ($intrinsic:ident) => {
        Some($crate::runtime::Intrinsic::$intrinsic)
    };
}

macro_rules! reach {
    (($params:expr, $needs:expr)) => {
        $crate::stdlib::declare::usual_reach($params, $needs)
    };
    ($known:tt reads) => {
        $crate::runtime::Reach::Reads
    };
    ($known:tt writes) => {
        $crate::runtime::Reach::Writes
    };
    ($known:tt blocks) => {
        $crate::runtime::Reach::Blocks
    };
    ($known:tt waits) => {
        $crate::runtime::Reach::Waits
    };
}

macro_rules! capability {
    () => {
        None
    };
    ($needs:ident) => {
        Some($crate::runtime::world::Capability::$needs)
    };
}

#[cfg_attr(feature = "full", allow(unused_imports))]
pub(super) use left_out;
pub(super) use {
    capability, fast, function_form, intrinsic, is_function, method_form, natives, reach,
};

/// The fault of a function that this build has left out.
#[cold]
#[cfg_attr(feature = "full", allow(dead_code))]
pub fn unsupported(name: &str, feature: &str) -> Box<Fault> {
    let message = format!("{name}() expects a build with feature '{feature}'; got one without");
    Fault::new(ErrorKind::Unsupported, message)
}

/// Both forms of an adaptor: `lazy` if argument 0 gives its elements one by one, else
/// `eager`.
pub fn adaptor(cx: &mut dyn Context, args: Args, eager: NativeFn, lazy: NativeFn) -> Fallible {
    if sequence::is_lazy(args.get(0)) {
        return lazy(cx, args);
    }
    eager(cx, args)
}
