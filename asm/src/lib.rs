//! The macro assembler: one three-operand interface, one encoder for each
//! supported machine. Nothing in this crate may know of Ruff's values, heap or
//! bytecode. It is empty until the first native tier arrives.
