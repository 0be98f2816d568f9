//! Files that are one another's copies, by link or byte by byte: what they tell counts twice.

use std::fs::File;
use std::io::{BufRead, BufReader, Result};
use std::path::{Path, PathBuf};

/// Each file that is the same as one before it, behind that one. Only files of one size are read. A file
/// that cannot be read is the same as none.
pub(super) fn same_files(paths: &[PathBuf]) -> Vec<(PathBuf, PathBuf)> {
    let known = |path: &PathBuf| Some((path.canonicalize().ok()?, path.metadata().ok()?.len()));
    let known: Vec<_> = paths.iter().map(known).collect();
    let mut found = Vec::new();
    for (at, path) in paths.iter().enumerate() {
        let Some((place, size)) = &known[at] else { continue };
        let same = known[..at].iter().zip(paths).find(|(earlier, other)| {
            earlier.as_ref().is_some_and(|(other_place, other_size)| {
                place == other_place
                    || (size == other_size && hold_the_same(path, other).unwrap_or(false))
            })
        });
        if let Some((_, other)) = same {
            found.push((other.clone(), path.clone()));
        }
    }
    found
}

/// Whether two files are alike in every byte and hold more than one line, which is the names of columns.
fn hold_the_same(one: &Path, other: &Path) -> Result<bool> {
    let (mut one, mut other) =
        (BufReader::new(File::open(one)?), BufReader::new(File::open(other)?));
    let (mut in_header, mut has_more) = (true, false);
    loop {
        let (a, b) = (one.fill_buf()?, other.fill_buf()?);
        if a.is_empty() || b.is_empty() {
            return Ok(has_more && a.is_empty() && b.is_empty());
        }
        let length = a.len().min(b.len());
        if a[..length] != b[..length] {
            return Ok(false);
        }
        has_more |= !in_header;
        if in_header && let Some(end) = a[..length].iter().position(|byte| *byte == b'\n') {
            in_header = false;
            has_more = end + 1 < length;
        }
        one.consume(length);
        other.consume(length);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn copies_are_found_and_headers_alone_are_none() {
        let folder = tempfile::tempdir().unwrap();
        let write = |name: &str, text: &str| {
            let path = folder.path().join(name);
            std::fs::write(&path, text).unwrap();
            path
        };
        let long = "x,y\n".repeat(10_000);
        let paths = [
            write("a.csv", "a,b\n1,2\n"),
            write("b.csv", "a,b\n1,3\n"),
            write("c.csv", "a,b\n1,2\n"),
            write("d.csv", "a,b\n"),
            write("e.csv", "a,b\n"),
            write("f.csv", &long),
            write("g.csv", &long),
            write("h.csv", &format!("{}z,y\n", &long[4..])),
            folder.path().join("not there"),
            folder.path().join(".").join("b.csv"),
        ];
        let found = same_files(&paths);
        let name = |path: &PathBuf| path.file_name().unwrap().to_string_lossy().into_owned();
        let found: Vec<String> = found.iter().map(|(a, b)| name(a) + " " + &name(b)).collect();
        assert_eq!(found, ["a.csv c.csv", "f.csv g.csv", "b.csv b.csv"]);
    }
}
