//! A Parquet file scored by its columns, a row group at a time: what is held of all leads is a
//! probability and a place. The scores are those that the walk over the rows gives, to the bit; this
//! is for files and models of which that is known beforehand, and for nothing that is to be said of a
//! single lead.

use anyhow::Result;
use leadscore_features::io::{
    ColumnCursor, ColumnFile, FileError, Packing, Run, Sheet, SheetColumn, SheetWriter,
};
use leadscore_features::{Cell, Misread, RawColumn, Role, TextColumn, Time};
use leadscore_model::{
    Block, Bundle, ColumnScorer, CountedRows, Entry, Scorer, Sources, Usual, cell_id,
};
use rayon::prelude::*;

use super::ranks::ranks;
use super::tally::Tally;
use super::{Bands, Scored};
use crate::args::PredictArgs;

/// Leads that are written together: some row groups of the file of results.
const ROWS_OF_A_SHEET: usize = 1 << 18;

/// Scores the leads into the file of the results. `None` where they are to be walked over row by
/// row: files other than Parquet, moments and creation times of their own, inputs of more than one
/// column, and anything that is wrong, which the walk says best.
pub(super) fn score(
    args: &PredictArgs,
    bundle: &Bundle,
    as_of: Time,
    out: &std::path::Path,
) -> Result<Option<Scored>> {
    let Ok(Some(file)) = ColumnFile::open(&args.leads) else { return Ok(None) };
    let scorer = Scorer::new(Sources::served(Some(bundle), &[]))?;
    let usual = Usual::of(Some(&bundle.model), &scorer);
    let Some(by_columns) = scorer.by_columns(Some(as_of)) else { return Ok(None) };
    let role = |role| bundle.schema.with_role(role).map(|column| column.name.as_str());
    let id = args.id.as_deref().or(role(Role::Id));
    let needed = scorer.columns().iter().map(|(name, _)| name.as_str()).chain(id);
    let timed = [Role::Time, Role::Created].into_iter().filter_map(role);
    if !file.is_plain()
        || !needed.into_iter().all(|name| file.has(name))
        || timed.into_iter().any(|name| file.has(name))
    {
        return Ok(None);
    }
    let groups: Vec<usize> = file.groups().collect();
    let rows = groups.iter().try_fold(0_usize, |all, rows| all.checked_add(*rows));
    let Some(rows @ 1..) = rows else { return Ok(None) };
    let of = Group { file: &file, scorer: &by_columns, usual: &usual };
    let found: Result<Vec<_>, Stop> =
        groups.par_iter().enumerate().map(|(group, rows)| of.score(group, *rows)).collect();
    let Ok(found) = found else { return Ok(None) };
    let mut tally = Tally::new(by_columns.inputs().len());
    let mut probabilities = Vec::with_capacity(rows);
    for (some, counted) in found {
        probabilities.extend(some);
        add(&mut tally, &usual, &counted);
    }
    let ranks = ranks(&probabilities);
    let mut bands = Bands::default();
    let none = sheet(TextColumn::new(), &[], &[], Vec::new());
    let mut writer = SheetWriter::open(out, &none, Packing::Fast)?;
    let mut ids = Ids { file: &file, column: id, group: 0, reading: None, row: 0 };
    for (probabilities, ranks) in
        probabilities.chunks(ROWS_OF_A_SHEET).zip(ranks.chunks(ROWS_OF_A_SHEET))
    {
        let named: Vec<&'static str> =
            probabilities.iter().map(|p| by_columns.bands().of(*p)).collect();
        bands.count(&named);
        writer.write(&sheet(ids.next(probabilities.len())?, probabilities, ranks, named))?;
    }
    file.check_unchanged()?;
    writer.finish()?;
    Ok(Some(Scored {
        leads: rows,
        tally,
        usual,
        untold: Vec::new(),
        bands,
        rule_bands: Vec::new(),
        decided: 0,
        older: 0,
        without_events: Vec::new(),
        as_of: Some(as_of),
    }))
}

/// Why the rows must be walked over.
enum Stop {
    File,
    Cell,
}

impl From<FileError> for Stop {
    fn from(_: FileError) -> Self {
        Self::File
    }
}

impl From<Misread> for Stop {
    fn from(_: Misread) -> Self {
        Self::Cell
    }
}

/// What row groups are scored with.
struct Group<'s> {
    file: &'s ColumnFile<'s>,
    scorer: &'s ColumnScorer<'s>,
    usual: &'s Usual,
}

/// A column of a row group, and the inputs that read it, each with what the distinct values come to.
struct Reading<'f> {
    cursor: ColumnCursor<'f, 'f>,
    inputs: Vec<(usize, Vec<Entry>)>,
}

