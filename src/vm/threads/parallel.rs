//! `parallel_map` and its relatives: threads take elements as they come to need them, and the
//! results are put in order. How many a thread takes at once follows from how long they last.

use super::program::Program;
use super::worker::{Target, end_program};
use crate::heap::object::Kind;
use crate::heap::shared::{Elements, are_plain};
use crate::runtime::limits::{check_room, system_out_of_memory};
use crate::runtime::pace::{Pace, STRETCH};
use crate::runtime::{
    Completion, Context, ErrorKind, Fallible, Fault, Keeps, Message, Parallel, Tasks,
};
use crate::stdlib;
use crate::value::Value;
use crate::vm::Vm;
use crate::vm::fields::no_room;
use crate::vm::parcel::Parcel;
use crate::vm::remote::pack_error;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// A thread takes more at once while what it has taken lasts shorter than this.
const TURN: Duration = Duration::from_micros(100);
/// Elements that are no numbers go in so many parcels at most, with as many
/// elements each.
const MOST_BLOCKS: usize = 1024;
/// Of what is left a thread takes at most this part.
const PART: usize = 4;

/// Elements that are copied without a look around.
const AT_ONCE: usize = STRETCH / size_of::<Value>();

/// The elements, as the threads read them.
enum Inputs {
    /// Values without pointers.
    Plain(Elements),
    /// So many in each parcel, but the last.
    Blocks(usize, Vec<Parcel>),
}

/// The state of a call.
struct Progress {
    /// The first element that no thread has taken.
    next: usize,
    /// Elements that are done with.
    done: usize,
    /// The results that are no pointers, in their places; nothing if there are to be none.
    plain: Option<Elements>,
    /// The others, by the position of the first one.
    results: Vec<(usize, Parcel)>,
    /// The error of the lowest position so far.
    error: Option<(usize, Message)>,
    /// Threads that are still to come or at it.
    threads: usize,
    completion: Option<Completion>,
}

/// A call, as its threads share it.
struct Call {
    function: Parcel,
    elements: Inputs,
    count: usize,
    gives: bool,
    seed: Option<[u8; 32]>,
    /// Elements from here on are not begun any more.
    end: AtomicUsize,
    progress: Mutex<Progress>,
}

/// Starts a call; the promise of its results.
pub(super) fn start(vm: &mut Vm, plan: Parallel) -> Fallible {
    let elements = plan.elements.elements();
    if elements.is_empty() {
        let value = match plan.gives {
            true => vm.heap.new_array(0),
            false => Value::NULL,
        };
        return Ok(vm.heap.new_settled(value, false));
    }
    let none = vm.heap.new_array(0);
    let function = vm.pack_call(plan.function, none);
    let function = function.map_err(|not_sent| not_sent.fault())?;
    vm.pack_counted(&function);
    let packed = pack_elements(vm, plan.elements)?;
    let plain = match plan.gives {
        true => Some(room_for(vm, elements.len())?),
        false => None,
    };
    let threads = plan.threads.clamp(1, elements.len());
    let (promise, completion) = vm.outside(Keeps::Nothing);
    promise.promise().mark_of_task();
    let call = Arc::new(Call {
        function,
        elements: packed,
        count: elements.len(),
        gives: plan.gives,
        seed: stdlib::seed(vm),
        end: AtomicUsize::new(usize::MAX),
        progress: Mutex::new(Progress {
            next: 0,
            done: 0,
            plain,
            results: Vec::new(),
            error: None,
            threads,
            completion: Some(completion),
        }),
    });
    let targets: Vec<Arc<Target>> = (0..threads).map(|_| Arc::default()).collect();
    vm.with_root(promise, |vm| {
        let (own, stopped, program) = (targets.clone(), call.clone(), vm.program());
        let undo = move |_: &mut dyn Context, _| {
            stopped.cancel(&own, &program);
            true
        };
        vm.on_cancel(promise, Value::NULL, Box::new(undo));
        for (started, target) in targets.iter().enumerate() {
            let (call, target) = (call.clone(), target.clone());
            let other = call.clone();
            let begun = vm.start_thread(None, move |vm| match vm {
                Ok(vm) => call.run(vm, &target),
                Err(error) => call.leave(Some(&error.to_string())),
            });
            if let Err(fault) = begun {
                if started == 0 {
                    return Err(fault);
                }
                // The others do its part.
                for _ in started..threads {
                    other.leave(None);
                }
                break;
            }
        }
        Ok(())
    })?;
    Ok(promise)
}

