//! Function objects: with what they capture, and types whose methods capture.

use super::code::TypeTemplate;
use crate::bytecode::Capture;
use crate::heap::object::*;
use crate::value::Value;
use crate::vm::Vm;
use crate::vm::call::proto_of;
use crate::vm::proto::Proto;

impl Vm {
    /// A function object with the given captures.
    pub(crate) fn new_function(&mut self, proto: *mut Proto, captures: &[Value]) -> Value {
        let size = size_of::<FunctionObj>() + 8 * captures.len();
        let object: *mut FunctionObj = self
            .heap
            .allocate(Kind::Function, 0, captures.len() as u32, size)
            .cast();
        // SAFETY: a fresh object with room for the captures.
        unsafe {
            (*object).proto = proto.cast();
            let first = crate::heap::object::trailing(object, 0);
            std::ptr::copy_nonoverlapping(captures.as_ptr(), first, captures.len());
            Value::pointer(object)
        }
    }

    /// Makes a closure of `proto` over the frame at `base`.
    ///
    /// # Safety
    /// `base` is the running frame's base, whose slot below holds its function if
    /// that has captures.
    pub(crate) unsafe fn close(&mut self, proto: *mut Proto, base: *mut Value) -> Value {
        // SAFETY: captures name registers and captures of the running frame.
        unsafe {
            let captures = &(*proto).captures;
            let count = captures.len();
            let size = size_of::<FunctionObj>() + 8 * count;
            let object: *mut FunctionObj = self
                .heap
                .allocate(Kind::Function, 0, count as u32, size)
                .cast();
            (*object).proto = proto.cast();
            for (i, capture) in captures.iter().enumerate() {
                let value = match *capture {
                    Capture::Register { register, share } => {
                        let value = *base.add(register as usize);
                        if share {
                            value.share();
                        }
                        value
                    }
                    Capture::Outer(index) => {
                        let outer: *mut FunctionObj = (*base.sub(1)).as_pointer();
                        let value = *trailing(outer, index as usize);
                        value.share();
                        value
                    }
                };
                trailing(object, i).write(value);
            }
            Value::pointer(object)
        }
    }

    /// `Closure`: every evaluation makes a function of its own.
    ///
    /// # Safety
    /// `base` is the running frame's.
    pub(crate) unsafe fn make_closure(&mut self, function: Value, base: *mut Value) -> Value {
        // SAFETY: the constant is a function, or the number of one with captures.
        let proto = unsafe {
            if function.is_int() {
                self.code.protos[function.as_int() as usize]
            } else {
                proto_of(function)
            }
        };
        // SAFETY: the caller's promise.
        unsafe { self.close(proto, base) }
    }

    /// `MakeType`; a type without captures is a constant already.
    ///
    /// # Safety
    /// `base` is the running frame's.
    pub(crate) unsafe fn make_type_or_constant(
        &mut self,
        template: Value,
        base: *mut Value,
    ) -> Value {
        if !template.is_int() {
            return template;
        }
        // SAFETY: the caller's promise.
        unsafe { self.make_type(template.as_int() as usize, base) }
    }

    /// Carries out `MakeType`: the template's type with its methods closed over
    /// the frame whose registers start at `base`.
    ///
    /// # Safety
    /// `base` is the running frame's, whose slot below holds its function.
    pub(crate) unsafe fn make_type(&mut self, template: usize, base: *mut Value) -> Value {
        let TypeTemplate { code, declared } = &self.code.templates[template];
        let (code, declared) = (code.clone(), *declared);
        let first = self.code.sources[declared.source as usize].first_function;
        self.make_struct_type(&code, declared, |vm, id| {
            let proto = vm.code.protos[(first + id.0) as usize];
            // SAFETY: the caller's promise.
            unsafe { vm.close(proto, base) }
        })
    }
}
