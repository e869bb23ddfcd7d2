//! The places of young objects, for the marker of a minor collection: most of the pointers
//! that it looks at are to old objects, and need not be followed. What lies outside such a
//! place is old; what lies inside may be either. The places are entered when a bin gets
//! memory to allocate from, and forgotten when a collection has made all that lives old.

use super::BLOCK_SIZE;
use std::cell::Cell;

/// Places that are told apart: as many as fit the processor's first cache easily.
const PLACES: usize = 1 << 16;

/// A bit for each block-sized part of the address space, which parts far from each other
/// share.
pub struct YoungPlaces {
    bits: [Cell<u64>; PLACES / 64],
}

impl YoungPlaces {
    pub(super) fn new() -> YoungPlaces {
        YoungPlaces {
            bits: [const { Cell::new(0) }; PLACES / 64],
        }
    }

    /// Whether a young object may begin at an address.
    #[inline(always)]
    pub fn may_have(&self, address: usize) -> bool {
        let place = address / BLOCK_SIZE;
        self.bits[place / 64 % (PLACES / 64)].get() >> (place % 64) & 1 != 0
    }

    /// Enters the place of a block or a large cell.
    pub(super) fn add(&self, address: usize) {
        let place = address / BLOCK_SIZE;
        let bits = &self.bits[place / 64 % (PLACES / 64)];
        bits.set(bits.get() | 1 << (place % 64));
    }

    /// Forgets all places.
    pub(super) fn clear(&self) {
        self.bits.iter().for_each(|bits| bits.set(0));
    }
}
