//! Struct, class and enum types as values: names, fields, defaults and methods.
//! Made once when a program is loaded (or a capturing declaration runs), read by
//! every instruction that names a field or method.

use super::Heap;
use super::object::*;
use crate::value::Value;

/// The value of a field that a literal leaves out.
#[derive(Clone, Copy, Debug)]
pub enum Default {
    /// It has to be given.
    None,
    /// Always this value (shared from birth if it is a container).
    Value(Value),
    /// A new empty array each time.
    EmptyArray,
    /// A new empty dict each time.
    EmptyDict,
    /// The result of calling this function without arguments.
    Call(Value),
}

#[derive(Clone, Copy, Debug)]
pub struct Field {
    /// An interned string.
    pub name: Value,
    pub default: Default,
}

#[derive(Clone, Copy, Debug)]
pub struct Method {
    /// An interned string.
    pub name: Value,
    pub function: Value,
    /// Changes `self`.
    pub mutating: bool,
    /// Callable as `Type::name`.
    pub is_static: bool,
}

/// Methods that programs define for the language to call: what operators mean, and
/// the text of a value.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u8)]
pub enum Special {
    Add,
    Sub,
    Mul,
    Div,
    Mod,
    Pow,
    /// The operators of a right operand.
    AddRight,
    SubRight,
    MulRight,
    DivRight,
    ModRight,
    PowRight,
    /// `x in own` and `contains(own, x)`.
    Contains,
    Neg,
    Not,
    Eq,
    Ne,
    Lt,
    Le,
    Gt,
    Ge,
    /// `x[i]` and `x[i] := v`.
    Index,
    SetIndex,
    /// `len(x)`, and the truth of `x`.
    Len,
    /// The parts that `for` and functions of sequences walk through.
    Iter,
    ToString,
}

/// The names of [`Special`] methods, in order.
const SPECIAL_NAMES: [&str; 26] = [
    "op_add",
    "op_sub",
    "op_mul",
    "op_div",
    "op_mod",
    "op_pow",
    "op_radd",
    "op_rsub",
    "op_rmul",
    "op_rdiv",
    "op_rmod",
    "op_rpow",
    "op_contains",
    "op_neg",
    "op_not",
    "op_eq",
    "op_ne",
    "op_lt",
    "op_le",
    "op_gt",
    "op_ge",
    "op_index",
    "op_set_index",
    "len",
    "iter",
    "to_string",
];

const _: () = assert!(Special::ToString as usize + 1 == SPECIAL_NAMES.len());

/// A field of the engine's own types that printing shows.
#[derive(Clone, Copy, Debug)]
pub struct Printed {
    pub slot: usize,
    /// Shown even when it is null.
    pub always: bool,
}

/// A type of the library that has methods of its own. Its instances are changed by those
/// alone.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[repr(u8)]
pub enum LibraryType {
    ArgParser,
    ZipArchive,
    Image,
    Channel,
    TaskGroup,
    TcpListener,
    TcpStream,
    UdpSocket,
    HttpServer,
    HttpResponse,
    WebSocket,
    Database,
    DatabasePool,
}

impl LibraryType {
    /// All of them, in the order of their numbers.
    pub const ALL: [LibraryType; 13] = [
        LibraryType::ArgParser,
        LibraryType::ZipArchive,
        LibraryType::Image,
        LibraryType::Channel,
        LibraryType::TaskGroup,
        LibraryType::TcpListener,
        LibraryType::TcpStream,
        LibraryType::UdpSocket,
        LibraryType::HttpServer,
        LibraryType::HttpResponse,
        LibraryType::WebSocket,
        LibraryType::Database,
        LibraryType::DatabasePool,
    ];

