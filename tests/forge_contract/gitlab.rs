//! GitLab's fake and its jobs, as tests/gitlab.rs has them.

#[path = "../gitlab/fake.rs"]
#[allow(dead_code, reason = "each test binary uses its part")]
mod fake;
#[path = "../gitlab/job.rs"]
#[allow(dead_code, reason = "each test binary uses its part")]
mod job;

pub use job::Job;
