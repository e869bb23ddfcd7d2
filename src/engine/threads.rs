//! Machines for the threads of a program: made like the script's own.

use super::modules::{FileLoader, Files};
use super::stats::Counts;
use crate::jit::{Jit, Policy};
use crate::profile::{self, Profile, Running};
use crate::runtime::State;
use crate::vm::Vm;
use crate::vm::threads::MakeMachine;
use std::any::Any;
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// The settings that the machines of threads are made by.
pub(super) struct Machines {
    pub policy: Policy,
    pub stress: bool,
    pub limit: Option<usize>,
    pub json_errors: bool,
    pub count_instructions: bool,
    /// Machines made so far.
    pub made: AtomicU64,
    /// The counts of those that have ended a block, as they were at the end of the last one.
    pub counts: Mutex<BTreeMap<u64, Counts>>,
    /// The part in a profile.
    pub sampled: Mutex<Sampled>,
    /// The files that programs import modules of.
    pub files: Mutex<Option<Arc<Files>>>,
}

/// The profiles of threads.
#[derive(Default)]
pub(super) struct Sampled {
    /// Samples a second, while a profile is taken.
    pub rate: Option<u32>,
    /// Those of blocks that have ended.
    pub profiles: Vec<Profile>,
}

impl Machines {
    pub fn sampled(&self) -> MutexGuard<'_, Sampled> {
        // Each state of it is whole.
        self.sampled.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn use_files(&self, files: &Arc<Files>) {
        // Each state of it is whole.
        let mut own = self.files.lock().unwrap_or_else(PoisonError::into_inner);
        *own = Some(files.clone());
    }

    /// The counts of machines that have ended a block.
    pub fn counts(&self) -> MutexGuard<'_, BTreeMap<u64, Counts>> {
        // Each state of it is whole.
        self.counts.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl MakeMachine for Machines {
    fn make(&self, state: State) -> std::io::Result<Box<Vm>> {
        let mut vm = Vm::new(state)?;
        if let Some(limit) = self.limit {
            vm.limit_memory(limit);
        }
        vm.heap.set_stress(self.stress);
        vm.count_instructions = self.count_instructions;
        vm.threads.made = self.made.fetch_add(1, Ordering::Relaxed);
        Jit::new(self.policy).install(&mut vm);
        vm.tasks.report = Some(super::report_with(self.json_errors));
        let files = self.files.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(files) = &*files {
            vm.set_loader(Box::new(FileLoader(files.clone())));
        }
        Ok(vm)
    }

    fn begin(&self, vm: &mut Vm) -> Box<dyn Any> {
        let rate = self.sampled().rate;
        // Without a thread for the clock there are no samples of this one.
        let running: Option<Running> = rate.and_then(|rate| {
            // SAFETY: the machine stays in its box, and `end` gets what this gives.
            unsafe { profile::start(vm, rate, None) }.ok()
        });
        Box::new(running)
    }

    fn end(&self, vm: &mut Vm, begun: Box<dyn Any>) {
        self.counts().insert(vm.threads.made, Counts::of(vm));
        if let Ok(begun) = begun.downcast::<Option<Running>>()
            && let Some(running) = *begun
        {
            let profile = profile::end(vm, running);
            self.sampled().profiles.push(profile);
        }
    }
}
