//! The values that `unique` has seen, told apart as sets do.

use crate::runtime::arith::{check_room, system_out_of_memory};
use crate::runtime::hash::{hash, same};
use crate::runtime::{Context, Fallible};
use crate::value::Value;
use hashbrown::HashTable;

/// Bytes of an entry, with what tells whether it is one.
const ENTRY: usize = size_of::<(u32, Value)>() + 1;

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
        if self.table.len() == self.table.capacity() {
            // The table is copied into one of twice the size.
            check_room(cx, 3 * ENTRY * self.table.capacity().max(8))?;
            let grown = self.table.try_reserve(1, |entry| wide(entry.0));
            grown.map_err(|_| system_out_of_memory())?;
        }
        self.table
            .insert_unique(wide(hash), (hash, v), |entry| wide(entry.0));
        Ok(true)
    }
}
