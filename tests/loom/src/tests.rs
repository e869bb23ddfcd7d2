//! Each test says what holds in every order of the threads' steps.

use crate::runtime::Context;
use crate::runtime::{Completion, ErrorKind, Fallible, Inbox, Keeps, Thread};
use crate::stdlib::shared_channels::{Core, Done, Wait};
use crate::stdlib::waiting;
use crate::sync::Arc;
use crate::sync::atomic::Ordering;
use crate::value::Value;
use crate::vm::Vm;
use crate::vm::threads::program::Program;
use std::time::{Duration, Instant};

/// Tries all orders with at most so many preemptions.
fn model(preemptions: usize, test: impl Fn() + Send + Sync + 'static) {
    let mut builder = loom::model::Builder::new();
    builder.preemption_bound = Some(preemptions);
    builder.check(test);
}

fn far() -> Instant {
    Instant::now() + Duration::from_secs(3600)
}

/// Has a promise be settled with a number by the owner of the completion.
fn complete(completion: Completion, number: i64) {
    completion.complete(move |_| Ok(Value::int(number)));
}

/// Receives the next value of a channel, as the built-in does.
fn receive(thread: &mut Thread, core: &Arc<Core>) -> Fallible {
    if let Some(value) = core.next_now(thread)? {
        return Ok(value);
    }
    let (promise, completion, done) = waiting(thread);
    core.wait_to_receive(completion, Wait::Receive, done);
    thread.wait_for(promise)
}

/// Sends a value, and waits until it is sent.
fn send(thread: &mut Thread, core: &Arc<Core>, value: i64) -> Fallible {
    match core.send(thread, Value::int(value), true)? {
        Value::Bool(true) => Ok(Value::TRUE),
        promise => thread.wait_for(promise),
    }
}

#[test]
fn every_post_arrives_and_wakes() {
    model(3, || {
        let mut thread = Thread::new();
        let (first, one) = thread.outside(Keeps::Nothing);
        let (second, other) = thread.outside(Keeps::Nothing);
        let poster = loom::thread::spawn(move || complete(one, 1));
        let last = loom::thread::spawn(move || complete(other, 2));
        assert_eq!(thread.wait_for(first), Ok(Value::int(1)));
        assert_eq!(thread.wait_for(second), Ok(Value::int(2)));
        poster.join().unwrap();
        last.join().unwrap();
    });
}

#[test]
fn a_dropped_completion_wakes_too() {
    model(3, || {
        let mut thread = Thread::new();
        let (promise, completion) = thread.outside(Keeps::Nothing);
        let inbox = thread.inbox.clone();
        let other = loom::thread::spawn(move || drop(completion));
        inbox.wait(far());
        thread.turn();
        assert_eq!(thread.outcome(promise), None);
        other.join().unwrap();
    });
}

/// Two values through a channel with so much room.
fn two_values(room: Option<usize>) {
    model(2, move || {
        let core = Arc::new(Core::new(room));
        let shared = core.clone();
        let sender = loom::thread::spawn(move || {
            let mut thread = Thread::new();
            for value in [1, 2] {
                send(&mut thread, &shared, value).expect("it is open");
            }
        });
        let mut thread = Thread::new();
        for value in [1, 2] {
            assert_eq!(receive(&mut thread, &core), Ok(Value::int(value)));
        }
        sender.join().unwrap();
    });
}

#[test]
fn values_arrive_in_order() {
    two_values(None);
}

#[test]
fn a_full_channel_has_senders_wait() {
    two_values(Some(1));
}

#[test]
fn closing_ends_every_wait() {
    model(2, || {
        let core = Arc::new(Core::new(None));
        let shared = core.clone();
        let other = loom::thread::spawn(move || {
            let mut thread = Thread::new();
            send(&mut thread, &shared, 1).expect("it is open");
            assert!(shared.close());
        });
        let mut thread = Thread::new();
        assert_eq!(receive(&mut thread, &core), Ok(Value::int(1)));
        // Open, and closed while it waits, or closed before.
        let end = receive(&mut thread, &core).expect_err("it is closed and empty");
        assert_eq!(end.0, ErrorKind::State);
        other.join().unwrap();
    });
}

#[test]
fn a_waiter_that_gives_up_leaves_its_value_or_gets_it() {
    model(2, || {
        let core = Arc::new(Core::new(None));
        let mut thread = Thread::new();
        let (promise, completion, done): (Value, Completion, Done) = waiting(&mut thread);
        core.wait_to_receive(completion, Wait::Receive, done);
        let shared = core.clone();
        let sender = loom::thread::spawn(move || {
            send(&mut Thread::new(), &shared, 7).expect("it is open");
        });
        let has_given_up = thread.cancel(promise);
        sender.join().unwrap();
        thread.turn();
        let left = core.next_now(&mut thread).expect("it is read");
        let got = thread.outcome(promise);
        match has_given_up {
            true => assert_eq!((left, got), (Some(Value::int(7)), None)),
            false => assert_eq!((left, got), (None, Some(Ok(Value::int(7))))),
        }
    });
}

