//! The part of its address space that the system lets this process have. Large parts of
//! it are reserved when a machine starts; where a limit leaves little (`ulimit -v`,
//! `ulimit -d`) they are smaller, so that most of it is left to what programs make.

/// How much to reserve where `wanted` would be best: at most the `part`th part of what
/// the limits of the process leave.
pub fn reservation(wanted: usize, part: usize) -> usize {
    match room() {
        Some(room) => wanted.min(room / part),
        None => wanted,
    }
}

/// The unit of memory mappings.
#[cfg(target_os = "linux")]
pub fn page_size() -> usize {
    // SAFETY: asks for a number.
    unsafe { libc::sysconf(libc::_SC_PAGESIZE) as usize }
}

/// Bytes that the process may still map; `None` without a limit.
#[cfg(target_os = "linux")]
pub fn room() -> Option<usize> {
    // Numbers of pages: of the whole address space first, of data sixth.
    const RESOURCES: [(libc::__rlimit_resource_t, usize); 2] =
        [(libc::RLIMIT_AS, 0), (libc::RLIMIT_DATA, 5)];
    let mut room: Option<usize> = None;
    let mut pages = None;
    for (resource, field) in RESOURCES {
        let mut limit = libc::rlimit {
            rlim_cur: libc::RLIM_INFINITY,
            rlim_max: libc::RLIM_INFINITY,
        };
        // SAFETY: writes the limit into the local variable.
        let known = unsafe { libc::getrlimit(resource, &mut limit) } == 0;
        if !known || limit.rlim_cur == libc::RLIM_INFINITY {
            continue;
        }
        let pages = pages
            .get_or_insert_with(|| std::fs::read_to_string("/proc/self/statm").unwrap_or_default());
        let in_use = pages.split(' ').nth(field);
        let in_use = in_use.and_then(|pages| pages.parse::<usize>().ok());
        let limit = usize::try_from(limit.rlim_cur).unwrap_or(usize::MAX);
        let left = limit.saturating_sub(in_use.unwrap_or(0).saturating_mul(page_size()));
        room = Some(room.map_or(left, |room| room.min(left)));
    }
    room
}

#[cfg(not(target_os = "linux"))]
pub fn room() -> Option<usize> {
    None
}

/// Has all threads allocate from one heap: one for each would be a reservation of its own.
pub fn share_allocator() {
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    // SAFETY: sets a number. Whether it is taken does not matter.
    unsafe {
        libc::mallopt(libc::M_ARENA_MAX, 1);
    }
}

/// Has the allocator keep some of what is freed: large buffers come and go, and memory that
/// the system takes back has to be asked for and cleared again, page by page (measured
/// with dicts of 100,000 entries that are made again: a tenth of the time).
pub fn keep_freed_memory() {
    /// Larger ones go back at once.
    const MOST_EACH: i32 = 32 << 20;
    const MOST: i32 = 64 << 20;
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    // SAFETY: sets numbers. Whether they are taken does not matter.
    unsafe {
        libc::mallopt(libc::M_MMAP_THRESHOLD, MOST_EACH);
        libc::mallopt(libc::M_TRIM_THRESHOLD, MOST);
    }
    #[cfg(not(all(target_os = "linux", target_env = "gnu")))]
    let _ = (MOST_EACH, MOST);
}

/// A number of bytes as people read it.
pub fn size_text(bytes: usize) -> String {
    match bytes {
        0..1024 => format!("{bytes} bytes"),
        1024..0x10_0000 => format!("{} KiB", bytes >> 10),
        0x10_0000..0x4000_0000 => format!("{} MiB", bytes >> 20),
        _ => format!("{:.1} GiB", bytes as f64 / 1073741824.0),
    }
}
