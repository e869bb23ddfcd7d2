//! Executable memory: one reservation, in which finished functions are placed,
//! and from which they can be removed again.
//!
//! - The reservation is at most [`MAX_ARENA`], the distance that a direct call
//!   reaches on AArch64, so that any code can call any other directly. It never
//!   moves: return addresses on the stack stay valid.
//! - No page is writable and executable through the same address. Where the
//!   system allows, the memory is mapped twice, once for each; elsewhere the
//!   protection of whole pages is switched for the time of a write. Then code
//!   on those pages cannot run meanwhile, so placing and removing code must
//!   happen on the only thread that runs it.
//! - Reaching the limit is an error like any other. The caller stops compiling
//!   and goes on with what it has.
//! - Removed code is overwritten with trapping instructions before its memory
//!   is used again.
//!
//! The arena belongs to one virtual machine. Changing it needs `&mut`; the
//! code in it is reached by address, with no borrow that says so. The
//! conditions that have to hold instead are stated at [`Arena::entry`] and
//! [`Arena::free`].

mod mapping;
mod space;

use std::ops::Range;
use std::{fmt, io};

use crate::code::{Code, CodePtr};
use crate::fixup::AsmError;
use mapping::Mapping;
use space::Space;

/// The largest arena: how far a direct call reaches on AArch64.
pub const MAX_ARENA: usize = 128 << 20;

/// The smallest arena that is worth having.
pub const LEAST_ARENA: usize = 1 << 20;

/// Code starts at multiples of this: half a cache line on most machines, which
/// is also what instruction fetch works on.
pub const CODE_ALIGN: u32 = 32;

/// Bytes that trap when they are run, however they are cut into instructions:
/// `int3`, and on AArch64 the word 0, which is undefined forever.
const TRAP: u8 = if cfg!(target_arch = "x86_64") {
    0xcc
} else {
    0
};

/// Executable memory of one virtual machine.
#[derive(Debug)]
pub struct Arena {
    mapping: Mapping,
    space: Space,
}

/// Why code could not be placed.
#[derive(Debug)]
pub enum ArenaError {
    /// The limit is reached.
    Full,
    /// A larger arena than [`MAX_ARENA`] was asked for.
    TooLarge,
    /// A call out of the function cannot be encoded.
    Link(AsmError),
    /// The operating system refused.
    Os(io::Error),
}

impl fmt::Display for ArenaError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ArenaError::Full => f.write_str("no room for more code"),
            ArenaError::TooLarge => write!(f, "more than {MAX_ARENA} bytes of code"),
            ArenaError::Link(error) => write!(f, "{error}"),
            ArenaError::Os(error) => write!(f, "no executable memory: {error}"),
        }
    }
}

impl std::error::Error for ArenaError {}

impl From<AsmError> for ArenaError {
    fn from(error: AsmError) -> ArenaError {
        ArenaError::Link(error)
    }
}

impl From<io::Error> for ArenaError {
    fn from(error: io::Error) -> ArenaError {
        ArenaError::Os(error)
    }
}

impl Arena {
    /// Reserves `limit` bytes, rounded up to pages, mapped twice if possible; less,
    /// down to [`LEAST_ARENA`], where the system has no room for so many.
    pub fn new(limit: usize) -> Result<Arena, ArenaError> {
        let mut limit = limit;
        loop {
            let made = Arena::over(limit, |len| {
                Mapping::dual(len).or_else(|_| Mapping::pages(len))
            });
            match made {
                Err(ArenaError::Os(error))
                    if error.kind() == io::ErrorKind::OutOfMemory && limit > LEAST_ARENA =>
                {
                    limit = (limit / 2).max(LEAST_ARENA);
                }
                made => return made,
            }
        }
    }

    /// Reserves `limit` bytes, rounded up to pages, whose protection is
    /// switched for writing: what [`Arena::new`] falls back to.
    pub fn with_switched_pages(limit: usize) -> Result<Arena, ArenaError> {
        Arena::over(limit, Mapping::pages)
    }

    fn over(
        limit: usize,
        map: impl FnOnce(usize) -> io::Result<Mapping>,
    ) -> Result<Arena, ArenaError> {
        if limit > MAX_ARENA {
            return Err(ArenaError::TooLarge);
        }
        let len = limit.max(1).next_multiple_of(mapping::page_size());
        Ok(Arena {
            mapping: map(len)?,
            space: Space::new(len as u32),
        })
    }

    /// Places a finished function and fills in its calls. Nothing changes if
    /// that fails.
    pub fn install(&mut self, code: &Code) -> Result<CodePtr, ArenaError> {
        let len = u32::try_from(code.bytes().len()).map_err(|_| ArenaError::Full)?;
        let room = len
            .max(1)
            .checked_next_multiple_of(CODE_ALIGN)
            .ok_or(ArenaError::Full)?;
        let start = CodePtr(self.space.take(room).ok_or(ArenaError::Full)?);
        let written = self.write_linked(code, start, room as usize);
        if let Err(error) = written {
            self.space.give_back(start.0);
            return Err(error);
        }
        Ok(start)
    }

    fn write_linked(&mut self, code: &Code, start: CodePtr, room: usize) -> Result<(), ArenaError> {
        let mut copy = Vec::with_capacity(room);
        copy.extend_from_slice(code.bytes());
        code.link(&mut copy, start)?;
        copy.resize(room, TRAP);
        self.mapping.write(start.0 as usize, &copy)?;
        Ok(())
    }

    /// The address of placed code.
    ///
    /// Making a function pointer of it and calling that is sound as long as the
    /// code has not been removed, the arena exists, and the function's type is
    /// what the code was generated for.
    pub fn entry(&self, code: CodePtr) -> *const u8 {
        debug_assert!(self.space.containing(code.0).is_some(), "{code} is no code");
        self.mapping.exec().wrapping_add(code.0 as usize)
    }

