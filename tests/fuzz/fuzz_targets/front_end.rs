//! Any bytes: parsing ends, every diagnostic can be shown, and a program
//! without errors prints and formats to one that prints the same.
#![no_main]

use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{LazyLock, Mutex};

use bumpalo::Bump;
use libfuzzer_sys::fuzz_target;
use ruff::engine::SourceFile;
use ruff::tools::{format, parse, print};

/// The stack that the command gives the parser; small inputs never need it, but
/// deep nesting is a shape that fuzzers like.
const STACK: usize = 512 << 20;

/// A thread that lives as long as the fuzzer: making one with such a stack takes
/// longer than most inputs.
static WORKER: LazyLock<Mutex<(Sender<Vec<u8>>, Receiver<()>)>> = LazyLock::new(|| {
    let (give, inputs) = channel::<Vec<u8>>();
    let (done, ended) = channel();
    let work = move || {
        for input in inputs {
            front_end(input);
            done.send(()).expect("the fuzzer waits");
        }
    };
    let thread = std::thread::Builder::new().stack_size(STACK).spawn(work);
    thread.expect("a thread");
    Mutex::new((give, ended))
});

fuzz_target!(|data: &[u8]| {
    let worker = WORKER.lock().expect("no panic");
    worker.0.send(data.to_vec()).expect("a worker");
    worker.1.recv().expect("no panic");
});

fn front_end(data: Vec<u8>) {
    let source = match SourceFile::from_bytes("fuzz.ruff", data) {
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
        for text in [printed.clone(), format(&module, &source)] {
            let source = SourceFile::new("printed.ruff", text.as_str());
            let (again, diagnostics) = parse(&source, &arena);
            assert!(diagnostics.is_empty(), "{text}");
            assert_eq!(printed, print(&again));
        }
    }
}
