//! The clock, as a value: `environment.rs` makes the real one, tests make their own.

use std::time::{Duration, Instant, SystemTime};

/// Where the time comes from.
#[derive(Debug, Clone, Copy)]
pub struct Clock {
    /// The time of day.
    pub wall: fn() -> SystemTime,
    /// The time that never jumps, for durations.
    pub steady: fn() -> Instant,
}

impl Clock {
    /// The time of day, RFC 3339 in UTC, to the second.
    #[must_use]
    pub fn timestamp(&self) -> String {
        humantime::format_rfc3339_seconds((self.wall)()).to_string()
    }

    /// Seconds since 1970; 0 for a clock that is set to before.
    #[must_use]
    pub fn unix_seconds(&self) -> u64 {
        (self.wall)().duration_since(SystemTime::UNIX_EPOCH).map_or(0, |since| since.as_secs())
    }

    /// Starts to measure.
    #[must_use]
    pub fn start(&self) -> Stopwatch {
        Stopwatch { clock: *self, began: (self.steady)() }
    }
}

/// A running measurement.
#[derive(Debug, Clone, Copy)]
pub struct Stopwatch {
    clock: Clock,
    began: Instant,
}

impl Stopwatch {
    /// How long it has been running.
    #[must_use]
    pub fn elapsed(&self) -> Duration {
        (self.clock.steady)().saturating_duration_since(self.began)
    }

    /// How long it has been running, in seconds to the millisecond, as records hold it.
    #[must_use]
    pub fn seconds(&self) -> f64 {
        (self.elapsed().as_secs_f64() * 1000.0).round() / 1000.0
    }
}
