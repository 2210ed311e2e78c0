//! One delivery, from what is known of it to its end.

use super::deployment::{self, SoFar, Told};
use super::dispatch::{self, Refusal, Start, Started};
use super::follow::{self, Run, Watched};
use super::ledger::{ABOUT, Ledger, blank};
use super::{Shipment, inputs, told};
use crate::config::{Deployment, Dispatch, Dispatched, Environment};
use crate::fault::Result;
use crate::finding::Finding;
use crate::forge::github::api::Trouble;
use crate::record::{Delivery, DeliveryOutcome};

/// Delivers to one environment.
pub(super) async fn ship(
    shipment: &Shipment<'_>,
    environment: &Environment,
    ledger: &mut Ledger<'_>,
    findings: &mut Vec<Finding>,
) -> Result<DeliveryOutcome> {
    let delivery = blank(&environment.name, ledger.key, DeliveryOutcome::Failed);
    let mut voyage = Voyage { shipment, environment, ledger, findings, delivery };
    let end = voyage.go().await?;
    voyage.close(end).await
}

struct Voyage<'a, 'b> {
    shipment: &'a Shipment<'a>,
    environment: &'a Environment,
    ledger: &'a mut Ledger<'b>,
    findings: &'a mut Vec<Finding>,
    delivery: Delivery,
}

/// What is known of whether the delivery has been sent on its way.
enum Known {
    /// It has not.
    Nothing,
    /// It may have been, at this time or later.
    Perhaps(Option<u64>),
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
    state: Option<&'static str>,
}

impl End {
    fn delivered(because: impl Into<String>) -> Self {
        let because = because.into();
        Self { outcome: DeliveryOutcome::Delivered, because, finding: None, state: Some("success") }
    }

    fn started(because: impl Into<String>) -> Self {
        Self { outcome: DeliveryOutcome::Started, because: because.into(), finding: None, state: None }
    }

    fn skipped(because: impl Into<String>) -> Self {
        Self { outcome: DeliveryOutcome::Skipped, because: because.into(), finding: None, state: None }
    }

    fn failed(finding: Finding) -> Self {
        let because = finding.message.clone();
        Self { outcome: DeliveryOutcome::Failed, because, finding: Some(finding), state: Some("failure") }
    }

    /// It goes on without us.
    fn unfinished(outcome: DeliveryOutcome, finding: Finding) -> Self {
        Self { outcome, state: None, ..Self::failed(finding) }
    }
}

impl Voyage<'_, '_> {
    async fn go(&mut self) -> Result<End> {
        let mut known = match self.before().await {
            Ok(known) => known,
            Err(end) => return Ok(*end),
        };
        if let Some(page) = self.environment.deployment.as_ref().filter(|_| !matches!(known, Known::Runs(_)))
        {
            match self.open(page, known).await? {
                Ok(further) => known = further,
                Err(end) => return Ok(*end),
            }
        }
        let Some(dispatch) = &self.environment.dispatch else {
            return Ok(End::delivered("the deployment tells of it"));
        };
        let inputs = inputs::inputs(self.shipment.approval, self.environment, dispatch);
        let started = match (&dispatch.what, known) {
            (_, Known::Sent) => return Ok(End::started("an earlier attempt has started it")),
            (_, Known::Runs(run)) => Started { run: Some(run), url: self.delivery.url.clone() },
            (Dispatched::Workflow { workflow, branch }, known) => {
                let start = Start {
                    remote: self.shipment.remote,
                    workflow,
                    branch: branch.as_deref(),
                    inputs,
                    key: Some(self.ledger.key),
                    known: self.ledger.runs(),
                    clock: self.shipment.clock,
                };
                match self.start(&start, known).await? {
                    Ok(started) => started,
                    Err(end) => return Ok(*end),
                }
            }
            (Dispatched::Event(_), Known::Perhaps(_)) => {
                return Ok(self.unknown("an earlier attempt was stopped while it sent the event", None));
            }
            (Dispatched::Event(event), Known::Nothing) => {
                if let Some(end) = self.about()? {
                    return Ok(end);
                }
                match dispatch::event(self.shipment.remote, event, &inputs).await {
                    Ok(started) => started,
                    Err(Refusal::Refused(trouble)) => {
                        return Ok(End::failed(told::event(&trouble, &self.environment.name, event)));
                    }
                    Err(Refusal::Unknown(why)) => return Ok(self.unknown(&why, None)),
                }
            }
        };
        self.sent(dispatch, started).await
    }

