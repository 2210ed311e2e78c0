//! `modelgate deploy`: ship what the record approves.

use clap::Args;
use clap::builder::FalseyValueParser;

use super::{Call, end, print, refuse_unavailable, replay, show, stopped};
use crate::deploy;
use crate::exit::End;
use crate::fault::Fault;
use crate::pipeline::{By, no_forge};
use crate::plan;
use crate::record::{Conclusion, Record};
use crate::step::Step;
use crate::wire::{self, House};

/// `modelgate deploy`
#[derive(Debug, Args)]
#[command(after_help = "\
It needs GITHUB_TOKEN and GITHUB_REPOSITORY, which a workflow has, or the variables of a job of GitLab CI. It ships nothing
that the record does not approve. What was shipped already is not shipped again.

Example:
  modelgate deploy --run artifacts
  modelgate deploy --dry-run")]
pub struct Deploy {
    /// Print the requests, and send none
    #[arg(long, env = "MODELGATE_DRY_RUN", hide_env_values = true, value_parser = FalseyValueParser::new())]
    dry_run: bool,
}

/// Ships what the record approves.
pub fn execute(args: Deploy, call: Call) -> anyhow::Result<End> {
    let path = wire::config_path(&call.settings, &call.environment);
    let config = wire::read_config(&path)?;
    wire::block_on(|interrupt| async move {
        let house = House::open(&call.settings, call.environment.clone(), &path, config, interrupt);
        refuse_unavailable(&house, path, |_| true)?;
        if !plan::ships(&house.config) {
            let help = "name an environment in modelgate.yml: `deploy: { production: { dispatch: … } }`, or a tag for \
                        the image: `image: { tags: … }`";
            return Err(Fault::new("deploy", "modelgate.yml says of nothing where it goes")
                .help(help)
                .into());
        }
        replay::record(&house, Step::Deploy)?;
        let Some(_turn) = house.turn().await? else { return Ok(stopped(&house)) };
        let mut record = replay::record(&house, Step::Deploy)?;
        house.mark(&mut record);
        if args.dry_run {
            return dry_run(&house, &record);
        }
        house.pipeline().alone(Step::Deploy, &mut record).await?;
        show::run(&call, &house, &record)?;
        Ok(end(&house, &record))
    })?
}

fn dry_run(house: &House, record: &Record) -> anyhow::Result<End> {
    let pipeline = house.pipeline();
    let to = match pipeline.destinations(record, By::Hand)? {
        Ok(to) => to,
        Err(why) => {
            print(&format!("nothing is sent: {why}\n"))?;
            return Ok(End::Done);
        }
    };
    let approval = match pipeline.approval(record)? {
        Ok(approval) => approval,
        Err(why) => {
            print(&format!("nothing is sent: {why}\n"))?;
            // As it would end without the flag.
            return Ok(match record.conclusion {
                Some(Conclusion::Approved) | None => End::Undelivered,
                Some(other) => End::Concluded(other),
            });
        }
    };
    if let Some(image) = approval.image().filter(|_| to.registry.is_some()) {
        let tags: Vec<String> =
            image.tags.iter().map(|tag| format!("push {} as {tag}\n", image.id)).collect();
        print(&format!(
            "# the registry\n\n{}(the id of the engine; the registry gives a digest of its own)\n\n",
            tags.concat()
        ))?;
    }
    if to.environments.is_empty() {
        return Ok(End::Done);
    }
    let remote = pipeline.remote.ok_or_else(|| {
        no_forge(record.context.forge, "tell what would be sent")
            .help("set what is missing; with --dry-run any token will do, for nothing is sent")
    })?;
    let shipment = pipeline.shipment(remote, &approval, record);
    print(&deploy::foresee(&shipment, &to.environments, &record.deliveries))?;
    Ok(End::Done)
}
