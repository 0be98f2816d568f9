//! `leadscore serve`.

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
        let listener = bind(&args.listen.to_string()).await?;
        let address = listener.local_addr().context("the address cannot be read")?;
        line(format!("Serving {}", served.join("\n        ")))?;
        line(format!("Listening on http://{address} (docs at http://{address}/docs)"))?;
        let stopped = serve(listener, service, limits, stop_signal()).await;
        match stopped.cut_off {
            0 => line("Stopped."),
            cut => Err(anyhow!("stopped with {} cut off", plural(cut, "connection"))),
        }
    })
}

/// Logs to standard error; RUST_LOG chooses how much, one line a request by default.
fn log(json: bool) -> Result<()> {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info"));
    let logs = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    let outcome = if json { logs.json().try_init() } else { logs.with_ansi(false).try_init() };
    outcome.map_err(|error| anyhow!("logs cannot be written: {error}"))
}