    /// What our own record tells of earlier attempts. A run that failed may be tried again.
    async fn before(&mut self) -> std::result::Result<Known, Box<End>> {
        let Some(before) = self.ledger.ours(&self.environment.name).cloned() else {
            return Ok(Known::Nothing);
        };
        self.delivery.deployment = before.deployment;
        let Some(run) = before.run else {
            let is_about = before.outcome == DeliveryOutcome::Started && before.because == ABOUT;
            return Ok(if is_about { Known::Perhaps(None) } else { Known::Nothing });
        };
        if before.outcome == DeliveryOutcome::Failed {
            match follow::look(self.shipment, run).await {
                Ok(found) if found.has_failed() => return Ok(Known::Nothing),
                Err(Trouble::NotFound(_)) => return Ok(Known::Nothing),
                Ok(_) => {}
                Err(trouble) => {
                    self.delivery = Delivery { outcome: DeliveryOutcome::Failed, ..before };
                    return Err(Box::new(self.lost(&trouble)));
                }
            }
        }
        self.delivery.run = before.run;
        self.delivery.url = before.url;
        Ok(Known::Runs(run))
    }

    /// The deployment, with what it knows.
    async fn open(
        &mut self,
        page: &Deployment,
        known: Known,
    ) -> Result<std::result::Result<Known, Box<End>>> {
        let name = &self.environment.name;
        let opened = match deployment::open(self.shipment, self.environment).await {
            Ok(opened) => opened,
            Err(trouble) => {
                let end = End { state: None, ..End::failed(told::deployment(&trouble, name)) };
                return Ok(Err(Box::new(end)));
            }
        };
        self.delivery.deployment = Some(opened.id);
        Ok(match opened.so_far {
            SoFar::Done => {
                Err(Box::new(End { state: None, ..End::delivered("an earlier attempt has delivered it") }))
            }
            SoFar::Sent(Some(run)) => {
                self.delivery.run = Some(run);
                Ok(Known::Runs(run))
            }
            SoFar::Sent(None) => Ok(Known::Sent),
            SoFar::Begun(since) => Ok(Known::Perhaps(since)),
            SoFar::New => {
                let begun =
                    deployment::tell(self.shipment, page, opened.id, &Told::begun(self.shipment)).await;
                match begun {
                    Ok(()) => Ok(known),
                    Err(trouble) => {
                        let end = End { state: None, ..End::failed(told::deployment(&trouble, name)) };
                        Err(Box::new(end))
                    }
                }
            }
        })
    }

