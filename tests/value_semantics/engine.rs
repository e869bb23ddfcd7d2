//! Runs a program in the engine.

use ruff::engine::{self, Config, Engine, Mode, Permissions, Policy, RunError, SourceFile};
use std::io::Write;
use std::sync::{Arc, Mutex};

#[derive(Clone, Default)]
struct Sink(Arc<Mutex<Vec<u8>>>);

impl Write for Sink {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        if let Ok(mut all) = self.0.lock() {
            all.extend_from_slice(bytes);
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// The output of the program, and the report if it failed.
pub fn run(text: &str, stress: bool) -> (String, Option<String>) {
    let ran = run_counted(text, stress, Mode::On);
    (ran.0, ran.1)
}

/// The same, and the number of containers that were copied.
pub fn run_counted(text: &str, stress: bool, mode: Mode) -> (String, Option<String>, u64) {
    let source = SourceFile::new("program.ruff", text);
    let checked = engine::compile(&source);
    let Some(unit) = &checked.unit else {
        let errors = checked.errors().map(|d| d.render(&source)).collect();
        return (String::new(), Some(errors), 0);
    };
    let sink = Sink::default();
    let config = Config {
        gc_stress: stress,
        policy: Policy {
            mode,
            ..Policy::default()
        },
        // Built-ins are called with all sorts of names.
        permissions: Permissions::none(),
        ..Config::writing(sink.clone(), std::io::sink())
    };
    let mut engine = match Engine::new(config) {
        Ok(engine) => engine,
        Err(error) => return (String::new(), Some(error.to_string()), 0),
    };
    let error = match engine.run(unit, Arc::new(source)) {
        Ok(()) => None,
        Err(RunError::Uncaught(report)) => Some(report),
        Err(other) => Some(format!("{other:?}")),
    };
    let copies = ruff::tools::copies(&engine);
    drop(engine);
    let out = sink
        .0
        .lock()
        .map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
    (out.unwrap_or_default(), error, copies)
}
