//! CSV: the delimiter found by looking, every mistake with its row.

use std::io::{BufReader, Read};
use std::path::Path;

use csv::{ByteRecord, Reader, ReaderBuilder};

use super::FileError;
use super::split::split;
use crate::{Mistakes, RawColumn, Table, TextColumn};

/// How much is looked at to find the delimiter.
const LOOKED_AT: usize = 1 << 20;
/// What to do about a file that is not UTF-8. Spreadsheets write that of Windows, which has all signs of Latin-1.
const AS_UTF8: &str = "save the file as UTF-8 (iconv -f WINDOWS-1252 -t UTF-8)";

pub(super) fn read(path: &Path, bytes: &[u8]) -> Result<Table, FileError> {
    let mut rows = Rows::new(path, bytes)?;
    let below = rows.below_header(bytes).and_then(|below| std::str::from_utf8(below).ok());
    let columns = match below.and_then(|below| split(below, rows.delimiter, rows.names.len())) {
        Some(columns) => columns,
        // There is a mistake, which the slower way names.
        None => {
            let every: Vec<usize> = (0..rows.names.len()).collect();
            rows.next(&every, usize::MAX)?.into_iter().map(RawColumn::Text).collect()
        }
    };
    if columns.iter().all(RawColumn::is_empty) {
        return Err(FileError::content(path, "has a header and no rows"));
    }
    Table::new(rows.names.into_iter().zip(columns).collect())
        .map_err(|e| FileError::table(path, &e))
}

/// The rows of a file, batch by batch.
pub(super) struct Rows<'p, R> {
    path: &'p Path,
    reader: Reader<Ending<std::io::Chain<std::io::Cursor<Vec<u8>>, R>>>,
    record: ByteRecord,
    delimiter: u8,
    /// How many bytes a mark at the beginning took, with the line that says the delimiter.
    mark: usize,
    pub(super) names: Vec<String>,
    /// Lines above the header.
    above: u64,
    row: usize,
    /// The last row and its line, where its last field goes over several lines.
    open: Option<(usize, u64)>,
}

/// A reader that knows the last byte that is no space.
struct Ending<R> {
    of: R,
    last: Option<u8>,
}

impl<R> Ending<R> {
    /// Whether a last field of several lines was not closed by a quote.
    fn is_open(&self) -> bool {
        self.last.is_some_and(|last| last != b'"')
    }
}

impl<R: Read> Read for Ending<R> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let read = self.of.read(buffer)?;
        let last = buffer.get(..read).and_then(|bytes| bytes.trim_ascii_end().last());
        self.last = last.copied().or(self.last);
        Ok(read)
    }
}

/// The delimiter that a first line `sep=;` says, which spreadsheets understand, and how many bytes that line has.
fn said_delimiter(bytes: &[u8]) -> Option<(u8, usize)> {
    let end = bytes.iter().take(MOST_OF_SAID).position(|byte| *byte == b'\n')?;
    let line = bytes[..end].strip_suffix(b"\r").unwrap_or(&bytes[..end]);
    let (name, delimiter) = line.split_at_checked(SAID.len())?;
    let &[delimiter @ (b',' | b';' | b'\t' | b'|')] = delimiter else { return None };
    name.eq_ignore_ascii_case(SAID).then_some((delimiter, end + 1))
}

/// How a line begins that says the delimiter, and how long it can be with its end.
const SAID: &[u8] = b"sep=";
const MOST_OF_SAID: usize = SAID.len() + 3;

/// The byte-order mark of UTF-8.
const MARK: &[u8] = b"\xef\xbb\xbf";

impl<'p, R: Read> Rows<'p, R> {
    /// Finds the delimiter and reads the header.
    pub(super) fn new(path: &'p Path, mut bytes: R) -> Result<Self, FileError> {
        let mut head = Vec::new();
        let looked = bytes.by_ref().take(LOOKED_AT as u64).read_to_end(&mut head);
        looked.map_err(|e| FileError::os(path, &e))?;
        let mark = if head.starts_with(MARK) { MARK.len() } else { 0 };
        let said = said_delimiter(&head[mark..]);
        let mark = mark + said.map_or(0, |(_, length)| length);
        head.drain(..mark);
        let delimiter = said.map_or_else(|| sniff(&head), |(delimiter, _)| delimiter);
        let mut reader = ReaderBuilder::new()
            .delimiter(delimiter)
            .flexible(true)
            .has_headers(false)
            .from_reader(Ending { of: std::io::Cursor::new(head).chain(bytes), last: None });
        let mut record = ByteRecord::new();
        let found = reader.read_byte_record(&mut record);
        if !found.map_err(|e| FileError::content(path, e.to_string()))? {
            return Err(FileError::content(path, "is empty; it needs a header and rows"));
        }
        let names = header(path, &record)?;
        let above = u64::from(said.is_some());
        Ok(Self { path, reader, record, delimiter, mark, names, above, row: 0, open: None })
    }

