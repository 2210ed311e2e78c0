//! What is approved goes where it is to go: the image to its registry, the model to its environments.

use super::Pipeline;
use crate::config::{Environment, Image, Push};
use crate::context;
use crate::deploy::{self, Shipment};
use crate::fault::{Fault, Result};
use crate::finding::{Finding, any_error};
use crate::forge::Remote;
use crate::gate::Approval;
use crate::record::{Delivery, DeliveryOutcome, Outcome, Record, Work};

/// Why a run in GitLab CI ships to no environment by itself.
const OF_ITS_OWN: &str = "in GitLab CI a job of its own ships to environments, with `modelgate deploy`";

/// Why a run ships nothing.
pub const NO_DESTINATION: &str = "only runs of the default branch ship, and this is none (`when: always` and `push: always` ship from others too)";

/// Who asks for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum By {
    /// A run that was approved.
    Itself,
    /// A person or a job, with `modelgate deploy`.
    Hand,
}

/// Where what is approved goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Destinations<'a> {
    /// The image that is pushed to its registry.
    pub registry: Option<&'a Image>,
    /// The environments, in their order.
    pub environments: Vec<&'a Environment>,
}

impl Destinations<'_> {
    const fn is_nowhere(&self) -> bool {
        self.registry.is_none() && self.environments.is_empty()
    }
}

impl Pipeline<'_> {
    /// What the record approves, or why it approves nothing.
    ///
    /// # Errors
    /// An output that cannot be read.
    pub fn approval(&self, record: &Record) -> Result<std::result::Result<Approval, String>> {
        if self.is_foreign {
            return Ok(Err("what a fork has made is never shipped".into()));
        }
        Approval::of(self.config, record, &self.engine.root, self.cache)
    }

    /// Where a run of this branch goes, or why nowhere.
    ///
    /// # Errors
    /// An output that cannot be read.
    pub fn destinations(
        &self,
        record: &Record,
        by: By,
    ) -> Result<std::result::Result<Destinations<'_>, String>> {
        let is_default = self.is_default_branch(record);
        let is_pushed = |image: &&Image| match image.push {
            Push::Always => !self.is_foreign,
            Push::DefaultBranch => is_default,
            Push::Never => false,
        };
        let ships = |environment: &&Environment| environment.from_any_branch || is_default;
        let mut to = Destinations {
            registry: self.config.image.as_ref().filter(|image| image.is_pushed()).filter(is_pushed),
            environments: self.config.deploy.iter().filter(ships).collect(),
        };
        if to.is_nowhere() {
            return Ok(Err(NO_DESTINATION.into()));
        }
        let forge = record.context.forge;
        if by == By::Hand || forge == context::Forge::Github {
            return Ok(Ok(to));
        }
        to.environments.clear();
        if forge == context::Forge::Gitlab && to.registry.is_some() {
            return Ok(Ok(to));
        }
        // A laptop pushes only where that is asked for in so many words, and what is committed.
        to.registry = to.registry.filter(|image| image.push == Push::Always);
        if to.is_nowhere() {
            let why = match forge {
                context::Forge::Gitlab => OF_ITS_OWN,
                _ => {
                    "only a run in a CI job ships by itself, and an image with `push: always`; `modelgate deploy` ships from here"
                }
            };
            return Ok(Err(why.into()));
        }
        Ok(self.approval(record)?.map(|_| to).map_err(|why| format!("the image is not pushed: {why}")))
    }

    /// Whether the run is one of the default branch itself, and not of what may be merged into it.
    fn is_default_branch(&self, record: &Record) -> bool {
        let context = &record.context;
        let default = self.remote.and_then(Remote::default_branch).map(str::to_owned);
        let default = default.or_else(|| self.forge.default_branch());
        let is_request = ["pull_request", "merge_request", "external_pull_request"]
            .iter()
            .any(|request| context.event.starts_with(request));
        context.branch.is_some() && context.branch == default && !is_request
    }

    /// What ships an approval.
    #[must_use]
    pub fn shipment<'b>(
        &'b self,
        remote: &'b Remote,
        approval: &'b Approval,
        record: &'b Record,
    ) -> Shipment<'b> {
        Shipment {
            remote,
            approval,
            console: &self.engine.console,
            interrupt: self.engine.interrupt.clone(),
            clock: self.engine.clock,
            job_url: record.context.url.as_deref(),
            reference: record.context.branch.as_deref(),
            variables: &self.engine.variables,
            check: self.forge.check_id(),
            image: record.image_digest().map(str::to_owned),
        }
    }

    /// Ships what was approved, and nothing else: the image to its registry, and then the model to its environments.
    pub(super) async fn deploy(&self, record: &mut Record, by: By) -> Result<Work> {
        let to = match self.destinations(record, by)? {
            Ok(to) => to,
            Err(why) => {
                // Who asks for a push in so many words is told that there is none.
                let is_asked = self.config.image.as_ref().is_some_and(|image| image.push == Push::Always);
                let told = is_asked.then(|| Finding::warning("not-pushed", why.clone()));
                return Ok(Work { findings: told.into_iter().collect(), ..Work::new(Outcome::Skipped, why) });
            }
        };
        let approval = match self.approval(record)? {
            Ok(approval) => approval,
            Err(why) => {
                let finding = Finding::error("not-approved", format!("nothing is shipped: {why}"));
                return Ok(Work {
                    findings: vec![finding],
                    ..Work::new(Outcome::Failed, "there is no approval")
                });
            }
        };
        if self.remote.is_none() && !to.environments.is_empty() {
            return Err(no_forge(record.context.forge, "ship what was approved"));
        }
        let mut deliveries = record.deliveries.clone();
        // Who cannot look whether it was shipped already does not ship it a second time.
        deploy::recall(&mut deliveries, self.forge.deliveries(record).await?, &approval.key());
        let shipped = self.ship(&to, &approval, record, &mut deliveries).await;
        record.deliveries = deliveries;
        Ok(delivered(&record.deliveries, shipped?))
    }

    /// Ships to the registry, and then to the environments; the record is saved on the way.
    async fn ship(
        &self,
        to: &Destinations<'_>,
        approval: &Approval,
        record: &Record,
        deliveries: &mut Vec<Delivery>,
    ) -> Result<Vec<Finding>> {
        let mut saved = record.clone();
        let mut save = |deliveries: &[Delivery]| {
            saved.deliveries = deliveries.to_vec();
            self.folder.save(&saved)
        };
        let mut findings = Vec::new();
        if let Some(image) = to.registry {
            let docker = &self.engine.docker;
            findings = deploy::push(docker, approval, image.create_repository, deliveries, &mut save).await?;
        }
        let Some(remote) = self.remote else { return Ok(findings) };
        let shipment = Shipment {
            image: deploy::pushed(approval, deliveries),
            ..self.shipment(remote, approval, record)
        };
        let obstacle = self.obstacle(to, &shipment, !findings.is_empty()).map(str::to_owned);
        let shipped = deploy::perform(&shipment, &to.environments, obstacle, deliveries, &mut save).await?;
        findings.extend(shipped);
        Ok(findings)
    }

    /// Why no environment gets anything: what runs there is the image, and nothing but its digest names it.
    fn obstacle(&self, to: &Destinations<'_>, shipment: &Shipment<'_>, failed: bool) -> Option<&'static str> {
        let is_pushed = self.config.image.as_ref().is_some_and(Image::is_pushed);
        match (to.registry, &shipment.image) {
            (Some(_), _) if failed => Some("the image is not in its registry"),
            (None, None) if is_pushed => Some("the image is not pushed from this branch"),
            _ => None,
        }
    }
}

