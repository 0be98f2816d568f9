//! What operators see: one log line per request, and metrics. Neither holds anything about a lead.

use std::future::poll_fn;
use std::hash::{BuildHasher, RandomState};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::Poll;
use std::time::{Duration, Instant};

use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::Registry;

use leadscore_model::points::RuleSet;

use crate::Service;
use crate::answer::{Version, WarningKind};
use crate::problem::Problem;

/// The media type of the metrics.
pub(crate) const METRICS_TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";
/// The header in which a request's id comes and goes.
pub(crate) const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
/// Latencies, in seconds: from a single lead to the largest batch.
const BUCKETS: [f64; 16] = [
    0.000_05, 0.000_1, 0.000_25, 0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5,
    1.0, 2.5, 10.0,
];
const BANDS: [&str; 3] = ["cold", "warm", "hot"];

/// The routes, as logs and metrics name them: paths that clients make up are not told apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Route {
    Predict,
    Points,
    Health,
    Ready,
    Metrics,
    OpenApi,
    Docs,
    Index,
    Unknown,
}

impl Route {
    const ALL: [Route; 9] = [
        Route::Predict,
        Route::Points,
        Route::Health,
        Route::Ready,
        Route::Metrics,
        Route::OpenApi,
        Route::Docs,
        Route::Index,
        Route::Unknown,
    ];

    fn of(path: &str) -> Self {
        match path {
            "/predict" => Route::Predict,
            "/points" => Route::Points,
            "/healthz" => Route::Health,
            "/readyz" => Route::Ready,
            "/metrics" => Route::Metrics,
            "/openapi.json" => Route::OpenApi,
            "/" => Route::Index,
            "/docs" => Route::Docs,
            path if path.starts_with("/docs/") => Route::Docs,
            _ => Route::Unknown,
        }
    }

