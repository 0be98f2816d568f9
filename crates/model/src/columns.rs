//! Rows scored by the column: a value that stands in many rows is read and encoded once, and what it
//! adds is then looked up for every row. The score is the same to the bit as that of
//! [`Scorer::score`](crate::Scorer::score), of which this is the model's half without its parts:
//! values are read, encoded and weighed by the same functions, and added in the same order.

use leadscore_features::{
    Cell, ColumnReader, CompiledSignal, Encounter, Misread, Snapshot, Time, Value,
};

use crate::bundle::ProbabilityBands;
use crate::compiled::{CompiledModel, CompiledPart};
use crate::sigmoid;

/// The model of a scorer all of whose inputs are of one column each.
#[derive(Debug)]
pub struct ColumnScorer<'s> {
    model: &'s CompiledModel,
    inputs: Vec<ColumnInput<'s>>,
}

/// One input of the model, with the column that it comes from.
#[derive(Debug)]
pub struct ColumnInput<'s> {
    column: &'s str,
    reader: &'s ColumnReader,
    /// The signal over snapshots of that column alone.
    signal: CompiledSignal,
    as_of: Option<Time>,
    part: &'s CompiledPart,
    /// Whether a pair asks for its slots.
    paired: bool,
}

/// A signal that comes from one column, for whoever evaluates it once for all rows with one value.
#[derive(Clone, Debug)]
pub struct ColumnSignal<'s> {
    pub(crate) column: &'s str,
    pub(crate) reader: &'s ColumnReader,
    pub(crate) signal: CompiledSignal,
}

impl ColumnSignal<'_> {
    /// The column.
    pub fn column(&self) -> &str {
        self.column
    }

    /// How the column's cells become the values that [`ColumnSignal::evaluate`] takes.
    pub fn reader(&self) -> &ColumnReader {
        self.reader
    }

    /// The signal of a snapshot with that value of the column.
    pub fn evaluate<'a>(&self, as_of: Option<Time>, value: &'a Value<'a>) -> Value<'a> {
        self.signal.evaluate(&Snapshot::flat(as_of, std::slice::from_ref(value)))
    }
}

/// What one value comes to in an input, to be added to any number of rows.
#[derive(Clone, Copy, Debug)]
pub struct Entry {
    /// What the input adds by itself, in log-odds.
    adds: f64,
    slot: u32,
    /// What is counted of the rows that have the value: a bit for [`CountedRows::missing`], one
    /// for [`CountedRows::odd`], as far apart as a block is long.
    counts: u32,
}

/// What was counted of the rows of one input.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CountedRows {
    /// Rows that lack the value.
    pub missing: usize,
    /// Rows with a category that no fitted row had, or with a number that the caller calls odd.
    pub odd: usize,
}

/// What the values of some rows come to, input by input.
#[derive(Debug)]
pub struct Block {
    /// For each input, what it adds to each row by itself.
    adds: Vec<Vec<f64>>,
    /// For each input that is of a pair, its slot in each row.
    slots: Vec<Vec<u32>>,
    counted: Vec<CountedRows>,
    /// What a row's parts come to, one input at a time.
    part: Vec<f64>,
}

/// Where the second count of [`Entry::counts`] begins.
const ODD: u32 = 16;

