//! One timer for all heads of requests on a connection. hyper asks for one for each head, and takes it
//! away as soon as the head is there: with the runtime's timers that is a place in a list that all
//! connections share, taken and given back with every request.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use hyper::rt::{Sleep, Timer};

/// The times until which a connection waits. It wakes nobody: whoever owns the connection
/// waits until [`Idle::next`], tells that it [came](Idle::passed), and lets the connection look.
///
/// All waits are of one length, so that a later one never ends first, and one timer does for all.
#[derive(Clone, Debug)]
pub(crate) struct Idle(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    start: Instant,
    limit: Duration,
    /// Until when the last wait lasts, in microseconds from the start.
    until: AtomicU64,
    /// Which moment has passed, told the same way.
    passed: AtomicU64,
}

impl Idle {
    pub(crate) fn new(limit: Duration) -> Self {
        let inner = Inner {
            start: Instant::now(),
            limit,
            until: AtomicU64::new(0),
            passed: AtomicU64::new(0),
        };
        Self(Arc::new(inner))
    }

    /// The next moment at which a wait can be over, at most the limit from `now`.
    pub(crate) fn next(&self, now: Instant) -> Instant {
        let until = self.0.start + Duration::from_micros(self.0.until.load(Ordering::Relaxed));
        // Without a wait a new one may begin at once.
        if until > now { until } else { now + self.0.limit }
    }

    /// Tells that a moment has passed.
    pub(crate) fn passed(&self, now: Instant) {
        self.0.passed.store(self.micros(now), Ordering::Relaxed);
    }

    /// Rounded up, so that no wait ends before its time.
    fn micros(&self, at: Instant) -> u64 {
        let since = at.saturating_duration_since(self.0.start);
        u64::try_from(since.as_nanos().div_ceil(1000)).unwrap_or(u64::MAX)
    }
}

impl Timer for Idle {
    fn sleep(&self, duration: Duration) -> Pin<Box<dyn Sleep>> {
        self.sleep_until(Instant::now() + duration)
    }

    fn sleep_until(&self, deadline: Instant) -> Pin<Box<dyn Sleep>> {
        let until = self.micros(deadline);
        self.0.until.store(until, Ordering::Relaxed);
        Box::pin(Wait { of: self.0.clone(), until })
    }
}

/// One wait.
struct Wait {
    of: Arc<Inner>,
    until: u64,
}

impl Future for Wait {
    type Output = ();

    fn poll(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<()> {
        if self.of.passed.load(Ordering::Relaxed) >= self.until {
            Poll::Ready(())
        } else {
            Poll::Pending
        }
    }
}

impl Sleep for Wait {}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_over(wait: &mut Pin<Box<dyn Sleep>>) -> bool {
        wait.as_mut().poll(&mut Context::from_waker(std::task::Waker::noop())).is_ready()
    }

    #[test]
    fn a_wait_is_over_when_its_moment_has_passed_and_not_before() {
        let limit = Duration::from_secs(30);
        let idle = Idle::new(limit);
        let start = idle.0.start;
        assert_eq!(idle.next(start), start + limit);
        let mut first = idle.sleep_until(start + limit);
        let later = start + Duration::from_secs(10);
        let mut second = idle.sleep_until(later + limit);
        assert_eq!(idle.next(start + limit), later + limit);
        idle.passed(start + limit);
        assert!(is_over(&mut first) && !is_over(&mut second));
        idle.passed(later + limit);
        assert!(is_over(&mut second));
        // Between requests.
        let now = later + 2 * limit;
        assert_eq!(idle.next(now), now + limit);
    }
}
