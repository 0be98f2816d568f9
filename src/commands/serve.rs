//! `leadscore serve`.

mod log;

use std::time::Duration;

use anyhow::{Context, Result};
use leadscore_serve::{Limits, Service, bind, serve, stop_signal};

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
    log::start(args.json)?;
    // What a panic says can quote what it was working on; where it happened cannot.
    std::panic::set_hook(Box::new(|panic| {
        let place = panic.location().map_or_else(String::new, ToString::to_string);
        tracing::error!(place, "internal error; please report it");
    }));
    let runtime = tokio::runtime::Builder::new_current_thread()
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
