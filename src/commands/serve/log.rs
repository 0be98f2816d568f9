//! Where the server's log goes, and how its lines look.

use std::fmt::{self, Debug, Write as _};

use anyhow::{Result, anyhow};
use leadscore_features::Time;
use leadscore_serve::LogWriter;
use tracing::field::{Field, Visit};
use tracing::{Event, Level, Subscriber};
use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::format::{Format, Writer};
use tracing_subscriber::fmt::{FmtContext, FormatEvent, FormatFields};
use tracing_subscriber::registry::LookupSpan;

use crate::inputs::wrong_call;

/// Logs to standard error; RUST_LOG chooses how much, one line a request by default.
pub(super) fn start(json: bool) -> Result<()> {
    let filter = match std::env::var(EnvFilter::DEFAULT_ENV) {
        Ok(text) => EnvFilter::try_new(&text).map_err(|error| {
            wrong_call(format!("{} = {text:?}: {error}", EnvFilter::DEFAULT_ENV))
        })?,
        Err(_) => EnvFilter::new("info"),
    };
    let logs = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .log_internal_errors(false)
        .with_writer(|| LogWriter);
    let outcome = if json {
        logs.json().try_init()
    } else {
        logs.with_ansi(false).event_format(Lines::default()).try_init()
    };
    outcome.map_err(|error| anyhow!("logs cannot be written: {error}"))
}

/// The lines of tracing's own format. Those that are as the line of a request is, with a text, plain
/// values and no span, are put together here: there is one for every request, and that format takes
/// several times as long.
#[derive(Default)]
struct Lines(Format);

impl<S, N> FormatEvent<S, N> for Lines
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    N: for<'a> FormatFields<'a> + 'static,
{
    fn format_event(
        &self,
        ctx: &FmtContext<'_, S, N>,
        mut writer: Writer<'_>,
        event: &Event<'_>,
    ) -> fmt::Result {
        let meta = event.metadata();
        let level = match *meta.level() {
            Level::ERROR => "ERROR",
            Level::WARN => " WARN",
            Level::INFO => " INFO",
            Level::DEBUG => "DEBUG",
            Level::TRACE => "TRACE",
        };
        let mut fields = Fields { text: String::with_capacity(160), plain: true };
        event.record(&mut fields);
        if !fields.plain || ctx.lookup_current().is_some() {
            return self.0.format_event(ctx, writer, event);
        }
        Time::now().write_fixed(&mut writer)?;
        for part in [" ", level, " ", meta.target(), ": ", &fields.text, "\n"] {
            writer.write_str(part)?;
        }
        Ok(())
    }
}

/// The fields of an event.
struct Fields {
    text: String,
    /// Whether all of them are here as tracing would write them.
    plain: bool,
}

impl Fields {
    fn name(&mut self, field: &Field) {
        if !self.text.is_empty() {
            self.text.push(' ');
        }
        self.text.push_str(field.name());
        self.text.push('=');
    }
}

impl Visit for Fields {
    fn record_u64(&mut self, field: &Field, value: u64) {
        self.name(field);
        // Writing to a `String` does not fail.
        let _ = write!(self.text, "{value}");
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.plain &= field.name() != "message"
            && value.bytes().all(|b| matches!(b, b' '..=b'~') && b != b'"' && b != b'\\');
        self.name(field);
        for part in ["\"", value, "\""] {
            self.text.push_str(part);
        }
    }

    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        // Anything else may hold what has to be escaped.
        self.plain &= field.name() == "message" && self.text.is_empty();
        // Writing to a `String` does not fail.
        let _ = write!(self.text, "{value:?}");
        self.plain &= self.text.bytes().all(|b| matches!(b, b' '..=b'~'));
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;
    use std::sync::{Arc, Mutex};

    use super::*;

    #[derive(Clone, Default)]
    struct Kept(Arc<Mutex<Vec<u8>>>);

    impl Write for Kept {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0.lock().unwrap().extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    fn logged() {
        let (route, micros, leads, request_id) = ("/predict", 17_u64, 1_usize, "r-1.a");
        let status = 200_u16;
        tracing::info!(method = "POST", route, status, micros, leads, request_id, "request");
        tracing::error!(cut_off = 3, "a text and a number that may be below 0");
        tracing::warn!(error = %"a \u{1b}[31m text", "escaped");
        tracing::warn!(text = "a \"quoted\" text é", "quoted");
        tracing::debug!(message = "a message that is a text", ok = true);
        tracing::info!("a message with {}", "\u{1b} a sign");
        tracing::info!(only = 1_u64);
        let span = tracing::info_span!("span", of = 1);
        let _entered = span.enter();
        tracing::info!(micros, "within a span");
    }

    #[test]
    fn lines_are_those_of_tracing() {
        let (own, usual) = (Kept::default(), Kept::default());
        let logs = || {
            let level = Level::TRACE;
            tracing_subscriber::fmt().with_ansi(false).with_max_level(level)
        };
        let to = own.clone();
        let subscriber =
            logs().with_writer(move || to.clone()).event_format(Lines::default()).finish();
        tracing::subscriber::with_default(subscriber, logged);
        let to = usual.clone();
        let subscriber = logs().with_writer(move || to.clone()).finish();
        tracing::subscriber::with_default(subscriber, logged);
        let text = |kept: &Kept| String::from_utf8(kept.0.lock().unwrap().clone()).unwrap();
        let (own, usual) = (text(&own), text(&usual));
        assert_eq!(own.lines().count(), 8);
        // All but the time, which is as long as any.
        let rest = |text: &str| text.lines().map(|line| line[27..].to_owned()).collect::<Vec<_>>();
        assert_eq!(rest(&own), rest(&usual));
        for line in own.lines() {
            assert!(line.as_bytes()[19] == b'.' && line.as_bytes()[26] == b'Z', "{line}");
            assert!(Time::parse(&line[..27]).is_ok(), "{line}");
        }
    }
}
