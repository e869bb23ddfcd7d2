//! The heap's part in the machine's word of interrupts. The heap calls nothing that could
//! find out whether the program is to end, so it looks there itself where it works long;
//! and it tells the machine there that it is full.

use super::room::NoRoom;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};

/// Two bits of a word of interrupts.
#[derive(Default)]
pub struct Watch {
    word: Option<Arc<AtomicU8>>,
    stop: u8,
    full: u8,
}

impl Watch {
    /// Watches the bit `stop`, which is not taken back before the work that it ends has
    /// ended, and sets `full` when the heap has more than its limit.
    pub fn new(word: Arc<AtomicU8>, stop: u8, full: u8) -> Watch {
        let word = Some(word);
        Watch { word, stop, full }
    }

    /// Tells the machine that the heap is full.
    pub fn note_full(&self) {
        if let Some(word) = &self.word {
            word.fetch_or(self.full, Ordering::Relaxed);
        }
    }

    /// To be called every few milliseconds of a long work.
    ///
    /// # Errors
    /// If the program is to end.
    #[inline]
    pub fn look(&self) -> Result<(), NoRoom> {
        match &self.word {
            Some(word) if word.load(Ordering::Relaxed) & self.stop != 0 => Err(NoRoom::Stopped),
            _ => Ok(()),
        }
    }
}
