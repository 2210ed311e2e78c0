//! One delivery, from what is known of it to its end.

use std::time::Duration;

use super::follow::{self, Watched};
use super::ledger::{ABOUT, Ledger, blank};
use super::target::{Attempt, Course, Missed, Past, Refusal, Run, SoFar, Started, State, Target, Told};
use super::{Shipment, told};
use crate::config::Environment;
use crate::fault::Result;
use crate::finding::Finding;
use crate::record::{Delivery, DeliveryOutcome};

/// The delivery to one environment.
pub(super) struct Voyage<'a, 'b> {
    shipment: &'a Shipment<'a>,
    environment: &'a Environment,
    target: &'a dyn Target,
    ledger: &'a mut Ledger<'b>,
    findings: &'a mut Vec<Finding>,
    delivery: Delivery,
}

/// What is known of whether the delivery has been sent on its way.
enum Known {
    /// It has not.
    Nothing,
    /// It may have been.
    Perhaps(Attempt),
    /// It has, and nobody can follow it.
    Sent,
    /// This run does it.
    Runs(u64),
}

/// How a delivery ended.
struct End {
    outcome: DeliveryOutcome,
    because: String,
    finding: Option<Finding>,
    /// The state of the deployment; none where it stays as it is.
    state: Option<State>,
}

impl End {
    fn delivered(because: impl Into<String>) -> Self {
        let because = because.into();
        Self { outcome: DeliveryOutcome::Delivered, because, finding: None, state: Some(State::Success) }
    }

    fn started(because: impl Into<String>) -> Self {
        Self { outcome: DeliveryOutcome::Started, because: because.into(), finding: None, state: None }
    }

    fn skipped(because: impl Into<String>) -> Self {
        Self { outcome: DeliveryOutcome::Skipped, because: because.into(), finding: None, state: None }
    }

    fn failed(finding: Finding) -> Self {
        let because = finding.message.clone();
        Self {
            outcome: DeliveryOutcome::Failed,
            because,
            finding: Some(finding),
            state: Some(State::Failure),
        }
    }

    /// It goes on without us.
    fn unfinished(outcome: DeliveryOutcome, finding: Finding) -> Self {
        Self { outcome, state: None, ..Self::failed(finding) }
    }
}

impl<'a, 'b> Voyage<'a, 'b> {
    pub(super) fn new(
        shipment: &'a Shipment<'a>,
        environment: &'a Environment,
        target: &'a dyn Target,
        ledger: &'a mut Ledger<'b>,
        findings: &'a mut Vec<Finding>,
    ) -> Self {
        let delivery = blank(&environment.name, ledger.key, DeliveryOutcome::Failed);
        Self { shipment, environment, target, ledger, findings, delivery }
    }

    /// Delivers.
    pub(super) async fn go(mut self) -> Result<DeliveryOutcome> {
        let end = self.deliver().await?;
        self.close(end).await
    }

    async fn deliver(&mut self) -> Result<End> {
        let mut known = match self.before().await {
            Ok(known) => known,
            Err(end) => return Ok(*end),
        };
        if self.environment.deployment.is_some() && !matches!(known, Known::Runs(_)) {
            match self.open(known).await {
                Ok(further) => known = further,
                Err(end) => return Ok(*end),
            }
        }
        if self.target.follow().is_none() {
            return Ok(End::delivered("the deployment tells of it"));
        }
        let started = match known {
            Known::Sent => return Ok(End::started("an earlier attempt has started it")),
            Known::Runs(run) => Started { run: Some(run), url: self.delivery.url.clone() },
            known => match self.start(known).await? {
                Ok(started) => started,
                Err(end) => return Ok(*end),
            },
        };
        self.sent(started).await
    }

