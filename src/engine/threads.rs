//! Machines for the threads of a program: made like the script's own.

use super::modules::{FileLoader, Files};
use crate::jit::{Jit, Policy};
use crate::runtime::State;
use crate::vm::Vm;
use crate::vm::threads::MakeMachine;
use std::sync::{Arc, Mutex, PoisonError};

/// The settings that the machines of threads are made by.
pub(super) struct Machines {
    pub policy: Policy,
    pub stress: bool,
    pub limit: Option<usize>,
    pub json_errors: bool,
    /// The files that programs import modules of.
    pub files: Mutex<Option<Arc<Files>>>,
}

impl Machines {
    pub fn use_files(&self, files: &Arc<Files>) {
        // Each state of it is whole.
        let mut own = self.files.lock().unwrap_or_else(PoisonError::into_inner);
        *own = Some(files.clone());
    }
}

impl MakeMachine for Machines {
    fn make(&self, state: State) -> std::io::Result<Box<Vm>> {
        let mut vm = Vm::new(state)?;
        if let Some(limit) = self.limit {
            vm.limit_memory(limit);
        }
        vm.heap.set_stress(self.stress);
        Jit::new(self.policy).install(&mut vm);
        vm.tasks.report = Some(super::report_with(self.json_errors));
        let files = self.files.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(files) = &*files {
            vm.set_loader(Box::new(FileLoader(files.clone())));
        }
        Ok(vm)
    }
}
