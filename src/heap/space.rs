//! Memory for cells: size-segregated blocks with bump allocation inside free
//! intervals, and large cells one by one ([`large`]). Knows cell sizes, headers and
//! liveness marks; knows nothing of what an object refers to (`collect`).
//!
//! A block is [`BLOCK_SIZE`] bytes, aligned to its size, all cells of one size
//! class. A free cell's header says [`Kind::Free`], in fresh (zeroed) memory and
//! in swept memory alike, so any address can be tested for being an object.
//! Cells never move. A block without objects that no code has asked for between
//! two collections may be used for another size.

use super::object::{EPOCH, Header, Kind};
use super::pages;
use memmap2::MmapMut;
use std::alloc::{Layout, alloc, dealloc};
use std::collections::BTreeMap;
use std::ptr::null_mut;
use std::rc::Rc;

mod large;
mod young;
pub(super) use large::Guest;
use large::LargeCell;
pub use young::YoungPlaces;

pub const BLOCK_SIZE: usize = 1 << 16;
const BLOCK_HEADER: usize = 64;
/// Blocks are asked of the system so many at a time.
const CHUNK_BLOCKS: usize = 16;
/// A heap of so many bytes has its further blocks on huge pages, if the system has any: its
/// objects are visited in no order, and the processor's table of pages covers a few megabytes
/// only.
const HUGE_FROM: usize = 4 << 20;
/// Such blocks are asked for so many at a time.
const HUGE_CHUNK_BLOCKS: usize = 128;
/// Blocks that are swept before one more is taken: else the next object might have to wait
/// until all of a large heap has been swept.
const MOST_SWEPT: usize = 64;
/// Cells beyond this are allocated one by one.
pub const MAX_SMALL: usize = 16368;
/// The larger ones divide a block with little left.
const CLASS_SIZES: [u16; 36] = [
    16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384, 512, 640, 768,
    1024, 1280, 1552, 1920, 2336, 2840, 3440, 4088, 5032, 5944, 7272, 8184, 9352, 10912, 13088,
    16368,
];
pub(crate) const CLASSES: usize = CLASS_SIZES.len();

/// Class of a size, by eighths rounded up.
const CLASS_OF: [u8; MAX_SMALL / 8 + 1] = {
    let mut table = [0; MAX_SMALL / 8 + 1];
    let mut eighths = 0;
    while eighths < table.len() {
        let mut class = 0;
        while (CLASS_SIZES[class] as usize) < eighths * 8 {
            class += 1;
        }
        table[eighths] = class as u8;
        eighths += 1;
    }
    table
};

/// The size class of a cell for `size` bytes, at most [`MAX_SMALL`].
pub fn class_of(size: usize) -> usize {
    CLASS_OF[size.div_ceil(8)] as usize
}

#[repr(C)]
struct Block {
    cell_size: u32,
    cells: u32,
    /// The epoch in which it was swept last, or made; 0 if objects that are dead by the end
    /// of the marking under way may be in it.
    swept: u8,
}

const _: () = assert!(size_of::<Block>() <= BLOCK_HEADER);

/// A run of free cells, written over its first cell.
#[repr(C)]
struct Interval {
    /// Kind `Free`.
    header: u64,
    /// Address of the next interval with the length of this one above bit 48.
    next_and_len: u64,
}

/// Allocation state of one size class. `cursor` and `end` come first: compiled
/// code allocates by bumping one against the other.
#[repr(C)]
pub struct Bin {
    pub(crate) cursor: *mut u8,
    pub(crate) end: *mut u8,
    size: usize,
    /// Where the open interval began.
    start: *mut u8,
    /// Bytes handed out of intervals that collections have closed, not counted yet.
    uncounted: usize,
    next: *mut Interval,
    blocks: Vec<*mut Block>,
    /// Blocks from here on have not been swept since the last major collection.
    unswept: usize,
    /// Blocks that may hold young objects: their free cells have been listed since the
    /// last collection.
    touched: Vec<*mut Block>,
    /// Blocks that were touched before the last collection and have not been swept since:
    /// they may hold dead young objects.
    stale: Vec<*mut Block>,
    /// Swept blocks with free cells that have not been listed.
    ready: Vec<*mut Block>,
}

