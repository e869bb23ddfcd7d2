//! With debug assertions, the machine checks that every instruction and built-in that
//! runs code of the program says so in its table ([`Effects`]): an instruction that is being carried out, or a
//! built-in. Without them, all of this is nothing.

use super::Vm;
use crate::effects::Effects;
#[cfg(debug_assertions)]
use crate::heap::object::{BoundMethodObj, Kind};
use crate::value::Value;

/// The effects of the running built-in; `None` while code of the program runs.
#[derive(Clone, Copy, Default)]
pub(super) struct Declared {
    #[cfg(debug_assertions)]
    builtin: Option<Effects>,
}

#[cfg(debug_assertions)]
impl Vm {
    /// A built-in begins; what to give to [`Vm::end_declared`] at its end.
    pub(super) fn begin_builtin(&mut self, effects: Effects) -> Declared {
        let builtin = Some(effects);
        std::mem::replace(&mut self.declared, Declared { builtin })
    }

    /// Rust code is about to run code of the program.
    ///
    /// # Panics
    /// If that was not to be expected.
    pub(super) fn begin_code(&mut self) -> Declared {
        let effects = match self.declared.builtin {
            Some(effects) => effects,
            None => self.instruction_effects(),
        };
        assert!(effects.runs_code(), "runs code that its table does not say");
        std::mem::take(&mut self.declared)
    }

    /// Rust code is about to call a value.
    pub(super) fn begin_call(&mut self, callable: Value) -> Declared {
        let is_native = match callable.kind() {
            Some(Kind::BoundMethod) => {
                // SAFETY: the value is a bound method.
                let method = unsafe { (*callable.as_pointer::<BoundMethodObj>()).method };
                method.is_kind(Kind::Native)
            }
            kind => kind == Some(Kind::Native),
        };
        if is_native {
            return self.declared;
        }
        self.begin_code()
    }

    pub(super) fn end_declared(&mut self, outer: Declared) {
        self.declared = outer;
    }

    /// The effects of the running instruction; all of them in frames that are no code.
    fn instruction_effects(&self) -> Effects {
        // SAFETY: the running frame is live, and its `pc` saved after the instruction.
        unsafe {
            let frame = self.stacks.running();
            let proto = (*frame).proto;
            if (*proto).is_native() {
                return Effects::CALLS;
            }
            let last = (*proto).index_before((*frame).pc);
            let mut at = 0;
            loop {
                let op = (*(*proto).code.add(at)).op();
                let next = at + 1 + usize::from(op.has_cache()) + usize::from(op.has_branch());
                if next > last {
                    return op.effects();
                }
                at = next;
            }
        }
    }
}

#[cfg(not(debug_assertions))]
impl Vm {
    #[inline(always)]
    pub(super) fn begin_builtin(&mut self, _: Effects) -> Declared {
        self.declared
    }

    #[inline(always)]
    pub(super) fn begin_code(&mut self) -> Declared {
        self.declared
    }

    #[inline(always)]
    pub(super) fn begin_call(&mut self, _: Value) -> Declared {
        self.declared
    }

    #[inline(always)]
    pub(super) fn end_declared(&mut self, _: Declared) {}
}
