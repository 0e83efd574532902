//! Jitter that can be repeated.

/// SplitMix64: small, seedable, and good enough to spread clients. Never used for secrets.
#[derive(Debug, Clone)]
pub(crate) struct Rng(u64);

impl Rng {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed)
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// Uniform from 0 to 1, both included.
    pub(crate) fn unit(&mut self) -> f64 {
        // 53 bits are what an f64 holds exactly.
        #[allow(clippy::cast_precision_loss)]
        let unit = (self.next() >> 11) as f64 / ((1_u64 << 53) - 1) as f64;
        unit
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spreads_over_the_whole_range_and_repeats_by_seed() {
        let draw = |seed| {
            let mut rng = Rng::new(seed);
            core::array::from_fn::<_, 4000, _>(|_| rng.unit() * 8.0)
        };
        let drawn = draw(7);
        assert_eq!(drawn, draw(7));
        assert_ne!(drawn, draw(8));
        for eighth in 0..8 {
            let inside = drawn.iter().filter(|delay| delay.floor() == f64::from(eighth)).count();
            assert!((400..600).contains(&inside), "{inside} of 4000 in eighth {eighth}");
        }
        assert!(drawn.iter().all(|drawn| (0.0..=8.0).contains(drawn)));
    }
}