    /// Its name.
    pub const fn name(self) -> &'static str {
        match self {
            LibraryType::ArgParser => "ArgParser",
            LibraryType::ZipArchive => "ziparchive",
            LibraryType::Image => "image",
            LibraryType::Channel => "channel",
            LibraryType::TaskGroup => "taskgroup",
            LibraryType::TcpListener => "tcplistener",
            LibraryType::TcpStream => "tcpstream",
            LibraryType::UdpSocket => "udpsocket",
            LibraryType::HttpServer => "httpserver",
            LibraryType::HttpResponse => "httpresponse",
            LibraryType::WebSocket => "websocket",
            LibraryType::Database => "database",
            LibraryType::DatabasePool => "databasepool",
        }
    }

    /// Its name as messages write it.
    pub const fn with_article(self) -> &'static str {
        match self {
            LibraryType::ArgParser => "an ArgParser",
            LibraryType::ZipArchive => "a ziparchive",
            LibraryType::Image => "an image",
            LibraryType::Channel => "a channel",
            LibraryType::TaskGroup => "a taskgroup",
            LibraryType::TcpListener => "a tcplistener",
            LibraryType::TcpStream => "a tcpstream",
            LibraryType::UdpSocket => "a udpsocket",
            LibraryType::HttpServer => "an httpserver",
            LibraryType::HttpResponse => "an httpresponse",
            LibraryType::WebSocket => "a websocket",
            LibraryType::Database => "a database",
            LibraryType::DatabasePool => "a databasepool",
        }
    }

    /// The prefix that its functions have and its methods have not.
    pub const fn prefix(self) -> &'static str {
        match self {
            LibraryType::ArgParser
            | LibraryType::Image
            | LibraryType::Channel
            | LibraryType::TaskGroup
            | LibraryType::HttpServer
            | LibraryType::HttpResponse => "",
            LibraryType::WebSocket => "ws_",
            LibraryType::Database => "db_",
            LibraryType::DatabasePool => "db_pool_",
            LibraryType::ZipArchive => "zip_",
            LibraryType::TcpListener | LibraryType::TcpStream => "tcp_",
            LibraryType::UdpSocket => "udp_",
        }
    }

    /// Whether its instances are handles: each is itself, and no key.
    pub const fn is_handle(self) -> bool {
        !matches!(
            self,
            LibraryType::ArgParser | LibraryType::Image | LibraryType::HttpResponse
        )
    }

    /// Whether programs may see its instances as structs.
    pub const fn is_struct(self) -> bool {
        matches!(self, LibraryType::ArgParser)
    }
}

/// Where a type was declared: the numbers of a source and of the type in that, which mean
/// something to the machine alone.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Declared {
    pub source: u32,
    pub number: u32,
}

/// A struct or class.
#[derive(Debug)]
pub struct StructType {
    pub name: Value,
    pub is_class: bool,
    /// Represents a module: the one instance has its exports as fields.
    pub is_module: bool,
    /// Set for such types of the library.
    pub library: Option<LibraryType>,
    /// `None` if no program declares it.
    pub declared: Option<Declared>,
    /// Shape id of its instances, with [`SHAPE_BIT`]; it says whether they are simply
    /// themselves ([`super::shape::has_equality`]).
    pub shape: u32,
    pub fields: Vec<Field>,
    /// Fields that programs see: the first this many. The engine's own types
    /// keep private ones after them.
    pub visible: usize,
    /// The fields that printing shows, if those are not all visible ones.
    pub printed: Option<Box<[Printed]>>,
    pub methods: Vec<Method>,
    /// The functions of its [`Special`] methods, absent where it has none: found once,
    /// not at every operator.
    special: [Value; SPECIAL_NAMES.len()],
    field_index: Vec<(u64, u32)>,
    method_index: Vec<(u64, u32)>,
}

/// An enum's declared variants.
#[derive(Debug)]
pub struct EnumType {
    pub name: Value,
    pub declared: Declared,
    /// Interned name and tag of each.
    pub variants: Vec<(Value, u32)>,
}

fn index_of(pairs: &[(u64, u32)], name: Value) -> Option<usize> {
    pairs
        .binary_search_by_key(&name.bits(), |pair| pair.0)
        .ok()
        .map(|at| pairs[at].1 as usize)
}

fn make_index(names: impl Iterator<Item = Value>) -> Vec<(u64, u32)> {
    let mut pairs: Vec<_> = names
        .enumerate()
        .map(|(i, name)| (name.bits(), i as u32))
        .collect();
    pairs.sort_unstable();
    pairs
}

impl StructType {
    /// Names are interned strings; all values are reachable for the collector
    /// until [`Heap::new_struct_type`] has taken the type.
    pub fn new(
        name: Value,
        is_class: bool,
        fields: Vec<Field>,
        methods: Vec<Method>,
    ) -> StructType {
        StructType {
            name,
            is_class,
            is_module: false,
            library: None,
            declared: None,
            shape: 0,
            visible: fields.len(),
            printed: None,
            field_index: make_index(fields.iter().map(|f| f.name)),
            method_index: make_index(methods.iter().map(|m| m.name)),
            special: [Value::ABSENT; SPECIAL_NAMES.len()],
            fields,
            methods,
        }
    }

