//! The image that the commands of a step run in.

use std::cell::RefCell;

use super::{build, evidence, failed, order, ours, unbuilt, unlabelled};
use crate::cache::Cache;
use crate::config::{Config, Container};
use crate::docker::ImageId;
use crate::engine::Engine;
use crate::fault::{Fault, Result};
use crate::record::{BuildEvidence, ImageEvidence, Work};
use crate::step::Step;

/// The image that commands run in, with what is recorded of it.
#[derive(Debug, Clone, PartialEq)]
pub struct Workplace {
    /// Its id.
    pub id: ImageId,
    /// What is recorded of it.
    pub evidence: ImageEvidence,
    /// How it was built; none where it was named.
    pub build: Option<BuildEvidence>,
}

/// The images that were built to work in, by what names them: evaluate works where train has worked, though files have
/// come to the context meanwhile.
#[derive(Debug, Default)]
pub struct Workplaces(RefCell<Vec<(Named, Workplace)>>);

/// The image and the stage that a container names.
type Named = (Option<String>, Option<String>);

impl Workplaces {
    /// Builds the image that the container names by a stage, or looks for the one that it names; or says why there is
    /// none. It is made before the step looks into the cache of steps: another image, another result.
    ///
    /// # Errors
    /// The world failed: no engine, a full disk, a registry that does not answer.
    pub async fn place(
        &self,
        config: &Config,
        step: Step,
        container: &Container,
        engine: &Engine,
        cache: &Cache,
    ) -> Result<std::result::Result<Workplace, Box<Work>>> {
        let named = (container.image.clone(), container.target.clone());
        if let Some((_, place)) = self.0.borrow().iter().find(|(known, _)| *known == named) {
            return Ok(Ok(place.clone()));
        }
        let made = make(config, step, container, engine, cache).await?;
        if let Ok(place) = &made {
            self.0.borrow_mut().push((named, place.clone()));
        }
        Ok(made)
    }
}

async fn make(
    config: &Config,
    step: Step,
    container: &Container,
    engine: &Engine,
    cache: &Cache,
) -> Result<std::result::Result<Workplace, Box<Work>>> {
    if let Some(name) = &container.image {
        return super::pull::named(&engine.docker, name)
            .await
            .map(|found| found.map_err(|findings| Box::new(failed(findings))));
    }
    let Some(image) = &config.image else {
        return Err(Fault::new("find an image to run in", "modelgate.yml has no section image"));
    };
    let target = container.target.as_deref();
    let order = match order::order(engine, image, step, target, unlabelled(), &ours(engine, cache))? {
        Ok(order) => order,
        Err(findings) => return Ok(Err(Box::new(failed(findings)))),
    };
    Ok(match build::build(&engine.docker, &order, Some(cache)).await? {
        Ok(built) => {
            let id = built.id;
            let (evidence, build) = evidence(built, &order, Vec::new());
            Ok(Workplace { id, evidence, build: Some(build) })
        }
        Err(refused) => Err(Box::new(unbuilt(&order, refused, Vec::new()))),
    })
}
