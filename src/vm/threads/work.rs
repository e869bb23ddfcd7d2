//! The work that threads are given, and how they get a machine for it.

use super::shared_output::SharedOutput;
use crate::runtime::world::World;
use crate::runtime::{Inbox, State};
use crate::vm::Vm;
use std::any::Any;
use std::sync::Arc;
use std::time::Instant;

/// Makes the machines of a program's threads.
pub(crate) trait MakeMachine: Send + Sync {
    /// # Errors
    /// If the system refuses address space for the stacks.
    fn make(&self, state: State) -> std::io::Result<Box<Vm>>;

    /// One of them begins work, on its thread. The result is for [`MakeMachine::end`].
    fn begin(&self, vm: &mut Vm) -> Box<dyn Any>;

    /// It has ended that: its counts are to be taken.
    fn end(&self, vm: &mut Vm, begun: Box<dyn Any>);
}

/// The work that is done in a machine; or without one, if the system has
/// refused it.
type Job = dyn FnOnce(std::io::Result<&mut Vm>) + Send;

/// The work that a thread is to do, in its machine.
pub(super) struct Work {
    /// The machine's state begins as this.
    pub surroundings: Surroundings,
    pub run: Box<Job>,
    /// Of the thread that is told of the end.
    pub parent: Arc<Inbox>,
}

/// The part of a machine's state that a block takes over from where it was spawned.
#[derive(Clone)]
pub(super) struct Surroundings {
    pub out: SharedOutput,
    pub err: SharedOutput,
    pub line_buffered: bool,
    pub start: Instant,
    pub args: Arc<[String]>,
    pub world: World,
    /// Seeds the random numbers, if the program does.
    pub seed: Option<[u8; 32]>,
}
