//! Sends the requests, and looks at every answer.

use super::client::{Answer, Client};
use super::compare::difference;
use super::request::Request;
use crate::finding::Finding;
use crate::number;

/// What all requests came to.
#[derive(Debug, Default)]
pub struct Asked {
    /// How many were sent, those that warm up among them.
    pub sent: u64,
    /// How many of their answers were wrong.
    pub failed: u64,
    /// Milliseconds of each answer that came whole, without those that warm up.
    pub latencies: Vec<f64>,
    /// What is wrong.
    pub findings: Vec<Finding>,
    /// What was asked last, and the file that it is in.
    pub latest: Option<(String, String)>,
}

/// What is wrong with one answer: told once a request, however often it is so.
struct Wrong {
    finding: Finding,
    /// Whether nothing better is to be had of further answers.
    is_hopeless: bool,
}

impl Asked {
    /// Sends a request once to warm up, and when that answer is right `repeat` times.
    pub async fn ask(&mut self, client: &Client, address: &str, request: &Request, repeat: u32) {
        self.latest = Some((request.name(), request.file.clone()));
        self.sent += 1;
        let answer = client.ask(address, request).await;
        if let Some(wrong) = wrong(request, &answer) {
            self.failed += 1;
            self.findings.push(wrong.finding);
            return;
        }
        let mut first: Option<Finding> = None;
        let (mut times, mut slowest) = (0_u64, 0.0_f64);
        for _ in 0..repeat {
            self.sent += 1;
            let answer = client.ask(address, request).await;
            if let Ok(answer) = &answer {
                self.latencies.push(answer.milliseconds);
                slowest = slowest.max(answer.milliseconds);
            }
            if let Some(wrong) = wrong(request, &answer) {
                times += 1;
                first.get_or_insert(wrong.finding);
                if wrong.is_hopeless {
                    break;
                }
            }
        }
        self.failed += times;
        if let Some(mut finding) = first {
            if repeat > 1 {
                finding.message += &format!(" ({times} of {repeat} answers are wrong)");
            }
            self.findings.push(finding);
        }
        self.findings.extend(slow(request, slowest));
    }
}

fn wrong(request: &Request, answer: &Result<Answer, String>) -> Option<Wrong> {
    let name = request.name();
    match answer {
        Err(why) => {
            let message = format!("{name} got no answer: {why}");
            let finding = Finding::error("smoke-no-answer", message).at_path(&request.file);
            Some(Wrong { finding, is_hopeless: true })
        }
        Ok(answer) if answer.status != request.expect.status => {
            let begins = String::from_utf8_lossy(&answer.body);
            let said = match begins.trim() {
                "" => String::new(),
                text => format!(": «{}»", crate::document::shown(text)),
            };
            let message = format!("{name} answers {} and not {}{said}", answer.status, request.expect.status);
            Some(Wrong {
                finding: request.finding("smoke-status", message, "status", &[]),
                is_hopeless: false,
            })
        }
        Ok(answer) => difference(&request.expect, &answer.body).map(|difference| {
            let message = format!("{name}: {}", difference.message);
            let finding = request.finding("smoke-answer", message, difference.key, &difference.below);
            Wrong { finding, is_hopeless: false }
        }),
    }
}

fn slow(request: &Request, slowest: f64) -> Option<Finding> {
    let bound = request.expect.latency_ms.filter(|bound| slowest > *bound)?;
    let message = format!(
        "{}: the slowest answer took {} ms, more than {} ms",
        request.name(),
        number::number(slowest),
        number::number(bound)
    );
    Some(request.finding("smoke-slow", message, "latency-ms", &[]))
}
