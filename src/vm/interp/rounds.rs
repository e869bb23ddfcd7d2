//! The fast paths of loops over ranges, arrays, dicts and generators
//! ([`operands`](super::operands) says how these macros come into the loop).

// The formatter does not know macros that define macros.
#[rustfmt::skip]
macro_rules! define_rounds {
    ($d:tt $vm:ident $frame:ident $pc:ident $base:ident $w:ident $fault:lifetime) => {
        // Prepares the state of a loop.
        macro_rules! iter_init {
            () => {{
                let subject = reg!(a!());
                if !subject.is_kind(Kind::Array) {
                    note_no_array($pc, $w);
                }
                let state = slow!($vm.iter_init(subject));
                for (i, value) in state.into_iter().enumerate() {
                    reg!(a!() + i) = value;
                }
                if $w & ((LEND | CHAIN) as u64) << 8 != 0 {
                    reg!(a!() + 2) = call::lent(subject, flags!());
                }
                $pc = $pc.offset(sbx!());
            }};
        }
        // The next element. The instruction after the last round is the next one; a generator gives its
        // element by `yielded!`.
        macro_rules! iter_next {
            () => {{
                let subject = reg!(a!());
                let at = reg!(a!() + 1);
                if subject.is_int() {
                    if (at.bits() as i64) < subject.bits() as i64 {
                        reg!(a!() + 3) = at;
                        reg!(a!() + 1) = Value::from_bits(at.bits() + 1);
                        next_round!(at);
                    }
                    continue;
                }
                let element = if subject.header().kind == Kind::Array {
                    let array: *mut ArrayObj = subject.as_pointer();
                    let index = at.as_int() as u64;
                    if index >= (*array).len as u64 {
                        continue;
                    }
                    reg!(a!() + 1) = Value::from_bits(at.bits() + 1);
                    *(*array).ptr.add(index as usize)
                } else {
                    (*$frame).pc = $pc;
                    note_no_array($pc, $w);
                    let subject_kind = subject.header().kind;
                    if subject_kind == Kind::Generator {
                        match $vm.resume(subject, 0) {
                            Ok(true) => {
                                load_frame!();
                                warm!();
                            }
                            Ok(false) => {}
                            Err(fault) => break $fault fault,
                        }
                        continue;
                    }
                    match slow!($vm.iter_next(subject, &mut *$base.add(a!() + 1))) {
                        Some((key, _)) if subject_kind == Kind::Dict => key,
                        Some((_, element)) => {
                            if $w & (SHARE as u64) << 8 != 0 && !subject.gives_owned() {
                                element.share();
                            }
                            reg!(a!() + 3) = element;
                            safepoint!($pc);
                            $pc = $pc.offset(sbx!());
                            warm_loop!(1);
                            continue;
                        }
                        None => continue,
                    }
                };
                if $w & (SHARE as u64) << 8 != 0 {
                    element.share();
                }
                reg!(a!() + 3) = element;
                next_round!(at);
            }};
        }
        // The same with the position or key.
        macro_rules! iter_next2 {
            () => {{
                let subject = reg!(a!());
                if subject.is_kind(Kind::Array) {
                    let at = reg!(a!() + 1);
                    let index = at.as_int() as usize;
                    let Some(&element) = subject.elements().get(index) else {
                        continue;
                    };
                    reg!(a!() + 1) = Value::from_bits(at.bits() + 1);
                    if $w & (SHARE as u64) << 8 != 0 {
                        element.share();
                    }
                    reg!(a!() + 3) = at;
                    reg!(a!() + 4) = element;
                    next_round!(at);
                    continue;
                }
                (*$frame).pc = $pc;
                note_no_array($pc, $w);
                if subject.is_kind(Kind::Generator) {
                    match $vm.resume(subject, 0) {
                        Ok(true) => {
                            load_frame!();
                            warm!();
                        }
                        Ok(false) => {}
                        Err(fault) => break $fault fault,
                    }
                    continue;
                }
                let next = slow!($vm.iter_next(subject, &mut *$base.add(a!() + 1)));
                let Some((key, value)) = next else {
                    continue;
                };
                if $w & (SHARE as u64) << 8 != 0 {
                    value.share();
                }
                reg!(a!() + 3) = key;
                reg!(a!() + 4) = value;
                safepoint!($pc);
                $pc = $pc.offset(sbx!());
                warm_loop!(1);
            }};
        }
        // Prepares the state of a loop over a range.
        macro_rules! range_init {
            () => {{
                let bounds = [reg!(a!()), reg!(a!() + 1), reg!(a!() + 2)];
                let state = slow!($vm.range_init(bounds, flags!() & INCLUSIVE != 0));
                for (i, value) in state.into_iter().enumerate() {
                    reg!(a!() + i) = value;
                }
                $pc = $pc.offset(sbx!());
            }};
        }
        // The next int; steps other than one are compared out of line.
        macro_rules! range_next {
            () => {{
                let at = reg!(a!());
                let end = reg!(a!() + 1);
                let step = reg!(a!() + 2);
                if step == Value::int(1) {
                    if (at.bits() as i64) < end.bits() as i64 {
                        reg!(a!() + 3) = at;
                        reg!(a!()) = Value::from_bits(at.bits() + 1);
                        next_round!(at);
                    }
                } else {
                    let next = if step.is_absent() {
                        slow!($vm.next_of_iterator(at))
                    } else {
                        iterate::range_next($base.add(a!()), at, end, step)
                    };
                    if let Some(value) = next {
                        reg!(a!() + 3) = value;
                        safepoint!($pc);
                        $pc = $pc.offset(sbx!());
                    }
                }
            }};
        }
    };
}

pub(super) use define_rounds;
