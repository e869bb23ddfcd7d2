//! Calls that can write nothing which the caller refers to: those of declared functions
//! that write no variable but their own and run nothing else that might. Temporaries
//! need no mark before them. Doubtful functions, and all where class instances are
//! about, count as harmful.

use super::Gen;
use crate::compiler::resolve::VarId;
use crate::syntax::ast::*;

impl<'a> Gen<'a, '_> {
    /// Whether a call of this declared function is harmless.
    pub fn is_harmless(&self, var: VarId) -> bool {
        if self.instances {
            return false;
        }
        if let Some(&known) = self.harmless.borrow().get(&var) {
            return known;
        }
        // As long as nothing is known: so one that calls itself counts as harmful.
        self.harmless.borrow_mut().insert(var, false);
        let harmless = self.res.defs.get(&var).is_some_and(|def| {
            let func = self.res.func(self.res.func_of(def));
            !def.is_generator
                && !def.is_async
                && !func.writes_outside
                && def.params.iter().all(|param| param.default.is_none())
                && self.block_is_harmless(&def.body)
        });
        self.harmless.borrow_mut().insert(var, harmless);
        harmless
    }

    fn block_is_harmless(&self, block: &Block<'a>) -> bool {
        block.stmts.iter().all(|stmt| self.stmt_is_harmless(stmt))
    }

    fn stmt_is_harmless(&self, stmt: &Stmt<'a>) -> bool {
        let all = |values: &[&Expr<'a>]| !self.may_run_code(values);
        match stmt.kind {
            StmtKind::Expr(value) | StmtKind::Let { value, .. } => all(&[value]),
            StmtKind::Assign { target, value, .. } => match target {
                Target::Place(place) => all(&[place, value]),
                Target::Pattern(_) => all(&[value]),
            },
            StmtKind::Compound { place, value, .. } => {
                !self.runs(crate::effects::Effects::OPERATORS) && all(&[place, value])
            }
            StmtKind::If {
                cond,
                ref then,
                otherwise,
            } => {
                all(&[cond])
                    && self.block_is_harmless(then)
                    && match otherwise {
                        None => true,
                        Some(Else::Block(ref block)) => self.block_is_harmless(block),
                        Some(Else::If(inner)) => self.stmt_is_harmless(inner),
                    }
            }
            StmtKind::While { cond, ref body, .. } => {
                cond.is_none_or(|cond| all(&[cond])) && self.block_is_harmless(body)
            }
            StmtKind::For { iter, ref body, .. } => {
                matches!(iter.kind, ExprKind::Range { .. })
                    && all(&[iter])
                    && self.block_is_harmless(body)
            }
            StmtKind::Return(value) => value.is_none_or(|value| all(&[value])),
            StmtKind::Break(_) | StmtKind::Continue(_) => true,
            _ => false,
        }
    }

    /// Whether a call of a method of this name runs code of the program, or changes
    /// its receiver.
    pub fn method_runs_code(&self, name: &str) -> bool {
        let own = self.res.structs.iter().any(|one| {
            let mut fields = one.def.fields.iter();
            one.methods.contains_key(name) || fields.any(|field| field.name.name == name)
        });
        let effects = self.builtins.method_effects(name);
        self.res.meets_strangers
            || own
            || self.builtins.is_mutating_method(name)
            || effects.is_none_or(|effects| self.runs(effects))
    }
}
