//! The port: binding it, serving connections within their limits, and stopping.

use std::convert::Infallible;
use std::future::Future;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, watch};
use tokio::time::{Instant, sleep, sleep_until, timeout};

use crate::idle::Idle;
use crate::routes::Entrance;
use crate::stall::Stalling;
use crate::workers::Workers;
use crate::{Limits, Service};

/// Why a port cannot be listened on. Says what to do.
#[derive(Debug, thiserror::Error)]
pub enum BindError {
    /// Another program listens there.
    #[error("{listen} is already in use; stop the other program or choose another with --listen")]
    InUse {
        /// The address.
        listen: String,
    },
    /// The system does not allow it.
    #[error("{listen} may not be listened on; choose a port from 1024 on with --listen")]
    NotAllowed {
        /// The address.
        listen: String,
    },
    /// It is not an address of this machine.
    #[error(
        "{listen} cannot be listened on: {source}; an address is written like 127.0.0.1:8080, and \
         0.0.0.0:8080 is all of this machine's"
    )]
    Address {
        /// The address.
        listen: String,
        /// What the system says.
        source: io::Error,
    },
}

/// How serving ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stopped {
    /// Connections that were cut off because their request was not done within the grace period.
    pub cut_off: usize,
}

/// Listens on an address such as `127.0.0.1:8080`; port 0 is any that is free.
///
/// # Errors
/// [`BindError`] when the address is taken, not allowed or not of this machine.
pub async fn bind(listen: &str) -> Result<TcpListener, BindError> {
    TcpListener::bind(listen).await.map_err(|source| {
        let listen = listen.to_owned();
        match source.kind() {
            io::ErrorKind::AddrInUse => BindError::InUse { listen },
            io::ErrorKind::PermissionDenied => BindError::NotAllowed { listen },
            _ => BindError::Address { listen, source },
        }
    })
}

/// Completes when the process is asked to stop: SIGTERM, or Ctrl-C.
pub async fn stop_signal() {
    let interrupt = async {
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
    };
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        let terminate = async {
            match signal(SignalKind::terminate()) {
                Ok(mut signal) => {
                    signal.recv().await;
                }
                Err(_) => std::future::pending().await,
            }
        };
        tokio::select! {
            () = interrupt => {}
            () = terminate => {}
        }
    }
    #[cfg(not(unix))]
    interrupt.await;
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    Running,
    /// Finish what has begun; take nothing new.
    Stopping,
    /// The grace period is over.
    Cut,
}

/// Serves HTTP/1.1 on a listener until `stop` completes. Then `/readyz` answers 503; new
/// connections are accepted for [`Limits::drain`] more; idle ones are closed; and requests that
/// have begun may finish within [`Limits::grace`].
pub async fn serve(
    listener: TcpListener,
    service: Service,
    limits: Limits,
    stop: impl Future<Output = ()>,
) -> Stopped {
    let entrance = Entrance::new(service.clone(), limits);
    let most = u32::try_from(limits.max_connections.max(1)).unwrap_or(u32::MAX).min(1 << 20);
    let permits = Arc::new(Semaphore::new(most as usize));
    let (phase, _) = watch::channel(Phase::Running);
    let workers = Workers::start();
    let accept = async {
        loop {
            // A permit stands for a connection. The semaphore is never closed.
            let Ok(permit) = permits.clone().acquire_owned().await else { return };
            let stream = accept(&listener).await;
            let entrance = Arc::new(entrance.clone());
            let phase = phase.subscribe();
            workers.spawn(async move {
                match TcpStream::from_std(stream) {
                    Ok(stream) => connection(stream, entrance, limits.idle, phase).await,
                    Err(error) => tracing::error!(%error, "a connection could not be served"),
                }
                drop(permit);
            });
        }
    };
    let stop = async {
        stop.await;
        service.set_ready(false);
        tracing::info!("stopping");
        sleep(limits.drain).await;
    };
    tokio::select! {
        () = accept => {}
        () = stop => {}
    }
    drop(listener);
    phase.send_replace(Phase::Stopping);
    if timeout(limits.grace, permits.acquire_many(most)).await.is_ok() {
        return Stopped { cut_off: 0 };
    }
    let cut_off = most as usize - permits.available_permits();
    phase.send_replace(Phase::Cut);
    tracing::warn!(cut_off, "requests were not done within the grace period");
    // Each task ends at its next turn; a moment lets the sockets close.
    let _ = timeout(Duration::from_secs(1), permits.acquire_many(most)).await;
    Stopped { cut_off }
}

/// The next connection, not of this runtime, as another will serve it. Errors of one connection are
/// skipped; others, such as too many open files, pass with time.
async fn accept(listener: &TcpListener) -> std::net::TcpStream {
    loop {
        match listener.accept().await.and_then(|(stream, _)| stream.into_std()) {
            Ok(stream) => return stream,
            Err(error) => match error.kind() {
                io::ErrorKind::ConnectionRefused
                | io::ErrorKind::ConnectionAborted
                | io::ErrorKind::ConnectionReset => {}
                _ => {
                    tracing::error!(%error, "a connection could not be accepted");
                    sleep(Duration::from_millis(100)).await;
                }
            },
        }
    }
}

async fn connection(
    stream: TcpStream,
    entrance: Arc<Entrance>,
    limit: Duration,
    mut phase: watch::Receiver<Phase>,
) {
    // Without it small answers may wait; where it cannot be set they wait.
    let _ = stream.set_nodelay(true);
    let io = TokioIo::new(Stalling::new(stream, limit));
    let service = service_fn(move |request: hyper::Request<Incoming>| {
        let entrance = entrance.clone();
        async move { Ok::<_, Infallible>(entrance.answer(request.map(Body::new)).await) }
    });
    let idle = Idle::new(limit);
    let connection = http1::Builder::new()
        .timer(idle.clone())
        // It runs from the moment a connection is idle, so it closes those that stay idle too.
        .header_read_timeout(limit)
        .serve_connection(io, service);
    let ring = sleep_until(idle.next(Instant::now().into()).into());
    tokio::pin!(connection, ring);
    // What a connection dies of (a reset, a timeout, bytes that are not HTTP) is the client's
    // affair, and hyper has answered what can be answered.
    let mut stopping = false;
    loop {
        tokio::select! {
            // Nearly every turn is the connection's; else the order would be drawn each time.
            biased;
            _ = connection.as_mut() => return,
            () = ring.as_mut() => {
                let now = Instant::now();
                idle.passed(now.into());
                ring.as_mut().reset(idle.next(now.into()).into());
            }
            Some(phase) = next(&mut phase) => match phase {
                Phase::Running => {}
                Phase::Stopping if !stopping => {
                    stopping = true;
                    connection.as_mut().graceful_shutdown();
                }
                Phase::Stopping => {}
                Phase::Cut => return,
            },
            else => return,
        }
    }
}

/// The next phase; `None` when the server is gone.
async fn next(phase: &mut watch::Receiver<Phase>) -> Option<Phase> {
    phase.changed().await.ok()?;
    Some(*phase.borrow_and_update())
}
