//! Parquet's runs of small whole numbers: definition levels, and codes into a dictionary
//! (<https://parquet.apache.org/docs/file-format/data-pages/encodings/>, RLE/bit-packing hybrid).

/// Where the reading of runs is. The bytes are handed in with every call, so that a page and what is
/// read of it can stand side by side.
#[derive(Debug)]
pub(super) struct Runs {
    /// The next byte that was not looked at.
    at: usize,
    /// The bits of a number.
    bits: u32,
    run: Run,
}

#[derive(Debug)]
enum Run {
    /// The same number, so many times more.
    Same(u32, usize),
    /// Packed numbers: from which byte on, the next of them, and how many there are.
    Packed { start: usize, next: usize, count: usize },
}

impl Runs {
    /// Runs of numbers of so many bits, at most 32, from a byte on.
    pub(super) fn new(at: usize, bits: u32) -> Option<Self> {
        // Numbers of no bits are not written at all.
        let run = Run::Same(0, if bits == 0 { usize::MAX } else { 0 });
        (bits <= 32).then_some(Self { at, bits, run })
    }

    /// If the next `rows` numbers are one and the same, takes them and says which it is.
    pub(super) fn same(&mut self, data: &[u8], rows: usize) -> Option<u32> {
        if matches!(self.run, Run::Same(_, 0)) {
            self.open(data)?;
        }
        match &mut self.run {
            Run::Same(value, left) if *left >= rows => {
                *left -= rows;
                Some(*value)
            }
            _ => None,
        }
    }

    /// Appends the next numbers. `None` when the bytes end too early.
    pub(super) fn take(&mut self, data: &[u8], mut rows: usize, out: &mut Vec<u32>) -> Option<()> {
        while rows > 0 {
            match &mut self.run {
                Run::Same(_, 0) => self.open(data)?,
                Run::Same(value, left) => {
                    let some = rows.min(*left);
                    out.resize(out.len() + some, *value);
                    *left -= some;
                    rows -= some;
                }
                Run::Packed { start, next, count } => {
                    let some = rows.min(*count - *next);
                    unpack(data.get(*start..)?, self.bits, *next..*next + some, out);
                    *next += some;
                    rows -= some;
                    if next == count {
                        self.run = Run::Same(0, 0);
                    }
                }
            }
        }
        Some(())
    }

    /// Reads the head of the next run.
    fn open(&mut self, data: &[u8]) -> Option<()> {
        let mut head = 0_u64;
        for shift in (0..).step_by(7).take(5) {
            let byte = *data.get(self.at)?;
            self.at += 1;
            head |= u64::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                break;
            }
        }
        let length = usize::try_from(head >> 1).ok()?;
        if head & 1 == 0 {
            let width = self.bits.div_ceil(8) as usize;
            let bytes = data.get(self.at..self.at.checked_add(width)?)?;
            self.at += width;
            let value = bytes.iter().rev().fold(0, |value, byte| value << 8 | u32::from(*byte));
            self.run = Run::Same(value, length);
            return Some(());
        }
        // Numbers are packed by eight; the last writers leave out what is not needed of the end.
        let bytes = length.checked_mul(self.bits as usize)?.min(data.len().checked_sub(self.at)?);
        let count = bytes * 8 / self.bits as usize;
        if count == 0 {
            return None;
        }
        self.run = Run::Packed { start: self.at, next: 0, count };
        self.at += bytes;
        Some(())
    }
}

