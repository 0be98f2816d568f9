//! What goes wrong, as RFC 9457 problem details.

use axum::body::Body;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use utoipa::ToSchema;

/// The media type of every error.
pub(crate) const PROBLEM_JSON: &str = "application/problem+json";

/// What went wrong (RFC 9457).
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct Problem {
    /// What kind of problem it is: a relative reference that names it (nothing is served there),
    /// or `about:blank` where the status says all.
    #[serde(rename = "type")]
    #[schema(example = "/problems/bad-fields")]
    kind: &'static str,
    /// The kind of problem, for people.
    #[schema(example = "The leads cannot be scored as they are")]
    title: &'static str,
    /// The HTTP status.
    #[schema(example = 422)]
    status: u16,
    /// What is wrong with this request, and what to do.
    #[schema(example = "1 field is wrong; nothing was scored")]
    detail: String,
    /// Malformed JSON: the 1-based line.
    #[serde(skip_serializing_if = "Option::is_none")]
    line: Option<usize>,
    /// Malformed JSON: the 1-based column, in bytes.
    #[serde(skip_serializing_if = "Option::is_none")]
    column: Option<usize>,
    /// Every field that is wrong, of every lead (of more than 100,000, the first).
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false)]
    errors: Vec<FieldError>,
}

/// One field that is wrong.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub(crate) struct FieldError {
    /// The lead's 0-based position; absent when the mistake is outside the leads.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = 0)]
    pub(crate) lead: Option<usize>,
    /// Where in the body (RFC 6901).
    #[schema(example = "/leads/0/attributes/age")]
    pub(crate) pointer: String,
    /// The field's name; absent when the whole lead or body is wrong.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "age")]
    pub(crate) field: Option<String>,
    /// What is wrong with it.
    #[schema(example = "\"old\" is not a number")]
    pub(crate) message: String,
}

impl FieldError {
    /// A mistake in a field of the body, outside its leads.
    pub(crate) fn of_body(field: &str, message: &str) -> Self {
        Self {
            lead: None,
            pointer: format!("/{field}"),
            field: Some(field.to_owned()),
            message: message.to_owned(),
        }
    }
}

impl Problem {
    fn named(kind: &'static str, title: &'static str, status: StatusCode, detail: String) -> Self {
        let status = status.as_u16();
        Self { kind, title, status, detail, line: None, column: None, errors: Vec::new() }
    }

    /// A problem that its status describes.
    pub(crate) fn of_status(status: StatusCode, detail: impl Into<String>) -> Self {
        let title = status.canonical_reason().unwrap_or("Error");
        Self::named("about:blank", title, status, detail.into())
    }

    pub(crate) fn malformed(detail: impl Into<String>, at: Option<(usize, usize)>) -> Self {
        let title = "The body is not JSON that can be read";
        let problem =
            Self::named("/problems/malformed-json", title, StatusCode::BAD_REQUEST, detail.into());
        Self { line: at.map(|at| at.0), column: at.map(|at| at.1), ..problem }
    }

    pub(crate) fn body_too_large(limit: usize) -> Self {
        Self::named(
            "/problems/body-too-large",
            "The body is too large",
            StatusCode::PAYLOAD_TOO_LARGE,
            format!("a body may have {limit} bytes; send fewer leads in each request"),
        )
    }

    pub(crate) fn too_many_leads(limit: usize) -> Self {
        Self::named(
            "/problems/too-many-leads",
            "There are too many leads",
            StatusCode::PAYLOAD_TOO_LARGE,
            format!("a request may have {limit} leads; send them in several"),
        )
    }

    pub(crate) fn too_many_events(lead: usize, limit: usize) -> Self {
        Self::named(
            "/problems/too-many-events",
            "A lead has too many events",
            StatusCode::PAYLOAD_TOO_LARGE,
            format!(
                "a lead may have {limit} events, and lead {lead} has more; leave out those that no \
                 signal looks at"
            ),
        )
    }

    /// Points are asked for where nothing gives any.
    pub(crate) fn no_rule_sets() -> Self {
        Self::named(
            "/problems/no-rule-sets",
            "No rule set is served",
            StatusCode::NOT_FOUND,
            "points come from rule sets, and none is served here; start the server with one: \
             --points FILE"
                .to_owned(),
        )
    }

    pub(crate) fn unsupported(detail: impl Into<String>) -> Self {
        Self::of_status(StatusCode::UNSUPPORTED_MEDIA_TYPE, detail)
    }

    pub(crate) fn slow_body() -> Self {
        let detail = "the body did not arrive in time; nothing was scored";
        Self::of_status(StatusCode::REQUEST_TIMEOUT, detail)
    }

    pub(crate) fn late() -> Self {
        let detail = "scoring took too long; send fewer leads in each request, or try again";
        Self::of_status(StatusCode::SERVICE_UNAVAILABLE, detail)
    }

    pub(crate) fn internal() -> Self {
        let detail = "the server failed; the failure is in its log, under this request's id";
        Self::of_status(StatusCode::INTERNAL_SERVER_ERROR, detail)
    }

    /// Fields that are wrong; `left_out` more were found than are named.
    pub(crate) fn bad_fields(errors: Vec<FieldError>, left_out: usize) -> Self {
        let detail = match errors.len() + left_out {
            1 => "1 field is wrong; nothing was scored".to_owned(),
            n if left_out == 0 => format!("{n} fields are wrong; nothing was scored"),
            n => format!("{n} fields are wrong, the first {} are named", errors.len()),
        };
        let title = "The leads cannot be scored as they are";
        let status = StatusCode::UNPROCESSABLE_ENTITY;
        Self { errors, ..Self::named("/problems/bad-fields", title, status, detail) }
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        // Plain structs of texts and numbers always serialise.
        let body = serde_json::to_vec(&self).unwrap_or_default();
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let mut response = Response::new(Body::from(body));
        *response.status_mut() = status;
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(PROBLEM_JSON));
        match status {
            StatusCode::SERVICE_UNAVAILABLE => {
                headers.insert(header::RETRY_AFTER, HeaderValue::from_static("1"));
            }
            // What is left of the body would be read as the next request.
            StatusCode::REQUEST_TIMEOUT => {
                headers.insert(header::CONNECTION, HeaderValue::from_static("close"));
            }
            StatusCode::UNSUPPORTED_MEDIA_TYPE => {
                headers.insert(header::ACCEPT, HeaderValue::from_static("application/json"));
            }
            _ => {}
        }
        response
    }
}
