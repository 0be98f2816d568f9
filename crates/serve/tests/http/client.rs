//! A server on a port of its own, and a client that writes what it is told to, byte by byte where
//! a test wants that.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::thread::JoinHandle;
use std::time::Duration;

use leadscore_serve::{Limits, Service, Stopped, bind, serve};
use serde_json::Value;
use tokio::sync::oneshot;

/// A running server, stopped when dropped.
pub(crate) struct Server {
    pub(crate) address: SocketAddr,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<Stopped>>,
}

impl Server {
    pub(crate) fn start(service: Service) -> Self {
        Self::within(service, Limits::default())
    }

    pub(crate) fn within(service: Service, limits: Limits) -> Self {
        let (stop, stopped) = oneshot::channel();
        let (tell, told) = std::sync::mpsc::channel();
        let thread = std::thread::spawn(move || {
            let runtime =
                tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(async {
                let listener = bind("127.0.0.1:0").await.unwrap();
                tell.send(listener.local_addr().unwrap()).unwrap();
                let stop = async {
                    let _ = stopped.await;
                };
                serve(listener, service, limits, stop).await
            })
        });
        Self { address: told.recv().unwrap(), stop: Some(stop), thread: Some(thread) }
    }

    /// Asks the server to stop, without waiting.
    pub(crate) fn ask_to_stop(&mut self) {
        drop(self.stop.take());
    }

    /// Waits until it has stopped.
    pub(crate) fn stopped(mut self) -> Stopped {
        self.ask_to_stop();
        self.thread.take().unwrap().join().unwrap()
    }

    pub(crate) fn connect(&self) -> Connection {
        let stream = TcpStream::connect(self.address).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
        stream.set_write_timeout(Some(Duration::from_secs(20))).unwrap();
        stream.set_nodelay(true).unwrap();
        Connection { stream: BufReader::new(stream) }
    }

    pub(crate) fn get(&self, path: &str) -> Reply {
        self.connect().ask("GET", path, &[], b"")
    }

    pub(crate) fn predict(&self, body: impl AsRef<[u8]>) -> Reply {
        self.post("/predict", body)
    }

    pub(crate) fn points(&self, body: impl AsRef<[u8]>) -> Reply {
        self.post("/points", body)
    }

    pub(crate) fn post(&self, path: &str, body: impl AsRef<[u8]>) -> Reply {
        let json = [("content-type", "application/json")];
        self.connect().ask("POST", path, &json, body.as_ref())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.ask_to_stop();
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

pub(crate) struct Connection {
    pub(crate) stream: BufReader<TcpStream>,
}

impl Connection {
    pub(crate) fn write(&mut self, bytes: &[u8]) {
        self.stream.get_mut().write_all(bytes).unwrap();
    }

    pub(crate) fn head(
        &mut self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        length: usize,
    ) {
        let mut head = format!("{method} {path} HTTP/1.1\r\nhost: test\r\n");
        for (name, value) in headers {
            head.push_str(&format!("{name}: {value}\r\n"));
        }
        if length > 0 {
            head.push_str(&format!("content-length: {length}\r\n"));
        }
        self.write((head + "\r\n").as_bytes());
    }

    pub(crate) fn ask(
        &mut self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: &[u8],
    ) -> Reply {
        self.head(method, path, headers, body.len());
        self.write(body);
        self.reply(method == "HEAD").unwrap()
    }

    /// The next reply. `None` when the connection was closed instead.
    pub(crate) fn reply(&mut self, head_only: bool) -> Option<Reply> {
        let mut line = String::new();
        self.stream.read_line(&mut line).ok().filter(|n| *n > 0)?;
        let status = line.split(' ').nth(1).unwrap().parse().unwrap();
        let mut headers = Vec::new();
        loop {
            let mut line = String::new();
            self.stream.read_line(&mut line).unwrap();
            match line.trim_end().split_once(": ") {
                Some((name, value)) => headers.push((name.to_owned(), value.to_owned())),
                None => break,
            }
        }
        let mut reply = Reply { status, headers, body: Vec::new() };
        let length: usize = reply.header("content-length").map_or(0, |n| n.parse().unwrap());
        if !head_only {
            reply.body.resize(length, 0);
            self.stream.read_exact(&mut reply.body).unwrap();
        }
        Some(reply)
    }

    /// Whether the server has closed the connection, waiting for it.
    pub(crate) fn is_closed(&mut self) -> bool {
        let mut byte = [0];
        matches!(self.stream.read(&mut byte), Ok(0))
    }
}

#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

impl Reply {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(n, _)| n == name).map(|(_, value)| value.as_str())
    }

    pub(crate) fn text(&self) -> &str {
        std::str::from_utf8(&self.body).unwrap()
    }

    #[track_caller]
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body)
            .unwrap_or_else(|error| panic!("{error} in {} {:?}", self.status, self.body))
    }

    /// The answer of a request that succeeded.
    #[track_caller]
    pub(crate) fn answer(&self) -> Value {
        assert_eq!(self.status, 200, "{}", self.text());
        assert_eq!(self.header("content-type"), Some("application/json"));
        self.json()
    }

    /// The problem of a request that failed, checked for its form.
    #[track_caller]
    pub(crate) fn problem(&self, status: u16) -> Value {
        assert_eq!(self.status, status, "{}", self.text());
        assert_eq!(self.header("content-type"), Some("application/problem+json"));
        assert!(self.header("x-request-id").is_some());
        let problem = self.json();
        assert_eq!(problem["status"], status);
        for key in ["type", "title", "detail"] {
            assert!(problem[key].as_str().is_some_and(|text| !text.is_empty()), "{problem}");
        }
        problem
    }

    /// The fields that a 422 names, as `pointer: message`.
    #[track_caller]
    pub(crate) fn bad_fields(&self) -> Vec<String> {
        let problem = self.problem(422);
        let errors = problem["errors"].as_array().unwrap();
        let text = |error: &Value, key| error[key].as_str().unwrap_or_default().to_owned();
        errors.iter().map(|e| text(e, "pointer") + ": " + &text(e, "message")).collect()
    }
}
