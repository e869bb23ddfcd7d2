//! What the machine holds on to, for the collector: globals, constants and the
//! like precisely; the value stack and the machine stack word by word, since
//! registers above the live ones hold stale values and Rust code keeps pointers
//! where it likes.

use super::Vm;
use crate::heap::collect::{Marker, RootSource, mark_machine_stack};
use crate::heap::space::Space;

/// Words above the running frame's registers that are looked at too: arguments
/// of a call being made.
pub(super) const STALE: usize = 256;

impl Vm {
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
        let frame = (*vm).frame;
        let top = (*frame)
            .base
            .add((*(*frame).proto).registers as usize + STALE);
        let top = top.min((*vm).stacks.values_end);
        marker.words(space, (*vm).stacks.values.cast(), top.cast());
        let calls = frame as usize - (*vm).stacks.frames as usize;
        marker.count(top as usize - (*vm).stacks.values as usize + calls);
        for list in [
            &(*vm).globals,
            &(*vm).global_names,
            &(*vm).native_values,
            &(*vm).pinned,
            &(*vm).temporary_roots,
        ] {
            for &value in list.iter() {
                marker.value(value);
            }
        }
        for value in [
            (*vm).pending,
            (*vm).error_type,
            (*vm).none,
            (*vm).names.init,
            (*vm).names.message,
            (*vm).names.cause,
            (*vm).names.script,
        ] {
            marker.value(value);
        }
        for &object in (*vm).borrows.iter() {
            marker.object(object);
        }
        for &proto in (*vm).protos.iter() {
            for &value in (*proto).consts() {
                marker.value(value);
            }
            marker.value((*proto).name);
            marker.value((*proto).value);
        }
        if !(*vm).machine_stack_base.is_null() {
            let unscanned = (*vm).native.unscanned_stack();
            mark_machine_stack(marker, space, (*vm).machine_stack_base, &unscanned);
        }
    }
}
