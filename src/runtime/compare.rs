//! Equality and order.
