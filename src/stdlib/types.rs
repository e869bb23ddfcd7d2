//! The struct types of the library's own. They are made when a program first gets an
//! instance of one.

use crate::heap::types::{Default, Field, LibraryType, StructType};
use crate::runtime::Context;
use crate::value::Value;
use std::any::TypeId;

/// How a type of the library is made.
pub struct OwnType {
    name: &'static str,
    fields: &'static [&'static str],
    /// Fields that programs see: the first this many.
    visible: usize,
    /// Instances are handles: each is itself, however many names it has.
    is_handle: bool,
    /// Set if it has methods.
    library: Option<LibraryType>,
}

/// All of them.
const ALL: [&OwnType; 8] = [
    &PROCESS_RESULT,
    &ARG_PARSER,
    &ZIP_ARCHIVE,
    &HTTP_SERVER,
    &HTTP_RESPONSE,
    &IMAGE,
    &CHANNEL,
    &TASK_GROUP,
];

/// The outcome of a process.
pub const PROCESS_RESULT: OwnType = OwnType {
    name: "ProcessResult",
    fields: &[
        "exitcode",
        "stdout",
        "stderr",
        "success",
        "timed_out",
        "stdout_truncated",
        "stderr_truncated",
    ],
    visible: 7,
    is_handle: false,
    library: None,
};

/// A reader of command lines.
pub const ARG_PARSER: OwnType = OwnType {
    name: "ArgParser",
    fields: &["name", "description", "arguments"],
    visible: 3,
    is_handle: false,
    library: Some(LibraryType::ArgParser),
};

/// A zip archive that is being written.
pub const ZIP_ARCHIVE: OwnType = OwnType {
    name: "ziparchive",
    fields: &["number"],
    visible: 0,
    is_handle: true,
    library: Some(LibraryType::ZipArchive),
};

/// A server: its address, its routes, and its number while it runs.
pub const HTTP_SERVER: OwnType = OwnType {
    name: "httpserver",
    fields: &["host", "port", "routes", "running"],
    visible: 0,
    is_handle: true,
    library: Some(LibraryType::HttpServer),
};

/// A response of a server.
pub const HTTP_RESPONSE: OwnType = OwnType {
    name: "httpresponse",
    fields: &["status", "headers", "body"],
    visible: 3,
    is_handle: false,
    library: Some(LibraryType::HttpResponse),
};

/// A picture; the last field holds its pixels, as bytes.
pub const IMAGE: OwnType = OwnType {
    name: "image",
    fields: &["width", "height", "format", "pixels"],
    visible: 3,
    is_handle: false,
    library: Some(LibraryType::Image),
};

/// A channel; `stdlib::channels` says what its fields are.
pub const CHANNEL: OwnType = OwnType {
    name: "channel",
    fields: &[
        "values",
        "receivers",
        "senders",
        "capacity",
        "is_closed",
        "shared",
    ],
    visible: 0,
    is_handle: true,
    library: Some(LibraryType::Channel),
};

/// A group of tasks; `stdlib::groups` says what its fields are.
pub const TASK_GROUP: OwnType = OwnType {
    name: "taskgroup",
    fields: &["tasks", "open", "error", "result", "value"],
    visible: 0,
    is_handle: true,
    library: Some(LibraryType::TaskGroup),
};

/// The types that have been made; the machine keeps them alive.
struct Made(Vec<(&'static str, Value)>);

/// An instance of a type, with the values of all its fields.
pub fn new_instance(cx: &mut dyn Context, own: &'static OwnType, values: &[Value]) -> Value {
    assert_eq!(values.len(), own.fields.len());
    debug_assert!(ALL.iter().any(|known| known.name == own.name));
    let ty = type_value(cx, own);
    let instance = cx.heap().new_instance(ty);
    for (slot, &value) in values.iter().enumerate() {
        cx.heap().set_field(instance, slot, value);
    }
    instance
}

/// The type of the library's own with this name, made if need be.
pub fn own_type(cx: &mut dyn Context, name: &str) -> Option<Value> {
    let own = ALL.into_iter().find(|own| own.name == name)?;
    Some(type_value(cx, own))
}

fn type_value(cx: &mut dyn Context, own: &'static OwnType) -> Value {
    let area = cx.state().areas.entry(TypeId::of::<Made>());
    let made = area.or_insert_with(|| Box::new(Made(Vec::new())));
    let made = made.downcast_mut::<Made>().expect("it has this type");
    if let Some(&(_, ty)) = made.0.iter().find(|(name, _)| *name == own.name) {
        return ty;
    }
    let mut fields = Vec::new();
    for name in own.fields {
        let name = cx.heap().intern(name);
        // The list is not looked at by the collector.
        cx.pin(name);
        let default = Default::None;
        fields.push(Field { name, default });
    }
    let heap = cx.heap();
    let name = heap.intern(own.name);
    let mut info = StructType::new(name, own.is_handle, fields, Vec::new());
    info.visible = own.visible;
    info.library = own.library;
    let ty = heap.new_struct_type(info);
    cx.pin(ty);
    let area = cx.state().areas.get_mut(&TypeId::of::<Made>());
    let made = area.and_then(|area| area.downcast_mut::<Made>());
    made.expect("it has been made above").0.push((own.name, ty));
    ty
}