/// The objects that sweeping leaves alone: those whose marks have `epoch` under `mask`.
#[derive(Clone, Copy)]
struct Live {
    mask: u8,
    /// Blocks count as swept in this epoch.
    epoch: u8,
}

impl Live {
    /// All, since marking is under way: only cells that are free already are listed.
    const ALL: Live = Live { mask: 0, epoch: 0 };

    /// Those with the mark of an epoch: marking is complete.
    fn marked(epoch: u8) -> Live {
        Live { mask: EPOCH, epoch }
    }

    #[inline(always)]
    fn has(self, mark: u8) -> bool {
        mark & self.mask == self.epoch
    }
}

/// The work that has to be done for dead objects that own memory outside their
/// cells.
#[derive(Clone, Copy)]
pub struct Finalizer {
    /// The kinds of such objects: a bit for each.
    pub kinds: u32,
    pub run: unsafe fn(*mut Header),
}

impl Finalizer {
    /// # Safety
    /// The object is dead and is finalized once.
    #[inline(always)]
    unsafe fn finalize(self, header: *mut Header) {
        // SAFETY: the caller's promise.
        unsafe {
            if self.kinds >> (*header).kind as u32 & 1 != 0 {
                (self.run)(header);
            }
        }
    }
}

pub struct Space {
    pub(crate) bins: [Bin; CLASSES],
    /// Addresses of all blocks.
    blocks: Vec<usize>,
    /// So many of them have been put in order; all when a collection starts.
    sorted: usize,
    /// Those of them that no bin has; their cells are all free.
    spare: Vec<*mut Block>,
    /// The memory of all blocks.
    chunks: Vec<MmapMut>,
    /// Blocks of the last chunk that have never been used: from here,
    fresh: *mut u8,
    /// up to here.
    fresh_end: *mut u8,
    /// Every large cell by its address.
    large: BTreeMap<usize, LargeCell>,
    /// Memory of other heaps by its address.
    guests: BTreeMap<usize, Guest>,
    /// Those of them that have been made or moved since the last collection; some may
    /// have gone.
    young_large: Vec<usize>,
    /// Where the objects are that have been made since the last collection. The marker reads
    /// them while the space changes.
    pub(super) young: Rc<YoungPlaces>,
    /// The part of an old object's mark that says it was alive at the last major
    /// collection, or has become old since: 1, 2 or 3.
    pub epoch: u8,
    /// The epoch before, as long as objects have its mark.
    last_epoch: u8,
    /// A major collection that is done in parts is marking: not all of what lives has a mark
    /// of this epoch yet.
    is_marking: bool,
    /// Bytes handed out since the last collection, counted by the interval.
    pub allocated: usize,
    /// Bytes in blocks and large cells.
    pub reserved: usize,
    finalizer: Finalizer,
    /// In stress mode no allocation takes the fast path.
    pub stress: bool,
}

impl Bin {
    /// Ends the open interval. How many bytes of it were handed out.
    fn close(&mut self) -> usize {
        let used = self.cursor as usize - self.start as usize;
        self.cursor = null_mut();
        self.start = null_mut();
        used
    }

    /// Ends the open interval and forgets the listed ones: their cells are free or were
    /// made since the last collection, and sweeping finds them again.
    fn stop(&mut self) {
        self.uncounted += self.close();
        self.end = null_mut();
        self.next = null_mut();
    }
}