    /// Of the bytes that are read here, those below the header, before a row was read. `None` for a file
    /// with two byte-order marks, of which the `csv` crate knows the second.
    fn below_header<'b>(&self, bytes: &'b [u8]) -> Option<&'b [u8]> {
        let behind_mark = bytes.get(self.mark..).filter(|bytes| !bytes.starts_with(MARK))?;
        behind_mark.get(usize::try_from(self.reader.position().byte()).ok()?..)
    }

    /// Reads at most so many rows: the columns at `wanted`, of equal length. Nothing is left when
    /// they are empty.
    pub(super) fn next(
        &mut self,
        wanted: &[usize],
        most: usize,
    ) -> Result<Vec<TextColumn>, FileError> {
        let Self { path, reader, record, names, above, row, open, .. } = self;
        let mut columns = vec![TextColumn::new(); wanted.len()];
        let mut mistakes = Mistakes::default();
        let first = *row;
        // A row of another width than the header that ends within a quote: where the file ends there, the quote is
        // the mistake, and the width none of its own.
        let mut unsure = None;
        while *row - first < most {
            let more = reader.read_byte_record(record);
            if !more.map_err(|e| FileError::content(path, e.to_string()))? {
                // The record is empty then: what the last one was is known from before.
                if let Some((row, line)) = open.take().filter(|_| reader.get_ref().is_open()) {
                    unsure = None;
                    mistakes.add(format!(
                        "row {row} (line {line}): a quote that is opened here is not closed, and takes in all \
                         that follows; close it, or write it twice if it belongs to the text"
                    ));
                }
                break;
            }
            mistakes.extend(unsure.take());
            *row += 1;
            let line = *above + record.position().map_or(0, csv::Position::line);
            let spans_lines = record.iter().next_back().is_some_and(|field| field.contains(&b'\n'));
            *open = spans_lines.then_some((*row, line));
            if record.len() != names.len() {
                let mistake = format!(
                    "row {row} (line {line}) has {} fields, the header has {}; a stray delimiter \
                     or quote is the usual cause",
                    record.len(),
                    names.len()
                );
                match spans_lines {
                    true => unsure = Some(mistake),
                    false => mistakes.add(mistake),
                }
                continue;
            }
            for (&index, column) in wanted.iter().zip(&mut columns) {
                let field = record.get(index).unwrap_or_default();
                match std::str::from_utf8(field) {
                    Ok(text) => column.push(text),
                    Err(_) => {
                        column.push("");
                        mistakes.add(format!(
                            "row {row} (line {line}), column {:?}: {:?} is not UTF-8; {AS_UTF8}",
                            names[index],
                            String::from_utf8_lossy(field)
                        ));
                    }
                }
            }
        }
        mistakes.extend(unsure);
        mistakes.check().map_err(|found| FileError::mistakes(path, found))?;
        Ok(columns)
    }
}

/// The rows of a file on disk.
pub(super) fn open<'p>(path: &'p Path) -> Result<Rows<'p, BufReader<std::fs::File>>, FileError> {
    let file = std::fs::File::open(path).map_err(|error| FileError::os(path, &error))?;
    Rows::new(path, BufReader::with_capacity(1 << 20, file))
}

/// The names of the columns. A column without a name, which spreadsheets and data frames write
/// for a row index, is named by its position.
fn header(path: &Path, record: &ByteRecord) -> Result<Vec<String>, FileError> {
    let mut names: Vec<String> = Vec::with_capacity(record.len());
    let mut mistakes = Mistakes::default();
    for (index, field) in record.iter().enumerate() {
        let Ok(name) = std::str::from_utf8(field) else {
            mistakes.add(format!(
                "the name of column {}, {:?}, is not UTF-8; {AS_UTF8}",
                index + 1,
                String::from_utf8_lossy(field)
            ));
            continue;
        };
        let name = match name.trim() {
            "" => format!("column_{}", index + 1),
            name => name.to_owned(),
        };
        if names.contains(&name) {
            mistakes
                .add(format!("the column {name:?} is there twice; rename or remove one of them"));
        }
        names.push(name);
    }
    mistakes.check().map_err(|found| FileError::mistakes(path, found))?;
    Ok(names)
}

