//! The conductor: from the plan to the record, from the record to the verdict, from the verdict to the
//! report. Whatever happens, the record is saved after each step and the report is written.

mod aside;
mod comparing;
mod completing;
mod recalling;
mod remeasuring;
mod shipping;

use std::collections::BTreeMap;
use std::future::Future;
use std::panic::AssertUnwindSafe;
use std::task::Poll;

use crate::cache::Cache;
use crate::config::{self, Config};
use crate::engine::Engine;
use crate::fault::{Fault, Result};
use crate::finding::Finding;
use crate::forge::{Forge, Found, Remote};
use crate::image::Workplaces;
use crate::plan::{self, Intent, Next, Plan};
use crate::produce::Shop;
use crate::record::store::RunFolder;
use crate::record::{Conclusion, Evidence, Outcome, Record, StepRecord, Verdict, Work, conclude};
use crate::report::Past;
use crate::step::Step;
use crate::{evaluate, gate, image, lint, report, test, train};

pub use shipping::{By, Destinations, NO_DESTINATION, no_forge};

/// What the conductor works with.
#[derive(Clone, Copy)]
pub struct Pipeline<'a> {
    /// What is asked for.
    pub config: &'a Config,
    /// Where commands run.
    pub engine: &'a Engine,
    /// Where outputs are kept.
    pub cache: &'a Cache,
    /// The images that were built to work in.
    pub workplaces: &'a Workplaces,
    /// Whether outputs may be restored.
    pub restore: bool,
    /// Where people look.
    pub forge: &'a dyn Forge,
    /// What ships; none where nothing can be shipped.
    pub remote: Option<&'a Remote>,
    /// Whether what was checked out is a fork's.
    pub is_foreign: bool,
    /// Where the record is.
    pub folder: &'a RunFolder,
}

/// The code of the finding that says that there is no bundle.
const UNPACKED: &str = "bundle-not-packed";

