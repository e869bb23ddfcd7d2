//! Runs a program in the engine.

use ruff::engine::{self, Engine, RunError};
use ruff::runtime::State;
use ruff::syntax::SourceFile;
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

/// What the program wrote, and the report if it failed.
pub fn run(text: &str, stress: bool) -> (String, Option<String>) {
    let source = SourceFile::new("program.ruff", text);
    let checked = engine::check(&source);
    let Some(unit) = &checked.unit else {
        let errors = checked.errors().map(|d| d.render(&source)).collect();
        return (String::new(), Some(errors));
    };
    let sink = Sink::default();
    let state = State {
        line_buffered: false,
        out: Box::new(sink.clone()),
        err: Box::new(std::io::sink()),
        start: std::time::Instant::now(),
        args: Vec::new(),
        areas: Default::default(),
    };
    let mut engine = match Engine::new(state) {
        Ok(engine) => engine,
        Err(error) => return (String::new(), Some(error.to_string())),
    };
    engine.vm.heap.set_stress(stress);
    let error = match engine.run(unit, Arc::new(source)) {
        Ok(()) => None,
        Err(RunError::Uncaught(report)) => Some(report),
        Err(other) => Some(format!("{other:?}")),
    };
    drop(engine);
    let out = sink
        .0
        .lock()
        .map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
    (out.unwrap_or_default(), error)
}
