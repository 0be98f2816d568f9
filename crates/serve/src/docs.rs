//! The page of documentation: Swagger UI, served from this program. It loads nothing from
//! anywhere else, and its headers forbid it to.

use std::borrow::Cow;
use std::sync::{Arc, LazyLock};

use axum::body::{Body, Bytes};
use axum::extract::Request;
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use utoipa_swagger_ui::Config;

use crate::problem::Problem;

/// Addresses are relative, so that the page works behind a proxy that adds a prefix. Without a
/// validator: Swagger UI would ask one on the internet.
static CONFIG: LazyLock<Arc<Config<'static>>> = LazyLock::new(|| {
    let config = Config::from("../openapi.json")
        .use_base_layout()
        .validator_url("none")
        .display_request_duration(true)
        .try_it_out_enabled(true);
    Arc::new(config)
});

const POLICY: HeaderValue = HeaderValue::from_static(
    "default-src 'self'; img-src 'self' data:; style-src 'self' 'unsafe-inline'; \
     frame-ancestors 'none'",
);

/// To the page. Relative to both `/` and `/docs`.
pub(crate) async fn redirect() -> Response {
    (StatusCode::TEMPORARY_REDIRECT, [(header::LOCATION, "docs/")]).into_response()
}

/// A file of the page.
pub(crate) async fn page(request: Request) -> Result<Response, Problem> {
    let path = request.uri().path();
    let name = path.strip_prefix("/docs/").unwrap_or_default();
    let file = utoipa_swagger_ui::serve(name, CONFIG.clone()).map_err(|_| Problem::internal())?;
    let Some(file) = file else {
        return Err(Problem::of_status(StatusCode::NOT_FOUND, "the page has no such file"));
    };
    let body = match file.bytes {
        Cow::Borrowed(bytes) => Bytes::from_static(bytes),
        Cow::Owned(bytes) => bytes.into(),
    };
    let mut response = Response::new(Body::from(body));
    let headers = response.headers_mut();
    if let Ok(kind) = HeaderValue::try_from(file.content_type) {
        headers.insert(header::CONTENT_TYPE, kind);
    }
    headers.insert(header::CONTENT_SECURITY_POLICY, POLICY);
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(
        HeaderName::from_static("referrer-policy"),
        HeaderValue::from_static("no-referrer"),
    );
    Ok(response)
}
