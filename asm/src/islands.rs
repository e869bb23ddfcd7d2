//! Branch islands: some branches reach less far than a function may be long. Where one
//! does not reach its label, it goes to a *veneer* nearby, an unconditional branch that
//! does. Veneers are together in islands, at even distances, which the code around
//! them jumps over.
//!
//! Nearly every function is short and has none. So islands are planned when the code is
//! joined and all distances are known, and nothing is kept for them before.

use crate::fixup::{AsmError, FixupKind};
use crate::note::Label;

/// The distance of islands, and the longest distance that a branch still goes by itself
/// in code with islands. The veneers for the branches of one stretch take at most as
/// many bytes as the stretch, so at most three stretches and three islands lie between
/// a branch and its target, and at most one stretch and one island between a branch and
/// its veneer: less than the reach in either case.
const STRETCH: u32 = 128 << 10;

/// The machine's unconditional branch, without its distance.
const BRANCH: [u8; 4] = 0x1400_0000u32.to_le_bytes();

/// A branch of short reach, in the code as it is without islands.
pub(crate) struct ShortBranch {
    pub(crate) at: u32,
    pub(crate) target: u32,
    pub(crate) label: Label,
    pub(crate) reach: u32,
}

impl ShortBranch {
    fn distance(&self) -> u32 {
        self.at.abs_diff(self.target)
    }
}

/// The islands of a function, in order.
#[derive(Default)]
pub(crate) struct Islands(Vec<Island>);

struct Island {
    /// Its place in the code without islands, and in the code with them.
    cut: u32,
    start: u32,
    /// The labels that its veneers lead to, in order.
    labels: Vec<Label>,
    /// The branches that go there, as places in the code without islands; in order.
    branches: Vec<u32>,
}

impl Island {
    /// The first veneer follows the branch over the island.
    fn veneer(&self, number: usize) -> u32 {
        self.start + 4 + 4 * number as u32
    }

    fn len(&self) -> u32 {
        4 + 4 * self.labels.len() as u32
    }
}

impl Islands {
    /// The islands for code of this length.
    pub(crate) fn plan(len: u32, branches: &[ShortBranch]) -> Islands {
        if branches.iter().all(|one| one.distance() < one.reach) {
            return Islands::default();
        }
        let mut islands: Vec<Island> = (1..=len.div_ceil(STRETCH))
            .map(|number| Island {
                cut: len.min(number * STRETCH),
                start: 0,
                labels: Vec::new(),
                branches: Vec::new(),
            })
            .collect();
        for branch in branches.iter().filter(|one| one.distance() > STRETCH) {
            let island = &mut islands[(branch.at / STRETCH) as usize];
            island.labels.push(branch.label);
            island.branches.push(branch.at);
        }
        islands.retain(|island| !island.labels.is_empty());
        let mut inserted = 0;
        for island in &mut islands {
            island.labels.sort_unstable_by_key(|label| label.index());
            island.labels.dedup();
            island.branches.sort_unstable();
            island.start = island.cut + inserted;
            inserted += island.len();
        }
        Islands(islands)
    }

    /// Where an instruction goes, which may not be in front of an island: it would be
    /// jumped over.
    pub(crate) fn instruction(&self, at: u32) -> u32 {
        at + self.inserted(|cut| cut <= at)
    }

    /// Where a label goes. One at an island stays in front of it, after the call whose
    /// return address it may be.
    pub(crate) fn label(&self, at: u32) -> u32 {
        at + self.inserted(|cut| cut < at)
    }

    fn inserted(&self, is_before: impl Fn(u32) -> bool) -> u32 {
        let before = self.0.iter().take_while(|island| is_before(island.cut));
        before.map(Island::len).sum()
    }

    /// The veneer that a branch takes, if it takes one.
    pub(crate) fn veneer(&self, at: u32, label: Label) -> Option<u32> {
        let next = self.0.partition_point(|island| island.cut <= at);
        let island = self.0.get(next)?;
        island.branches.binary_search(&at).ok()?;
        let number = (island.labels).binary_search_by_key(&label.index(), |one| one.index());
        Some(island.veneer(number.ok()?))
    }

    /// The code with the islands in it.
    pub(crate) fn insert(
        &self,
        code: Vec<u8>,
        place_of: impl Fn(Label) -> u32,
    ) -> Result<Vec<u8>, AsmError> {
        if self.0.is_empty() {
            return Ok(code);
        }
        let inserted = self.inserted(|_| true) as usize;
        let mut out = Vec::with_capacity(code.len() + inserted);
        let mut from = 0;
        for island in &self.0 {
            out.extend_from_slice(&code[from..island.cut as usize]);
            from = island.cut as usize;
            debug_assert!(out.len() == island.start as usize);
            branch(&mut out, island.start + island.len())?;
            for &label in &island.labels {
                branch(&mut out, place_of(label))?;
            }
        }
        out.extend_from_slice(&code[from..]);
        Ok(out)
    }
}

/// Adds a branch to a place.
fn branch(out: &mut Vec<u8>, to: u32) -> Result<(), AsmError> {
    let at = out.len();
    out.extend_from_slice(&BRANCH);
    let distance = i64::from(to) - at as i64;
    FixupKind::A64Branch26.patch(out, at, distance)
}
