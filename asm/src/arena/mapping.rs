//! The system's part of an arena: a reservation that is executable, and a way
//! to write to it.
//!
//! Everything unsafe about writing code is here. The write addresses never
//! leave this file, and writes go through raw copies, never through Rust
//! references to memory that the processor may be running.

use std::io;

/// A reservation of address space.
#[derive(Debug)]
pub(super) struct Mapping {
    /// Where code runs; readable.
    exec: *mut u8,
    /// Where it is written, if that is another address.
    write: Option<*mut u8>,
    len: usize,
}

// SAFETY: the pointers are owned, and their memory is shared with no other
// mapping of this program.
unsafe impl Send for Mapping {}
// SAFETY: nothing is written through a shared reference.
unsafe impl Sync for Mapping {}

impl Mapping {
    /// Where the reservation starts.
    pub(super) fn exec(&self) -> *const u8 {
        self.exec
    }

    /// Whether protection is switched for writing.
    #[cfg(test)]
    pub(super) fn is_switched(&self) -> bool {
        self.write.is_none()
    }

    /// How many bytes are reserved.
    pub(super) fn len(&self) -> usize {
        self.len
    }

    /// Copies bytes to an offset and makes the processor see them as code.
    pub(super) fn write(&mut self, offset: usize, bytes: &[u8]) -> io::Result<()> {
        let end = offset.checked_add(bytes.len());
        assert!(end.is_some_and(|end| end <= self.len), "outside the arena");
        if let Some(write) = self.write {
            // SAFETY: the range is inside the writable mapping, which only
            // this file knows, and `bytes` is other memory.
            unsafe { copy(bytes, write.add(offset)) };
        } else {
            self.write_switching(offset, bytes)?;
        }
        // SAFETY: the range is inside the mapping and readable.
        let code = unsafe { std::slice::from_raw_parts(self.exec.add(offset), bytes.len()) };
        dynasmrt::cache_control::synchronize_icache(code);
        dynasmrt::cache_control::prepare_for_execution(code);
        Ok(())
    }

    /// Whether replaced code really takes effect when it was written at another
    /// address. The architecture promises it; emulators that keep translations
    /// by the address of writes do not keep the promise.
    #[cfg(target_arch = "aarch64")]
    fn runs_what_was_written_last(&mut self) -> bool {
        (1..=2).all(|number: u32| {
            // movz w0, number; ret
            let words = [0x5280_0000 | number << 5, 0xd65f_03c0];
            if self
                .write(0, &words.map(u32::to_le_bytes).concat())
                .is_err()
            {
                return false;
            }
            // SAFETY: the two instructions are a function of this type.
            let function: extern "C" fn() -> u32 = unsafe { std::mem::transmute(self.exec) };
            function() == number
        })
    }

    /// Copies bytes while their pages are writable instead of executable.
    fn write_switching(&mut self, offset: usize, bytes: &[u8]) -> io::Result<()> {
        let page = page_size();
        let first = offset / page * page;
        let len = (offset + bytes.len()).next_multiple_of(page) - first;
        // SAFETY: whole pages inside the mapping.
        let pages = unsafe { self.exec.add(first) };
        os::protect(pages, len, os::Access::Write)?;
        // SAFETY: the range is inside the pages, which are writable now, and
        // `bytes` is other memory.
        unsafe { copy(bytes, self.exec.add(offset)) };
        // There is no way on with code of others on pages that stay writable.
        os::protect(pages, len, os::Access::Execute).expect("code pages made executable again");
        Ok(())
    }
}

/// # Safety
///
/// `to` is valid for writing that many bytes, none of which are in `bytes`.
unsafe fn copy(bytes: &[u8], to: *mut u8) {
    // SAFETY: as required of the caller.
    unsafe { std::ptr::copy_nonoverlapping(bytes.as_ptr(), to, bytes.len()) }
}

pub(super) use os::page_size;

#[cfg(unix)]
mod os {
    use std::{io, ptr};

    use super::Mapping;

    pub(super) enum Access {
        Write,
        Execute,
    }

    /// The unit of protection.
    pub(in super::super) fn page_size() -> usize {
        // SAFETY: asks for a number.
        let size = unsafe { libc::sysconf(libc::_SC_PAGESIZE) };
        usize::try_from(size).expect("a page size")
    }