impl Space {
    pub fn new(finalizer: Finalizer) -> Space {
        Space {
            bins: CLASS_SIZES.map(|size| Bin {
                cursor: null_mut(),
                end: null_mut(),
                size: size as usize,
                start: null_mut(),
                uncounted: 0,
                next: null_mut(),
                blocks: Vec::new(),
                unswept: 0,
                touched: Vec::new(),
                stale: Vec::new(),
                ready: Vec::new(),
            }),
            blocks: Vec::new(),
            sorted: 0,
            spare: Vec::new(),
            chunks: Vec::new(),
            fresh: null_mut(),
            fresh_end: null_mut(),
            large: BTreeMap::new(),
            guests: BTreeMap::new(),
            young_large: Vec::new(),
            young: Rc::new(YoungPlaces::new()),
            epoch: 1,
            last_epoch: 1,
            is_marking: false,
            allocated: 0,
            reserved: 0,
            finalizer,
            stress: false,
        }
    }

    /// A cell of at least `size` bytes, or null when the bin has run out of swept
    /// memory. The contents are arbitrary; the caller writes the header.
    #[inline(always)]
    pub fn bump(&mut self, size: usize) -> *mut u8 {
        debug_assert!(size <= MAX_SMALL);
        let bin = &mut self.bins[CLASS_OF[size.div_ceil(8)] as usize];
        let cell = bin.cursor;
        if (bin.end as usize) - (cell as usize) >= bin.size {
            // SAFETY: the interval has room for one more cell.
            bin.cursor = unsafe { cell.add(bin.size) };
            cell
        } else {
            null_mut()
        }
    }

    /// The usable size of a cell that holds `size` bytes.
    pub fn cell_size(size: usize) -> usize {
        if size <= MAX_SMALL {
            CLASS_SIZES[CLASS_OF[size.div_ceil(8)] as usize] as usize
        } else {
            size
        }
    }

    /// Gives the bin for `size` its next free interval: from what is swept,
    /// from sweeping on, or from a fresh block. How many bytes have been handed out
    /// since the last time.
    pub fn refill(&mut self, size: usize) -> usize {
        let class = CLASS_OF[size.div_ceil(8)] as usize;
        let (live, finalizer) = (self.live(), self.finalizer);
        let mut swept = 0;
        let mut used = std::mem::take(&mut self.bins[class].uncounted);
        loop {
            let bin = &mut self.bins[class];
            if !bin.next.is_null() {
                // SAFETY: the list holds intervals that sweeping or `add_block`
                // wrote into free memory of this bin's blocks.
                unsafe {
                    let interval = bin.next;
                    let word = (*interval).next_and_len;
                    let len = ((word >> 48) as usize) * bin.size;
                    bin.next = (word & ((1 << 48) - 1)) as *mut Interval;
                    used += bin.close();
                    bin.cursor = interval.cast();
                    bin.start = bin.cursor;
                    bin.end = bin.cursor.add(len);
                    (*interval).next_and_len = 0;
                    self.allocated += len;
                }
                return used;
            }
            let block = if let Some(block) = bin.stale.pop().or_else(|| bin.ready.pop()) {
                block
            } else if bin.unswept < bin.blocks.len() && swept < MOST_SWEPT {
                bin.unswept += 1;
                bin.blocks[bin.unswept - 1]
            } else {
                self.add_block(class);
                continue;
            };
            swept += 1;
            // SAFETY: the block is one of this bin's.
            unsafe {
                if sweep_block(bin, block, live, finalizer) {
                    push_interval(bin, cell_at(block, 0), (*block).cells as usize);
                }
            }
            if !bin.next.is_null() {
                bin.touched.push(block);
                self.young.add(block as usize);
            }
        }
    }

    /// Gives a bin one more block, all of it free.
    fn add_block(&mut self, class: usize) {
        let (block, before) = match self.spare.pop() {
            // SAFETY: a block of ours.
            Some(block) => (block, unsafe { (*block).cell_size } as usize),
            // Not read: the system would provide its memory twice, for the read and for the
            // write that follows.
            None => {
                let block = self.fresh_block();
                if !self.bins[class].blocks.is_empty() {
                    ask_for_pages(block.cast());
                }
                (block, 0)
            }
        };
        let swept = self.live().epoch;
        let bin = &mut self.bins[class];
        // SAFETY: a block that no bin has. Where its cells were of another size the
        // headers are written; fresh memory is zeroed.
        unsafe {
            let cells = (BLOCK_SIZE - BLOCK_HEADER) / bin.size;
            (*block).cell_size = bin.size as u32;
            (*block).cells = cells as u32;
            (*block).swept = swept;
            if before != 0 && before != bin.size {
                for index in 0..cells {
                    cell_at(block, index * bin.size).cast::<u64>().write(0);
                }
            }
            // Among the swept ones.
            bin.blocks.push(block);
            let last = bin.blocks.len() - 1;
            bin.blocks.swap(bin.unswept, last);
            bin.unswept += 1;
            bin.touched.push(block);
            self.young.add(block as usize);
            push_interval(bin, cell_at(block, 0), cells);
        }
    }

