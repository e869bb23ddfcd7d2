//! The `ruff` command from outside: arguments, exit codes, inputs, signals,
//! limits, and programs that try to break it. Every run has a time limit; a run
//! that ends by a signal or by Ruff's own defect code fails its test.

#[cfg(all(unix, feature = "zip"))]
mod archives;
#[cfg(all(target_os = "linux", feature = "http"))]
mod browser;
mod command;
mod costs;
mod depth;
mod full;
mod hostile;
mod inputs;
mod interrupts;
mod limits;
#[cfg(all(unix, feature = "http"))]
mod network;
#[cfg(target_os = "linux")]
mod outside;
#[cfg(target_os = "linux")]
mod processes;
mod profile;
mod prompt;
#[cfg(unix)]
mod signals;
mod support;
mod system;
mod threads;
mod tiers;
mod untrusted;
#[cfg(all(unix, feature = "http"))]
mod websockets;
