//! The variables of the outermost level, by number.

use super::Vm;
use crate::runtime::{ErrorKind, Fallible, Fault};
use crate::value::Value;
use std::collections::HashMap;

/// The globals of a session by name.
pub type GlobalNumbers = HashMap<String, u32>;

#[derive(Default)]
pub(crate) struct Globals {
    /// Absent before they are assigned.
    pub values: Vec<Value>,
    /// Interned.
    pub names: Vec<Value>,
    /// How many instructions of loaded code assign each of them.
    assignments: Vec<u32>,
}

impl Globals {
    /// Adds a global that has no value yet. The values may move.
    pub fn add(&mut self, name: Value) {
        self.values.push(Value::ABSENT);
        self.names.push(name);
        self.assignments.push(0);
    }

    /// Counts an instruction that assigns a global.
    pub fn add_assignment(&mut self, number: u32) {
        self.assignments[number as usize] += 1;
    }

    /// Whether a global is assigned at one place, so that it seldom changes once it has a
    /// value.
    pub fn seldom_changes(&self, number: u32) -> bool {
        self.assignments[number as usize] == 1
    }
}

impl Vm {
    #[cold]
    pub(crate) fn undefined(&mut self, name: Value) -> Box<Fault> {
        let name = self.heap.str(name);
        Fault::new(ErrorKind::Name, format!("Undefined variable: {name}"))
    }

    /// The fault of reading a captured variable without a value.
    #[cold]
    pub(crate) fn absent_cell(&mut self, cell: Value, name: Value) -> Box<Fault> {
        match self.missing_cell(cell, name) {
            Some(fault) => fault,
            None => self.undefined(name),
        }
    }

    /// `GetDynamic`: a name that no text declares.
    #[cold]
    pub(crate) fn get_dynamic(&mut self, name: Value) -> Fallible {
        let text = self.heap.str(name);
        if let Some(index) = crate::stdlib::function(text) {
            return Ok(self.code.native_values[index as usize]);
        }
        Err(self.undefined(name))
    }
}