impl<'s> ColumnScorer<'s> {
    /// A scorer by columns; `None` where `alone` has no signal of one column for an input.
    pub(crate) fn new(
        model: &'s CompiledModel,
        as_of: Option<Time>,
        alone: impl Fn(usize) -> Option<(&'s (String, ColumnReader), CompiledSignal)>,
    ) -> Option<Self> {
        if model.parts.is_empty() || model.pairs.iter().any(|pair| pair.inputs[0] == pair.inputs[1])
        {
            return None;
        }
        let input = |(index, part): (usize, &'s CompiledPart)| {
            u32::try_from(part.width()).ok()?;
            let ((column, reader), signal) = alone(part.signal)?;
            let paired = model.pairs.iter().any(|pair| pair.inputs.contains(&index));
            Some(ColumnInput { column, reader, signal, as_of, part, paired })
        };
        let inputs = model.parts.iter().enumerate().map(input).collect::<Option<Vec<_>>>()?;
        Some(Self { model, inputs })
    }

    /// The inputs, in the order of [`Scorer::inputs`](crate::Scorer::inputs).
    pub fn inputs(&self) -> &[ColumnInput<'s>] {
        &self.inputs
    }

    /// A block without rows.
    pub fn block(&self) -> Block {
        let inputs = self.inputs.len();
        Block {
            adds: vec![Vec::new(); inputs],
            slots: vec![Vec::new(); inputs],
            counted: vec![CountedRows::default(); inputs],
            part: Vec::new(),
        }
    }

    /// Appends the probabilities of the rows of a block, and takes these out of it. Every input has
    /// been given a value for each of them.
    pub fn score(&self, block: &mut Block, probabilities: &mut Vec<f64>) {
        let start = probabilities.len();
        let rows = block.adds.first().map_or(0, Vec::len);
        // The log-odds first, in the place of the probabilities.
        probabilities.resize(start + rows, self.model.base);
        let sums = &mut probabilities[start..];
        for (input, adds) in block.adds.iter().enumerate() {
            if !self.inputs[input].paired {
                sums.iter_mut().zip(adds).for_each(|(sum, add)| *sum += add);
                continue;
            }
            block.part.clone_from(adds);
            for pair in self.model.pairs.iter().filter(|pair| pair.inputs.contains(&input)) {
                let [a, b] = pair.inputs.map(|input| block.slots[input].iter());
                for ((part, a), b) in block.part.iter_mut().zip(a).zip(b) {
                    *part += pair.half([*a as usize, *b as usize]);
                }
            }
            sums.iter_mut().zip(&block.part).for_each(|(sum, part)| *sum += part);
        }
        sums.iter_mut().for_each(|sum| {
            let (calibration, base_rate) = self.model.last_parts(*sum);
            *sum = sigmoid(*sum + calibration + base_rate);
        });
        block.adds.iter_mut().for_each(Vec::clear);
        block.slots.iter_mut().for_each(Vec::clear);
    }

    /// From which probability a lead is warm and hot.
    pub fn bands(&self) -> ProbabilityBands {
        self.model.bands
    }
}

impl ColumnInput<'_> {
    /// The column.
    pub fn column(&self) -> &str {
        self.column
    }

    /// What a cell of the column comes to. `is_odd` says of a number whether it is counted among
    /// [`CountedRows::odd`].
    ///
    /// # Errors
    /// [`Misread`] when the cell does not fit the column.
    pub fn read(&self, cell: Cell<'_>, is_odd: impl Fn(f64) -> bool) -> Result<Entry, Misread> {
        let attributes = [self.reader.read(cell)?];
        let value = self.signal.evaluate(&Snapshot::flat(self.as_of, &attributes));
        let met = self.part.meet(&value);
        let odd = met.encounter == Encounter::Unseen
            || matches!(value, Value::Number(number) if is_odd(number));
        let missing = met.encounter == Encounter::Missing;
        let counts = u32::from(missing) | u32::from(odd) << ODD;
        // A slot is below the width of its input, which fits.
        Ok(Entry { adds: met.adds, slot: met.slot as u32, counts })
    }
}

impl Block {
    /// The most rows that a block holds: those of which the counts of a call fit their bits.
    pub const ROWS: usize = 1024;

    /// Appends rows to an input, at most [`Block::ROWS`]: what each of `codes` is in `entries`.
    /// Codes beyond these are not asked for.
    pub fn extend(
        &mut self,
        scorer: &ColumnScorer<'_>,
        input: usize,
        codes: &[u32],
        entries: &[Entry],
    ) {
        debug_assert!(codes.len() <= Self::ROWS);
        let mut counts = 0;
        self.adds[input].extend(codes.iter().map(|code| {
            let entry = &entries[*code as usize];
            counts += entry.counts;
            entry.adds
        }));
        if scorer.inputs[input].paired {
            self.slots[input].extend(codes.iter().map(|code| entries[*code as usize].slot));
        }
        self.count(input, counts);
    }

    /// Appends one row to an input.
    pub fn push(&mut self, input: usize, entry: &Entry) {
        self.adds[input].push(entry.adds);
        self.slots[input].push(entry.slot);
        self.count(input, entry.counts);
    }

    fn count(&mut self, input: usize, counts: u32) {
        let counted = &mut self.counted[input];
        counted.missing += (counts & ((1 << ODD) - 1)) as usize;
        counted.odd += (counts >> ODD) as usize;
    }

    /// What was counted of each input, over all rows that there ever were.
    pub fn counted(&self) -> &[CountedRows] {
        &self.counted
    }
}
