//! The threads that connections live on. Each has a runtime of its own, so that a request is read, scored
//! and answered on the thread where it arrived, and no thread has to wake another: that takes a tenth of
//! the CPU time of a small request off a runtime whose threads share their work. What takes long (a large
//! batch) goes to other threads all the same.

use std::future::Future;
use std::sync::Arc;
use std::{io, thread};

use tokio::runtime::{Builder, Handle};
use tokio::sync::oneshot;

use crate::log;

/// Threads, as many as cores. They end, and drop what they run, when this is dropped.
pub(crate) struct Workers(Vec<Worker>);

struct Worker {
    runtime: Handle,
    /// Each task holds one of these, to be counted.
    tasks: Arc<()>,
    /// The thread ends when this is dropped.
    _running: oneshot::Sender<()>,
}

impl Workers {
    /// Starts the threads. Where the system grants fewer, or none, there are fewer.
    pub(crate) fn start() -> Self {
        let cores = thread::available_parallelism().map_or(1, usize::from);
        let mut workers = Vec::with_capacity(cores);
        for number in 0..cores {
            match Worker::start(number) {
                Ok(worker) => workers.push(worker),
                Err(error) => tracing::error!(%error, "a thread could not be started"),
            }
        }
        Self(workers)
    }

    /// Runs a task on the thread that has fewest; without any, on the runtime of the caller.
    pub(crate) fn spawn(&self, task: impl Future<Output = ()> + Send + 'static) {
        let least = self.0.iter().min_by_key(|worker| Arc::strong_count(&worker.tasks));
        match least {
            Some(worker) => {
                let counted = worker.tasks.clone();
                worker.runtime.spawn(async move {
                    task.await;
                    drop(counted);
                });
            }
            None => {
                tokio::spawn(task);
            }
        }
    }
}

impl Worker {
    fn start(number: usize) -> io::Result<Self> {
        let runtime =
            Builder::new_current_thread().enable_all().on_thread_park(log::release).build()?;
        let handle = runtime.handle().clone();
        let (running, stopped) = oneshot::channel();
        thread::Builder::new().name(format!("connections-{number}")).spawn(move || {
            log::hold();
            // An error says that the sender is gone, which is what this waits for.
            let _ = runtime.block_on(stopped);
            log::release();
        })?;
        Ok(Self { runtime: handle, tasks: Arc::default(), _running: running })
    }
}
