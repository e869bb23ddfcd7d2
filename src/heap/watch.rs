//! Whether the program is to end. The heap calls nothing that could find out, so it looks
//! at the machine's word of interrupts itself where it works long.

use super::room::NoRoom;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};

/// A bit of a word that other threads set.
#[derive(Default)]
pub struct Watch {
    word: Option<Arc<AtomicU8>>,
    bit: u8,
}

impl Watch {
    /// Watches a bit, which is not taken back before the work that it ends has ended.
    pub fn new(word: Arc<AtomicU8>, bit: u8) -> Watch {
        let word = Some(word);
        Watch { word, bit }
    }

    /// To be called every few milliseconds of a long work.
    ///
    /// # Errors
    /// If the program is to end.
    #[inline]
    pub fn look(&self) -> Result<(), NoRoom> {
        match &self.word {
            Some(word) if word.load(Ordering::Relaxed) & self.bit != 0 => Err(NoRoom::Stopped),
            _ => Ok(()),
        }
    }
}
