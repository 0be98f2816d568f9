//! The routes.

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use hyper::service::Service as _;
use hyper_util::service::TowerToHyperService;
use serde::Serialize;
use tokio::sync::Semaphore;
use tokio::time::{Instant, timeout_at};
use utoipa::{IntoResponses, ToSchema};

use crate::problem::{PROBLEM_JSON, Problem};
use crate::request::Bounds;
use crate::scoring::Question;
use crate::telemetry::{LeadCount, METRICS_TYPE, observe, observed};
use crate::{Limits, Service, body, docs};

/// Bodies up to this size are read and scored where they arrive, in well under a millisecond or
/// two; larger ones on other threads, so that they do not hold up the rest.
const INLINE_BYTES: usize = 64 << 10;

/// The routes of a service, within limits. [`serve`](crate::serve) puts them on a port.
pub fn app(service: Service, limits: Limits) -> Router {
    router(AppState::new(service, limits))
}

fn router(state: AppState) -> Router {
    let service = state.service.clone();
    let router = Router::new()
        .route("/predict", post(predict))
        .route("/points", post(points))
        .route("/healthz", get(healthz))
        .route("/readyz", get(readyz))
        .route("/metrics", get(metrics))
        .route("/openapi.json", get(openapi_json))
        .route("/docs", get(docs::redirect))
        .route("/docs/", get(docs::page))
        .route("/docs/{*file}", get(docs::page))
        .route("/", get(docs::redirect))
        .fallback(not_found)
        .method_not_allowed_fallback(wrong_method)
        .with_state(state);
    layered(router, service)
}

/// Adds what every request gets: panics are caught, and requests logged and counted.
fn layered(router: Router, service: Service) -> Router {
    router.layer(axum::middleware::from_fn_with_state(service, observe))
}

/// The way into the routes of a service from its port. Questions about leads go straight to what
/// answers them: the router puts each request and each answer into several boxes. Each connection has
/// one of its own, so that those who count its owners do not wait for each other.
#[derive(Clone)]
pub(crate) struct Entrance {
    state: AppState,
    router: TowerToHyperService<Router>,
}

impl Entrance {
    pub(crate) fn new(service: Service, limits: Limits) -> Self {
        let state = AppState::new(service, limits);
        let router = TowerToHyperService::new(router(state.clone()));
        Self { state, router }
    }

    /// Answers a request.
    pub(crate) async fn answer(self: Arc<Self>, request: Request) -> Response {
        let question = match (request.method(), request.uri().path()) {
            (&Method::POST, "/predict") => Question::Predict,
            (&Method::POST, "/points") => Question::Points,
            _ => {
                let answered = self.router.call(request).await;
                return answered.unwrap_or_else(|never| match never {});
            }
        };
        let handle = |request| async {
            match answer(&self.state, question, request).await {
                Ok((response, leads)) => (response, leads),
                Err(problem) => (problem.into_response(), LeadCount(0)),
            }
        };
        observed(&self.state.service, request, handle).await
    }
}

#[derive(Clone)]
pub(crate) struct AppState {
    service: Service,
    limits: Limits,
    /// Large batches take turns: more at a time than cores would only make all of them late.
    batches: Arc<Semaphore>,
}

impl AppState {
    fn new(service: Service, limits: Limits) -> Self {
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        Self { service, limits, batches: Semaphore::new(cores).into() }
    }
}

/// What a question about leads can be refused for.
#[derive(IntoResponses)]
#[expect(dead_code, reason = "its description is used")]
enum Refusals {
    /// The body is not JSON, or is nested too deep
    #[response(status = 400, content_type = PROBLEM_JSON)]
    Malformed(Problem),
    /// The body did not arrive in time
    #[response(status = 408, content_type = PROBLEM_JSON)]
    Slow(Problem),
    /// The body is too large, or there are too many leads or events
    #[response(status = 413, content_type = PROBLEM_JSON)]
    TooLarge(Problem),
    /// The body is not announced as `application/json`
    #[response(status = 415, content_type = PROBLEM_JSON)]
    Unsupported(Problem),
    /// Fields are wrong; `errors` names every one of every lead
    #[response(status = 422, content_type = PROBLEM_JSON)]
    BadFields(Problem),
    /// The server failed
    #[response(status = 500, content_type = PROBLEM_JSON)]
    Failed(Problem),
    /// Scoring took too long; try again later
    #[response(status = 503, content_type = PROBLEM_JSON)]
    Late(Problem),
}