impl<'s> Group<'s> {
    fn score(&self, group: usize, rows: usize) -> Result<(Vec<f64>, Vec<CountedRows>), Stop> {
        let mut readings = self.readings(group)?;
        let mut block = self.scorer.block();
        let mut probabilities = Vec::new();
        while probabilities.len() < rows {
            let some = Block::ROWS.min(rows - probabilities.len());
            for reading in &mut readings {
                self.fill(reading, some, &mut block)?;
            }
            self.scorer.score(&mut block, &mut probabilities);
        }
        Ok((probabilities, block.counted().to_vec()))
    }

    fn readings(&self, group: usize) -> Result<Vec<Reading<'s>>, Stop> {
        let mut readings: Vec<Reading<'s>> = Vec::new();
        for (index, input) in self.scorer.inputs().iter().enumerate() {
            let known = readings.iter().position(|reading| reading.cursor.name() == input.column());
            let known = match known {
                Some(known) => known,
                None => {
                    let cursor = self.file.column(group, input.column())?;
                    readings.push(Reading { cursor, inputs: Vec::new() });
                    readings.len() - 1
                }
            };
            let reading = &mut readings[known];
            let is_outside = |number| self.usual.is_outside(index, number);
            let distinct = reading.cursor.distinct().into_iter().flat_map(|of| of.cells());
            let entries: Result<_, Misread> =
                distinct.map(|cell| input.read(cell, is_outside)).collect();
            reading.inputs.push((index, entries?));
        }
        Ok(readings)
    }

    /// Gives the next rows of a column to the inputs that read it.
    fn fill(&self, reading: &mut Reading<'_>, rows: usize, block: &mut Block) -> Result<(), Stop> {
        let mut left = rows;
        while left > 0 {
            let run = reading.cursor.next(left)?;
            left -= run.len();
            for (index, entries) in &reading.inputs {
                match &run {
                    Run::Codes(codes) => block.extend(self.scorer, *index, codes, entries),
                    Run::Cells(cells) => {
                        let input = &self.scorer.inputs()[*index];
                        for cell in cells.iter() {
                            let is_outside = |number| self.usual.is_outside(*index, number);
                            block.push(*index, &input.read(cell, is_outside)?);
                        }
                    }
                }
            }
        }
        Ok(())
    }
}

fn add(tally: &mut Tally, usual: &Usual, counted: &[CountedRows]) {
    for (input, counted) in counted.iter().enumerate() {
        tally.missing[input] += counted.missing;
        let odd = if usual.is_number(input) { &mut tally.outside } else { &mut tally.unseen };
        odd[input] += counted.odd;
    }
}

/// The ids of the leads, in order.
struct Ids<'f> {
    file: &'f ColumnFile<'f>,
    /// Their column; without one, leads are known by their rows.
    column: Option<&'f str>,
    /// The row group that is read next.
    group: usize,
    /// The one that is being read, with its distinct ids and the rows that are left.
    reading: Option<(ColumnCursor<'f, 'f>, Option<RawColumn>, usize)>,
    row: usize,
}

impl Ids<'_> {
    /// The next ids.
    fn next(&mut self, rows: usize) -> Result<TextColumn> {
        let mut ids = TextColumn::new();
        let end = self.row + rows;
        let Some(column) = self.column else {
            (self.row..end).for_each(|row| ids.push(&(row + 1).to_string()));
            self.row = end;
            return Ok(ids);
        };
        while self.row < end {
            let Some((cursor, distinct, left)) = self.reading.as_mut().filter(|of| of.2 > 0) else {
                let cursor = self.file.column(self.group, column)?;
                let distinct = cursor.distinct().cloned();
                let left = self.file.groups().nth(self.group).unwrap_or(0);
                self.reading = Some((cursor, distinct, left));
                self.group += 1;
                continue;
            };
            let run = cursor.next((end - self.row).min(*left))?;
            *left -= run.len();
            let mut push = |cell: Cell<'_>| {
                ids.push(&cell_id(cell, self.row));
                self.row += 1;
            };
            match (run, &distinct) {
                (Run::Codes(codes), Some(of)) => {
                    codes.iter().for_each(|code| push(of.cell(*code as usize)));
                }
                // There are no codes without what they stand for.
                (Run::Codes(codes), None) => codes.iter().for_each(|_| push(Cell::Empty)),
                (Run::Cells(cells), _) => cells.iter().for_each(push),
            }
        }
        Ok(ids)
    }
}

fn sheet(ids: TextColumn, probabilities: &[f64], ranks: &[i64], bands: Vec<&'static str>) -> Sheet {
    Sheet {
        columns: vec![
            ("id".to_owned(), SheetColumn::Texts(ids)),
            ("probability".to_owned(), SheetColumn::Number(probabilities.to_vec())),
            ("rank".to_owned(), SheetColumn::Integer(ranks.to_vec())),
            ("band".to_owned(), SheetColumn::Word(bands)),
        ],
    }
}
