//! The settings that a host program gives for a machine before it is made.

use crate::jit::Policy;
use crate::runtime::State;
use crate::runtime::world::{Permissions, World};
use std::io::{IsTerminal, Write};
use std::sync::Arc;
use std::sync::atomic::AtomicU8;
use std::time::Instant;

/// How a machine is to run programs. `Config::default()` is a program on the process's
/// own standard output:
///
/// ```
/// use ruff::engine::{Config, Engine, SourceFile, compile};
/// use std::sync::Arc;
///
/// let source = SourceFile::new("greeting", "print(\"hello\", args())");
/// let unit = compile(&source).unit.expect("no errors");
/// let args = vec!["world".to_string()];
/// let mut engine = Engine::new(Config { args, ..Config::default() })?;
/// engine.run(&unit, Arc::new(source)).expect("it runs to its end");
/// # Ok::<(), std::io::Error>(())
/// ```
pub struct Config {
    /// Where standard output goes.
    pub out: Box<dyn Write + Send>,
    /// Where standard error goes.
    pub err: Box<dyn Write + Send>,
    /// Flush standard output at every line end, as on a terminal.
    pub line_buffered: bool,
    /// The result of `args()`.
    pub args: Vec<String>,
    /// The parts of the outside world that programs may reach; by default
    /// everything.
    pub permissions: Permissions,
    /// When functions are compiled.
    pub policy: Policy,
    /// About how many bytes of memory values may take; by default a part of what the
    /// process may have.
    pub max_heap: Option<usize>,
    /// Collect garbage at every allocation: slow, for tests of the engine.
    pub gc_stress: bool,
    /// How many bytes of the machine stack programs may take: less than there is below
    /// where they are started. By default half of what threads have as a rule.
    pub machine_stack: Option<usize>,
    /// The word of requests, for handles that several machines share.
    pub interrupts: Arc<AtomicU8>,
    /// Count instructions for [`super::Engine::stats_text`], which takes time.
    pub count_instructions: bool,
    /// Reports of uncaught errors are JSON objects.
    pub json_errors: bool,
}

impl Default for Config {
    fn default() -> Config {
        let out = std::io::stdout();
        Config {
            line_buffered: out.is_terminal(),
            ..Config::writing(out, std::io::stderr())
        }
    }
}

impl Config {
    /// A machine that writes to these.
    pub fn writing(out: impl Write + Send + 'static, err: impl Write + Send + 'static) -> Config {
        Config {
            out: Box::new(out),
            err: Box::new(err),
            line_buffered: false,
            args: Vec::new(),
            permissions: Permissions::all(),
            policy: Policy::default(),
            max_heap: None,
            gc_stress: false,
            machine_stack: None,
            interrupts: Arc::default(),
            count_instructions: false,
            json_errors: false,
        }
    }

    /// A machine whose output is thrown away.
    pub fn silent() -> Config {
        Config::writing(std::io::sink(), std::io::sink())
    }

    /// The part of it that built-ins see.
    pub(super) fn state(self) -> State {
        State {
            out: self.out,
            err: self.err,
            line_buffered: self.line_buffered,
            input_is_taken: false,
            start: Instant::now(),
            args: self.args,
            world: World::new(self.permissions),
            areas: Default::default(),
        }
    }
}
