//! The list of rejected promises that no code has awaited.

use super::collect::Marker;
use crate::value::Value;

/// Rejected promises that no code has awaited. The list does not keep them alive: one that
/// is collected without having been awaited is *discarded*, which is when its error has to
/// be reported.
#[derive(Default)]
pub struct RejectedPromises {
    watched: Vec<Value>,
    /// Discarded ones, alive until they are taken.
    discarded: Vec<Value>,
}

impl RejectedPromises {
    pub(super) fn watch(&mut self, promise: Value) {
        self.watched.push(promise);
    }

    /// Whether any has been discarded.
    #[inline]
    pub fn any_discarded(&self) -> bool {
        !self.discarded.is_empty()
    }

    /// Takes the discarded ones.
    pub fn take_discarded(&mut self) -> Vec<Value> {
        std::mem::take(&mut self.discarded)
    }

    /// Takes the discarded ones and, since the program ends, all others, in the order in
    /// which they were rejected.
    pub fn take_all(&mut self) -> Vec<Value> {
        let mut all = self.take_discarded();
        let watched = std::mem::take(&mut self.watched);
        all.extend(
            watched
                .into_iter()
                .filter(|one| !one.promise().is_awaited()),
        );
        all
    }

    /// After marking: forgets what has been awaited, and finds out which of the others are
    /// dead; those are alive once more.
    pub(super) fn visit(&mut self, marker: &mut Marker) {
        let discarded = &mut self.discarded;
        self.watched.retain(|&one| {
            if marker.is_marked(one) {
                return !one.promise().is_awaited();
            }
            // A dead object's header is as it was until it is swept.
            if !one.promise().is_awaited() {
                discarded.push(one);
            }
            false
        });
        for &one in discarded.iter() {
            marker.value(one);
        }
    }
}