impl Pipeline<'_> {
    /// Does what the plan says, to its end. From when it is shown that the run has begun until it is shown how it
    /// ended, nothing returns early.
    ///
    /// # Errors
    /// A record that cannot be saved. Every other fault is in the record.
    pub async fn run(&self, plan: &Plan, record: &mut Record) -> Result<()> {
        self.recover()?;
        self.folder.save(record)?;
        self.forge.withdraw()?;
        let unshown = self.forge.open(record).await;
        let ended = unwinding(self.work(plan, record, unshown)).await;
        let cause = match &ended {
            Ok(Ok(())) => return Ok(()),
            Ok(Err(fault)) => fault.to_string(),
            Err(_) => "a bug of modelgate; its log has the place".to_owned(),
        };
        let cause = self.engine.redaction().text(&cause);
        self.forge.abandon(record, &cause).await;
        ended.unwrap_or_else(|panic| std::panic::resume_unwind(panic))
    }

    async fn work(&self, plan: &Plan, record: &mut Record, unshown: Vec<Finding>) -> Result<()> {
        loop {
            match plan.next(record) {
                Next::Nothing => return self.announce(record, unshown).await,
                Next::Skip(step, because) => self.skip(step, because, record)?,
                Next::Do(planned) if planned.step != Step::Report && self.stopped() => {
                    self.skip(planned.step, "the run was stopped".into(), record)?;
                }
                Next::Do(planned) if planned.step == Step::Deploy => {
                    self.shipping(By::Itself, record).await?
                }
                Next::Do(planned) => {
                    self.forge.progress(record, planned.step).await;
                    self.step(planned.step, record).await?;
                }
            }
        }
    }

    /// Does one step by itself, over the record of those before it. What is not asked for is skipped, as in a run.
    /// Reports and a bundle of before would say what is no longer so.
    ///
    /// # Errors
    /// As [`Self::run`].
    pub async fn alone(&self, step: Step, record: &mut Record) -> Result<()> {
        self.recover()?;
        record.reopen(step);
        if step < Step::Report {
            self.forge.withdraw()?;
        }
        match plan::plan(self.config).steps.into_iter().find(|planned| planned.step == step) {
            Some(planned) if planned.intent == Intent::Skip => self.skip(step, planned.because, record)?,
            _ if step == Step::Deploy => self.shipping(By::Hand, record).await?,
            _ => self.step(step, record).await?,
        }
        if step < Step::Report { Ok(()) } else { self.announce(record, Vec::new()).await }
    }

    /// Does one step and puts it into the record.
    ///
    /// # Errors
    /// As [`Self::run`].
    pub async fn step(&self, step: Step, record: &mut Record) -> Result<()> {
        let started = self.engine.clock.timestamp();
        let watch = self.engine.clock.start();
        let work = match step {
            Step::Report => return self.report(started, record),
            Step::Gate => self.gate(record).await,
            _ => self.perform(step, record).await,
        };
        self.put(ended(step, started, watch.seconds(), work), record)
    }

    /// Ships, and puts into the record what came of it.
    async fn shipping(&self, by: By, record: &mut Record) -> Result<()> {
        let started = self.engine.clock.timestamp();
        let watch = self.engine.clock.start();
        let work = self.deploy(record, by).await;
        self.put(ended(Step::Deploy, started, watch.seconds(), work), record)
    }

    /// The steps that make the evidence.
    async fn perform(&self, step: Step, record: &Record) -> Result<Work> {
        let Config { lint, test, image, .. } = self.config;
        match (step, test, image) {
            (Step::Lint, ..) => lint::perform(lint, self.engine).await,
            (Step::Data, ..) if let Some(config) = &self.config.data => self.look_at(config, record).await,
            (Step::Test, Some(test), _) => test::perform(test, self.engine).await,
            (Step::Train | Step::Evaluate, ..) => self.produce(step, record).await,
            (Step::Image, _, Some(image)) => image::perform(image, self.engine, self.cache, record).await,
            // The plan names no other step; a new one that is forgotten here must not pass.
            _ => Err(Fault::new(format!("do the step {step}"), format!("there is no section `{step}`"))
                .help("docs/configuration.md says what may stand in it")),
        }
    }

    /// The steps that make something: on this machine, or in an image that is built first.
    async fn produce(&self, step: Step, record: &Record) -> Result<Work> {
        if let Some(image) = self.config.image.as_ref().filter(|_| step == Step::Train)
            && let Some(work) = image::foresee(image, self.engine, self.cache, record).await?
        {
            return Ok(work);
        }
        let Some(container) = self.config.container(step) else {
            return self.produce_with(step, self.engine, record).await;
        };
        let place = match self.workplaces.place(self.config, step, container, self.engine, self.cache).await?
        {
            Ok(place) => place,
            Err(work) => return Ok(*work),
        };
        let engine = Engine { image: Some(place.id), ..self.engine.clone() };
        let mut work = self.produce_with(step, &engine, record).await?;
        (work.evidence.image, work.evidence.build) = (Some(place.evidence), place.build);
        Ok(work)
    }

    async fn produce_with(&self, step: Step, engine: &Engine, record: &Record) -> Result<Work> {
        let shop = Shop { engine, ..self.shop(&record.id) };
        match step {
            Step::Train => train::perform(self.config, shop).await,
            _ => evaluate::perform(self.config, shop, record).await,
        }
    }

    fn shop<'a>(&'a self, run: &'a str) -> Shop<'a> {
        Shop { engine: self.engine, cache: self.cache, restore: self.restore, run }
    }

    /// The plan, with what is known of the steps that may be restored. What evaluate would do is known only
    /// when the model is.
    ///
    /// # Errors
    /// A file that cannot be read.
    pub fn foresee(&self) -> Result<Plan> {
        let mut plan = plan::plan(self.config);
        let mut model = self.config.train.is_none().then(BTreeMap::new);
        for planned in plan.steps.iter_mut().filter(|planned| planned.intent == Intent::Run) {
            if self.config.container(planned.step).is_some() {
                planned.because = "its image is built first, and tells whether anything has changed".into();
                continue;
            }
            let forecast = match (planned.step, &model) {
                (Step::Train, _) => train::foresee(self.config, self.shop(""))?,
                (Step::Evaluate, Some(model)) => Some(evaluate::foresee(self.config, self.shop(""), model)?),
                (Step::Evaluate, None) => {
                    planned.because = evaluate::of_a_new_model(self.config).into();
                    None
                }
                _ => None,
            };
            let Some(forecast) = forecast else { continue };
            planned.because = forecast.because;
            if forecast.restores_from.is_some() {
                planned.intent = Intent::Restore;
                model = Some(forecast.outputs);
            }
        }
        Ok(plan)
    }

    async fn gate(&self, record: &mut Record) -> Result<Work> {
        if let Some(finding) = gate::incomplete(self.config, record) {
            return Ok(not_judged("the evidence is not complete", finding));
        }
        if let Some(reason) = self.cache.swapped(&self.engine.root, &record.outputs())? {
            let finding = Finding::error("unproven", reason).help(
                "do the run again; or take the file away, when it is another one that this job does not need",
            );
            return Ok(not_judged("an output is no longer the one that was measured", finding));
        }
        let (mut findings, mut evidence) = (Vec::new(), Evidence::default());
        let mut judge: fn(&config::Gate, &Record) -> Verdict = gate::judge;
        record.baseline = match self.baseline(record).await? {
            Found::Baseline(baseline) => {
                let compared = self.compare(record, *baseline).await?;
                findings.extend(compared.findings);
                evidence.commands = compared.commands;
                if compared.baseline.is_none() {
                    judge = gate::judge_unread;
                }
                compared.baseline.map(|baseline| self.engine.redaction().baseline(baseline))
            }
            Found::None(reason) => {
                findings.extend((!reason.is_empty()).then(|| Finding::notice("no-baseline", reason)));
                None
            }
            Found::Unreadable(reason) => {
                judge = gate::judge_unread;
                findings.push(Finding::warning("baseline-unreadable", reason).help(
                    "upgrade modelgate if a newer one wrote it; else run the commit again, which writes it anew, \
                     or name a file as gate.baseline",
                ));
                None
            }
        };
        let verdict = judge(&self.config.gate, record);
        let outcome = match verdict.conclusion {
            Conclusion::Approved => Outcome::Passed,
            _ => Outcome::Failed,
        };
        let because = report::judged(&verdict);
        record.verdict = Some(verdict);
        Ok(Work { findings, evidence, ..Work::new(outcome, because) })
    }

    /// Concludes, and writes the reports. The record in them is complete: it says of the report itself that it was
    /// written, and says otherwise only when that did not come true.
    fn report(&self, started: String, record: &mut Record) -> Result<()> {
        let stopped = self.stopped() || record.conclusion == Some(Conclusion::Cancelled);
        record.conclusion = Some(conclude(record, stopped));
        let trend = self.forge.trend(record);
        let mut work = Work::new(Outcome::Passed, "the reports are written");
        if let Err(fault) = self.publish(&started, work.clone(), record, &trend) {
            return self.correct(ended(Step::Report, started, 0.0, Err(fault)), record, &trend);
        }
        // Only what was shown may become a baseline.
        let kept = if record.verdict.is_some() { self.forge.keep(record) } else { Ok(()) };
        if let Err(fault) = kept {
            work.findings.push(warning("record-not-kept", &fault));
            self.publish(&started, work.clone(), record, &trend)?;
        }
        Ok(())
    }

    /// Shows the conclusion wherever people look, when all else is done. `unshown` is what could not be shown
    /// before; what cannot be shown now is added to the reports.
    async fn announce(&self, record: &mut Record, unshown: Vec<Finding>) -> Result<()> {
        let trend = self.forge.trend(record);
        if record.step(Step::Deploy).is_some() {
            self.again(record, &trend)?;
        }
        self.add(unshown, record, &trend)?;
        let untold = self.forge.announce(&report::compose(record, &trend)).await;
        self.add(untold, record, &trend)
    }

    /// Adds to the findings of the report, and writes it again where it was written.
    fn add(&self, findings: Vec<Finding>, record: &mut Record, trend: &[Past]) -> Result<()> {
        let Some(step) = record.steps.iter_mut().find(|done| done.step == Step::Report) else {
            return Ok(());
        };
        if findings.is_empty() {
            return Ok(());
        }
        step.findings.extend(findings);
        *step = self.engine.redaction().step(step.clone());
        self.again(record, trend)
    }

    /// Writes the reports again, where they were written.
    fn again(&self, record: &mut Record, trend: &[Past]) -> Result<()> {
        let Some(step) = record.step(Step::Report) else { return Ok(()) };
        if !step.outcome.is_good() {
            return self.folder.save(record);
        }
        let StepRecord { outcome, because, findings, evidence, started, .. } = step.clone();
        self.publish(&started, Work { outcome, because, findings, evidence }, record, trend)
    }

    /// Puts the report into the record, and the record into the reports.
    fn publish(&self, started: &str, mut work: Work, record: &mut Record, trend: &[Past]) -> Result<()> {
        let mut redaction = self.engine.redaction();
        // It is packed anew.
        work.findings.retain(|finding| finding.code != UNPACKED);
        record.put(redaction.step(ended(Step::Report, started.to_owned(), 0.0, Ok(work.clone()))));
        self.folder.save(record)?;
        let Some(fault) = self.forge.publish(&report::compose(record, trend))? else { return Ok(()) };
        work.because = "the reports are written, without a bundle".into();
        work.findings.push(warning(UNPACKED, &fault));
        record.put(redaction.step(ended(Step::Report, started.to_owned(), 0.0, Ok(work))));
        self.folder.save(record)?;
        self.forge.write(&report::compose(record, trend))
    }

    /// The reports could not be written: nothing may go on saying that they were.
    fn correct(&self, report: StepRecord, record: &mut Record, trend: &[Past]) -> Result<()> {
        record.conclusion = Some(Conclusion::Faulted);
        // On a full disk this makes the room for the rest.
        if let Err(fault) = self.forge.withdraw().and_then(|()| self.put(report, record)) {
            self.folder.discard()?;
            return Err(fault);
        }
        if self.forge.write(&report::compose(record, trend)).is_err() {
            self.forge.withdraw()?;
        }
        Ok(())
    }

    fn skip(&self, step: Step, because: String, record: &mut Record) -> Result<()> {
        let work = Work::new(Outcome::Skipped, because);
        self.put(ended(step, self.engine.clock.timestamp(), 0.0, Ok(work)), record)
    }

    fn put(&self, step: StepRecord, record: &mut Record) -> Result<()> {
        let step = self.engine.redaction().step(step);
        let verdict = record.verdict.as_ref().map(|verdict| verdict.conclusion);
        match (step.step, step.outcome, verdict) {
            (Step::Gate, Outcome::Failed, Some(Conclusion::Inconclusive)) => {
                self.engine.console.gate_inconclusive(step.seconds, &step.because);
            }
            (kind, outcome, _) => {
                self.engine.console.step_ended(kind, outcome, step.seconds, &step.because);
            }
        }
        record.put(step);
        self.folder.save(record)
    }

    fn stopped(&self) -> bool {
        self.engine.interrupt.raised().is_some()
    }
}

