//! The parts of the floors below the engine that the `ruff` command, the tests and the
//! benchmarks use: parser and printer, listings, profiles, the reference of the
//! built-ins, and single pieces to test and measure. They are no part of the library's
//! interface and may change with every version.

pub use crate::bytecode::{Op, disasm};
pub use crate::check::rules;
pub use crate::effects::Effects;
pub use crate::heap::Heap;
pub use crate::heap::collect::Pauses;
pub use crate::jit::listing::{Arch, Loaded};
pub use crate::profile::calls::{CallTree, Callee};
pub use crate::profile::{Function, Line};
pub use crate::runtime::{Intrinsic, MethodForm, Native, Param, ParamKind};
pub use crate::stdlib::toml::excess as toml_excess;
pub use crate::stdlib::{method_name, names, natives, reference};
pub use crate::syntax::diagnostic::Edit;
pub use crate::syntax::pieces::{Piece, pieces};
pub use crate::syntax::suggest::closest;
pub use crate::syntax::{MAX_SOURCE_BYTES, ast, format, is_unfinished, parse, print};
pub use crate::system::{keep_freed_memory, reservation, share_allocator, size_text};
pub use crate::value::Value;
pub use ruff_asm::Columns;

use crate::engine::Engine;

/// Functions of a loaded unit that have this name, or all, as a listing with their
/// machine code.
pub fn listing(
    engine: &Engine,
    loaded: &Loaded<'_>,
    name: Option<&str>,
    arch: Arch,
    columns: Columns,
) -> String {
    crate::jit::listing::listing(&engine.vm, loaded, name, arch, columns)
}

/// The optimised code of functions with a name, or of all that have some: the graphs, and
/// the machine code too unless `only_graph`. The policy must say that it is kept.
pub fn optimized_listing(engine: &Engine, name: Option<&str>, only_graph: bool) -> String {
    let all = crate::jit::Jit::of(&engine.vm).map_or(&[][..], |jit| jit.optimized_listings());
    let mut out = String::new();
    for one in all {
        if name.is_some_and(|name| *one.function != *name) {
            continue;
        }
        out += &format!("; {} from {:04}\n{}", one.function, one.at, one.graph);
        if !only_graph {
            out += "\n";
            out += &one.code;
        }
        out += "\n";
    }
    out
}

/// How many containers the engine's programs have copied.
pub fn copies(engine: &Engine) -> u64 {
    engine.vm.heap.stats.copies
}
