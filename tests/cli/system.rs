//! Limits that the system sets: on the size of files, on address space, on memory that
//! code may run in. Programs go on with what is left, and what is refused is named.
#![cfg(target_os = "linux")]

use crate::support::{Ran, TempFile, finish, ruff, wait};
use std::io::{self, BufRead, BufReader, Read};
use std::os::unix::process::CommandExt;
use std::process::{Command, Stdio};
use std::ptr::null_mut;

fn limited(resource: libc::__rlimit_resource_t, bytes: u64, args: &[&str]) -> Ran {
    let mut command = ruff();
    command.args(args);
    limit(&mut command, resource, bytes);
    finish(command, b"")
}

fn limit(command: &mut Command, resource: libc::__rlimit_resource_t, bytes: u64) {
    let limit = libc::rlimit {
        rlim_cur: bytes,
        rlim_max: bytes,
    };
    // SAFETY: one system call between fork and exec.
    unsafe {
        command.pre_exec(move || match libc::setrlimit(resource, &limit) {
            0 => Ok(()),
            _ => Err(io::Error::last_os_error()),
        });
    }
}

/// A function that gets hot, and what it prints.
const HOT: &str = "func f(n) { s := 0 for i in n { s := s + i } return s } \
    t := 0 for i in 300 { t := t + f(100) } print(t)";
const HOT_OUT: &str = "1485000\n";

#[cfg(target_arch = "x86_64")]
#[track_caller]
fn compiled(ran: &Ran) -> bool {
    let lines = ran.err.lines();
    let mut line = lines.filter_map(|line| line.strip_prefix("functions compiled  "));
    let line = line.next().unwrap_or_else(|| panic!("{ran:?}"));
    !line.starts_with("0 ")
}

#[test]
#[cfg(target_arch = "x86_64")]
fn code_memory_is_no_file() {
    for bytes in [0, 4096, 1 << 20] {
        let ran = limited(libc::RLIMIT_FSIZE, bytes, &["run", "--stats", "-e", HOT]);
        assert!(compiled(&ran), "{ran:?}");
        ran.ended(0).printed(HOT_OUT);
    }
}

#[test]
fn a_file_that_may_not_grow_is_a_failed_write() {
    let file = TempFile::new("out", b"");
    let code = format!("for i in 100000 {{ print(i) }} # {}", file.path());
    let mut shell = Command::new("sh");
    shell.args(["-c", "exec \"$0\" run -e \"$1\" >\"$2\""]);
    shell.arg(ruff().get_program()).arg(code).arg(file.path());
    limit(&mut shell, libc::RLIMIT_FSIZE, 100_000);
    finish(shell, b"")
        .ended(4)
        .said("Cannot write standard output: File too large");
}

