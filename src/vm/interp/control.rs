//! How the loop goes on: safepoints, jumps, calls and returns, and on into compiled code
//! ([`operands`](super::operands) says how these macros come into the loop).

// The formatter does not know macros that define macros.
#[rustfmt::skip]
macro_rules! define_control {
    ($d:tt $vm:ident $frame:ident $pc:ident $base:ident $consts:ident $below:ident $fault:lifetime) => {
        // Saves the place and carries on with the value, or unwinds.
        macro_rules! slow {
            ($d call:expr) => {{
                (*$frame).pc = $pc;
                match $d call {
                    Ok(value) => value,
                    Err(fault) => break $fault fault,
                }
            }};
        }
        // The same for what allocates a lot: also checks the heap's limit.
        macro_rules! allocating {
            ($d call:expr) => {{
                let value = slow!($d call);
                if $vm.heap.over_limit
                    && let Some(fault) = $vm.out_of_memory()
                {
                    break $fault fault;
                }
                value
            }};
        }
        // Once a round of every loop: what others ask for, and a heap that is full.
        macro_rules! safepoint {
            ($d pc:expr) => {
                if $vm.has_interrupt() {
                    (*$frame).pc = $d pc;
                    if let Some(fault) = $vm.handle_interrupts(Doing::Code) {
                        break $fault fault;
                    }
                }
            };
        }
        // The same every sixteenth round, by a counter at hand.
        macro_rules! next_round {
            ($d count:expr) => {{
                let count: Value = $d count;
                if count.bits() & 15 == 0 {
                    safepoint!($pc);
                    $pc = $pc.offset(sbx!());
                    warm_loop!(16);
                } else {
                    $pc = $pc.offset(sbx!());
                }
            }};
        }
        // Counts a round, or several, of the loop that goes on at `pc`: a hot
        // one goes on in compiled code.
        macro_rules! warm_loop {
            ($d rounds:expr) => {
                let proto = (*$frame).proto as *mut Proto;
                (*proto).heat = (*proto).heat.wrapping_sub($d rounds);
                if (*proto).heat < 0 {
                    (*$frame).pc = $pc;
                    if (*$frame).flags & RESUMABLE != 0 {
                        if $vm.take_back($frame) {
                            return Ok(Value::ABSENT);
                        }
                    } else {
                        ran!($vm.run_hot($frame, $below));
                    }
                }
            };
        }
        // Goes on after compiled code has, or has not, run the frame.
        macro_rules! ran {
            ($d ran:expr) => {
                match $d ran {
                    NativeOutcome::Not => {}
                    NativeOutcome::Returned(value) => leave!(value),
                    NativeOutcome::Yielded(value) => {
                        yielded!(value, (*$frame).flags & ENTRY != 0)
                    }
                    NativeOutcome::Fault(fault) => {
                        if (*$frame).flags & ENTRY != 0 {
                            return Err(fault);
                        }
                        break $fault fault;
                    }
                }
            };
        }
        // A call has been entered: a hot function goes on in compiled code.
        macro_rules! warm {
            () => {
                let proto = (*$frame).proto as *mut Proto;
                (*proto).heat = (*proto).heat.wrapping_sub(1);
                if (*proto).heat < 0 {
                    (*$frame).pc = $pc;
                    ran!($vm.run_hot($frame, $below));
                }
            };
        }
        // The generator's frame is gone; the code that asked gets the
        // element.
        macro_rules! yielded {
            ($d value:expr, $d entry:expr) => {{
                let value: Value = $d value;
                if $d entry {
                    return Ok(value);
                }
                load_frame!();
                // The instruction that asked goes on with the body.
                let asked = *$pc.sub(1);
                let state = $base.add(asked.a() as usize);
                if asked.0 as u8 == Op::IterNext as u8 {
                    *state.add(3) = value;
                } else {
                    let index = *state.add(1);
                    *state.add(3) = index;
                    *state.add(1) = Value::from_bits(index.bits() + 1);
                    *state.add(4) = value;
                }
                $pc = $pc.offset(asked.sbx() as isize);
            }};
        }
        macro_rules! take_jump {
            () => {{
                let offset = (*$pc).sbx() as isize;
                $pc = $pc.offset(1 + offset);
            }};
        }
        macro_rules! jump_if {
            ($d taken:expr) => {
                if $d taken {
                    take_jump!();
                } else {
                    $pc = $pc.add(1);
                }
            };
        }
        // Goes on in a function whose arguments are at `$base`.
        macro_rules! enter {
            ($d proto:expr, $d base:expr) => {{
                let proto: *const Proto = $d proto;
                let new_base: *mut Value = $d base;
                (*$frame).pc = $pc;
                let next = $frame.add(1);
                if next >= $vm.stacks.call_limit.load(Ordering::Relaxed)
                    || new_base > $vm.stacks.values_limit
                {
                    let fits = new_base <= $vm.stacks.values_limit;
                    if let Err(fault) = $vm.call_limit_reached(next, fits, Doing::Code) {
                        break $fault fault;
                    }
                }
                (*next).proto = proto;
                (*next).base = new_base;
                (*next).flags = 0;
                $frame = next;
                $vm.stacks.push(next);
                $base = new_base;
                $pc = (*proto).code;
                $consts = (*proto).consts;
            }};
        }
        // Returns from the running frame with a value.
        macro_rules! leave {
            ($d value:expr) => {{
                let mut value: Value = $d value;
                if (*$frame).flags != 0 {
                    match $vm.leave($frame, value) {
                        ReturnTo::Caller(result) => value = result,
                        ReturnTo::Loop => {
                            load_frame!();
                            continue;
                        }
                        ReturnTo::Rust(result) => return result,
                        ReturnTo::Fault(fault) => break $fault fault,
                    }
                }
                *$base.sub(1) = value;
                $vm.stacks.pop($frame);
                $frame = $frame.sub(1);
                $base = (*$frame).base;
                $pc = (*$frame).pc;
                $consts = (*(*$frame).proto).consts;
            }};
        }
    };
}

pub(super) use define_control;