/// Room for so many results.
fn room_for(vm: &mut Vm, count: usize) -> Fallible<Elements> {
    check_room(vm, count * size_of::<Value>())?;
    let account = vm.memory_account();
    let room = Elements::with_room(count, &account);
    let mut results = room.ok_or_else(system_out_of_memory)?;
    for from in (0..count).step_by(AT_ONCE) {
        vm.poll()?;
        results.extend_nulls(AT_ONCE.min(count - from));
    }
    Ok(results)
}

fn pack_elements(vm: &mut Vm, array: Value) -> Fallible<Inputs> {
    let elements = array.elements();
    if are_plain(elements) {
        let account = vm.memory_account();
        let room = Elements::with_room(elements.len(), &account);
        let mut copied = room.ok_or_else(system_out_of_memory)?;
        for part in elements.chunks(AT_ONCE) {
            vm.poll()?;
            copied.extend(part);
        }
        return Ok(Inputs::Plain(copied));
    }
    let size = elements.len().div_ceil(MOST_BLOCKS);
    let mut blocks = Vec::with_capacity(elements.len().div_ceil(size));
    for block in elements.chunks(size) {
        vm.poll()?;
        let block = vm.heap.new_array_from(block);
        let parcel = Vm::pack(vm, block).map_err(|not_sent| not_sent.fault())?;
        vm.pack_counted(&parcel);
        blocks.push(parcel);
    }
    Ok(Inputs::Blocks(size, blocks))
}

impl Call {
    /// A panic ends the process.
    fn progress(&self) -> MutexGuard<'_, Progress> {
        self.progress.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Begins no more elements, and cancels those that run.
    fn cancel(&self, targets: &[Arc<Target>], program: &Program) {
        self.end.store(0, Ordering::Relaxed);
        for target in targets {
            target.cancel(program);
        }
    }

    /// A thread's part in the call.
    fn run(&self, vm: &mut Vm, target: &Target) {
        if target.begin(vm) {
            let ran = vm.with_stack_roots(|vm| {
                let both = Vm::unpack(vm, &self.function)?;
                vm.with_root(both, |vm| {
                    self.take_turns(vm, both.elements()[0])?;
                    vm.drain()
                })
            });
            if let Err(fault) = ran {
                match *fault {
                    Fault::Exit(_) | Fault::OutputClosed => end_program(vm, *fault),
                    fault => self.fail(vm, 0, Box::new(fault)),
                }
            }
            if vm.with_stack_roots(|vm| vm.report_unawaited()) {
                vm.note_failure();
            }
        }
        target.end();
        self.leave(None);
    }

    fn take_turns(&self, vm: &mut Vm, function: Value) -> Fallible<()> {
        let unit = match &self.elements {
            Inputs::Plain(_) => 1,
            Inputs::Blocks(size, _) => *size,
        };
        let mut units = 1;
        while let Some((first, count)) = self.take(units * unit, unit) {
            let begin = Instant::now();
            let mut at = first;
            while at < first + count {
                let until = match &self.elements {
                    Inputs::Plain(_) => first + count,
                    Inputs::Blocks(size, _) => (at + size).min(first + count),
                };
                self.run_block(vm, function, at, until)?;
                at = until;
            }
            self.finish(count);
            if begin.elapsed() < TURN {
                units *= 2;
            }
        }
        Ok(())
    }

    /// Takes about so many elements, whole units, for a thread: the first and how many.
    fn take(&self, wanted: usize, unit: usize) -> Option<(usize, usize)> {
        let mut progress = self.progress();
        let first = progress.next;
        let left = self.count - first;
        if left == 0 {
            return None;
        }
        if first > self.end.load(Ordering::Relaxed) {
            progress.next = self.count;
            drop(progress);
            self.finish(left);
            return None;
        }
        let most = (left / PART / unit).max(1) * unit;
        let count = wanted.min(most).min(left);
        progress.next += count;
        Some((first, count))
    }