/// The delimiter: of the candidates, the one that splits the first lines into the same number of
/// fields most often, and into the most fields. A comma where none is found.
fn sniff(bytes: &[u8]) -> u8 {
    const CANDIDATES: [u8; 4] = *b",;\t|";
    const LINES: usize = 50;
    let mut best = (0.0, b',');
    for delimiter in CANDIDATES {
        let mut reader = ReaderBuilder::new()
            .delimiter(delimiter)
            .flexible(true)
            .has_headers(false)
            .from_reader(&bytes[..bytes.len().min(1 << 20)]);
        let mut record = ByteRecord::new();
        let mut widths = Vec::new();
        while widths.len() < LINES && matches!(reader.read_byte_record(&mut record), Ok(true)) {
            widths.push(record.len());
        }
        let Some(&header) = widths.first() else { continue };
        let agree = widths.iter().filter(|&&width| width == header).count();
        let share = agree as f64 / widths.len() as f64;
        let score = share * ((header - 1) as f64).sqrt();
        if score > best.0 {
            best = (score, delimiter);
        }
    }
    best.1
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read_text(text: &str) -> Result<Table, String> {
        read(Path::new("f.csv"), text.as_bytes()).map_err(|e| e.to_string())
    }

    #[test]
    fn a_first_line_that_says_the_delimiter_is_no_header() {
        for text in ["sep=;\na;b\n1,5;2\n", "\u{feff}SEP=;\r\na;b\r\n1,5;2\r\n"] {
            let table = read_text(text).unwrap();
            assert_eq!((table.names(), table.rows()), (&["a".to_owned(), "b".to_owned()][..], 1));
            assert_eq!(table.column("a").unwrap().cell(0).into_text().unwrap(), "1,5");
        }
        assert_eq!(read_text("sep=a\nb\n").unwrap().names(), ["sep=a"]);
    }

    #[test]
    fn delimiters_quotes_and_bom_are_found() {
        for text in [
            "a,b\n1,\"x; y\"\n2,z\n",
            "\u{feff}a;b\r\n1;\"x; y\"\r\n2;z",
            "a\tb\n1\tx; y\n2\tz\n",
            "a|b\n1|x; y\n2|z\n",
        ] {
            let table = read_text(text).unwrap();
            assert_eq!(table.names(), ["a", "b"], "{text:?}");
            assert_eq!(table.columns()[1].cell(0), crate::Cell::Text("x; y"), "{text:?}");
            assert_eq!(table.rows(), 2);
        }
    }

    #[test]
    fn decimal_commas_do_not_hide_the_delimiter() {
        let table = read_text("a;b\n1,5;2,5\n3,5;4,5\n").unwrap();
        assert_eq!(table.names(), ["a", "b"]);
    }

    #[test]
    fn mistakes_name_their_rows() {
        let error = read_text("a,b\n1,2\n1\n1,2,3\n").unwrap_err();
        assert!(
            error.starts_with("f.csv: row 2 (line 3) has 1 fields, the header has 2"),
            "{error}"
        );
        assert!(error.contains("row 3 (line 4) has 3 fields"), "{error}");
        let error = read_text("a,a\n1,2\n").unwrap_err();
        assert!(error.contains("\"a\" is there twice"), "{error}");
        assert!(read_text("a,b\n").unwrap_err().contains("no rows"));
        let latin = read(Path::new("f.csv"), b"a,b\n1,caf\xe9\n").unwrap_err().to_string();
        assert!(
            latin.contains("row 1 (line 2), column \"b\"") && latin.contains("UTF-8"),
            "{latin}"
        );
    }

    #[test]
    fn a_quote_that_is_never_closed_is_named() {
        let rows: String = (0..2_000).map(|i| format!("{i},text {i}\n")).collect();
        for ending in ["", "\n\n"] {
            let text = format!("a,b\n{}{ending}", rows.replace(",text 1000\n", ",\"text 1000\n"));
            let error = read_text(&text).unwrap_err();
            assert!(
                error.starts_with(
                    "f.csv: row 1001 (line 1002): a quote that is opened here is not closed"
                ),
                "{error}"
            );
        }
        // It is one mistake, however many cells it takes in.
        let error = read_text("a,b,c\n1,2,3\n1,\"2,3\n4,5,6\n7,8,9\n").unwrap_err();
        assert!(error.starts_with("f.csv: row 2 (line 3): a quote that is opened"), "{error}");
        assert!(!error.contains("the header has"), "{error}");
        // Those that are closed, and an inch in the last cell, are no harm.
        for good in [
            "a,b\n1,\"x\ny\"\n",
            "a,b\n1,\"x\ny\"",
            "a,b\n1,\"x",
            "a,b\n1,\"x\n\n",
            "a,b\n1,5\"\n2,3\n",
        ] {
            assert!(read_text(good).is_ok(), "{good:?}");
        }
    }

    #[test]
    fn an_index_without_a_name_is_named() {
        assert_eq!(read_text(",b\n1,2\n").unwrap().names(), ["column_1", "b"]);
    }
}