/// Refuses the process memory that is executable and no file.
#[cfg(target_arch = "x86_64")]
fn refuse_executable_memory(command: &mut Command) {
    const BPF_LD_W_ABS: u16 = 0x20;
    const BPF_JEQ: u16 = 0x15;
    const BPF_JSET: u16 = 0x45;
    const BPF_RET: u16 = 0x06;
    let statement = |code, k| libc::sock_filter {
        code,
        jt: 0,
        jf: 0,
        k,
    };
    let jump = |code, k, jt, jf| libc::sock_filter { code, jt, jf, k };
    // The number of the call lies at 0, its arguments from 16 on, 8 bytes each.
    let program = [
        statement(BPF_LD_W_ABS, 0),
        jump(BPF_JEQ, libc::SYS_mmap as u32, 0, 5),
        statement(BPF_LD_W_ABS, 16 + 2 * 8),
        jump(BPF_JSET, libc::PROT_EXEC as u32, 0, 3),
        statement(BPF_LD_W_ABS, 16 + 4 * 8),
        jump(BPF_JEQ, u32::MAX, 0, 1),
        statement(BPF_RET, libc::SECCOMP_RET_ERRNO | libc::EPERM as u32),
        statement(BPF_RET, libc::SECCOMP_RET_ALLOW),
    ];
    // SAFETY: two system calls between fork and exec; the filter is well-formed.
    unsafe {
        command.pre_exec(move || {
            let filter = libc::sock_fprog {
                len: program.len() as u16,
                filter: program.as_ptr().cast_mut(),
            };
            let set = libc::prctl(libc::PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0
                && libc::prctl(libc::PR_SET_SECCOMP, libc::SECCOMP_MODE_FILTER, &filter) == 0;
            match set {
                true => Ok(()),
                false => Err(io::Error::last_os_error()),
            }
        });
    }
}

#[test]
#[cfg(target_arch = "x86_64")]
fn without_executable_memory_the_interpreter_goes_on() {
    let mut command = ruff();
    command.args(["run", "--stats", "-e", HOT]);
    refuse_executable_memory(&mut command);
    let ran = finish(command, b"").ended(0).printed(HOT_OUT);
    assert!(!compiled(&ran), "{ran:?}");
    ran.said("compiling stopped   no executable memory: Operation not permitted");
}

#[test]
fn little_address_space_is_enough() {
    let recursion = "func d(n) { if n == 0 { return 0 } return 1 + d(n - 1) } print(d(50000))\n\
        func e(n) { return 1 + e(n + 1) } try { e(0) } except e { print(e.kind) }";
    let deep = "x := [] for i in 9990 { x := [x] } print(len(\"${x}\"), x == x)\n\
        func f(n) { return map([n], func(k) { return f(k + 1) }) }\n\
        try { f(0) } except e { print(e.kind) }\n\
        func g(n) { return sort([n, 1], func(a, b) { return g(a) }) }\n\
        try { g(0) } except e { print(e.kind) }\n\
        func* h(n) { for v in h(n + 1) { yield v } }\n\
        try { for v in h(0) { } } except e { print(e.kind) }";
    let chain = format!("print({})", vec!["1"; 19_000].join("+"));
    let nested = format!("print(len({}1{}))", "[".repeat(2_000), "]".repeat(2_000));
    for resource in [libc::RLIMIT_AS, libc::RLIMIT_DATA] {
        for megabytes in [256, 500, 2 << 10, 9 << 10] {
            let run = |code: &str| {
                let bytes = megabytes << 20;
                let ran = limited(resource, bytes, &["run", "--stats", "-e", code]);
                let ran = ran.ended(0);
                ran.said("address space       little: ").out
            };
            assert_eq!(run(HOT), HOT_OUT);
            assert_eq!(run(recursion), "50000\nstack_overflow\n");
            let overflows = "stack_overflow\n".repeat(3);
            assert_eq!(run(deep), format!("19982 true\n{overflows}"));
            assert_eq!(run(&chain), "19000\n");
            assert_eq!(run(&nested), "1\n");
        }
    }
}

#[test]
fn a_refused_reservation_is_named() {
    // The least of these in which the command can be loaded and begins; with a little less
    // there is no memory for anything.
    let ran = (8..64)
        .step_by(4)
        .map(|megabytes| limited(libc::RLIMIT_AS, megabytes << 20, &["run", "-e", "print(1)"]))
        .find(|ran| ran.code.is_some_and(|code| ![127, 4].contains(&code)))
        .expect("a limit in which the command begins");
    assert_eq!(ran.code, Some(1), "{ran:?}");
    assert_eq!(
        ran.err,
        "error: cannot start a thread: 8 MiB of address space for its stack: \
         Resource temporarily unavailable (os error 11)\n"
    );
}

#[test]
fn profiles_and_prompts_need_little_address_space() {
    let program = TempFile::new("p.ruff", b"print(1)\ntest \"t\" { print(2) }\n");
    for args in [
        &["profile", program.path()][..],
        &["test", program.path()],
        &["check", program.path()],
        &["disasm", "--native", program.path()],
        &["fmt", program.path()],
        &["repl"],
    ] {
        limited(libc::RLIMIT_AS, 256 << 20, args).ended(0);
    }
}

/// Where no error can be thrown, what has been printed comes out all the same: here the
/// limit sinks below what the process has.
#[test]
fn output_is_not_lost_where_memory_ends() {
    let code = "eprint(\"ready\") input() print(\"before\") x := null loop { x := [x] }";
    let mut child = ruff()
        .args(["run", "-e", code])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the command starts");
    let mut err = BufReader::new(child.stderr.take().expect("a pipe"));
    let mut line = String::new();
    err.read_line(&mut line).expect("it says that it begins");
    let limit = libc::rlimit {
        rlim_cur: 1 << 20,
        rlim_max: 1 << 20,
    };
    // SAFETY: sets a limit of a child of ours.
    let set = unsafe { libc::prlimit(child.id() as i32, libc::RLIMIT_AS, &limit, null_mut()) };
    assert_eq!(set, 0);
    drop(child.stdin.take());
    assert_eq!(wait(&mut child), Some(4));
    let mut out = String::new();
    let stdout = child.stdout.as_mut().expect("a pipe");
    stdout.read_to_string(&mut out).expect("text");
    assert_eq!(out, "before\n");
    line.clear();
    err.read_to_string(&mut line).expect("text");
    assert!(
        line.contains("the system has no more for this process"),
        "{line}"
    );
}