/// Score one lead, or many.
///
/// The body is one lead, or `{"leads": [...]}`; the answer has the same shape for both. A lead is
/// scored as of `as_of`, else as of the moment in the attribute that the model knows as the time
/// of a row, else as of now. `rule_sets` names the rule sets to score by. What it did is given as events, or as signals that are ready; where
/// neither is, what comes from events is unavailable, which is not zero. When any field is wrong
/// nothing is scored, and the answer names every one that is.
#[utoipa::path(
    post,
    path = "/predict",
    tag = "scores",
    operation_id = "predict",
    request_body(
        content = crate::openapi::PredictRequest,
        description = "One lead, or a list of them",
        content_type = "application/json",
    ),
    responses(
        (status = 200, description = "The scores, in the order of the leads",
         body = crate::answer::Answer, content_type = "application/json"),
        Refusals,
    ),
)]
pub(crate) async fn predict(
    State(state): State<AppState>,
    request: Request,
) -> Result<Response, Problem> {
    counted(answer(&state, Question::Predict, request).await)
}

/// Score one lead, or many, by rules alone.
///
/// Takes the body that `/predict` takes and asks no model, so that what only a model needs need not
/// be given; `reasons` has no effect.
#[utoipa::path(
    post,
    path = "/points",
    tag = "scores",
    operation_id = "points",
    request_body(
        content = crate::openapi::PredictRequest,
        description = "One lead, or a list of them",
        content_type = "application/json",
    ),
    responses(
        (status = 200, description = "The points, in the order of the leads",
         body = crate::answer::PointsOfLeads, content_type = "application/json"),
        (status = 404, description = "No rule set is served",
         body = Problem, content_type = PROBLEM_JSON),
        Refusals,
    ),
)]
pub(crate) async fn points(
    State(state): State<AppState>,
    request: Request,
) -> Result<Response, Problem> {
    counted(answer(&state, Question::Points, request).await)
}

/// Leaves the number of leads with the answer, for what is behind the router.
fn counted(answer: Result<(Response, LeadCount), Problem>) -> Result<Response, Problem> {
    let (mut response, leads) = answer?;
    response.extensions_mut().insert(leads);
    Ok(response)
}

async fn answer(
    state: &AppState,
    question: Question,
    request: Request,
) -> Result<(Response, LeadCount), Problem> {
    let deadline = Instant::now() + state.limits.timeout;
    let (parts, body) = request.into_parts();
    accepts(&parts.headers)?;
    let scoring = state.service.inner().scoring(question).ok_or_else(Problem::no_rule_sets)?;
    // Where a lead stands may take going through all of its past.
    let inline = !scoring.fields.sets.have_ladders();
    let body = body::read(&parts.headers, body, state.limits.max_body_bytes, deadline).await?;
    let Limits { max_leads, max_events, .. } = state.limits;
    let bounds = Bounds { max_leads, max_events, deadline: deadline.into_std() };
    let (answer, leads) = if inline && body.len() <= INLINE_BYTES {
        state.service.inner().answer(question, &body, bounds)?
    } else {
        let turn = timeout_at(deadline, state.batches.clone().acquire_owned()).await;
        let Ok(Ok(turn)) = turn else { return Err(Problem::late()) };
        let service = state.service.clone();
        let work = tokio::task::spawn_blocking(move || {
            let answer = service.inner().answer(question, &body, bounds);
            drop(turn);
            answer
        });
        match work.await {
            Ok(answer) => answer?,
            Err(error) => match error.try_into_panic() {
                // Caught again where every panic is.
                Ok(panic) => std::panic::resume_unwind(panic),
                Err(_) => return Err(Problem::late()),
            },
        }
    };
    let mut response = Response::new(Body::from(answer));
    // What held the headers of the request has room for those of the answer.
    let mut headers = parts.headers;
    headers.clear();
    headers.insert(header::CONTENT_TYPE, JSON);
    *response.headers_mut() = headers;
    Ok((response, LeadCount(leads)))
}

const JSON: HeaderValue = HeaderValue::from_static("application/json");

/// Whether a body of these headers can be read. One that does not say what it is may be JSON.
fn accepts(headers: &HeaderMap) -> Result<(), Problem> {
    if let Some(kind) = headers.get(header::CONTENT_TYPE) {
        let kind = kind.to_str().unwrap_or_default();
        let essence = kind.split(';').next().unwrap_or_default().trim();
        if !essence.eq_ignore_ascii_case("application/json") {
            return Err(Problem::unsupported(
                "send the leads as JSON, with the header content-type: application/json",
            ));
        }
    }
    let coded = headers.get(header::CONTENT_ENCODING).map(|coding| coding.as_bytes());
    if coded.is_some_and(|coding| !coding.eq_ignore_ascii_case(b"identity")) {
        return Err(Problem::unsupported("send the body uncompressed, without content-encoding"));
    }
    Ok(())
}

