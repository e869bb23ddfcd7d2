//! Machine code as text, beside the bytecode it was made from.
