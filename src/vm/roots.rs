//! The roots of the collector: globals, constants and the
//! like precisely; the value stack and the machine stack word by word, since
//! registers above the live ones hold stale values and Rust code keeps pointers
//! where it likes.

use super::Vm;
use crate::heap::collect::{Marker, RootSource, mark_machine_stack};
use crate::heap::space::Space;
use crate::value::Value;

/// Words above the running frame's registers that are looked at too: arguments
/// of a call being made.
pub(super) const STALE: usize = 256;

/// Values that are kept alive though no register or object holds them.
#[derive(Default)]
pub(crate) struct Roots {
    /// As long as the machine lives.
    pub pinned: Vec<Value>,
    /// As long as Rust code holds them in places where the collector does not look.
    pub temporary: Vec<Value>,
}

impl Vm {
    /// Does `work` with a value kept alive that only Rust code holds.
    pub(crate) fn with_root<T>(&mut self, value: Value, work: impl FnOnce(&mut Vm) -> T) -> T {
        self.roots.temporary.push(value);
        let result = work(self);
        self.roots.temporary.pop();
        result
    }

    /// Does `work` with the machine stack from here on scanned for roots: what
    /// makes values outside a running script has to run in this.
    pub(crate) fn with_stack_roots<T>(&mut self, work: impl FnOnce(&mut Vm) -> T) -> T {
        let marker = 0u64;
        let outer = self.machine_stack.base;
        if outer.is_null() {
            let here: *const u64 = std::hint::black_box(&marker);
            self.machine_stack.base = here;
            self.machine_stack.limit = (here as usize).saturating_sub(self.machine_stack.size);
        }
        let result = work(self);
        self.machine_stack.base = outer;
        result
    }

    pub(super) fn install_roots(&mut self) {
        let context: *mut Vm = self;
        self.heap.roots = Some(RootSource {
            context: context.cast(),
            visit,
        });
    }
}

/// # Safety
/// `context` is the machine, stopped in an allocation.
unsafe fn visit(context: *mut (), marker: &mut Marker, space: &Space) {
    // SAFETY: only fields outside the heap are read, through raw pointers: the
    // heap itself is mutably borrowed by the running collection.
    unsafe {
        let vm: *mut Vm = context.cast();
        let frame = (*vm).stacks.running();
        let top = (*frame)
            .base
            .add((*(*frame).proto).registers as usize + STALE);
        let top = top.min((*vm).stacks.values_end);
        marker.words(space, (*vm).stacks.values.cast(), top.cast());
        let calls = frame as usize - (*vm).stacks.frames as usize;
        marker.count(top as usize - (*vm).stacks.values as usize + calls);
        for list in [
            &(*vm).globals.values,
            &(*vm).globals.names,
            &(*vm).code.native_values,
            &(*vm).roots.pinned,
            &(*vm).roots.temporary,
        ] {
            for &value in list.iter() {
                marker.value(value);
            }
        }
        for value in [
            (*vm).errors.pending,
            (*vm).errors.ty,
            (*vm).none,
            (*vm).names.init,
            (*vm).names.message,
            (*vm).names.cause,
            (*vm).names.script,
            (*vm).names.awaits,
        ] {
            marker.value(value);
        }
        (*vm).tasks.visit(&mut |value| marker.value(value));
        for value in (*vm).threads.values() {
            marker.value(value);
        }
        for value in (*vm).missing.values() {
            marker.value(value);
        }
        for &object in (*vm).stacks.borrows.iter() {
            marker.object(object);
        }
        for object in (*vm).lent.objects() {
            marker.object(object);
        }
        for &proto in (*vm).code.protos.iter() {
            for &value in (*proto).consts() {
                marker.value(value);
            }
            marker.value((*proto).name);
            marker.value((*proto).value);
        }
        if !(*vm).machine_stack.base.is_null() {
            let unscanned = (*vm).native.unscanned_stack();
            mark_machine_stack(marker, space, (*vm).machine_stack.base, &unscanned);
        }
    }
}
