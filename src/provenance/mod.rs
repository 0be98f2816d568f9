//! How something was made, so that it can be made again: what was read, and the command.

pub(crate) mod again;

use std::fs::File;
use std::path::Path;

use anyhow::{Context, Result};
use leadscore_model::stream_hash;
use leadscore_model::words::shell_word;
use serde::Serialize;

/// A file that was read.
#[derive(Serialize)]
pub(crate) struct FileRead {
    pub(crate) file: String,
    /// BLAKE3, in hexadecimal.
    pub(crate) hash: String,
    pub(crate) bytes: u64,
}

impl FileRead {
    pub(crate) fn of(path: &Path) -> Result<Self> {
        let read = || -> std::io::Result<(String, u64)> {
            let file = File::open(path)?;
            let bytes = file.metadata()?.len();
            Ok((stream_hash(file)?, bytes))
        };
        let (hash, bytes) = read().with_context(|| path.display().to_string())?;
        Ok(Self { file: path.display().to_string(), hash, bytes })
    }
}

/// The command as it was called, for a shell. The program goes by its name.
pub(crate) fn command_line() -> String {
    let args = std::env::args_os().skip(1);
    let quoted = args.map(|arg| shell_word(&arg.to_string_lossy()));
    ["leadscore".to_owned()].into_iter().chain(quoted).collect::<Vec<_>>().join(" ")
}