    /// A block of zeroed memory.
    fn fresh_block(&mut self) -> *mut Block {
        if self.fresh == self.fresh_end {
            let is_huge = self.reserved >= HUGE_FROM;
            let (blocks, align) = if is_huge {
                (HUGE_CHUNK_BLOCKS, pages::HUGE_PAGE)
            } else {
                (CHUNK_BLOCKS, BLOCK_SIZE)
            };
            // With room for the alignment; what is never touched costs address space only.
            let size = blocks * BLOCK_SIZE + align;
            let Ok(mut chunk) = MmapMut::map_anon(size) else {
                refused(size);
            };
            let start = chunk.as_mut_ptr();
            // SAFETY: the blocks lie within the chunk.
            unsafe {
                self.fresh = start.add(start.align_offset(align));
                self.fresh_end = self.fresh.add(blocks * BLOCK_SIZE);
            }
            if is_huge {
                pages::advise_huge(self.fresh, blocks * BLOCK_SIZE);
            }
            self.chunks.push(chunk);
        }
        let block = self.fresh;
        // SAFETY: at most one past the last block.
        self.fresh = unsafe { block.add(BLOCK_SIZE) };
        self.blocks.push(block as usize);
        self.reserved += BLOCK_SIZE;
        block.cast()
    }

    /// Finishes sweeping and makes address tests possible: call before the marking of a
    /// major collection. One that is done in parts may be under way: it is given up.
    pub fn begin_mark(&mut self) {
        self.sweep_ahead(usize::MAX);
        self.begin_epoch();
        self.is_marking = false;
    }

    /// The same for a major collection that is done in parts, when [`Space::sweep_ahead`] has
    /// swept all. Until [`Space::begin_sweep`] nothing is freed.
    pub fn begin_gradual_mark(&mut self) {
        self.begin_epoch();
        self.is_marking = true;
    }

    fn begin_epoch(&mut self) {
        self.sort_blocks();
        // Marks of the last epoch are in use, and of one whose marking was given up.
        let unused = (1..=EPOCH).find(|&one| one != self.epoch && one != self.last_epoch);
        self.last_epoch = self.epoch;
        self.epoch = unused.expect("one of three");
    }

    /// The same for a minor collection, done in parts or not. Old objects that died stay
    /// where they are. Blocks that are swept while the marking lasts have no young objects.
    pub fn begin_minor_mark(&mut self) {
        self.sweep_stale(usize::MAX);
        self.sort_blocks();
    }

    /// Makes address tests possible in blocks that have been added.
    pub fn sort_blocks(&mut self) {
        if self.sorted < self.blocks.len() {
            // The algorithm that knows what is in order already: nearly all.
            self.blocks.sort();
            self.sorted = self.blocks.len();
        }
    }

    /// Sweeps so many blocks, or all; whether none is left.
    pub fn sweep_ahead(&mut self, most: usize) -> bool {
        let mut left = match self.sweep_stale(most) {
            0 => return false,
            left => left,
        };
        let (live, finalizer) = (self.live(), self.finalizer);
        for bin in &mut self.bins {
            let listed = bin.next;
            while bin.unswept < bin.blocks.len() {
                if left == 0 {
                    bin.next = listed;
                    return false;
                }
                left -= 1;
                let block = bin.blocks[bin.unswept];
                bin.next = null_mut();
                // SAFETY: the block is one of this bin's.
                if unsafe { sweep_block(bin, block, live, finalizer) } {
                    self.spare.push(block);
                    bin.blocks.swap_remove(bin.unswept);
                } else {
                    bin.unswept += 1;
                    if !bin.next.is_null() {
                        bin.ready.push(block);
                    }
                }
            }
            bin.next = listed;
        }
        true
    }