/// What a probe is told.
#[derive(Serialize, ToSchema)]
pub(crate) struct Status {
    /// `ok` or `ready`.
    #[schema(example = "ok")]
    status: &'static str,
}

impl IntoResponse for Status {
    fn into_response(self) -> Response {
        let body = serde_json::to_vec(&self).unwrap_or_default();
        ([(header::CONTENT_TYPE, JSON)], body).into_response()
    }
}

/// Whether the server runs.
#[utoipa::path(
    get,
    path = "/healthz",
    tag = "operations",
    operation_id = "health",
    responses((status = 200, description = "It runs", body = Status)),
)]
pub(crate) async fn healthz() -> Status {
    Status { status: "ok" }
}

/// Whether the server takes requests.
#[utoipa::path(
    get,
    path = "/readyz",
    tag = "operations",
    operation_id = "ready",
    responses(
        (status = 200, description = "It takes requests", body = Status),
        (status = 503, description = "It is stopping", body = Problem, content_type = PROBLEM_JSON),
    ),
)]
pub(crate) async fn readyz(State(state): State<AppState>) -> Result<Status, Problem> {
    if state.service.is_ready() {
        Ok(Status { status: "ready" })
    } else {
        Err(Problem::of_status(StatusCode::SERVICE_UNAVAILABLE, "the server is stopping"))
    }
}

/// Metrics for Prometheus.
#[utoipa::path(
    get,
    path = "/metrics",
    tag = "operations",
    operation_id = "metrics",
    responses((
        status = 200,
        description = "Requests by route and status, their durations, leads by band, warnings by \
                       kind, and the versions served",
        body = String,
        content_type = METRICS_TYPE,
    )),
)]
pub(crate) async fn metrics(State(state): State<AppState>) -> Response {
    let text = state.service.inner().metrics.text();
    ([(header::CONTENT_TYPE, METRICS_TYPE)], text).into_response()
}

/// This description.
#[utoipa::path(
    get,
    path = "/openapi.json",
    tag = "documentation",
    operation_id = "openapi",
    responses((status = 200, description = "The OpenAPI 3.1 document", body = Object)),
)]
pub(crate) async fn openapi_json(State(state): State<AppState>) -> Response {
    ([(header::CONTENT_TYPE, JSON)], state.service.inner().openapi.clone()).into_response()
}

async fn not_found(uri: Uri) -> Problem {
    let names =
        ["/predict", "/points", "/docs/", "/openapi.json", "/metrics", "/healthz", "/readyz"];
    let detail = match leadscore_features::did_you_mean(uri.path(), names) {
        Some(near) => format!("there is nothing here; did you mean {near}?"),
        None => "there is nothing here; /docs/ says what there is".to_owned(),
    };
    Problem::of_status(StatusCode::NOT_FOUND, detail)
}

// axum adds the header `allow`.
async fn wrong_method(method: Method, uri: Uri) -> Problem {
    let detail = if matches!(uri.path(), "/predict" | "/points") {
        "scores are asked for with POST".to_owned()
    } else if method == Method::POST {
        "nothing can be posted here; leads are scored at POST /predict and POST /points".to_owned()
    } else {
        "this can only be read, with GET".to_owned()
    };
    Problem::of_status(StatusCode::METHOD_NOT_ALLOWED, detail)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::panic)]
    use super::*;
    use http_body_util::BodyExt;
    use leadscore_model::points::RuleSet;
    use tower::ServiceExt;

    const RULES: &str = "name = \"r\"\nversion = \"1\"\n\
        [bands]\nwarm = 1\nhot = 2\n\
        [[rule]]\nname = \"a\"\npoints = 3\nwhen = { signal = \"x\", at_least = 1 }\n";

    #[tokio::test]
    async fn a_panic_is_a_500_without_its_text() {
        let rules = RuleSet::parse("r.toml", RULES).unwrap();
        let service = Service::new(None, vec![rules]).unwrap();
        let boom = Router::new().route("/predict", get(async || -> Status { panic!("secret") }));
        let request = Request::get("/predict").body(Body::empty()).unwrap();
        let response = layered(boom, service.clone()).oneshot(request).await.unwrap();
        assert_eq!(response.status(), 500);
        assert_eq!(response.headers()[header::CONTENT_TYPE], PROBLEM_JSON);
        let body = response.into_body().collect().await.unwrap().to_bytes();
        let text = String::from_utf8(body.to_vec()).unwrap();
        assert!(text.contains("\"status\":500") && !text.contains("secret"), "{text}");
        let metrics = service.inner().metrics.text();
        assert!(metrics.contains("requests_total{route=\"/predict\",status=\"500\"} 1"));
        assert!(metrics.contains("requests_in_flight 0"), "{metrics}");
    }
}
