//! Random numbers that mean the same for ever. The generator is SplitMix64 (G. Steele, D. Lea, C.
//! Flood, OOPSLA 2014); logarithms and exponentials come from `libm`, not from the machine.

const GAMMA: u64 = 0x9e37_79b9_7f4a_7c15;

/// What a stream of random numbers is for. Streams are apart, so that a change to one part of the
/// simulation leaves the others as they were.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Stream {
    Accounts = 1,
    Company = 2,
    Person = 3,
    Latent = 4,
    Course = 5,
    Noise = 6,
    After = 7,
}

/// A stream of random numbers.
#[derive(Clone, Debug)]
pub(crate) struct Random(u64);

impl Random {
    /// The stream of one purpose for one number (of a lead, of an account).
    pub(crate) fn new(seed: u64, stream: Stream, number: u64) -> Self {
        let seed = mix(seed.wrapping_add(GAMMA));
        Self(mix(mix(seed ^ stream as u64).wrapping_add(number.wrapping_mul(GAMMA))))
    }

    /// 64 random bits.
    pub(crate) fn bits(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(GAMMA);
        mix(self.0)
    }

    /// A number in [0, 1), a multiple of 2^-53.
    pub(crate) fn unit(&mut self) -> f64 {
        (self.bits() >> 11) as f64 * (1.0 / (1u64 << 53) as f64)
    }

    /// A whole number below `bound`; 0 when `bound` is 0. The bias is below `bound / 2^64`.
    pub(crate) fn below(&mut self, bound: usize) -> usize {
        ((u128::from(self.bits()) * bound as u128) >> 64) as usize
    }

    /// True with this probability.
    pub(crate) fn chance(&mut self, probability: f64) -> bool {
        self.unit() < probability
    }

    /// A waiting time with this mean.
    pub(crate) fn wait(&mut self, mean: f64) -> f64 {
        -mean * libm::log(1.0 - self.unit())
    }

    /// An index, each as likely as its weight. The weights add up to `total` or less; what they
    /// leave goes to the last.
    pub(crate) fn weighted(&mut self, weights: &[f64], total: f64) -> usize {
        let mut left = self.unit() * total;
        for (index, weight) in weights.iter().enumerate() {
            left -= weight;
            if left < 0.0 {
                return index;
            }
        }
        weights.len().saturating_sub(1)
    }

    /// One of several things, all as likely. `items` is not empty.
    pub(crate) fn one_of<T: Copy>(&mut self, items: &[T]) -> T {
        items[self.below(items.len())]
    }

    /// About a standard normal: twelve uniform numbers added up, less 6.
    pub(crate) fn bell(&mut self) -> f64 {
        (0..12).map(|_| self.unit()).sum::<f64>() - 6.0
    }
}

fn mix(z: u64) -> u64 {
    let z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_generator_is_the_published_one() {
        // The first outputs for seed 1234567, as in Vigna's reference implementation.
        let mut random = Random(1_234_567);
        assert_eq!(random.bits(), 6_457_827_717_110_365_317);
        assert_eq!(random.bits(), 3_203_168_211_198_807_973);
    }

    #[test]
    fn numbers_have_the_stated_means() {
        let mut random = Random::new(1, Stream::Noise, 2);
        let draws = 100_000;
        let mut sums = [0.0; 4];
        for _ in 0..draws {
            sums[0] += random.unit();
            sums[1] += random.wait(3.0);
            sums[2] += random.below(7) as f64;
            sums[3] += random.weighted(&[0.2, 0.3, 0.5], 1.0) as f64;
        }
        for (sum, mean) in sums.iter().zip([0.5, 3.0, 3.0, 1.3]) {
            assert!((sum / f64::from(draws) - mean).abs() < 0.04, "{sum} {mean}");
        }
    }

    #[test]
    fn streams_differ() {
        let first = |stream, number| Random::new(5, stream, number).bits();
        assert_ne!(first(Stream::Noise, 1), first(Stream::After, 1));
        assert_ne!(first(Stream::Noise, 1), first(Stream::Noise, 2));
        assert_eq!(first(Stream::Noise, 1), first(Stream::Noise, 1));
    }
}