    /// Frees the young objects that were dead at the last collection, in so many blocks:
    /// they could be taken for ones that are alive now. How many of the blocks are left to
    /// be swept.
    pub fn sweep_stale(&mut self, most: usize) -> usize {
        let (live, finalizer) = (self.live(), self.finalizer);
        let mut left = most;
        for bin in &mut self.bins {
            let listed = bin.next;
            while left > 0
                && let Some(block) = bin.stale.pop()
            {
                left -= 1;
                bin.next = null_mut();
                // SAFETY: the block is one of this bin's.
                let all = unsafe { sweep_block(bin, block, live, finalizer) };
                if all || !bin.next.is_null() {
                    bin.ready.push(block);
                }
            }
            bin.next = listed;
        }
        left
    }

    /// The cells that sweeping leaves alone.
    fn live(&self) -> Live {
        match self.is_marking {
            true => Live::ALL,
            false => Live::marked(self.epoch),
        }
    }

    /// The live object whose cell contains `address`, if there is one: for words
    /// that may or may not be pointers. A minor collection asks for objects in swept
    /// blocks only: in others are objects that were young and dead at the last major one,
    /// and look like young ones, and old objects, which it does not look at.
    pub fn object_at(&self, address: usize, is_minor: bool) -> Option<*mut Header> {
        let base = address & !(BLOCK_SIZE - 1);
        let cell = if self.blocks.binary_search(&base).is_ok() {
            // SAFETY: `base` is a block of ours.
            let (size, cells, swept) = unsafe {
                let block = base as *const Block;
                let swept = (*block).swept == self.epoch;
                ((*block).cell_size as usize, (*block).cells as usize, swept)
            };
            if is_minor && !swept {
                return None;
            }
            let offset = (address - base).checked_sub(BLOCK_HEADER)?;
            let index = offset / size;
            if index >= cells {
                return None;
            }
            base + BLOCK_HEADER + index * size
        } else {
            match self.large.range(..=address).next_back() {
                Some((&start, large)) if address - start < large.size => start,
                // A pointer into memory of another heap keeps it as it keeps an object.
                _ => return self.guest_at(address).map(|guest| guest.holder),
            }
        };
        let header = cell as *mut Header;
        // SAFETY: the cell is memory of ours with a valid kind in its header.
        let kind = unsafe { (*header).kind };
        (kind != Kind::Free).then_some(header)
    }

    /// After the marking of a major collection: frees unmarked large cells and leaves the
    /// blocks to be swept as memory is asked for.
    pub fn begin_sweep(&mut self) {
        for bin in &mut self.bins {
            bin.stop();
            bin.unswept = 0;
            bin.touched.clear();
            bin.ready.clear();
        }
        self.last_epoch = self.epoch;
        self.is_marking = false;
        let all: Vec<usize> = self.large.keys().copied().collect();
        self.young_large.clear();
        self.young.clear();
        self.free_dead(&all);
        self.allocated = 0;
    }

    /// The same after a minor collection, for what may hold young objects.
    pub fn begin_minor_sweep(&mut self) {
        for bin in &mut self.bins {
            bin.stop();
            std::mem::swap(&mut bin.touched, &mut bin.stale);
            debug_assert!(bin.touched.is_empty());
        }
        let mut young = std::mem::take(&mut self.young_large);
        self.free_dead(&young);
        young.clear();
        self.young_large = young;
        self.young.clear();
        self.allocated = 0;
    }