    /// What our own record tells of earlier attempts. A run that failed may be tried again.
    async fn before(&mut self) -> std::result::Result<Known, Box<End>> {
        let Some(before) = self.ledger.ours(&self.environment.name).cloned() else {
            return Ok(Known::Nothing);
        };
        self.delivery.deployment = before.deployment;
        let Some(run) = before.run else {
            let attempt = Attempt { since: None, is_ours: true };
            let is_about = before.outcome == DeliveryOutcome::Started && before.because == ABOUT;
            return Ok(if is_about { Known::Perhaps(attempt) } else { Known::Nothing });
        };
        if before.outcome == DeliveryOutcome::Failed {
            match self.target.look(run).await {
                Ok(Run { course: Course::Bad(_), .. }) | Err(Missed::Gone(_)) => return Ok(Known::Nothing),
                Ok(_) => {}
                Err(missed) => {
                    self.delivery = Delivery { outcome: DeliveryOutcome::Failed, ..before };
                    return Err(Box::new(self.lost(missed.why())));
                }
            }
        }
        self.delivery.run = before.run;
        self.delivery.url = before.url;
        Ok(Known::Runs(run))
    }

    /// The deployment, with what it knows.
    async fn open(&mut self, known: Known) -> std::result::Result<Known, Box<End>> {
        let opened = match self.target.open(self.delivery.deployment).await {
            Ok(opened) => opened,
            Err(unopened) => {
                self.delivery.deployment = unopened.id.or(self.delivery.deployment);
                return Err(Box::new(End { state: None, ..End::failed(unopened.finding) }));
            }
        };
        self.delivery.deployment = Some(opened.id);
        match opened.so_far {
            SoFar::Done => {
                Err(Box::new(End { state: None, ..End::delivered("an earlier attempt has delivered it") }))
            }
            SoFar::Sent(Some(run)) => {
                self.delivery.run = Some(run);
                Ok(Known::Runs(run))
            }
            SoFar::Sent(None) => Ok(Known::Sent),
            SoFar::Begun(attempt) => Ok(Known::Perhaps(attempt)),
            SoFar::New => Ok(known),
        }
    }

    /// Starts it, or takes the run that an earlier attempt has started.
    async fn start(&mut self, known: Known) -> Result<std::result::Result<Started, Box<End>>> {
        let past = Past { runs: self.ledger.runs() };
        let earlier = match known {
            Known::Perhaps(attempt) => self.target.earlier(attempt, &past).await,
            _ => Ok(None),
        };
        let begun = match earlier {
            Ok(Some(started)) => Ok(started),
            Ok(None) => {
                if let Some(end) = self.about()? {
                    return Ok(Err(Box::new(end)));
                }
                self.target.start(&past).await
            }
            Err(why) => Err(Refusal::Unknown(why)),
        };
        Ok(match begun {
            Ok(started) => Ok(started),
            Err(Refusal::Refused(finding)) => Err(Box::new(End::failed(finding))),
            Err(Refusal::Unknown(why)) => Err(Box::new(self.unknown(&why))),
        })
    }

    /// Writes down that something is about to be sent. Nothing is, when somebody has stopped us.
    fn about(&mut self) -> Result<Option<End>> {
        if self.shipment.is_stopped() {
            return Ok(Some(End::skipped("the run was stopped")));
        }
        let about = DeliveryOutcome::Started;
        self.ledger.put(Delivery { outcome: about, because: ABOUT.into(), ..self.delivery.clone() })?;
        Ok(None)
    }

    /// It was sent on its way: that is written down, and then its end is waited for.
    async fn sent(&mut self, started: Started) -> Result<End> {
        let begun = self.target.begun();
        self.delivery.run = started.run;
        self.delivery.url = started.url.or_else(|| self.target.page());
        let outcome = DeliveryOutcome::Started;
        self.ledger.put(Delivery { outcome, because: begun.clone(), ..self.delivery.clone() })?;
        let url = self.delivery.url.clone();
        self.tell(&Told { state: State::Sent, description: &begun, url: url.as_deref() }).await;
        let page = url.as_deref().unwrap_or_default();
        self.shipment.console.note(&format!("{}: {begun} {page}", self.environment.name));
        match (self.target.follow().filter(|follow| follow.wait), started.run) {
            (Some(follow), Some(run)) => {
                let watched = follow::follow(self.shipment, self.target, run, follow.timeout).await;
                Ok(self.ended(watched, follow.timeout))
            }
            (Some(_), None) => Ok(End::started(format!(
                "{begun}; this server does not tell its run, so its end cannot be followed"
            ))),
            _ => Ok(End::started(begun)),
        }
    }