    /// The fields by which instances are compared: the first this many.
    pub fn compared(&self) -> usize {
        match self.library {
            Some(_) => self.fields.len(),
            None => self.visible,
        }
    }

    /// Slot of the field with this (interned) name.
    pub fn field(&self, name: Value) -> Option<usize> {
        index_of(&self.field_index, name)
    }

    /// Index of the method with this (interned) name.
    pub fn method(&self, name: Value) -> Option<usize> {
        index_of(&self.method_index, name)
    }

    /// The function of a method that the language calls, if the type defines it.
    #[inline]
    pub fn special(&self, which: Special) -> Option<Value> {
        let function = self.special[which as usize];
        (!function.is_absent()).then_some(function)
    }
}

#[repr(C)]
pub struct StructObj {
    pub header: Header,
    pub ty: *mut StructTypeObj,
    // followed by one Value for each field, absent while unassigned
}

const _: () = assert!(size_of::<StructObj>() == 16);

#[repr(C)]
pub struct StructTypeObj {
    pub header: Header,
    /// Owned; freed with the object.
    pub info: *mut StructType,
}

#[repr(C)]
pub struct EnumTypeObj {
    pub header: Header,
    /// Owned; freed with the object.
    pub info: *mut EnumType,
}

impl Heap {
    /// Stores a value in field `slot` of a struct or class instance.
    #[inline]
    pub fn set_field(&mut self, instance: Value, slot: usize, value: Value) {
        // SAFETY: as for reading it.
        unsafe { *instance.instance_place(slot) = value };
        self.write_barrier(instance.as_pointer(), value);
    }

    pub fn new_struct_type(&mut self, mut info: StructType) -> Value {
        for method in &info.methods {
            let name = self.str(method.name);
            if let Some(at) = SPECIAL_NAMES.iter().position(|&special| special == name) {
                info.special[at] = method.function;
            }
        }
        let has_equality =
            info.special(Special::Eq).is_some() || info.special(Special::Ne).is_some();
        info.shape = self.shapes.new_type_shape(info.is_class, has_equality);
        let info = Box::into_raw(Box::new(info));
        let object: *mut StructTypeObj = self
            .allocate(Kind::StructType, 0, 0, size_of::<StructTypeObj>())
            .cast();
        // SAFETY: a fresh object.
        unsafe {
            (*object).info = info;
            Value::pointer(object)
        }
    }

    pub fn new_enum_type(&mut self, info: EnumType) -> Value {
        let info = Box::into_raw(Box::new(info));
        let object: *mut EnumTypeObj = self
            .allocate(Kind::EnumType, 0, 0, size_of::<EnumTypeObj>())
            .cast();
        // SAFETY: a fresh object.
        unsafe {
            (*object).info = info;
            Value::pointer(object)
        }
    }

    /// An instance with every field absent.
    pub fn new_instance(&mut self, ty: Value) -> Value {
        let info = ty.struct_type();
        let kind = if info.is_class {
            Kind::Object
        } else {
            Kind::Struct
        };
        let fields = info.fields.len();
        let object: *mut StructObj = self
            .allocate(kind, 0, info.shape, size_of::<StructObj>() + 8 * fields)
            .cast();
        // SAFETY: a fresh object with room for the fields.
        unsafe {
            (*object).ty = ty.as_pointer();
            for slot in 0..fields {
                trailing(object, slot).write(Value::ABSENT);
            }
            Value::pointer(object)
        }
    }

    /// An instance with the given values of all fields in order: what the
    /// literals of a loop make, as fast as may be.
    ///
    /// # Safety
    /// `values` points to as many values as the type has fields.
    #[inline]
    pub unsafe fn new_instance_from(&mut self, ty: Value, values: *const Value) -> Value {
        let info = ty.struct_type();
        let kind = if info.is_class {
            Kind::Object
        } else {
            Kind::Struct
        };
        let fields = info.fields.len();
        let size = size_of::<StructObj>() + 8 * fields;
        let object: *mut StructObj = self.allocate(kind, 0, info.shape, size).cast();
        // SAFETY: a fresh object with room for the fields; the caller's promise.
        unsafe {
            (*object).ty = ty.as_pointer();
            std::ptr::copy_nonoverlapping(values, trailing(object, 0), fields);
            Value::pointer(object)
        }
    }

