//! What GitLab tells of a pipeline or a job.

use serde::Deserialize;

use crate::deploy::target::{Course, Missed, Run, Started};
use crate::forge::rest::Trouble;

/// A pipeline or a job, as GitLab tells of it.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct Seen {
    pub(super) id: u64,
    #[serde(default)]
    pub(super) status: String,
    #[serde(default)]
    pub(super) web_url: Option<String>,
}

impl Seen {
    pub(super) fn run(self) -> Run {
        Run { course: course(&self.status), url: self.web_url }
    }

    pub(super) fn started(self) -> Started {
        Started { url: self.web_url, run: Some(self.id) }
    }
}

/// How what has this status goes. A status that we do not know may become any other.
pub(super) fn course(status: &str) -> Course {
    match status {
        "success" => Course::Good,
        "failed" | "canceled" | "skipped" => Course::Bad(status.to_owned()),
        "manual" => Course::Blocked,
        _ => Course::UnderWay,
    }
}

pub(super) fn missed(trouble: Trouble) -> Missed {
    let why = trouble.to_string();
    match trouble {
        Trouble::NotFound(_) => Missed::Gone(why),
        trouble if trouble.may_pass() => Missed::Passing(why),
        _ => Missed::Lost(why),
    }
}

/// The page of all pipelines, on the server of a job's page.
pub(super) fn pipelines(job_url: Option<&str>) -> Option<String> {
    let (project, _) = job_url?.split_once("/-/jobs/")?;
    Some(format!("{project}/-/pipelines"))
}

/// Seconds since 1970, of a time as GitLab writes it: `2026-01-02T03:04:05.678Z`, or with an offset such as `+02:00`.
pub(super) fn seconds(time: &str) -> Option<u64> {
    let (day, rest) = (time.get(..19)?, time.get(19..)?);
    let at = humantime::parse_rfc3339_weak(day).ok()?;
    let at = at.duration_since(std::time::SystemTime::UNIX_EPOCH).ok()?.as_secs();
    let zone = rest.trim_start_matches(|c: char| c == '.' || c.is_ascii_digit());
    let Some((sign, (hours, minutes))) = zone.get(..1).zip(zone.get(1..).and_then(|it| it.split_once(':')))
    else {
        return (zone.is_empty() || zone == "Z").then_some(at);
    };
    let ahead = hours.parse::<u64>().ok()? * 3600 + minutes.parse::<u64>().ok()? * 60;
    match sign {
        "+" => at.checked_sub(ahead),
        "-" => at.checked_add(ahead),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_status_says_how_it_goes() {
        for status in [
            "created",
            "waiting_for_resource",
            "preparing",
            "pending",
            "running",
            "canceling",
            "scheduled",
            "",
        ] {
            assert_eq!(course(status), Course::UnderWay, "{status}");
        }
        for status in ["failed", "canceled", "skipped"] {
            assert_eq!(course(status), Course::Bad(status.into()));
        }
        assert_eq!((course("success"), course("manual")), (Course::Good, Course::Blocked));
    }

    #[test]
    fn a_time_is_read_in_any_zone() {
        let noon = Some(1_767_355_445);
        for time in [
            "2026-01-02T12:04:05Z",
            "2026-01-02T12:04:05.678Z",
            "2026-01-02T14:04:05.678+02:00",
            "2026-01-02T06:34:05-05:30",
            "2026-01-02T12:04:05",
        ] {
            assert_eq!(seconds(time), noon, "{time}");
        }
        for time in [
            "",
            "2026-01-02",
            "yesterday, twenty past nine",
            "2026-01-02T12:04:05 UTC",
            "2026-01-02T12:04:05+x:y",
        ] {
            assert_eq!(seconds(time), None, "{time}");
        }
    }

    #[test]
    fn the_page_of_all_pipelines_is_on_the_server_of_the_job() {
        let page = pipelines(Some("https://gitlab.example/ci/ml/churn/-/jobs/7"));
        assert_eq!(page.as_deref(), Some("https://gitlab.example/ci/ml/churn/-/pipelines"));
        assert_eq!(pipelines(Some("https://github.com/acme/churn/actions/runs/42")), None);
        assert_eq!(pipelines(None), None);
    }
}
