//! Loaded code: functions, built-ins, types yet to be made, and the sources that they
//! come from. It grows and is kept until the machine goes: frames, caches and compiled
//! code name its entries by number and point into them.

use super::modules::Export;
use super::proto::Proto;
use crate::bytecode::StructCode;
use crate::runtime::Native;
use crate::syntax::source::SourceFile;
use crate::value::Value;
use std::sync::Arc;

/// A loaded source, for positions and reports.
pub struct Source {
    pub file: Arc<SourceFile>,
    /// Interned names of its exports, with where their values are.
    pub(crate) exports: Vec<(Value, Export)>,
}

/// A struct whose methods capture variables: made anew each time its declaration
/// is reached.
pub(crate) struct TypeTemplate {
    pub code: StructCode,
    /// Number of the unit's first function.
    pub first_function: u32,
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