    /// Runs `each` on every object, dead ones that have not been swept included: for
    /// freeing everything and for checks.
    pub(super) fn for_each_object(&self, mut each: impl FnMut(*mut Header)) {
        for bin in &self.bins {
            for &block in &bin.blocks {
                // SAFETY: cells of a block of ours; each header is valid.
                unsafe {
                    for index in 0..(*block).cells as usize {
                        let header = cell_at(block, index * bin.size);
                        if (*header).kind != Kind::Free {
                            each(header);
                        }
                    }
                }
            }
        }
        for &address in self.large.keys() {
            each(address as *mut Header);
        }
    }
}

impl Drop for Space {
    fn drop(&mut self) {
        let finalizer = self.finalizer;
        // SAFETY: nothing can refer to the objects any more.
        self.for_each_object(|header| unsafe { finalizer.finalize(header) });
        for (address, large) in std::mem::take(&mut self.large) {
            // SAFETY: as above.
            unsafe { large.free(address) };
        }
    }
}

/// Asks for a block's pages at once, where each would be asked for by a fault of its own.
/// Only for sizes of which there is a block already: then this one will be filled.
fn ask_for_pages(block: *mut u8) {
    #[cfg(all(target_os = "linux", not(miri)))]
    // SAFETY: the pages are memory of ours that nothing refers to yet. Whether the system
    // knows the advice does not matter.
    unsafe {
        libc::madvise(block.cast(), BLOCK_SIZE, libc::MADV_POPULATE_WRITE)
    };
    #[cfg(any(not(target_os = "linux"), miri))]
    let _ = block;
}

/// Whether the system has so much memory for this process, as far as it can tell.
pub fn system_has(size: usize) -> bool {
    let Ok(layout) = Layout::from_size_align(size, 16) else {
        return false;
    };
    // SAFETY: the layout is not empty; what was allocated is freed untouched.
    unsafe {
        let memory = alloc(layout);
        // The compiler may not leave both out.
        let memory = std::hint::black_box(memory);
        if memory.is_null() {
            return false;
        }
        dealloc(memory, layout);
    }
    true
}

/// Memory was refused where nothing can be thrown: ends the process, as it does for
/// buffers of the standard library.
#[cold]
pub fn refused(size: usize) -> ! {
    // A host's allocator may note that memory was refused. Mappings do not pass it, so it
    // is asked for what it refuses for certain.
    system_has(1 << 62);
    std::alloc::handle_alloc_error(pages::layout(size))
}

/// # Safety
/// `offset` lies within the block's cells.
unsafe fn cell_at(block: *mut Block, offset: usize) -> *mut Header {
    // SAFETY: the caller's promise.
    unsafe { block.cast::<u8>().add(BLOCK_HEADER + offset).cast() }
}

/// # Safety
/// `first` starts `cells` free cells of one block of the bin.
unsafe fn push_interval(bin: &mut Bin, first: *mut Header, cells: usize) {
    let interval: *mut Interval = first.cast();
    // SAFETY: a free cell is at least as large as an interval.
    unsafe {
        (*interval).header = 0;
        (*interval).next_and_len = (bin.next as u64) | (cells as u64) << 48;
    }
    bin.next = interval;
}

/// Frees the block's dead cells and lists the free intervals, unless all of it is
/// free: then says so.
///
/// # Safety
/// The block belongs to the bin, and what can be reached is among what is `live`.
unsafe fn sweep_block(bin: &mut Bin, block: *mut Block, live: Live, finalizer: Finalizer) -> bool {
    // SAFETY: walks the cells of the block; every header is valid, and what is
    // unmarked is referred to by nothing.
    unsafe {
        let cells = (*block).cells as usize;
        (*block).swept = live.epoch;
        let mut run = 0;
        for index in 0..cells {
            let header = cell_at(block, index * bin.size);
            if (*header).kind != Kind::Free && live.has((*header).mark) {
                if run > 0 {
                    push_interval(bin, cell_at(block, (index - run) * bin.size), run);
                    run = 0;
                }
            } else {
                if (*header).kind != Kind::Free {
                    finalizer.finalize(header);
                    header.cast::<u64>().write(0);
                }
                run += 1;
            }
        }
        if run > 0 && run < cells {
            push_interval(bin, cell_at(block, (cells - run) * bin.size), run);
        }
        run == cells
    }
}
