//! The running count over all reports.

use crate::finding::Finding;
use crate::record::{SlowTest, Tests};

/// More failures than these are counted and not listed.
const MOST_FAILURES: usize = 100;
const MOST_FLAKY: usize = 20;
const SLOWEST: usize = 10;

/// How a test ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    Passed,
    /// It failed, and passed when it was tried again.
    Flaky,
    Failed,
    Broke,
    Skipped,
}

/// The running count over all reports.
#[derive(Default)]
pub struct Tally {
    tests: Tests,
    failures: Vec<Finding>,
    flaky: Vec<Finding>,
    unlisted: usize,
}

impl Tally {
    /// Counts a test. What there is to say about it is only worked out while there is room for it.
    pub fn count(&mut self, name: &str, seconds: f64, ending: Ending, finding: impl FnOnce() -> Finding) {
        let tests = &mut self.tests;
        match ending {
            Ending::Passed | Ending::Flaky => tests.passed += 1,
            Ending::Failed => tests.failed += 1,
            Ending::Broke => tests.errors += 1,
            Ending::Skipped => tests.skipped += 1,
        }
        tests.seconds += seconds;
        match ending {
            Ending::Failed | Ending::Broke if self.failures.len() < MOST_FAILURES => {
                self.failures.push(finding())
            }
            Ending::Flaky if self.flaky.len() < MOST_FLAKY => self.flaky.push(finding()),
            Ending::Failed | Ending::Broke | Ending::Flaky => self.unlisted += 1,
            Ending::Passed | Ending::Skipped => {}
        }
        self.rank(name, seconds);
    }

    fn rank(&mut self, name: &str, seconds: f64) {
        let slowest = &mut self.tests.slowest;
        let place = slowest.partition_point(|slow| slow.seconds >= seconds);
        if seconds > 0.0 && place < SLOWEST {
            slowest.insert(place, SlowTest { name: name.to_owned(), seconds });
            slowest.truncate(SLOWEST);
        }
    }

    /// The count, and what there is to say about it: failures first.
    pub fn finish(mut self) -> (Tests, Vec<Finding>) {
        // Sums of milliseconds, without the noise of adding them up.
        self.tests.seconds = (self.tests.seconds * 1e6).round() / 1e6;
        let mut findings = self.failures;
        findings.extend(self.flaky);
        if self.unlisted > 0 {
            let message = format!("{} more tests failed or were flaky and are not listed", self.unlisted);
            findings
                .push(Finding::notice("tests-cut", message).help("read the JUnit report for all of them"));
        }
        (self.tests, findings)
    }
}