    /// How the run ended.
    fn ended(&mut self, watched: Watched, timeout: Duration) -> End {
        let (name, what) = (&self.environment.name, self.target.what());
        let help = format!("{}; the next attempt waits for the same run", self.look());
        match watched {
            Watched::Ended(run) => {
                if run.url.is_some() {
                    self.delivery.url = run.url;
                }
                self.verdict(run.course)
            }
            Watched::TimedOut => {
                let limit = humantime::format_duration(timeout);
                let message = format!("{what} for {name} has not ended within {limit}");
                End::unfinished(DeliveryOutcome::Failed, Finding::error(told::UNFINISHED, message).help(help))
            }
            Watched::Stopped => {
                let message =
                    format!("{what} for {name} goes on, and the run was stopped while it was waited for");
                let finding = Finding::error(told::UNFINISHED, message).help(help);
                End::unfinished(DeliveryOutcome::Started, finding)
            }
            Watched::Lost(why) => self.lost(&why),
        }
    }

    fn verdict(&self, course: Course) -> End {
        let (name, what) = (&self.environment.name, self.target.what());
        match course {
            Course::Good => End::delivered(format!("{what} ended with success")),
            Course::Bad(word) => {
                let message = format!("{what} for {name} ended with {word}");
                End::failed(Finding::error(told::FAILED, message).help(self.look()))
            }
            Course::Blocked => {
                let message = format!("{what} for {name} waits for a person to start a manual job");
                let help = format!("{}; the next attempt waits for its end", self.look());
                let finding = Finding::warning(told::BLOCKED, message).help(help);
                End::unfinished(DeliveryOutcome::Started, finding)
            }
            Course::UnderWay => End::started(format!("{what} is under way")),
        }
    }

    /// Where a person looks.
    fn look(&self) -> String {
        told::look(self.delivery.url.as_deref(), self.target.words().runs)
    }

    /// The run can no longer be seen.
    fn lost(&self, why: &str) -> End {
        let message = format!("nobody can say how the delivery to {} ended: {why}", self.environment.name);
        let help = format!("{}; to follow it takes {}", self.look(), self.target.words().looking);
        End::unfinished(DeliveryOutcome::Failed, Finding::error(told::UNKNOWN, message).help(help))
    }

    /// Nobody can say whether it was started.
    fn unknown(&mut self, why: &str) -> End {
        let name = &self.environment.name;
        let message = format!("nobody can say whether the delivery to {name} was started: {why}");
        self.delivery.url = self.target.page();
        let help = format!("{}; another attempt starts it again", self.look());
        End { state: Some(State::Error), ..End::failed(Finding::error(told::UNKNOWN, message).help(help)) }
    }

    /// Writes down how it ended, and tells it.
    async fn close(mut self, end: End) -> Result<DeliveryOutcome> {
        let End { outcome, mut because, mut finding, state } = end;
        self.delivery.outcome = outcome;
        if let Some(state) = state {
            let url = self.delivery.url.clone().or_else(|| self.shipment.job_url.map(str::to_owned));
            let told = Told { state, description: &because, url: url.as_deref() };
            let untold = self.tell(&told).await;
            // Without a dispatch the deployment is the delivery.
            if let Some(untold) = untold.filter(|_| self.target.follow().is_none() && finding.is_none()) {
                self.delivery.outcome = DeliveryOutcome::Failed;
                self.findings.pop();
                because = untold.message.clone();
                finding = Some(Finding { help: untold.help, ..Finding::error(told::FAILED, untold.message) });
            }
        }
        self.delivery.because = because;
        self.findings.extend(finding);
        let outcome = self.delivery.outcome;
        self.ledger.put(self.delivery)?;
        Ok(outcome)
    }

    /// Tells it on the deployment, where there is one. The delivery itself is as it is.
    async fn tell(&mut self, told: &Told<'_>) -> Option<Finding> {
        let id = self.delivery.deployment.filter(|_| self.environment.deployment.is_some())?;
        let why = self.target.tell(id, told).await.err()?;
        let name = &self.environment.name;
        let state = (self.target.words().states)(told.state);
        let message = format!("the deployment {id} to {name} does not say «{state}»: {why}");
        let help = "set its state by hand, or let another attempt do it";
        let finding = Finding::warning("deployment-not-told", message).help(help);
        self.findings.push(finding.clone());
        Some(finding)
    }
}
