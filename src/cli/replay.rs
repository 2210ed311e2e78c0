//! `modelgate gate` and `modelgate report`: from a record, without training.

use clap::error::ErrorKind;
use clap::{Args, CommandFactory as _};

use super::{Call, end, refuse_unavailable, show, stopped};
use crate::exit::End;
use crate::fault::Fault;
use crate::gate::{self, WhatIf};
use crate::record::{Conclusion, Evidence, Outcome, Record, StepRecord, conclude};
use crate::report;
use crate::step::Step;
use crate::wire::{self, House};

/// `modelgate gate`
#[derive(Debug, Args)]
#[command(after_help = "\
Example:
  modelgate gate --run artifacts/run.json
  modelgate gate --what-if accuracy.min=0.9 --what-if accuracy.max-drop=2%")]
pub struct Gate {
    /// Judge the record by this bound in place of the file's, and write nothing. May be repeated
    #[arg(long, value_name = "METRIC.KIND=BOUND")]
    what_if: Vec<WhatIf>,
}

/// `modelgate gate`: judges the record again, or says what other bounds would come to.
pub fn gate(args: &Gate, call: Call) -> anyhow::Result<End> {
    if args.what_if.is_empty() { execute(Step::Gate, call) } else { what_if(&args.what_if, &call) }
}

/// Judges the record by other bounds, by what is in it alone: its baseline, and no output of it. Nothing is written.
fn what_if(what_ifs: &[WhatIf], call: &Call) -> anyhow::Result<End> {
    let path = wire::config_path(&call.settings, &call.environment);
    let config = wire::read_config(&path)?;
    wire::block_on(|interrupt| async move {
        let house = House::open(&call.settings, call.environment.clone(), &path, config, interrupt);
        refuse_unavailable(&house, path, |step| step <= Step::Gate)?;
        let mut record = record(&house, Step::Gate)?;
        if gate::unproven(&house.config, &record).is_none()
            && let Some(wrong) = gate::what_if::unmeasured(what_ifs, &record)
        {
            misused(wrong);
        }
        wonder(&house, what_ifs, &mut record);
        show::what_if(call, record.clone(), gate::what_if::note(what_ifs))?;
        Ok(End::Concluded(record.conclusion.unwrap_or(Conclusion::Inconclusive)))
    })?
}

/// Ends as clap does: what was asked for can only be seen to be wrong when the record is there.
pub(super) fn misused(wrong: String) -> ! {
    super::Cli::command().error(ErrorKind::ValueValidation, wrong).exit()
}

/// Puts into the record what the gate would have put there.
fn wonder(house: &House, what_ifs: &[WhatIf], record: &mut Record) {
    // What was done with what was judged is about another judgement.
    let (baseline, is_unread) = (record.baseline.take(), is_unread(record));
    record.reopen(Step::Gate);
    record.baseline = baseline;
    let (outcome, because, findings) = match gate::incomplete(&house.config, record) {
        Some(finding) => (Outcome::Failed, "the evidence is not complete".to_owned(), vec![finding]),
        None => {
            let policy = gate::what_if::with(&house.config.gate, what_ifs);
            let judge = if is_unread { gate::judge_unread } else { gate::judge };
            let verdict = judge(&policy, record);
            let is_approved = verdict.conclusion == Conclusion::Approved;
            let because = report::judged(&verdict);
            record.verdict = Some(verdict);
            (if is_approved { Outcome::Passed } else { Outcome::Failed }, because, Vec::new())
        }
    };
    record.put(StepRecord {
        step: Step::Gate,
        outcome,
        because,
        help: None,
        started: record.started.clone(),
        seconds: 0.0,
        findings,
        evidence: Evidence::default(),
    });
    record.conclusion = Some(conclude(record, false));
    record.what_if = gate::what_if::written(what_ifs);
}

/// What a gate finds that has a baseline and nothing to compare with.
const UNREAD: [&str; 2] = ["baseline-unreadable", "baseline-not-evaluated"];

/// Whether the gate of this record had a baseline that it could not read, or could not measure again.
fn is_unread(record: &Record) -> bool {
    let gate = record.step(Step::Gate);
    gate.is_some_and(|gate| gate.findings.iter().any(|finding| UNREAD.contains(&finding.code.as_str())))
}

/// `modelgate report`
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  modelgate report --run artifacts")]
pub struct Report {}

/// Judges the record again, or writes its reports again. Both end as the run would have ended.
pub fn execute(step: Step, call: Call) -> anyhow::Result<End> {
    let path = wire::config_path(&call.settings, &call.environment);
    let config = wire::read_config(&path)?;
    wire::block_on(|interrupt| async move {
        let house = House::open(&call.settings, call.environment.clone(), &path, config, interrupt);
        if step == Step::Gate {
            refuse_unavailable(&house, path, |_| true)?;
        }
        // Waiting for a turn makes the folder, which a mistaken --run must not.
        record(&house, step)?;
        let Some(_turn) = house.turn().await? else { return Ok(stopped(&house)) };
        // Only now: who had the turn may have written another.
        let mut record = record(&house, step)?;
        house.mark(&mut record);
        house.pipeline().alone(step, &mut record).await?;
        if step == Step::Gate {
            record.conclusion = Some(conclude(&record, house.stopped().is_some()));
            house.folder.save(&record)?;
        }
        show::run(&call, &house, &record)?;
        Ok(end(&house, &record))
    })?
}

/// The record of the run that is gone on with.
pub(super) fn record(house: &House, step: Step) -> anyhow::Result<Record> {
    house.folder.load_sound()?.ok_or_else(|| {
        let missing = format!("there is no run.json in {}", house.folder.path().display());
        Fault::new(format!("do the {step}"), missing)
            .help("make one with `modelgate run`, or name its folder with --run")
            .into()
    })
}
