//! The log's way to standard error. A thread that serves connections holds its lines back until it has
//! nothing else to do, and writes them at once: a call of the system and a lock for every request
//! are a twentieth of the CPU time of a small one, and a thread that is suspended while it holds that lock
//! holds up the others.

use std::cell::RefCell;
use std::io::{self, Write};

/// A thread that is never idle writes when it holds so many bytes: some sixty requests.
const MOST: usize = 8192;

thread_local! {
    /// The lines of a thread that holds them back.
    static HELD: RefCell<Option<Held<io::Stderr>>> = const { RefCell::new(None) };
}

/// Standard error, for the lines of a log: whole lines, one or more a call. On the threads of
/// [`serve`](crate::serve) they are held back for as long as requests wait for an answer, 8 KiB at most;
/// on others they are written at once. What cannot be written, as the reader is gone or the disk is
/// full, is lost, and the server goes on.
#[derive(Clone, Copy, Debug, Default)]
pub struct LogWriter;

impl Write for LogWriter {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        HELD.with_borrow_mut(|held| match held {
            Some(held) => held.take(bytes),
            None => lossy(&mut io::stderr(), bytes),
        });
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        HELD.with_borrow_mut(|held| {
            if let Some(held) = held {
                held.release();
            }
        });
        Ok(())
    }
}

/// From here on the lines of this thread are held back, until [`release`].
pub(crate) fn hold() {
    HELD.set(Some(Held { lines: Vec::with_capacity(MOST), to: io::stderr() }));
}

/// Writes the lines that this thread has held back.
pub(crate) fn release() {
    // Nothing fails, and without lines nothing is done.
    let _ = LogWriter.flush();
}

struct Held<W: Write> {
    lines: Vec<u8>,
    to: W,
}

impl<W: Write> Held<W> {
    fn take(&mut self, bytes: &[u8]) {
        if self.lines.len() + bytes.len() > MOST {
            self.release();
        }
        self.lines.extend_from_slice(bytes);
    }

    fn release(&mut self) {
        if !self.lines.is_empty() {
            lossy(&mut self.to, &self.lines);
            self.lines.clear();
        }
    }
}

impl<W: Write> Drop for Held<W> {
    fn drop(&mut self) {
        self.release();
    }
}

fn lossy(to: &mut impl Write, bytes: &[u8]) {
    let _ = to.write_all(bytes);
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::{Sender, channel};

    use super::*;

    struct Calls(Sender<Vec<u8>>);

    impl Write for Calls {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.send(bytes.to_vec()).map_err(io::Error::other)?;
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn lines_are_held_in_order_to_a_limit_and_none_is_lost() {
        let (sent, calls) = channel();
        let mut held = Held { lines: Vec::new(), to: Calls(sent) };
        let line = |number: usize| format!("line {number:>120}\n").into_bytes();
        for number in 0..100 {
            held.take(&line(number));
        }
        let before: Vec<_> = calls.try_iter().collect();
        assert_eq!(before.len(), 1, "written once, when 8 KiB were full");
        assert!(before[0].len() <= MOST && before[0].len() + line(0).len() > MOST);
        held.release();
        held.release();
        held.take(b"the last\n");
        drop(held);
        let all: Vec<_> = before.into_iter().chain(calls.iter()).collect();
        assert_eq!(all.len(), 3, "idle twice writes once, and the end writes the rest");
        let expected: Vec<u8> =
            (0..100).flat_map(line).chain(b"the last\n".iter().copied()).collect();
        assert_eq!(all.concat(), expected);
    }

    #[test]
    fn a_line_above_the_limit_and_a_reader_that_is_gone_are_no_failure() {
        let (sent, calls) = channel();
        let mut held = Held { lines: Vec::new(), to: Calls(sent) };
        held.take(&vec![b'x'; 3 * MOST]);
        held.take(b"next\n");
        assert_eq!(calls.try_iter().map(|call| call.len()).collect::<Vec<_>>(), [3 * MOST]);
        drop(calls);
        held.release();
        assert!(held.lines.is_empty());
    }
}
