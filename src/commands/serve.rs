//! `leadscore serve`.

use std::io::Write;
use std::time::Duration;

use anyhow::{Context, Result, anyhow};
use leadscore_serve::{Limits, Service, bind, serve, stop_signal};
use tracing_subscriber::EnvFilter;

use crate::args::ServeArgs;
use crate::inputs::{load_scorers, wrong_call};
use crate::print::{line, plural};

pub(crate) fn run(args: &ServeArgs) -> Result<()> {
    for (option, zero) in [
        ("--max-body", args.max_body == 0),
        ("--max-leads", args.max_leads == 0),
        ("--timeout", args.timeout == 0),
    ] {
        if zero {
            return Err(wrong_call(format!("{option} must be 1 or more")));
        }
    }
    let (loaded, rule_sets) = load_scorers(&args.scorer)?;
    let mut served: Vec<String> = rule_sets
        .iter()
        .map(|set| format!("rule set {} version {} ({})", set.name, set.version, &set.hash[..12]))
        .collect();
    if let Some(loaded) = &loaded {
        let bundle = &loaded.bundle;
        let model =
            format!("model {} version {} ({})", bundle.name, bundle.version, &loaded.hash[..12]);
        served.insert(0, model);
    }
    let service = Service::new(loaded.map(|loaded| (loaded.bundle, loaded.hash)), rule_sets)?;
    let limits = Limits {
        max_body_bytes: args.max_body,
        max_leads: args.max_leads,
        timeout: Duration::from_secs(args.timeout),
        drain: Duration::from_secs(args.drain),
        // Whoever may take so long for a request may take it while the server stops, too.
        grace: Duration::from_secs(args.timeout.saturating_add(1).max(10)),
        ..Limits::default()
    };
    log(args.json)?;
    // What a panic says can quote what it was working on; where it happened cannot.
    std::panic::set_hook(Box::new(|panic| {
        let place = panic.location().map_or_else(String::new, ToString::to_string);
        tracing::error!(place, "internal error; please report it");
    }));
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .context("the server cannot be started")?;
    runtime.block_on(async {
        let listener = bind(&args.listen).await?;
        let address = listener.local_addr().context("the address cannot be read")?;
        line(format!("Serving {}", served.join("\n        ")))?;
        line(format!("Listening on http://{address} (docs at http://{address}/docs)"))?;
        let stop = async {
            stop_signal().await;
            // Whoever asks twice does not want to wait.
            tokio::spawn(async {
                stop_signal().await;
                std::process::exit(1);
            });
        };
        let stopped = serve(listener, service, limits, stop).await;
        // A client that stands still is no failure of the server.
        match stopped.cut_off {
            0 => line("Stopped."),
            cut => line(format!("Stopped; {} cut off.", plural(cut, "connection"))),
        }
    })
}

/// A writer for logs whose reader may be gone or whose disk may be full: what cannot be written is
/// lost, and the server goes on.
struct Lossy(std::io::Stderr);

impl Write for Lossy {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        let _ = self.0.write_all(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        let _ = self.0.flush();
        Ok(())
    }
}

/// Logs to standard error; RUST_LOG chooses how much, one line a request by default.
fn log(json: bool) -> Result<()> {
    let filter = match std::env::var(EnvFilter::DEFAULT_ENV) {
        Ok(text) => EnvFilter::try_new(&text).map_err(|error| {
            wrong_call(format!("{} = {text:?}: {error}", EnvFilter::DEFAULT_ENV))
        })?,
        Err(_) => EnvFilter::new("info"),
    };
    let logs = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .log_internal_errors(false)
        .with_writer(|| Lossy(std::io::stderr()));
    let outcome = if json { logs.json().try_init() } else { logs.with_ansi(false).try_init() };
    outcome.map_err(|error| anyhow!("logs cannot be written: {error}"))
}
