//! What every forge must do, whichever it is: one suite, on GitHub, on GitLab, and on a machine that is neither.

#![allow(clippy::expect_used, clippy::unwrap_used, clippy::panic)]

mod common;
#[path = "forge_contract/world.rs"]
mod world;

use common::{Project, until};
use rustix::process::{Pid, Signal, kill_process};
use world::{ALL, Forge, World};

const RULES: &str = "    accuracy: { min: 0.5, max-drop: 0.02 }\n";

fn comparing() -> Project {
    let project = Project::shell();
    project.replace("modelgate.yml", "    accuracy: { min: 0.85 }\n", RULES);
    let text = project.read("modelgate.yml");
    project.file("modelgate.yml", text + "report:\n  comment: true\n");
    project.commit("Compare");
    project
}

/// An approved run of the default branch, and then a change to it that is to be merged.
fn merging(forge: Forge, accuracy: &str) -> World {
    let mut world = World::new(forge, comparing());
    let said = world.run(&["run"]);
    assert_eq!(said.code, 0, "{forge:?}: {}", said.err);
    world.end();
    world.merge(accuracy);
    world
}

#[test]
fn how_a_run_ended_is_told_truthfully() {
    for forge in ALL {
        for (accuracy, command, code, told) in [
            ("0.9", "cp scores.json metrics.json", 0, "success"),
            ("0.1", "cp scores.json metrics.json", 10, "failure"),
            ("0.9", "exit 7", 11, "failure"),
        ] {
            let project = comparing();
            project.file("scores.json", format!("{{\"accuracy\": {accuracy}}}\n"));
            project.replace("modelgate.yml", "run: cp scores.json metrics.json", &format!("run: {command}"));
            project.commit("Measure");
            let world = World::new(forge, project);
            let said = world.run(&["run"]);
            assert_eq!(said.code, code, "{forge:?} {command}: {}", said.err);
            assert_eq!(
                world.shown(),
                if forge == Forge::Local { vec![] } else { vec![told] },
                "{forge:?} {command}"
            );
        }
    }
}

#[test]
fn a_run_that_is_stopped_is_not_left_under_way() {
    for forge in ALL {
        let project = comparing();
        project.replace("modelgate.yml", "cat params.txt data.csv > model.bin", "touch begun && sleep 60");
        project.commit("Slow");
        let world = World::new(forge, project);
        let mut child = world.spawn(&["run"]);
        until("training has begun", || world.project().exists("begun"));
        let under_way = if forge == Forge::Local { vec![] } else { vec!["under way"] };
        assert_eq!(world.shown(), under_way, "{forge:?}");
        kill_process(Pid::from_child(&child), Signal::TERM).unwrap();
        child.wait().unwrap();
        let cancelled = if forge == Forge::Local { vec![] } else { vec!["cancelled"] };
        assert_eq!(world.shown(), cancelled, "{forge:?}");
    }
}

#[test]
fn a_baseline_is_the_approved_run_of_the_default_branch() {
    for forge in ALL {
        let world = merging(forge, "0.8");
        let said = world.run(&["run"]);
        assert_eq!(said.code, 10, "{forge:?}: {}", said.err);
        let record = world.project().record();
        let main = world.project().git(&["rev-parse", "main"]);
        assert_eq!(record["baseline"]["from"], "default-branch", "{forge:?}");
        assert_eq!(record["baseline"]["commit"], main.trim(), "{forge:?}");
    }
}

#[test]
fn the_first_run_has_none_and_says_that_it_becomes_one() {
    for forge in ALL {
        let world = World::new(forge, comparing());
        let said = world.run(&["run"]);
        assert_eq!(said.code, 0, "{forge:?}: {}", said.err);
        let report = world.project().read(".modelgate/run.json");
        assert!(report.contains("the first approved one becomes the baseline"), "{forge:?}");
        assert!(world.project().record()["baseline"].is_null(), "{forge:?}");
    }
}

#[test]
fn a_baseline_that_is_there_and_cannot_be_read_approves_nothing() {
    for forge in ALL {
        let world = merging(forge, "0.9");
        world.spoil();
        let said = world.run(&["run"]);
        assert_ne!(said.code, 0, "{forge:?}: {}", said.out);
        assert!(world.project().record()["baseline"].is_null(), "{forge:?}");
        assert!(world.shown().iter().all(|told| *told == "failure"), "{forge:?}: {:?}", world.shown());
    }
}

#[test]
fn a_comment_is_made_once_and_written_anew() {
    for forge in ALL {
        let world = merging(forge, "0.9");
        for _ in 0..3 {
            assert_eq!(world.run(&["run"]).code, 0, "{forge:?}");
        }
        assert_eq!(world.comments(), usize::from(forge != Forge::Local), "{forge:?}");
    }
}

#[test]
fn nothing_is_lost_and_nothing_made_twice_where_the_server_fails() {
    for forge in ALL {
        let world = merging(forge, "0.9");
        world.fail();
        let said = world.run(&["run"]);
        assert_eq!(said.code, 0, "{forge:?}: {}", said.err);
        assert!(world.shown().iter().all(|told| *told == "success"), "{forge:?}: {:?}", world.shown());
        assert_eq!(world.shown().len(), usize::from(forge != Forge::Local), "{forge:?}");
        assert_eq!(world.comments(), usize::from(forge != Forge::Local), "{forge:?}");
    }
}

#[test]
fn what_a_fork_has_made_gets_no_comment() {
    for forge in ALL {
        let mut world = merging(forge, "0.9");
        world.fork();
        assert_eq!(world.run(&["run"]).code, 0, "{forge:?}");
        assert_eq!(world.comments(), 0, "{forge:?}");
    }
}
