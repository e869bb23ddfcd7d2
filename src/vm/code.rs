//! Loaded code: functions, built-ins, types yet to be made, and the sources that they
//! come from. It grows and is kept until the machine goes: frames, caches and compiled
//! code name its entries by number and point into them.

use super::globals::GlobalNumbers;
use super::modules::Export;
use super::parcel::Named;
use super::proto::Proto;
use crate::bytecode::{StructCode, Unit};
use crate::heap::types::Declared;
use crate::runtime::Native;
use crate::syntax::source::SourceFile;
use crate::value::Value;
use std::sync::Arc;

/// A loaded source, for positions and reports.
pub struct Source {
    pub file: Arc<SourceFile>,
    pub(crate) unit: Arc<Unit>,
    /// Number of the unit's first function.
    pub(crate) first_function: u32,
    /// The numbers of the unit's globals in the machine's table.
    pub(crate) globals: Box<[u32]>,
    /// The unit's types; the number of a template for those that are made again
    /// each time.
    pub(crate) structs: Box<[Value]>,
    pub(crate) enums: Box<[Value]>,
    /// An input of a session.
    pub(crate) is_input: bool,
    /// By the number of a function in the unit, where it has been asked for.
    pub(crate) named: Vec<Option<Named>>,
    /// Interned names of its exports, with where their values are.
    pub(crate) exports: Vec<(Value, Export)>,
}

/// A struct whose methods capture variables: made again each time its
/// declaration is reached.
pub(crate) struct TypeTemplate {
    pub code: StructCode,
    pub declared: Declared,
}

pub(crate) struct CodeTable {
    /// By number, as method caches name them.
    pub protos: Vec<*mut Proto>,
    pub sources: Vec<Source>,
    pub templates: Vec<TypeTemplate>,
    pub natives: &'static [Native],
    /// The built-ins as values.
    pub native_values: Vec<Value>,
    /// The function that frames of built-ins and of the host program name.
    pub native_proto: Box<Proto>,
    /// The function that calls a value as a task, once it has been needed.
    starter: Option<Box<Proto>>,
    /// The globals of inputs of another machine's session.
    pub inputs: GlobalNumbers,
}

impl CodeTable {
    pub fn new(natives: &'static [Native]) -> CodeTable {
        CodeTable {
            protos: Vec::new(),
            sources: Vec::new(),
            templates: Vec::new(),
            natives,
            native_values: Vec::new(),
            native_proto: Box::new(Proto::native()),
            starter: None,
            inputs: GlobalNumbers::new(),
        }
    }

    /// The function that calls a value as a task.
    pub fn starter(&mut self) -> *mut Proto {
        let starter = self
            .starter
            .get_or_insert_with(|| Box::new(Proto::starter()));
        &raw mut **starter
    }
}

impl Drop for CodeTable {
    fn drop(&mut self) {
        for &proto in &self.protos {
            // SAFETY: made by `Box::into_raw` in `load`; nothing runs any more.
            drop(unsafe { Box::from_raw(proto) });
        }
    }
}
