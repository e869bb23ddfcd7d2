//! The life of a thread: it takes work, runs it in its machine, and waits for
//! more.

use super::program::{Ending, Program};
use super::work::{MakeMachine, Surroundings, Work};
use crate::runtime::{Completion, Context, Fallible, Fault, Inbox, State, Tasks};
use crate::stdlib;
use crate::value::Value;
use crate::vm::Vm;
use crate::vm::parcel::Parcel;
use crate::vm::remote::pack_error;
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

/// Which machine runs a block, for code that wants to cancel it.
#[derive(Default)]
pub(super) struct Target {
    /// Of the machine, from when it has begun until it has ended.
    number: Mutex<Option<u64>>,
    cancelled: AtomicBool,
}

impl Target {
    /// Cancels the block, also one that has not begun.
    pub fn cancel(&self, program: &Program) {
        let number = self.number.lock().unwrap_or_else(PoisonError::into_inner);
        self.cancelled.store(true, Ordering::Relaxed);
        if let Some(number) = *number {
            program.cancel(number);
        }
    }

    /// The block begins in this machine; false if it is cancelled already.
    pub fn begin(&self, vm: &Vm) -> bool {
        let mut number = self.number.lock().unwrap_or_else(PoisonError::into_inner);
        *number = Some(vm.threads.number);
        !self.cancelled.load(Ordering::Relaxed)
    }

    pub fn end(&self) {
        let mut number = self.number.lock().unwrap_or_else(PoisonError::into_inner);
        *number = None;
    }
}

/// The life of a thread.
pub(super) fn run(program: &Arc<Program>, factory: &Arc<dyn MakeMachine>, stack: usize) {
    let mut machine: Option<Box<Vm>> = None;
    while let Some(work) = program.next_work() {
        let Work {
            surroundings,
            run,
            parent,
        } = work;
        let vm = match &mut machine {
            Some(vm) => {
                begin(vm, surroundings);
                vm
            }
            None => {
                let seed = surroundings.seed;
                match factory.make(state_of(surroundings)) {
                    Ok(mut vm) => {
                        vm.machine_stack.size = stack / 2;
                        vm.threads.factory = Some(factory.clone());
                        stdlib::use_seed(&mut *vm, seed);
                        machine.insert(vm)
                    }
                    Err(error) => {
                        run(Err(error));
                        parent.post(Box::new(|cx| cx.threads().child_ended()));
                        program.give_up();
                        continue;
                    }
                }
            }
        };
        vm.join_program(program);
        let begun = factory.begin(vm);
        run(Ok(vm));
        // Before the program can end by the end of this.
        factory.end(vm, begun);
        end(vm, &parent);
    }
}

fn state_of(surroundings: Surroundings) -> State {
    State {
        out: Box::new(surroundings.out),
        err: Box::new(surroundings.err),
        line_buffered: surroundings.line_buffered,
        input_is_taken: false,
        start: surroundings.start,
        args: surroundings.args.to_vec(),
        world: surroundings.world,
        areas: BTreeMap::new(),
    }
}

/// Has a machine that has run before begin from the start.
fn begin(vm: &mut Vm, surroundings: Surroundings) {
    let seed = surroundings.seed;
    let areas = std::mem::take(&mut vm.state.areas);
    vm.state = State {
        areas,
        ..state_of(surroundings)
    };
    stdlib::use_seed(vm, seed);
}

/// Forgets what a block has left: variables, tasks. Code and types stay.
fn end(vm: &mut Vm, parent: &Inbox) {
    let finished = stdlib::finish(vm);
    if let Err(fault) = finished.and_then(|()| vm.state.flush_out()) {
        end_program(vm, *fault);
    }
    // Before this machine is counted no more: what waits for it is not idle meanwhile.
    parent.post(Box::new(|cx| cx.threads().child_ended()));
    // So is what was on its way to waiters of this block, and goes to others.
    vm.tasks = vm.tasks.renewed();
    vm.leave_program();
    vm.globals.values.fill(Value::ABSENT);
    vm.missing = Default::default();
    // The promises that were rejected last have been reported.
    vm.heap.rejected.take_all();
    vm.forget_modules();
    vm.interrupts.clear();
    vm.stacks.clear_interrupt();
    vm.threads.block = Value::NULL;
    vm.threads.cancelled.store(false, Ordering::Relaxed);
    vm.threads.children = 0;
    vm.threads.outputs = None;
    vm.heap.collect();
}

/// Runs a block to its end, with all tasks that it has started.
pub(super) fn run_block(vm: &mut Vm, parcel: Parcel, completion: Completion, target: &Target) {
    if !target.begin(vm) {
        return;
    }
    let completion = Rc::new(RefCell::new(Some(completion)));
    let outcome: Fallible = vm.with_stack_roots(|vm| {
        let both = Vm::unpack_last(vm, parcel)?;
        vm.with_root(both, |vm| {
            let (function, args) = (both.elements()[0], both.elements()[1]);
            let block = vm.start_task(function, args.elements())?;
            vm.threads.block = block;
            let completion = completion.clone();
            let settled = move |cx: &mut dyn Context, _: Value, outcome: Fallible| {
                if let Some(completion) = completion.take() {
                    give(cx, completion, outcome);
                }
            };
            vm.when_settled(block, Value::NULL, Box::new(settled));
            vm.drain()?;
            Ok(Value::NULL)
        })
    });
    target.end();
    let failed = vm.with_stack_roots(|vm| vm.report_unawaited());
    if failed {
        vm.note_failure();
    }
    if let Err(fault) = outcome {
        match (*fault, completion.take()) {
            (fault @ (Fault::Error { .. } | Fault::Thrown), Some(completion)) => {
                vm.with_stack_roots(|vm| give(vm, completion, Err(Box::new(fault))));
            }
            (fault, _) => end_program(vm, fault),
        }
    }
}

/// Ends the program as a fault of one of its threads wants it.
pub(super) fn end_program(vm: &Vm, fault: Fault) {
    let ending = match fault {
        Fault::Exit(code) => Ending::Exit(code),
        Fault::OutputClosed => Ending::OutputClosed,
        _ => return,
    };
    if let Some(program) = &vm.threads.program {
        program.end(ending);
    }
}

/// Settles the promise of a block, on the thread that has spawned it, as the block ended.
pub(super) fn give(cx: &mut dyn Context, completion: Completion, outcome: Fallible) {
    let fault = match outcome {
        // The block's promise was seen by no code.
        Ok(value) => match cx.threads().pack_last(value) {
            Ok(message) => {
                return completion.complete(move |cx| cx.threads().unpack_last(message));
            }
            Err(fault) => fault,
        },
        Err(fault) => fault,
    };
    let Ok(error) = cx.caught(fault) else {
        return;
    };
    match pack_error(cx, error) {
        Ok(message) => completion.complete(move |cx| {
            let error = cx.threads().unpack_last(message)?;
            Err(cx.throw(error))
        }),
        Err(fault) => completion.complete(move |_| Err(fault)),
    }
}
