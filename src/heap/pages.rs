//! The memory of large cells. Cells of many pages lie on huge pages if the system has
//! any; from [`MAPPED_FROM`] on they are mappings of their own, so that one that grows
//! has its pages moved, not its bytes.

use std::alloc::{Layout, alloc, dealloc, realloc};

pub(super) const HUGE_PAGE: usize = 2 << 20;
/// Cells from this size on lie on huge pages if the system has any.
const HUGE_FROM: usize = 2 * HUGE_PAGE;
/// Cells from this size on are mappings. Smaller ones are better off with memory that the
/// allocator has had back: new pages have to be cleared.
#[cfg(all(target_os = "linux", not(miri)))]
const MAPPED_FROM: usize = 32 << 20;
#[cfg(any(not(target_os = "linux"), miri))]
const MAPPED_FROM: usize = usize::MAX;

pub(super) fn layout(size: usize) -> Layout {
    let align = if size >= HUGE_FROM { HUGE_PAGE } else { 16 };
    Layout::from_size_align(size, align).expect("size within the limits of a value")
}

/// Memory of this size, which is not 0, with anything in it; null if the system has none.
pub fn allocate(size: usize) -> *mut u8 {
    if size >= MAPPED_FROM {
        let memory = mapping::new(size, true);
        if !memory.is_null() {
            // All of it: pages of two kinds could not be moved at once.
            advise_huge(memory, size);
        }
        return memory;
    }
    // SAFETY: the layout is not empty.
    let memory = unsafe { alloc(layout(size)) };
    if !memory.is_null() && size >= HUGE_FROM {
        // The rest of its last page is not ours.
        advise_huge(memory, size & !(HUGE_PAGE - 1));
    }
    memory
}

/// Changes the size of memory, perhaps moving it; null, with nothing done, if the system
/// has none.
///
/// # Safety
/// It was allocated here with the size `old`, and the caller holds the only references.
pub unsafe fn resize(memory: *mut u8, old: usize, size: usize) -> *mut u8 {
    // SAFETY: the caller's promise. Moved by hand where kinds of memory or alignments
    // differ, and where advice has to come before the contents.
    unsafe {
        if old >= MAPPED_FROM && size >= MAPPED_FROM {
            return mapping::resize(memory, old, size);
        }
        if old < HUGE_FROM && size < HUGE_FROM {
            return realloc(memory, layout(old), size);
        }
        let moved = allocate(size);
        if !moved.is_null() {
            std::ptr::copy_nonoverlapping(memory, moved, old.min(size));
            free(memory, old);
        }
        moved
    }
}

/// # Safety
/// The memory was allocated here with this size, and nothing refers to it any more.
pub unsafe fn free(memory: *mut u8, size: usize) {
    // SAFETY: the caller's promise.
    unsafe {
        match size >= MAPPED_FROM {
            true => mapping::free(memory, size),
            false => dealloc(memory, layout(size)),
        }
    }
}

/// Asks for huge pages under a cell of many of them: its elements are often visited in no
/// order, and the processor's table of pages covers a few megabytes only (measured with a
/// dict of a million scattered keys: an eleventh less time, half of the page faults).
pub(super) fn advise_huge(memory: *mut u8, size: usize) {
    #[cfg(all(target_os = "linux", not(miri)))]
    // SAFETY: the pages are memory of ours, and advice changes no contents. Whether it is
    // taken does not matter.
    unsafe {
        libc::madvise(memory.cast(), size, libc::MADV_HUGEPAGE)
    };
    #[cfg(any(not(target_os = "linux"), miri))]
    let _ = (memory, size);
}

#[cfg(all(target_os = "linux", not(miri)))]
mod mapping {
    use super::HUGE_PAGE;
    use crate::system::page_size;
    use std::ptr::null_mut;

    /// Whole pages.
    fn rounded(size: usize) -> usize {
        size.next_multiple_of(page_size())
    }