    /// Calls the function with some elements, which are of one block.
    fn run_block(&self, vm: &mut Vm, function: Value, from: usize, to: usize) -> Fallible<()> {
        let unpacked = match &self.elements {
            Inputs::Plain(_) => Value::NULL,
            Inputs::Blocks(size, blocks) => Vm::unpack(vm, &blocks[from / size])?,
        };
        let elements = match &self.elements {
            Inputs::Plain(all) => &all.values()[from..to],
            Inputs::Blocks(..) => unpacked.elements(),
        };
        vm.with_root(unpacked, |vm| {
            let results = vm.heap.new_array(if self.gives { to - from } else { 0 });
            vm.with_root(results, |vm| {
                let mut pace = Pace::new();
                for at in from..to {
                    pace.step(vm)?;
                    if at > self.end.load(Ordering::Relaxed) {
                        return Ok(());
                    }
                    if let Some(seed) = &self.seed {
                        stdlib::use_seed(vm, Some(stdlib::seed_of_element(seed, at as u64)));
                    }
                    match call(vm, function, elements[at - from]) {
                        Ok(result) if self.gives => {
                            result.share();
                            vm.heap.array_push(results, result).map_err(no_room)?;
                        }
                        Ok(_) => {}
                        Err(fault) => {
                            if !matches!(*fault, Fault::Thrown | Fault::Error { .. }) {
                                return Err(fault);
                            }
                            self.fail(vm, at, fault);
                            return Ok(());
                        }
                    }
                }
                if !self.gives {
                    return Ok(());
                }
                if are_plain(results.elements()) {
                    self.put(from, results.elements());
                    return Ok(());
                }
                match vm.pack_last(results) {
                    Ok(parcel) => {
                        vm.pack_counted(&parcel);
                        self.progress().results.push((from, parcel));
                    }
                    Err(not_sent) => self.fail(vm, from, not_sent.fault()),
                }
                Ok(())
            })
        })
    }

    /// Notes the error of an element. Those after it are not begun any more.
    fn fail(&self, vm: &mut Vm, at: usize, fault: Box<Fault>) {
        let packed = vm.with_stack_roots(|vm| {
            let error = vm.caught(fault)?;
            vm.with_root(error, |vm| pack_error(vm, error))
        });
        let Ok(message) = packed else { return };
        self.end.fetch_min(at, Ordering::Relaxed);
        let mut progress = self.progress();
        if progress
            .error
            .as_ref()
            .is_none_or(|(lowest, _)| at < *lowest)
        {
            progress.error = Some((at, message));
        }
    }

    /// Puts results that are no pointers in their places.
    fn put(&self, from: usize, results: &[Value]) {
        if let Some(plain) = &mut self.progress().plain {
            plain.values_mut()[from..from + results.len()].copy_from_slice(results);
        }
    }

    /// Notes elements that are done with; settles the promise with the last ones.
    fn finish(&self, count: usize) {
        let mut progress = self.progress();
        progress.done += count;
        if progress.done < self.count {
            return;
        }
        let Some(completion) = progress.completion.take() else {
            return;
        };
        let error = progress.error.take();
        let results = std::mem::take(&mut progress.results);
        let plain = progress.plain.take();
        drop(progress);
        if let Some((_, message)) = error {
            completion.complete(move |cx| {
                let error = cx.threads().unpack(&message)?;
                Err(cx.throw(error))
            });
        } else if let Some(plain) = plain {
            let others = results.into_iter().map(|(from, one)| (from, message(one)));
            let others: Vec<(usize, Message)> = others.collect();
            completion.complete(move |cx| gathered(cx, plain, others));
        } else {
            completion.complete(|_| Ok(Value::NULL));
        }
    }

    /// A thread has ended its part, or could not begin it. The last one gives the call up if
    /// something is left.
    fn leave(&self, failed: Option<&str>) {
        let mut progress = self.progress();
        progress.threads -= 1;
        if progress.threads > 0 {
            return;
        }
        let error = progress.error.take();
        let Some(completion) = progress.completion.take() else {
            return;
        };
        drop(progress);
        if let Some((_, message)) = error {
            completion.complete(move |cx| {
                let error = cx.threads().unpack(&message)?;
                Err(cx.throw(error))
            });
        } else if let Some(failed) = failed {
            let message = format!("Cannot start a thread: {failed}");
            completion.complete(move |_| Err(Fault::new(ErrorKind::Memory, message)));
        }
    }
}

fn message(parcel: Parcel) -> Message {
    Message(Arc::new(parcel))
}

/// Calls the function with an element, and waits for what it gives.
fn call(vm: &mut Vm, function: Value, element: Value) -> Fallible {
    let result = vm.call_owned(function, &[element], 1)?;
    match result.is_kind(Kind::Promise) {
        true => vm.wait_for(result),
        false => Ok(result),
    }
}

/// All results, in one array: those that are there, and the others in their places.
fn gathered(cx: &mut dyn Context, plain: Elements, others: Vec<(usize, Message)>) -> Fallible {
    let all = cx.heap().new_array_of(plain);
    for (from, others) in others {
        cx.poll()?;
        let others = cx.threads().unpack_last(others)?;
        for (at, &value) in others.elements().iter().enumerate() {
            all.set_element(from + at, value);
            cx.heap().write_barrier(all.as_pointer(), value);
        }
    }
    Ok(all)
}
