//! Inputs of a session: source texts that see each other's top-level names, as
//! if each were in a block inside the ones before. A name that an input
//! declares there is a global, or, if it needs none, an export.

use super::walker::{EARLIER, Known, KnownKind, Walker};
use super::{FuncIdx, Resolved, Storage, Var, VarId, VarKind, finish};
use crate::compiler::Builtins;
use crate::syntax::ast::{Module, Span};
use crate::syntax::diagnostic::Diagnostic;

/// Resolves all names of an input.
pub fn resolve_input<'a>(
    module: &Module<'a>,
    builtins: &dyn Builtins,
    known: &'a [Known],
) -> (Resolved<'a>, Vec<Diagnostic>) {
    let mut walker = Walker::new();
    walker.known = known;
    walker.module(module);
    walker.export_all(module.body.span);
    walker.finish_imports(builtins);
    let (mut resolved, receivers, diagnostics) = walker.into_parts();
    finish::finish(&mut resolved, &receivers, builtins);
    (resolved, diagnostics)
}

impl<'a> Walker<'a> {
    /// Declares the names of earlier inputs in the current scope, which is
    /// around that of the input.
    pub(super) fn declare_known(&mut self) {
        for one in self.known {
            let kind = match one.kind {
                KnownKind::Let => VarKind::Let,
                KnownKind::Const => VarKind::Const,
                KnownKind::Open => VarKind::Import,
            };
            let id = VarId(self.out.vars.len() as u32);
            self.out.vars.push(Var {
                name: &one.name,
                span: EARLIER,
                kind,
                func: FuncIdx(0),
                top_level: true,
                init_end: 0,
                mentioned: true,
                early: true,
                // Any input may write it.
                writes: vec![0],
                written_inside: true,
                reads: 0,
                holds_value: false,
                storage: Storage::Register,
            });
            self.out.imports.originals.insert(id, &one.name);
            self.scopes[self.scope.0 as usize]
                .names
                .insert(&one.name, id);
        }
    }

    /// Everything declared at the top level is there for later inputs.
    fn export_all(&mut self, body: Span) {
        self.out.meets_strangers = true;
        for var in self.out.block_vars(body).to_vec() {
            self.out.vars[var.0 as usize].mentioned = true;
            let name = self.out.var(var).name;
            self.out.imports.exports.push((name, var));
        }
    }
}