#[test]
fn a_thread_that_ends_leaves_its_value_to_others() {
    model(2, || {
        let core = Arc::new(Core::new(None));
        let mut thread = Thread::new();
        let (_, completion, done): (Value, Completion, Done) = waiting(&mut thread);
        core.wait_to_receive(completion, Wait::Receive, done);
        let shared = core.clone();
        let sender = loom::thread::spawn(move || {
            send(&mut Thread::new(), &shared, 7).expect("it is open");
        });
        thread.inbox.close();
        sender.join().unwrap();
        assert_eq!(receive(&mut Thread::new(), &core), Ok(Value::int(7)));
    });
}

#[test]
fn two_receivers_get_one_value_each() {
    model(2, || {
        let core = Arc::new(Core::new(None));
        let receivers = [(); 2].map(|()| {
            let core = core.clone();
            loom::thread::spawn(move || receive(&mut Thread::new(), &core))
        });
        let mut thread = Thread::new();
        for value in [1, 2] {
            send(&mut thread, &core, value).expect("it is open");
        }
        let got = receivers.map(|one| one.join().unwrap().expect("a value"));
        let both = [Value::int(1), Value::int(2)];
        assert!(got == both || got == [both[1], both[0]], "{got:?}");
    });
}

/// The script's loop: does what arrives until its promise is settled; false if it finds that
/// nothing can settle it.
fn script(program: &Program, thread: &mut Thread, promise: Value) -> bool {
    loop {
        thread.turn();
        if thread.outcome(promise).is_some() {
            return true;
        }
        if program.is_deadlocked(0, &thread.inbox) {
            return false;
        }
        thread.inbox.wait(far());
    }
}

/// Joins a machine with an inbox of its own.
fn join(program: &Program) -> (u64, Arc<Inbox>) {
    let inbox = Arc::new(Inbox::default());
    // SAFETY: nothing looks at the machine itself here.
    let number = unsafe { program.join(&mut Vm::new(&inbox)) };
    (number, inbox)
}

#[test]
fn a_wait_that_ends_is_no_deadlock() {
    model(3, || {
        let program = Arc::new(Program::new());
        let (_, inbox) = join(&program);
        let (number, _) = join(&program);
        let mut thread = Thread::with(inbox);
        let (promise, completion) = thread.outside(Keeps::Nothing);
        let shared = program.clone();
        let block = loom::thread::spawn(move || {
            complete(completion, 1);
            shared.leave(number);
        });
        assert!(script(&program, &mut thread, promise));
        block.join().unwrap();
    });
}

#[test]
fn a_block_that_ends_leaves_a_deadlock_that_is_found() {
    model(3, || {
        let program = Arc::new(Program::new());
        let (_, inbox) = join(&program);
        let (number, _) = join(&program);
        let mut thread = Thread::with(inbox);
        let (promise, _completion) = thread.outside(Keeps::Nothing);
        let shared = program.clone();
        let block = loom::thread::spawn(move || shared.leave(number));
        assert!(!script(&program, &mut thread, promise));
        block.join().unwrap();
    });
}

#[test]
fn machines_that_wait_for_each_other_are_found() {
    model(3, || {
        let program = Arc::new(Program::new());
        let (_, inbox) = join(&program);
        let (number, other) = join(&program);
        let mut thread = Thread::with(inbox);
        let (promise, _completion) = thread.outside(Keeps::Nothing);
        let shared = program.clone();
        let block = loom::thread::spawn(move || {
            // It has nothing to do; others are told.
            assert!(!shared.is_deadlocked(number, &other));
        });
        assert!(!script(&program, &mut thread, promise));
        block.join().unwrap();
    });
}

#[test]
fn a_message_between_machines_is_no_deadlock() {
    model(2, || {
        let program = Arc::new(Program::new());
        let (_, inbox) = join(&program);
        let (number, other) = join(&program);
        let mut thread = Thread::with(inbox);
        let (promise, completion) = thread.outside(Keeps::Nothing);
        let core = Arc::new(Core::new(None));
        let (channel, shared) = (core.clone(), program.clone());
        let block = loom::thread::spawn(move || {
            let mut block = Thread::with(other);
            let (wait, receiver, done) = waiting(&mut block);
            channel.wait_to_receive(receiver, Wait::Receive, done);
            while block.outcome(wait).is_none() {
                assert!(!shared.is_deadlocked(number, &block.inbox));
                block.inbox.wait(far());
                block.turn();
            }
            complete(completion, 1);
            shared.leave(number);
        });
        send(&mut thread, &core, 5).expect("it is open");
        assert!(script(&program, &mut thread, promise));
        block.join().unwrap();
    });
}

#[test]
fn a_cancelled_block_is_told_wherever_it_is() {
    model(2, || {
        let program = Arc::new(Program::new());
        let (_, _inbox) = join(&program);
        let inbox = Arc::new(Inbox::default());
        let mut vm = Vm::new(&inbox);
        // SAFETY: as in `join`.
        let number = unsafe { program.join(&mut vm) };
        let shared = program.clone();
        let other = loom::thread::spawn(move || shared.cancel(number));
        inbox.wait(far());
        assert!(vm.threads.cancelled.load(Ordering::Relaxed));
        other.join().unwrap();
    });
}
