//! The fast paths of method calls
//! ([`operands`](super::operands) says how these macros come into the loop).

// The formatter does not know macros that define macros.
#[rustfmt::skip]
macro_rules! define_methods {
    ($d:tt $vm:ident $frame:ident $pc:ident $base:ident $fault:lifetime) => {
        macro_rules! call_method {
            ($d place:expr) => {{
                let place: ReceiverPlace = $d place;
                let window = $base.add(a!());
                let cache = cache!();
                let cached = *cache;
                let receiver = *window.add(1);
                let nargs = b!() & 0xff;
                let masks = Masks {
                    kept: flags!(),
                    exposed: (b!() >> 8) as u8,
                    beyond: false,
                };
                if receiver.is_pointer() {
                    let header = receiver.header();
                    let code = match header.kind {
                        Kind::Struct | Kind::Object => header.aux,
                        kind => kind as u32,
                    };
                    let target = (cached >> 32) as u32;
                    if code == cached as u32 && target & NATIVE != 0 {
                        (*$frame).pc = $pc;
                        if target & CHANGES == 0 || place != ReceiverPlace::Let {
                            let index = (target & NUMBER) as usize;
                            let kept = masks.kept | masks.exposed;
                            let args = window.add(1);
                            let value = if target & CHANGES == 0 {
                                $vm.call_fast(index, args, nargs + 1, kept)
                            } else {
                                $vm.call_fast_mutating(index, args, nargs + 1, kept)
                            };
                            if !value.is_absent() {
                                *window = value;
                                continue;
                            }
                        }
                        let result = $vm.call_cached_native(
                            window,
                            nargs,
                            masks.kept | masks.exposed,
                            target,
                            place,
                        );
                        match result {
                            Ok(value) => *window = value,
                            Err(fault) => break $fault fault,
                        }
                        if place == ReceiverPlace::Path {
                            $pc = (*$frame).pc;
                        }
                        if $vm.heap.over_limit
                            && let Some(fault) = $vm.out_of_memory()
                        {
                            break $fault fault;
                        }
                        continue;
                    }
                    if code == cached as u32 {
                        let proto =
                            *$vm.code.protos.as_ptr().add((target & NUMBER) as usize);
                        if (*proto).max_args as usize == nargs {
                            let mut needed = (*proto).borrows(masks.kept, masks.exposed);
                            if target & CHANGES != 0 {
                                if place == ReceiverPlace::Let {
                                    (*$frame).pc = $pc;
                                    break $fault immutable();
                                }
                                if (*proto).sees_place(masks.kept, masks.exposed) {
                                    receiver.share();
                                }
                                if place == ReceiverPlace::Path {
                                    $pc = $pc.add(1);
                                }
                                needed &= !1;
                            }
                            enter!(proto, window.add(1));
                            if needed != 0 {
                                $vm.borrow_args(
                                    nargs + 1,
                                    Masks {
                                        kept: needed,
                                        exposed: needed,
                                        beyond: false,
                                    },
                                );
                            }
                            warm!();
                            continue;
                        }
                    }
                }
                (*$frame).pc = $pc;
                match $vm.call_method_slow(
                    window,
                    nargs,
                    masks,
                    place,
                    constant!(c!()),
                    cache,
                ) {
                    Ok(Outcome::Value(value)) => {
                        *window = value;
                        $pc = (*$frame).pc;
                        if $vm.heap.over_limit
                            && let Some(fault) = $vm.out_of_memory()
                        {
                            break $fault fault;
                        }
                    }
                    Ok(Outcome::Entered) => {
                        load_frame!();
                        warm!();
                    }
                    Err(fault) => break $fault fault,
                }
            }};
        }
    };
}

pub(super) use define_methods;
