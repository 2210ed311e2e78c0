//! How far a push has come, layer by layer, in a few lines.

use std::collections::BTreeMap;
use std::time::Duration;

use bollard::models::PushImageInfo;

use crate::name::Digest;
use crate::number;

/// How much time there is between two lines.
const INTERVAL: Duration = Duration::from_secs(10);

/// How far a push has come.
#[derive(Debug, Default)]
pub(super) struct Progress {
    /// The layers that the engine has spoken of.
    layers: usize,
    /// Those that were sent.
    sent: usize,
    /// Those that were there.
    present: usize,
    /// Of those that are being sent, the bytes that were: by their size, for the engine's client drops their names.
    bytes: BTreeMap<i64, i64>,
    shown: Duration,
    digest: Option<Digest>,
}

impl Progress {
    /// Takes note of what the engine says.
    pub(super) fn take(&mut self, info: &PushImageInfo, tag: &str) {
        let status = info.status.as_deref().unwrap_or_default();
        match status {
            "Preparing" => self.layers += 1,
            "Pushed" => self.sent += 1,
            "Layer already exists" => self.present += 1,
            _ if status.starts_with("Mounted from") => self.present += 1,
            _ => {
                let line = status.strip_prefix(tag).and_then(|line| line.strip_prefix(": digest: "));
                let digest = line.and_then(|line| line.split(' ').next()).map(Digest::parse);
                self.digest = digest.and_then(Result::ok).or(self.digest);
            }
        }
        if let Some((current, total)) =
            info.progress_detail.as_ref().and_then(|detail| detail.current.zip(detail.total))
            && status == "Pushing"
            && total > 0
        {
            let before = self.bytes.entry(total).or_default();
            *before = current.clamp(*before, total);
        }
    }

    /// The line that is to be shown after `elapsed`, where the last one is long enough ago.
    pub(super) fn line(&mut self, elapsed: Duration, tagged: &str) -> Option<String> {
        if elapsed.saturating_sub(self.shown) < INTERVAL {
            return None;
        }
        self.shown = elapsed;
        Some(format!("pushing {tagged}: {} of {}{}", self.done(), layers(self.layers()), self.volume()))
    }

    /// How it ended, for people.
    pub(super) fn summary(&self, tagged: &str) -> String {
        let volume = self.volume();
        format!("pushed {tagged}: {} sent, {} there already{volume}", layers(self.sent), self.present)
    }

    /// The digest that the engine tells at the end.
    pub(super) const fn digest(&self) -> Option<Digest> {
        self.digest
    }

    const fn done(&self) -> usize {
        self.sent + self.present
    }

    fn layers(&self) -> usize {
        self.layers.max(self.done())
    }

    fn volume(&self) -> String {
        let sent = self.bytes.values().fold(0_i64, |sum, bytes| sum.saturating_add(*bytes));
        match u64::try_from(sent) {
            Ok(0) | Err(_) => String::new(),
            Ok(bytes) => format!(", {}", number::bytes(bytes)),
        }
    }
}

fn layers(count: usize) -> String {
    if count == 1 { "1 layer".into() } else { format!("{count} layers") }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use bollard::models::ProgressDetail;

    use super::*;

    fn says(status: &str, detail: Option<(i64, i64)>) -> PushImageInfo {
        let detail =
            detail.map(|(current, total)| ProgressDetail { current: Some(current), total: Some(total) });
        PushImageInfo { status: Some(status.into()), progress_detail: detail, error_detail: None }
    }

    #[test]
    fn a_push_of_many_words_is_a_few_lines() {
        let mut progress = Progress::default();
        let mut shown = Vec::new();
        let mut all = vec![says("The push refers to repository [r/churn]", None)];
        all.extend((0..3).map(|_| says("Preparing", None)));
        all.extend((0..5000).map(|i| says("Pushing", Some((i * 1024, 5_000_000)))));
        all.extend([
            says("Pushed", None),
            says("Layer already exists", None),
            says("Mounted from a/b", None),
        ]);
        for (at, info) in all.iter().enumerate() {
            progress.take(info, "1");
            shown.extend(progress.line(Duration::from_millis(at as u64 * 5), "r/churn:1"));
        }
        assert_eq!(
            shown,
            ["pushing r/churn:1: 0 of 3 layers, 1.9 MiB", "pushing r/churn:1: 0 of 3 layers, 3.9 MiB",]
        );
        assert_eq!(progress.summary("r/churn:1"), "pushed r/churn:1: 1 layer sent, 2 there already, 4.8 MiB");
        assert_eq!(progress.digest(), None);
    }

    #[test]
    fn the_digest_is_that_of_the_tag() {
        let hex = "ab".repeat(32);
        let read = |lines: &[&str]| {
            let mut progress = Progress::default();
            lines.iter().for_each(|line| progress.take(&says(line, None), "v1"));
            progress.digest().map(|digest| digest.to_string())
        };
        let line = format!("v1: digest: sha256:{hex} size: 528");
        assert_eq!(read(&[&line]), Some(format!("sha256:{hex}")));
        assert_eq!(read(&[&line, "something else"]), Some(format!("sha256:{hex}")));
        for other in [
            format!("v2: digest: sha256:{hex} size: 528"),
            format!("digest: sha256:{hex} size: 528"),
            "v1: digest: sha256:00 size: 528".into(),
            "v1: digest: ".into(),
            String::new(),
        ] {
            assert_eq!(read(&[&other]), None, "{other}");
        }
    }

    #[test]
    fn numbers_that_make_no_sense_are_let_be() {
        let mut progress = Progress::default();
        for detail in [(9, 5), (-1, 5), (1, -1), (i64::MAX, i64::MAX), (1, 0)] {
            progress.take(&says("Pushing", Some(detail)), "1");
        }
        let _ = progress.summary("x");
    }
}