/// There is no forge to ship through.
#[must_use]
pub fn no_forge(forge: context::Forge, doing: &str) -> Fault {
    let (cause, help) = match forge {
        context::Forge::Gitlab => (
            "there is no GitLab to ship through: a token, CI_API_V4_URL or CI_PROJECT_ID is not set",
            "a job of GitLab CI has them all; elsewhere set MODELGATE_GITLAB_TOKEN, CI_API_V4_URL and CI_PROJECT_ID",
        ),
        _ => (
            "there is no GitHub to ship through: GITHUB_TOKEN or GITHUB_REPOSITORY is not set",
            "in a workflow, give the step `env: { GITHUB_TOKEN: ${{ github.token }} }`; elsewhere set both",
        ),
    };
    Fault::new(doing, cause).help(help)
}

/// What the deliveries come to.
fn delivered(deliveries: &[Delivery], findings: Vec<Finding>) -> Work {
    let with = |outcome| -> Vec<&str> {
        let some = deliveries.iter().filter(|delivery| delivery.outcome == outcome);
        some.map(|delivery| delivery.target.as_str()).collect()
    };
    let parts = [
        (with(DeliveryOutcome::Delivered), "delivered to"),
        (with(DeliveryOutcome::Started), "started for"),
        (with(DeliveryOutcome::Failed), "failed for"),
        (with(DeliveryOutcome::Skipped), "not tried for"),
    ];
    let some = parts.iter().filter(|(targets, _)| !targets.is_empty());
    let because: Vec<String> = some.map(|(targets, what)| format!("{what} {}", targets.join(", "))).collect();
    let is_bad =
        any_error(&findings) || !parts[2].0.is_empty() || !parts[3].0.is_empty() || because.is_empty();
    let outcome = if is_bad { Outcome::Failed } else { Outcome::Passed };
    Work { findings, ..Work::new(outcome, because.join("; ")) }
}