    /// The code that an address belongs to, and how far into it. A return
    /// address just after the last instruction of its function is not found.
    pub fn find(&self, address: *const u8) -> Option<(CodePtr, u32)> {
        let distance = (address as usize).wrapping_sub(self.mapping.exec() as usize);
        let distance = u32::try_from(distance).ok()?;
        let (start, _) = self.space.containing(distance)?;
        Some((CodePtr(start), distance - start))
    }

    /// Placed code as it is in memory, with padding.
    ///
    /// # Panics
    ///
    /// If there is no such code.
    pub fn bytes(&self, code: CodePtr) -> &[u8] {
        let (start, len) = self.space.containing(code.0).expect("placed code");
        // SAFETY: the range was handed out, so it was written and is readable;
        // writing needs `&mut self`.
        unsafe {
            let at = self.mapping.exec().add(start as usize);
            std::slice::from_raw_parts(at, len as usize)
        }
    }

    /// Removes code; its memory is used again.
    ///
    /// # Safety
    ///
    /// No thread is in the code or will return into it, and neither other code
    /// nor anyone with its address will call it again.
    ///
    /// # Panics
    ///
    /// If there is no such code.
    pub unsafe fn free(&mut self, code: CodePtr) {
        let len = self.space.give_back(code.0).expect("placed code");
        // If the pages cannot be opened, the old bytes stay; they are as
        // unreachable as the traps would be.
        let _ = self
            .mapping
            .write(code.0 as usize, &vec![TRAP; len as usize]);
    }

    /// The addresses that code may have.
    pub fn addresses(&self) -> Range<usize> {
        let start = self.mapping.exec() as usize;
        start..start + self.limit()
    }

    /// Bytes in use, with padding.
    pub fn used(&self) -> usize {
        self.space.used() as usize
    }

    /// Bytes reserved.
    pub fn limit(&self) -> usize {
        self.mapping.len()
    }
}

// A machine may move to another thread with its arena.
const _: () = {
    const fn is_shared<T: Send + Sync>() {}
    is_shared::<Arena>();
};

#[cfg(test)]
mod tests {
    use super::*;

    fn code(bytes: &[u8]) -> Code {
        Code {
            bytes: bytes.to_vec(),
            ..Code::default()
        }
    }

    #[test]
    fn a_full_arena_is_an_error_and_stays_usable() {
        for mut arena in [Arena::new(1), Arena::with_switched_pages(1)].map(Result::unwrap) {
            let large = code(&vec![1; arena.limit() - 64]);
            let small = code(&[2; 33]);
            let first = arena.install(&large).unwrap();
            let second = arena.install(&small).unwrap();
            assert!(matches!(arena.install(&small), Err(ArenaError::Full)));
            assert_eq!(
                &arena.bytes(second)[..34],
                &[&[2; 33][..], &[TRAP]].concat()[..]
            );
            // SAFETY: nothing ever called it.
            unsafe { arena.free(first) };
            let again = arena.install(&small).unwrap();
            assert_eq!(again, first);
            assert_eq!(arena.bytes(again)[0], 2);
        }
    }

    #[test]
    fn removed_code_is_overwritten() {
        for mut arena in [Arena::new(1), Arena::with_switched_pages(1)].map(Result::unwrap) {
            let at = arena.install(&code(&[1; 64])).unwrap();
            let entry = arena.entry(at);
            // SAFETY: nothing ever called it.
            unsafe { arena.free(at) };
            // SAFETY: the reservation stays readable.
            assert_eq!(unsafe { *entry.add(63) }, TRAP);
            assert_eq!(arena.used(), 0);
        }
    }

    #[test]
    fn addresses_are_traced_to_their_code() {
        let mut arena = Arena::new(1).unwrap();
        let first = arena.install(&code(&[1; 32])).unwrap();
        let second = arena.install(&code(&[1; 40])).unwrap();
        let start = arena.entry(second);
        assert_eq!(arena.find(arena.entry(first)), Some((first, 0)));
        assert_eq!(arena.find(start.wrapping_add(39)), Some((second, 39)));
        assert_eq!(arena.find(start.wrapping_sub(1)), Some((first, 31)));
        assert_eq!(arena.find(start.wrapping_add(64)), None);
        assert_eq!(arena.find(arena.entry(first).wrapping_sub(1)), None);
    }

    #[test]
    fn no_more_than_a_call_reaches() {
        assert!(matches!(
            Arena::new(MAX_ARENA + 1),
            Err(ArenaError::TooLarge)
        ));
        assert_eq!(Arena::new(MAX_ARENA).unwrap().limit(), MAX_ARENA);
    }

    /// The name by which `perf` knows memory whose functions a map names.
    #[cfg(target_os = "linux")]
    #[test]
    fn profilers_take_the_memory_for_anonymous() {
        let arena = Arena::new(1).unwrap();
        if arena.mapping.is_switched() {
            return;
        }
        let start = format!("{:x}-", arena.addresses().start);
        let maps = std::fs::read_to_string("/proc/self/maps").unwrap();
        let own = maps.lines().find(|line| line.starts_with(&start)).unwrap();
        assert!(
            own.contains(" r-xs ") && own.contains(" /dev/zero"),
            "{own}"
        );
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn no_page_is_writable_and_executable() {
        let mut arenas = [Arena::new(1), Arena::with_switched_pages(1)].map(Result::unwrap);
        for arena in &mut arenas {
            arena.install(&code(&[1; 32])).unwrap();
        }
        let maps = std::fs::read_to_string("/proc/self/maps").unwrap();
        assert!(!maps.lines().any(|line| line.contains("wx")), "{maps}");
    }
}