    /// The value of a field by its default, unless a function says it.
    #[inline]
    pub fn default_value(&mut self, default: Default) -> Option<Value> {
        match default {
            Default::Value(value) => Some(value),
            Default::EmptyArray => Some(self.new_array(0)),
            Default::EmptyDict => Some(self.new_dict(0)),
            Default::None | Default::Call(_) => None,
        }
    }

    /// A copy of a struct instance that shares what its fields hold.
    pub fn copy_instance(&mut self, instance: Value) -> Value {
        self.stats.copies += 1;
        let from: *mut StructObj = instance.as_pointer();
        // SAFETY: `instance` is a struct instance; both have the type's fields.
        unsafe {
            let fields = (*(*(*from).ty).info).fields.len();
            let size = size_of::<StructObj>() + 8 * fields;
            let header = (*from).header;
            let object: *mut StructObj = self.allocate(header.kind, 0, header.aux, size).cast();
            (*object).ty = (*from).ty;
            for slot in 0..fields {
                let value = *trailing(from, slot);
                value.share();
                trailing(object, slot).write(value);
            }
            Value::pointer(object)
        }
    }
}

impl Value {
    /// The type this struct type object stands for.
    ///
    /// # Panics
    /// In debug builds if it is no struct type.
    pub fn struct_type(self) -> &'static StructType {
        debug_assert!(self.is_kind(Kind::StructType));
        // SAFETY: a struct type object owns its info as long as it lives, and
        // instances keep their type alive.
        unsafe { &*(*self.as_pointer::<StructTypeObj>()).info }
    }

    /// The enum this enum type object stands for.
    pub fn enum_type(self) -> &'static EnumType {
        debug_assert!(self.is_kind(Kind::EnumType));
        // SAFETY: as for struct types.
        unsafe { &*(*self.as_pointer::<EnumTypeObj>()).info }
    }

    /// The type of a struct or class instance.
    #[inline]
    pub fn instance_type(self) -> &'static StructType {
        debug_assert!(self.is_kind(Kind::Struct) || self.is_kind(Kind::Object));
        // SAFETY: instances point to their type.
        unsafe { &*(*(*self.as_pointer::<StructObj>()).ty).info }
    }

    /// Field `slot` of a struct or class instance.
    #[inline]
    pub fn instance_field(self, slot: usize) -> Value {
        // SAFETY: an initialised slot.
        unsafe { *self.instance_place(slot) }
    }

    /// All fields of a struct or class instance, absent while unassigned.
    pub fn instance_fields(self) -> &'static [Value] {
        let count = self.instance_type().fields.len();
        // SAFETY: an instance has one slot for each of its type's fields.
        unsafe {
            let first = trailing(self.as_pointer::<StructObj>(), 0);
            std::slice::from_raw_parts(first, count)
        }
    }

    /// Where field `slot` of a struct or class instance lies. A store there needs the
    /// write barrier.
    #[inline]
    pub fn instance_place(self, slot: usize) -> *mut Value {
        debug_assert!(slot < self.instance_type().fields.len());
        // SAFETY: an instance has one slot for each of its type's fields.
        unsafe { trailing(self.as_pointer::<StructObj>(), slot) }
    }

    /// The type of the library that a value is an instance of.
    pub fn library_type(self) -> Option<LibraryType> {
        match self.kind() {
            Some(Kind::Struct | Kind::Object) => self.instance_type().library,
            Some(Kind::Handle) => Some(self.handle_type()),
            _ => None,
        }
    }

    /// The type of the library that a value is an instance of, if that is no struct to
    /// programs.
    pub fn opaque_type(self) -> Option<LibraryType> {
        self.library_type().filter(|ty| !ty.is_struct())
    }

    /// Whether this is a module's value.
    #[inline]
    pub fn is_module(self) -> bool {
        self.is_kind(Kind::Object) && self.instance_type().is_module
    }

    /// The parts of a tagged value.
    #[inline]
    pub fn tagged_parts(self) -> &'static [Value] {
        debug_assert!(self.is_kind(Kind::Tagged));
        // SAFETY: a tagged object is followed by its parts and immutable.
        unsafe {
            let object: *mut TaggedObj = self.as_pointer();
            std::slice::from_raw_parts(trailing(object, 0), (*object).parts as usize)
        }
    }
}
