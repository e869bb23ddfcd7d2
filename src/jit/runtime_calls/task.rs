//! Tasks: waiting, and how an async function ends.

use super::helper;

helper! {
    fn awaits(vm, at) {
        let (result, end) = (at.place(at.a()), at.place(at.c()));
        // SAFETY: registers of the running frame, whose `pc` is saved.
        let value = unsafe { vm.await_value(at.get(at.b()), result, end)? };
        at.set(at.a(), value);
        Ok(0)
    }

    fn fulfil(vm, at) {
        at.set(at.a(), vm.fulfilled(at.get(at.a())));
        super::room(vm)
    }

    fn reject(vm, at) {
        at.set(at.a(), vm.rejected(at.get(at.a())));
        Ok(0)
    }
}
