//! The variables of the outermost level, by number.

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
}

impl Globals {
    /// Adds a global that has no value yet. The values may move.
    pub fn add(&mut self, name: Value) {
        self.values.push(Value::ABSENT);
        self.names.push(name);
    }
}