    /// Pages at a multiple of a huge page, or null. Where they are not `usable`, only the
    /// addresses are taken.
    pub fn new(size: usize, usable: bool) -> *mut u8 {
        let size = rounded(size);
        let protection = match usable {
            true => libc::PROT_READ | libc::PROT_WRITE,
            false => libc::PROT_NONE,
        };
        let flags = libc::MAP_PRIVATE | libc::MAP_ANONYMOUS;
        // SAFETY: a new mapping, of which everything but the aligned part is given back.
        unsafe {
            let all = libc::mmap(null_mut(), size + HUGE_PAGE, protection, flags, -1, 0);
            if all == libc::MAP_FAILED {
                return null_mut();
            }
            let all: *mut u8 = all.cast();
            let before = all.align_offset(HUGE_PAGE);
            if before > 0 {
                libc::munmap(all.cast(), before);
            }
            if before < HUGE_PAGE {
                libc::munmap(all.add(before + size).cast(), HUGE_PAGE - before);
            }
            all.add(before)
        }
    }

    /// # Safety
    /// As for [`super::resize`]; both sizes are those of mappings.
    pub unsafe fn resize(memory: *mut u8, old: usize, size: usize) -> *mut u8 {
        let (old, new_size) = (rounded(old), rounded(size));
        // SAFETY: the caller's promise; the pages go to addresses that are ours.
        unsafe {
            // There may be room after it.
            if libc::mremap(memory.cast(), old, new_size, 0) != libc::MAP_FAILED {
                return memory;
            }
            let place = new(size, false);
            if place.is_null() {
                return null_mut();
            }
            let flags = libc::MREMAP_MAYMOVE | libc::MREMAP_FIXED;
            let moved = libc::mremap(
                memory.cast(),
                old,
                new_size,
                flags,
                place.cast::<libc::c_void>(),
            );
            if moved == libc::MAP_FAILED {
                free(place, size);
                return null_mut();
            }
            moved.cast()
        }
    }

    /// # Safety
    /// As for [`super::free`].
    pub unsafe fn free(memory: *mut u8, size: usize) {
        // SAFETY: the caller's promise.
        unsafe { libc::munmap(memory.cast(), rounded(size)) };
    }
}

/// No cell is that large.
#[cfg(any(not(target_os = "linux"), miri))]
mod mapping {
    pub fn new(_: usize, _: bool) -> *mut u8 {
        unreachable!("no mappings here")
    }

    /// # Safety
    /// Not to be called.
    pub unsafe fn resize(_: *mut u8, _: usize, _: usize) -> *mut u8 {
        unreachable!("no mappings here")
    }

    /// # Safety
    /// Not to be called.
    pub unsafe fn free(_: *mut u8, _: usize) {
        unreachable!("no mappings here")
    }
}

/// Has the processor fetch what will be read soon.
#[inline(always)]
pub fn prefetch<T>(place: *const T) {
    #[cfg(target_arch = "x86_64")]
    // SAFETY: every processor of the kind has it, and no address makes it fail.
    unsafe {
        use std::arch::x86_64::{_MM_HINT_T0, _mm_prefetch};
        _mm_prefetch::<_MM_HINT_T0>(place.cast())
    };
    #[cfg(target_arch = "aarch64")]
    // SAFETY: no address makes it fail, and it changes nothing.
    unsafe {
        std::arch::asm!("prfm pldl1keep, [{}]", in(reg) place, options(nostack, readonly, preserves_flags))
    };
    #[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
    let _ = place;
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Over all borders between kinds of memory, up and down.
    #[test]
    fn contents_stay_while_the_size_changes() {
        let sizes: &[usize] = match cfg!(miri) {
            true => &[100, 40_000, 5 << 20, 30],
            false => &[
                100,
                1 << 20,
                5 << 20,
                31 << 20,
                33 << 20,
                (40 << 20) + 8,
                100 << 20,
                70 << 20,
                6 << 20,
                1000,
            ],
        };
        let (mut memory, mut size) = (allocate(sizes[0]), sizes[0]);
        // SAFETY: within what has been allocated.
        unsafe {
            memory.write_bytes(7, size);
            for &next in sizes {
                memory = resize(memory, size, next);
                assert!(!memory.is_null());
                let kept = size.min(next);
                for at in [0, kept / 2, kept - 1] {
                    assert_eq!(memory.add(at).read(), 7, "{size} to {next} at {at}");
                }
                memory.add(kept - 1).write_bytes(7, next - kept + 1);
                if next >= HUGE_FROM {
                    assert_eq!(memory as usize % HUGE_PAGE, 0);
                }
                size = next;
            }
            free(memory, size);
        }
    }
}
