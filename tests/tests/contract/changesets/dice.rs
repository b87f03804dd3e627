//! Numbers that look like chance, and are the same in each run.

/// Draws numbers, as `SplitMix64` does.
pub(super) struct Dice(u64);

impl Dice {
    /// Begins a row of numbers.
    pub(super) fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// Draws a number below another one.
    pub(super) fn below(&mut self, end: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        let end = u64::try_from(end).expect("it is small");
        usize::try_from((mixed ^ (mixed >> 31)) % end).expect("it is small")
    }

    /// Says yes once in so many times.
    pub(super) fn one_in(&mut self, times: usize) -> bool {
        self.below(times) == 0
    }

    /// Draws one of several.
    pub(super) fn pick<'t, T>(&mut self, from: &'t [T]) -> &'t T {
        &from[self.below(from.len())]
    }
}