    /// Starts a workflow, or takes the run that an earlier attempt has started.
    async fn start(
        &mut self,
        start: &Start<'_>,
        known: Known,
    ) -> Result<std::result::Result<Started, Box<End>>> {
        let name = &self.environment.name;
        let page = self.shipment.page(Some(start.workflow));
        let earlier = match known {
            Known::Perhaps(Some(since)) => start.earlier(since).await,
            Known::Perhaps(None) => {
                Err(Refusal::Unknown("an earlier attempt was stopped while it started it".into()))
            }
            _ => Ok(None),
        };
        let begun = match earlier {
            Ok(Some(started)) => Ok(started),
            Ok(None) => {
                if let Some(end) = self.about()? {
                    return Ok(Err(Box::new(end)));
                }
                start.workflow().await
            }
            Err(refusal) => Err(refusal),
        };
        Ok(match begun {
            Ok(started) => Ok(started),
            Err(Refusal::Refused(trouble)) => {
                Err(Box::new(End::failed(told::workflow(&trouble, name, start.workflow, &start.inputs))))
            }
            Err(Refusal::Unknown(why)) => Err(Box::new(self.unknown(&why, page))),
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
    async fn sent(&mut self, dispatch: &Dispatch, started: Started) -> Result<End> {
        let (workflow, begun) = match &dispatch.what {
            Dispatched::Workflow { workflow, .. } => {
                (Some(workflow.as_str()), format!("{workflow} was started"))
            }
            Dispatched::Event(event) => (None, format!("the event «{event}» was sent")),
        };
        self.delivery.run = started.run;
        self.delivery.url = started.url.or_else(|| self.shipment.page(workflow));
        let outcome = DeliveryOutcome::Started;
        self.ledger.put(Delivery { outcome, because: begun.clone(), ..self.delivery.clone() })?;
        let url = self.delivery.url.clone();
        self.tell(&Told::sent(url.as_deref())).await;
        let page = url.as_deref().unwrap_or_default();
        self.shipment.console.note(&format!("{}: {begun} {page}", self.environment.name));
        match (workflow.filter(|_| dispatch.wait), started.run) {
            (Some(workflow), Some(run)) => {
                let watched = follow::follow(self.shipment, run, dispatch.timeout).await;
                Ok(self.ended(workflow, watched, dispatch))
            }
            (Some(_), None) => Ok(End::started(format!(
                "{begun}; this server does not tell its run, so its end cannot be followed"
            ))),
            _ => Ok(End::started(begun)),
        }
    }

    /// How the run ended.
    fn ended(&mut self, what: &str, watched: Watched, dispatch: &Dispatch) -> End {
        let name = &self.environment.name;
        let look = told::look(self.delivery.url.as_deref());
        match watched {
            Watched::Ended(run) => {
                if let Some(url) = &run.html_url {
                    self.delivery.url = Some(url.clone());
                }
                self.verdict(what, &run)
            }
            Watched::TimedOut => {
                let limit = humantime::format_duration(dispatch.timeout);
                let message = format!("{what} for {name} has not ended within {limit}");
                let help = format!("{look}; the next attempt waits for the same run");
                End::unfinished(DeliveryOutcome::Failed, Finding::error(told::UNFINISHED, message).help(help))
            }
            Watched::Stopped => {
                let message =
                    format!("{what} for {name} goes on, and the run was stopped while it was waited for");
                let help = format!("{look}; the next attempt waits for the same run");
                End::unfinished(
                    DeliveryOutcome::Started,
                    Finding::error(told::UNFINISHED, message).help(help),
                )
            }
            Watched::Lost(trouble) => self.lost(&trouble),
        }
    }

    fn verdict(&self, what: &str, run: &Run) -> End {
        let name = &self.environment.name;
        if run.is_good() {
            return End::delivered(format!("{what} ended with success"));
        }
        let conclusion = run.conclusion.as_deref().unwrap_or("nothing");
        let message = format!("{what} for {name} ended with {conclusion}");
        let help = told::look(self.delivery.url.as_deref());
        End::failed(Finding::error(told::FAILED, message).help(help))
    }

    /// The run can no longer be seen.
    fn lost(&self, trouble: &Trouble) -> End {
        let message =
            format!("nobody can say how the delivery to {} ended: {trouble}", self.environment.name);
        let help =
            format!("{}; to follow it takes `actions: read`", told::look(self.delivery.url.as_deref()));
        End::unfinished(DeliveryOutcome::Failed, Finding::error(told::UNKNOWN, message).help(help))
    }

    /// Nobody can say whether it was started.
    fn unknown(&mut self, why: &str, page: Option<String>) -> End {
        let name = &self.environment.name;
        let message = format!("nobody can say whether the delivery to {name} was started: {why}");
        let page = page.or_else(|| self.shipment.page(None));
        let help = format!("{}; another attempt starts it again", told::look(page.as_deref()));
        self.delivery.url = page;
        End { state: Some("error"), ..End::failed(Finding::error(told::UNKNOWN, message).help(help)) }
    }

    /// Writes down how it ended, and tells it.
    async fn close(mut self, end: End) -> Result<DeliveryOutcome> {
        let End { outcome, mut because, mut finding, state } = end;
        self.delivery.outcome = outcome;
        if let Some(state) = state {
            let url = self.delivery.url.clone().or_else(|| self.shipment.job_url.map(str::to_owned));
            let told = Told { state, description: &because, log_url: url.as_deref() };
            let untold = self.tell(&told).await;
            // Without a dispatch the deployment is the delivery.
            if let Some(untold) = untold.filter(|_| self.environment.dispatch.is_none() && finding.is_none())
            {
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
        let page = self.environment.deployment.as_ref()?;
        let id = self.delivery.deployment?;
        let trouble = deployment::tell(self.shipment, page, id, told).await.err()?;
        let name = &self.environment.name;
        let message = format!("the deployment {id} to {name} does not say «{}»: {trouble}", told.state);
        let help = "set its state by hand, or let another attempt do it";
        let finding = Finding::warning("deployment-not-told", message).help(help);
        self.findings.push(finding.clone());
        Some(finding)
    }
}
