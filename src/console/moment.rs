//! The line that shows how far something has come, for the moment.

use std::time::Duration;

use crate::number;
use crate::progress::{Doing, Seen};

/// What takes less is over before anybody has read of it.
const WORTH: Duration = Duration::from_secs(1);

/// How many marks the bar has.
const MARKS: u64 = 16;

/// Such as `  reading   1.2 GiB of 3.4 GiB  [#####-----------]  250 MiB/s  9 s left`; none before it is worth
/// it. `columns` is how wide the screen is.
pub(super) fn line(seen: Seen, since: Duration, columns: usize) -> Option<String> {
    if since < WORTH {
        return None;
    }
    let doing = match seen.doing {
        Doing::Fetching => "fetching",
        Doing::Reading => "reading",
    };
    let speed = u64::try_from(u128::from(seen.done) * 1000 / since.as_millis().max(1)).unwrap_or(u64::MAX);
    let mut line = format!("  {doing:<8}  {}", number::bytes(seen.done));
    if seen.all > 0 {
        let marks =
            usize::try_from(u128::from(seen.done) * u128::from(MARKS) / u128::from(seen.all)).unwrap_or(0);
        let bar = "#".repeat(marks) + &"-".repeat(MARKS as usize - marks.min(MARKS as usize));
        line = format!("{line} of {}  [{bar}]", number::bytes(seen.all));
    }
    line = format!("{line}  {}/s", number::bytes(speed));
    if let Some(seconds) = seen.all.checked_sub(seen.done).and_then(|left| left.checked_div(speed)) {
        #[expect(clippy::cast_precision_loss, reason = "whole seconds are shown")]
        let left = number::seconds(seconds.max(1) as f64);
        line = if seen.all > 0 { format!("{line}  {left} left") } else { line };
    }
    // A line that is broken in two could not be taken back.
    Some(line.chars().take(columns.saturating_sub(1)).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_speed_and_what_is_left_are_shown() {
        let seen = |done, all| Seen { doing: Doing::Reading, done, all, number: 1 };
        let after = |seconds, seen| line(seen, Duration::from_millis(seconds), 100);
        assert_eq!(after(999, seen(1 << 30, 4 << 30)), None);
        assert_eq!(
            after(2000, seen(1 << 30, 4 << 30)).as_deref(),
            Some("  reading   1.0 GiB of 4.0 GiB  [####------------]  512 MiB/s  6.0 s left")
        );
        assert_eq!(after(2000, seen(1 << 30, 0)).as_deref(), Some("  reading   1.0 GiB  512 MiB/s"));
        assert_eq!(
            after(1000, seen(0, 9)).as_deref(),
            Some("  reading   0 B of 9 B  [----------------]  0 B/s")
        );
        assert!(after(1000, seen(u64::MAX, u64::MAX)).is_some());
        assert_eq!(line(seen(1, 2), WORTH, 12).as_deref(), Some("  reading  "));
    }
}