/// The work's result, or the panic that ended it.
async fn unwinding<T>(work: impl Future<Output = T>) -> std::thread::Result<T> {
    let mut work = std::pin::pin!(work);
    std::future::poll_fn(|context| {
        // What the panic left half done is not looked at again: only its cause is told.
        let polled = std::panic::catch_unwind(AssertUnwindSafe(|| work.as_mut().poll(context)));
        match polled {
            Ok(Poll::Pending) => Poll::Pending,
            Ok(Poll::Ready(output)) => Poll::Ready(Ok(output)),
            Err(panic) => Poll::Ready(Err(panic)),
        }
    })
    .await
}

/// A step that has ended, whichever way.
fn ended(step: Step, started: String, seconds: f64, work: Result<Work>) -> StepRecord {
    let (work, help) = match work {
        Ok(work) => (work, None),
        Err(fault) => (Work::new(Outcome::Faulted, fault.to_string()), fault.remedy().map(str::to_owned)),
    };
    let Work { outcome, because, findings, evidence } = work;
    StepRecord { step, outcome, because, help, started, seconds, findings, evidence }
}

fn not_judged(why: &str, finding: Finding) -> Work {
    Work {
        findings: vec![finding],
        ..Work::new(Outcome::Failed, format!("nothing was judged, because {why}"))
    }
}

fn warning(code: &str, fault: &Fault) -> Finding {
    Finding::warning(code, fault.to_string()).with_remedy(fault)
}