    /// Switches the protection of whole pages of a [`Mapping`].
    pub(super) fn protect(pages: *mut u8, len: usize, access: Access) -> io::Result<()> {
        let protection = match access {
            Access::Write => libc::PROT_READ | libc::PROT_WRITE,
            Access::Execute => libc::PROT_READ | libc::PROT_EXEC,
        };
        // SAFETY: the pages are a mapping's own, and no code of theirs is running
        // through this address: see the module documentation of the arena.
        match unsafe { libc::mprotect(pages.cast(), len, protection) } {
            0 => Ok(()),
            _ => Err(io::Error::last_os_error()),
        }
    }

    fn map(len: usize, protection: i32, flags: i32) -> io::Result<*mut u8> {
        // SAFETY: a new mapping at an address of the system's choice touches
        // no memory of this program.
        let at = unsafe { libc::mmap(ptr::null_mut(), len, protection, flags, -1, 0) };
        if at == libc::MAP_FAILED {
            return Err(io::Error::last_os_error());
        }
        Ok(at.cast())
    }

    impl Mapping {
        /// One reservation, executable, to be made writable by pages. Fails where a
        /// page that was writable cannot be made executable again.
        pub(in super::super) fn pages(len: usize) -> io::Result<Mapping> {
            let exec = map(
                len,
                libc::PROT_READ | libc::PROT_EXEC,
                libc::MAP_PRIVATE | libc::MAP_ANON | libc::MAP_NORESERVE,
            )?;
            let mapping = Mapping {
                exec,
                write: None,
                len,
            };
            protect(exec, page_size(), Access::Write)?;
            protect(exec, page_size(), Access::Execute)?;
            Ok(mapping)
        }

        /// The same memory twice: once executable, once writable. A forked
        /// child shares it, so it must not place code. The memory has no file that
        /// limits on file sizes count, and profilers take it for anonymous.
        #[cfg(target_os = "linux")]
        pub(in super::super) fn dual(len: usize) -> io::Result<Mapping> {
            let exec = map(
                len,
                libc::PROT_READ | libc::PROT_EXEC,
                libc::MAP_SHARED | libc::MAP_ANON | libc::MAP_NORESERVE,
            )?;
            let mut mapping = Mapping {
                exec,
                write: None,
                len,
            };
            // Of a shared mapping, moving no bytes makes a second one.
            // SAFETY: the first mapping stays as it is, and the system chooses the
            // address of the second.
            let write = unsafe { libc::mremap(exec.cast(), 0, len, libc::MREMAP_MAYMOVE) };
            // Dropping the mapping undoes the first half if this one fails.
            if write == libc::MAP_FAILED {
                return Err(io::Error::last_os_error());
            }
            mapping.write = Some(write.cast());
            protect(write.cast(), len, Access::Write)?;
            #[cfg(target_arch = "aarch64")]
            if !mapping.runs_what_was_written_last() {
                return Err(io::ErrorKind::Unsupported.into());
            }
            Ok(mapping)
        }

        /// Not known here how.
        #[cfg(not(target_os = "linux"))]
        pub(in super::super) fn dual(_len: usize) -> io::Result<Mapping> {
            Err(io::ErrorKind::Unsupported.into())
        }
    }

    impl Drop for Mapping {
        fn drop(&mut self) {
            for at in [Some(self.exec), self.write].into_iter().flatten() {
                // SAFETY: the mapping is this one's own. That no code of it
                // runs any more is required by `Arena::entry`.
                unsafe { libc::munmap(at.cast(), self.len) };
            }
        }
    }
}

#[cfg(not(unix))]
mod os {
    use std::io;

    use super::Mapping;

    pub(super) enum Access {
        Write,
        Execute,
    }

    pub(in super::super) fn page_size() -> usize {
        4096
    }

    pub(super) fn protect(_pages: *mut u8, _len: usize, _access: Access) -> io::Result<()> {
        Err(io::ErrorKind::Unsupported.into())
    }

    impl Mapping {
        pub(in super::super) fn pages(_len: usize) -> io::Result<Mapping> {
            Err(io::ErrorKind::Unsupported.into())
        }

        pub(in super::super) fn dual(_len: usize) -> io::Result<Mapping> {
            Err(io::ErrorKind::Unsupported.into())
        }
    }
}
