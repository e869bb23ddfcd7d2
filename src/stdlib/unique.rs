//! The values that `unique` has seen, told apart as sets do.

use crate::runtime::hash::{hash, same};
use crate::runtime::{Context, Fallible};
use crate::value::Value;
use hashbrown::HashTable;

/// The values seen so far. They have to be reachable for the collector elsewhere.
#[derive(Default)]
pub struct Seen {
    table: HashTable<(u32, Value)>,
}

impl Seen {
    pub fn new() -> Seen {
        Seen::default()
    }

    /// Whether no value equal to `v` was seen before; from now on, one was.
    pub fn is_new(&mut self, cx: &mut dyn Context, v: Value) -> Fallible<bool> {
        let hash = hash(cx, v)?;
        let wide = |hash: u32| hash as u64 | (hash as u64) << 32;
        let known = self
            .table
            .find(wide(hash), |&(other, w)| other == hash && same(cx, v, w));
        if known.is_some() {
            return Ok(false);
        }
        self.table
            .insert_unique(wide(hash), (hash, v), |entry| wide(entry.0));
        Ok(true)
    }
}