    fn pattern(self) -> &'static str {
        match self {
            Route::Predict => "/predict",
            Route::Points => "/points",
            Route::Health => "/healthz",
            Route::Ready => "/readyz",
            Route::Metrics => "/metrics",
            Route::OpenApi => "/openapi.json",
            Route::Docs => "/docs",
            Route::Index => "/",
            Route::Unknown => "unknown",
        }
    }

    /// Asked every few seconds by machines.
    fn is_probe(self) -> bool {
        matches!(self, Route::Health | Route::Ready | Route::Metrics)
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct RequestLabels {
    route: &'static str,
    status: u16,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct RouteLabel {
    route: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct KindLabel {
    kind: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct BandLabels {
    source: String,
    band: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct VersionLabels {
    name: String,
    version: String,
    hash: String,
}

/// One counter for each status from 100 to 599, resolved when it first occurs.
struct RouteHandles {
    route: &'static str,
    statuses: Vec<OnceLock<Counter>>,
    seconds: Histogram,
}

/// Every metric, with the handles that requests use already resolved.
pub(crate) struct Metrics {
    registry: Registry,
    requests: Family<RequestLabels, Counter>,
    routes: Vec<RouteHandles>,
    in_flight: Gauge,
    leads: Counter,
    model_bands: Option<[Counter; 3]>,
    /// For each rule set, its bands.
    rule_set_bands: Vec<Vec<Counter>>,
    warnings: Vec<Counter>,
    ids: Ids,
}

impl Metrics {
    pub(crate) fn new(model: Option<&Version>, rule_sets: &[RuleSet]) -> Self {
        let mut registry = Registry::with_prefix("leadscore");
        let requests = Family::<RequestLabels, Counter>::default();
        registry.register("requests", "Requests answered, by route and status", requests.clone());
        let seconds =
            Family::<RouteLabel, Histogram, fn() -> Histogram>::new_with_constructor(|| {
                Histogram::new(BUCKETS)
            });
        registry.register(
            "request_duration_seconds",
            "Time from the head of a request to the head of its answer, by route",
            seconds.clone(),
        );
        let in_flight = Gauge::default();
        registry.register("requests_in_flight", "Requests being answered", in_flight.clone());
        let leads = Counter::default();
        registry.register("leads_scored", "Leads scored", leads.clone());
        let bands = Family::<BandLabels, Counter>::default();
        registry.register(
            "leads_by_band",
            "Leads scored, by the band that the model or a rule set put them in",
            bands.clone(),
        );
        let warnings = Family::<KindLabel, Counter>::default();
        registry.register("warnings", "Warnings in answers, by kind", warnings.clone());
        let info = |registry: &mut Registry, name: &str, help: &str, versions: &[Version]| {
            let family = Family::<VersionLabels, Gauge>::default();
            registry.register(name, help, family.clone());
            for Version { name, version, hash } in versions.iter().cloned() {
                family.get_or_create(&VersionLabels { name, version, hash }).set(1);
            }
        };
        let models: Vec<Version> = model.into_iter().cloned().collect();
        info(&mut registry, "model_info", "The model that is served", &models);
        let sets: Vec<Version> = rule_sets.iter().map(Version::from).collect();
        info(&mut registry, "rule_set_info", "The rule sets that are served", &sets);

        let counter = |source: &str, band: &str| {
            let labels = BandLabels { source: source.to_owned(), band: band.to_owned() };
            bands.get_or_create_owned(&labels)
        };
        Self {
            routes: Route::ALL
                .map(|route| RouteHandles {
                    route: route.pattern(),
                    statuses: (100..600).map(|_| OnceLock::new()).collect(),
                    seconds: seconds.get_or_create_owned(&RouteLabel { route: route.pattern() }),
                })
                .into(),
            model_bands: model.map(|_| BANDS.map(|band| counter("model", band))),
            rule_set_bands: rule_sets
                .iter()
                .map(|set| {
                    let source = format!("rule_set:{}", set.name);
                    set.bands.all().iter().map(|band| counter(&source, &band.name)).collect()
                })
                .collect(),
            warnings: WarningKind::ALL
                .map(|(_, kind)| warnings.get_or_create_owned(&KindLabel { kind }))
                .into(),
            ids: Ids::new(),
            registry,
            requests,
            in_flight,
            leads,
        }
    }

    /// The metrics as text.
    pub(crate) fn text(&self) -> String {
        let mut text = String::new();
        // Writing to a `String` does not fail.
        let _ = encode(&mut text, &self.registry);
        text
    }

    /// Counts a scored lead by its bands: that of the model by its name, and for each rule set that
    /// scored it, by its position, the position of the band.
    pub(crate) fn scored(
        &self,
        model: Option<&str>,
        rule_sets: impl IntoIterator<Item = (usize, Option<usize>)>,
    ) {
        self.leads.inc();
        let band = model.and_then(|model| BANDS.iter().position(|name| *name == model));
        if let (Some(counters), Some(band)) = (&self.model_bands, band) {
            counters[band].inc();
        }
        for (set, band) in rule_sets {
            let counters = self.rule_set_bands.get(set);
            if let Some(counter) = counters.zip(band).and_then(|(of, band)| of.get(band)) {
                counter.inc();
            }
        }
    }

    /// Counts a warning.
    pub(crate) fn warned(&self, kind: WarningKind) {
        if let Some(at) = WarningKind::ALL.iter().position(|(known, _)| *known == kind) {
            self.warnings[at].inc();
        }
    }

    fn answered(&self, route: Route, status: StatusCode, took: Duration) {
        let handles = &self.routes[route as usize];
        let code = status.as_u16();
        let labels = RequestLabels { route: handles.route, status: code };
        match handles.statuses.get(usize::from(code) - 100) {
            Some(cell) => {
                cell.get_or_init(|| self.requests.get_or_create_owned(&labels)).inc();
            }
            None => {
                self.requests.get_or_create(&labels).inc();
            }
        }
        handles.seconds.observe(took.as_secs_f64());
    }
}

/// Ids for requests that bring none: unique in a process, and unlikely to repeat in another.
struct Ids {
    start: u64,
    next: AtomicU64,
}

impl Ids {
    fn new() -> Self {
        Self { start: RandomState::new().hash_one(0), next: AtomicU64::new(0) }
    }

    /// The request's own id where it is short and plain, so that it can be found in several
    /// logs; otherwise a new one.
    fn of(&self, headers: &HeaderMap) -> HeaderValue {
        let plain = |b: &u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.');
        if let Some(given) = headers.get(REQUEST_ID)
            && (1..=64).contains(&given.len())
            && given.as_bytes().iter().all(plain)
        {
            return given.clone();
        }
        let number = self.start.wrapping_add(self.next.fetch_add(1, Ordering::Relaxed));
        let digit = |place: u32| b"0123456789abcdef"[(number >> (60 - 4 * place)) as usize & 15];
        let text: [u8; 16] = std::array::from_fn(|place| digit(place as u32));
        // Hexadecimal digits are a header value.
        HeaderValue::from_bytes(&text).unwrap_or(HeaderValue::from_static("unknown"))
    }
}

/// How many leads an answer holds, for the log.
#[derive(Clone, Copy, Default)]
pub(crate) struct LeadCount(pub(crate) usize);

/// Counts a request as in flight for as long as it lives: clients may go away before the answer.
struct InFlight<'a>(&'a Gauge);

impl<'a> InFlight<'a> {
    fn new(gauge: &'a Gauge) -> Self {
        gauge.inc();
        Self(gauge)
    }
}

impl Drop for InFlight<'_> {
    fn drop(&mut self) {
        self.0.dec();
    }
}

/// Wraps the handling of every request that goes by way of the router.
pub(crate) async fn observe(
    State(service): State<Service>,
    request: Request,
    next: Next,
) -> Response {
    let handle = |request| async {
        let response = next.run(request).await;
        let leads = response.extensions().get().copied().unwrap_or_default();
        (response, leads)
    };
    observed(&service, request, handle).await
}

/// Handles a request as every request is: panics are caught, and it is logged and counted.
pub(crate) async fn observed<F: Future<Output = (Response, LeadCount)>>(
    service: &Service,
    request: Request,
    handle: impl FnOnce(Request) -> F,
) -> Response {
    let started = Instant::now();
    let metrics = &service.inner().metrics;
    let in_flight = InFlight::new(&metrics.in_flight);
    let route = Route::of(request.uri().path());
    let method = known_method(request.method());
    let id = metrics.ids.of(request.headers());
    let (mut response, leads) = caught(async { handle(request).await }).await;
    let took = started.elapsed();
    let status = response.status();
    metrics.answered(route, status, took);
    log(method, route, status, took, leads, &id);
    response.headers_mut().insert(REQUEST_ID, id);
    drop(in_flight);
    response
}

/// What a handler answers; where it panics, that it failed.
async fn caught(handling: impl Future<Output = (Response, LeadCount)>) -> (Response, LeadCount) {
    let mut handling = pin!(handling);
    // A handler that has panicked is not looked at again.
    let handled = poll_fn(|context| {
        match catch_unwind(AssertUnwindSafe(|| handling.as_mut().poll(context))) {
            Ok(poll) => poll.map(Some),
            Err(_) => Poll::Ready(None),
        }
    });
    handled.await.unwrap_or_else(|| {
        // The panic's own text may quote what it panicked on, so it stays out of answer and log.
        tracing::error!("a request panicked");
        (Problem::internal().into_response(), LeadCount(0))
    })
}

/// The method's name; methods that clients make up are not told apart.
fn known_method(method: &Method) -> &'static str {
    [
        (Method::GET, "GET"),
        (Method::POST, "POST"),
        (Method::HEAD, "HEAD"),
        (Method::OPTIONS, "OPTIONS"),
        (Method::PUT, "PUT"),
        (Method::PATCH, "PATCH"),
        (Method::DELETE, "DELETE"),
    ]
    .iter()
    .find(|(known, _)| known == method)
    .map_or("other", |(_, name)| name)
}

fn log(
    method: &str,
    route: Route,
    status: StatusCode,
    took: Duration,
    LeadCount(leads): LeadCount,
    id: &HeaderValue,
) {
    let pattern = route.pattern();
    let status = status.as_u16();
    let micros = u64::try_from(took.as_micros()).unwrap_or(u64::MAX);
    let request_id = id.to_str().unwrap_or("unknown");
    macro_rules! line {
        ($level:ident) => {
            tracing::$level!(method, route = pattern, status, micros, leads, request_id, "request")
        };
    }
    if route.is_probe() && (status < 400 || status == 503) {
        // A server that stops says so by failing its readiness probe; that is no error.
        line!(debug);
    } else if status >= 500 {
        line!(error);
    } else {
        line!(info);
    }
}
