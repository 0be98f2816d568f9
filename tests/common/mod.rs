//! The real binary, run as a user runs it.

#![allow(dead_code, unreachable_pub, clippy::unwrap_used, clippy::expect_used)] // Each test file uses a part of it.

pub mod small_project;

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};

pub fn project() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

pub fn bank() -> PathBuf {
    project().join("data/bank-marketing/bank-additional-full.csv")
}

pub fn shoppers() -> PathBuf {
    project().join("data/online-shoppers/online_shoppers_intention.csv")
}

pub fn rules(name: &str) -> PathBuf {
    project().join("data/rules").join(name)
}

/// Runs leadscore in a folder.
pub fn leadscore(folder: &Path, args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_leadscore"))
        .args(args)
        .current_dir(folder)
        .stdin(Stdio::null())
        .output()
        .unwrap()
}

/// Runs leadscore, which must succeed, and returns what it printed.
pub fn succeed(folder: &Path, args: &[&str]) -> String {
    let output = leadscore(folder, args);
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "leadscore {args:?}: {errors}");
    String::from_utf8(output.stdout).unwrap()
}

/// Runs leadscore, which must fail with a status, and returns its error.
pub fn fail(folder: &Path, args: &[&str], status: i32) -> String {
    let output = leadscore(folder, args);
    let errors = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(status), "leadscore {args:?}: {errors}");
    assert!(!errors.contains("panicked"), "{errors}");
    errors
}

pub fn json(folder: &Path, args: &[&str]) -> serde_json::Value {
    serde_json::from_str(&succeed(folder, args)).unwrap()
}

pub fn write(folder: &Path, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
    let path = folder.join(name);
    std::fs::write(&path, content).unwrap();
    path
}

/// Numbers from 0 to 1, the same in every run.
pub fn uniform() -> impl FnMut() -> f64 {
    let mut state = 1u64;
    move || {
        state =
            state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) as f64 / f64::from(1u32 << 31)
    }
}

/// A table that can be trained on: `n` rows of a number, a category and an outcome that depends
/// on both, in a fixed pseudo-random order.
pub fn deals(n: usize) -> String {
    let mut next = uniform();
    let mut text = String::from("visits,industry,won\n");
    for _ in 0..n {
        let visits = (next() * 20.0).floor();
        let industry = ["IT", "retail", "health"][(next() * 3.0) as usize];
        let odds = 0.2 * visits - 3.0 + if industry == "IT" { 1.0 } else { 0.0 };
        let won = next() < 1.0 / (1.0 + f64::exp(-odds));
        text.push_str(&format!("{visits},{industry},{}\n", if won { "yes" } else { "no" }));
    }
    text
}

/// A server that stops when it is dropped.
pub struct Server {
    child: Child,
    pub address: String,
}

impl Server {
    pub fn start(folder: &Path, args: &[&str]) -> Self {
        Self::start_logging(folder, args, Stdio::null())
    }

    /// Starts a server whose log goes somewhere.
    pub fn start_logging(folder: &Path, args: &[&str], log: Stdio) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_leadscore"))
            .arg("serve")
            .args(args)
            .args(["--listen", "127.0.0.1:0"])
            .current_dir(folder)
            .stdout(Stdio::piped())
            .stderr(log)
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let address = lines.by_ref().find_map(|line| {
            let line = line.unwrap();
            let rest = line.strip_prefix("Listening on http://")?;
            Some(rest.split_whitespace().next().unwrap().to_owned())
        });
        // Whoever reads the rest keeps the pipe open.
        std::thread::spawn(move || lines.for_each(drop));
        Self { address: address.expect("the server says where it listens"), child }
    }

    pub fn request(&self, method: &str, path: &str, body: &str) -> (u16, String) {
        let mut stream = TcpStream::connect(&self.address).unwrap();
        let head = format!(
            "{method} {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-type: \
             application/json\r\ncontent-length: {}\r\n\r\n",
            body.len()
        );
        stream.write_all(head.as_bytes()).unwrap();
        stream.write_all(body.as_bytes()).unwrap();
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).unwrap();
        let answer = String::from_utf8(answer).unwrap();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        let chunked = head.to_lowercase().contains("transfer-encoding: chunked");
        assert!(!chunked, "answers have a length");
        (status, body.to_owned())
    }

    /// Asks it to stop, as an orchestrator does, and returns its exit status.
    pub fn terminate(mut self) -> Option<i32> {
        let id = self.child.id().to_string();
        Command::new("kill").args(["-TERM", &id]).status().unwrap();
        self.child.wait().unwrap().code()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
