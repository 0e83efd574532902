//! A small, seedable random number generator for jitter.

/// A counter and a mixer of 32 bits, as in SplitMix, with the constants of `lowbias32`. Its quality is sufficient to spread
/// the dials of many clients. It is never used for secrets.
///
/// 32 bits, as the npm package runs this code as JavaScript, which has no integers of 64 bits.
#[derive(Debug, Clone)]
pub(crate) struct Rng(u32);

impl Rng {
    pub(crate) fn new(seed: u32) -> Self {
        Self(seed)
    }

    fn next(&mut self) -> u32 {
        self.0 = self.0.wrapping_add(0x9e37_79b9);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 16)).wrapping_mul(0x21f0_aaad);
        mixed = (mixed ^ (mixed >> 15)).wrapping_mul(0x735a_2d97);
        mixed ^ (mixed >> 15)
    }

    /// Returns a uniform random number from 0 to 1, both included.
    pub(crate) fn unit(&mut self) -> f64 {
        f64::from(self.next()) / f64::from(u32::MAX)
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
