//! Any bytes: parsing ends, every diagnostic can be shown, and a program
//! without errors prints to one that prints the same.
#![no_main]

use bumpalo::Bump;
use libfuzzer_sys::fuzz_target;
use ruff::syntax::{SourceFile, parse, print};

/// What the command gives the parser; small inputs never need it, but deep
/// nesting is a shape that fuzzers like.
const STACK: usize = 512 << 20;

fuzz_target!(|data: &[u8]| {
    std::thread::scope(|scope| {
        let thread = std::thread::Builder::new().stack_size(STACK);
        let run = thread.spawn_scoped(scope, || front_end(data)).expect("a thread");
        run.join().expect("no panic");
    });
});

fn front_end(data: &[u8]) {
    let source = match SourceFile::from_bytes("fuzz.ruff", data.to_vec()) {
        Ok(source) => source,
        Err(error) => {
            error.diagnostic.render(&error.source);
            return;
        }
    };
    let arena = Bump::new();
    let (module, diagnostics) = parse(&source, &arena);
    for diagnostic in &diagnostics {
        diagnostic.render(&source);
    }
    if diagnostics.is_empty() {
        let printed = print(&module);
        let source = SourceFile::new("printed.ruff", printed.as_str());
        let (again, diagnostics) = parse(&source, &arena);
        assert!(diagnostics.is_empty(), "{printed}");
        assert_eq!(printed, print(&again));
    }
}