/// Appends packed numbers of `bits` bits, 1 to 32, all of which lie in `data`.
fn unpack(data: &[u8], bits: u32, which: std::ops::Range<usize>, out: &mut Vec<u32>) {
    let mask = (1_u64 << bits) - 1;
    let number = |index: usize| {
        let bit = index * bits as usize;
        let byte = bit >> 3;
        let word = match data.get(byte..byte + 8) {
            // The slice has 8 bytes.
            Some(bytes) => bytes.try_into().map_or(0, u64::from_le_bytes),
            None => {
                let end = data.get(byte..).unwrap_or_default();
                end.iter().rev().fold(0, |word, byte| word << 8 | u64::from(*byte))
            }
        };
        // At most 7 + 32 bits of the 64 are looked at.
        ((word >> (bit & 7)) & mask) as u32
    };
    if bits > 14 {
        out.extend(which.map(number));
        return;
    }
    // Four at once, which one word has where they are short.
    let first = out.len();
    out.resize(first + which.len(), 0);
    for (numbers, index) in out[first..].chunks_mut(4).zip(which.step_by(4)) {
        let bit = index * bits as usize;
        match (<&mut [u32; 4]>::try_from(&mut *numbers), data.get(bit >> 3..)) {
            (Ok(four), Some([a, b, c, d, e, f, g, h, ..])) => {
                let word = u64::from_le_bytes([*a, *b, *c, *d, *e, *f, *g, *h]) >> (bit & 7);
                *four = [0, 1, 2, 3].map(|place| ((word >> (place * bits)) & mask) as u32);
            }
            _ => numbers.iter_mut().zip(index..).for_each(|(into, index)| *into = number(index)),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Writes numbers as the format says, runs of eight and more equal ones as such.
    fn written(numbers: &[u32], bits: u32) -> Vec<u8> {
        let mut bytes = Vec::new();
        let head = |mut head: u64, bytes: &mut Vec<u8>| {
            while head >= 0x80 {
                bytes.push((head as u8 & 0x7f) | 0x80);
                head >>= 7;
            }
            bytes.push(head as u8);
        };
        let mut at = 0;
        while at < numbers.len() {
            let same = numbers[at..].iter().take_while(|n| **n == numbers[at]).count();
            if same >= 8 {
                head((same as u64) << 1, &mut bytes);
                bytes.extend(&numbers[at].to_le_bytes()[..bits.div_ceil(8) as usize]);
                at += same;
                continue;
            }
            let mut eight = numbers[at..numbers.len().min(at + 8)].to_vec();
            at += eight.len();
            eight.resize(8, 0);
            head(3, &mut bytes);
            let mut packed = vec![0_u8; bits as usize];
            for (index, number) in eight.iter().enumerate() {
                for bit in 0..bits as usize {
                    let place = index * bits as usize + bit;
                    packed[place / 8] |= ((number >> bit & 1) as u8) << (place % 8);
                }
            }
            bytes.extend(packed);
        }
        bytes
    }

    proptest! {
        #[test]
        fn runs_are_read_as_they_were_written(
            bits in 0u32..=32,
            lengths in proptest::collection::vec((any::<u32>(), 1usize..20), 0..30),
            step in 1usize..50,
        ) {
            let mask = ((1_u64 << bits) - 1) as u32;
            let numbers: Vec<u32> = lengths
                .iter()
                .flat_map(|(number, times)| std::iter::repeat_n(number & mask, *times))
                .collect();
            let bytes = if bits == 0 { Vec::new() } else { written(&numbers, bits) };
            let mut runs = Runs::new(0, bits).unwrap();
            let mut found = Vec::new();
            while found.len() < numbers.len() {
                let rows = step.min(numbers.len() - found.len());
                match runs.same(&bytes, rows) {
                    Some(number) => found.resize(found.len() + rows, number),
                    None => runs.take(&bytes, rows, &mut found).unwrap(),
                }
            }
            prop_assert_eq!(found, numbers);
        }

        #[test]
        fn any_bytes_are_read_or_refused(
            bytes in proptest::collection::vec(any::<u8>(), 0..60),
            bits in 0u32..40,
            rows in 0usize..1000,
        ) {
            if let Some(mut runs) = Runs::new(0, bits) {
                let mut out = Vec::new();
                if runs.take(&bytes, rows, &mut out).is_some() {
                    prop_assert_eq!(out.len(), rows);
                }
            }
        }
    }
}
