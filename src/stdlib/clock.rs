//! .
use super::declare::*;
natives! {}
