//! The code by which threads of a program meet, under Loom, which tries all orders in which
//! their steps can follow each other: inboxes, channels, and finding out that all wait.
//! `build.rs` takes the sources as they are; here is as little of the machine as they need.

#![cfg(test)]
// The sources have more than is tested here.
#![allow(dead_code, private_interfaces)]

mod runtime;
mod stdlib;
mod sync;
mod system;
mod tests;
mod value;
mod vm;
