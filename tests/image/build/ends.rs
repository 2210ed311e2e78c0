//! How a build ends before its time.

use std::time::Duration;

use modelgate::image::build::build;
use modelgate::interrupt::{Interrupt, Signal};

use super::proxy::Proxy;
use super::{BASE, Site};
use crate::common::until;

#[tokio::test(flavor = "multi_thread")]
async fn an_interrupt_ends_the_build_on_the_engine() {
    let marker = format!("9{:06}", std::process::id());
    for builder in ["buildkit", "classic"] {
        let dockerfile = format!("FROM {BASE}\nRUN echo begun && sleep {marker}\n");
        let Some(mut site) = Site::new("an_interrupt_ends_the_build_on_the_engine", &dockerfile) else {
            return;
        };
        let _proxy = if builder == "classic" { Some(site.behind(Proxy::refusing(&site, 404))) } else { None };
        let (hand, interrupt) = Interrupt::channel();
        site.docker.interrupt = interrupt;
        let order = site.order();
        let (docker, log) = (site.docker.clone(), order.log.clone());
        let building = tokio::spawn(async move { build(&docker, &order, None).await });
        tokio::task::block_in_place(|| {
            until("the command has begun", || {
                std::fs::read_to_string(&log).is_ok_and(|log| log.contains("    begun"))
                    && is_running(&marker)
            });
        });
        hand.raise(Signal::Interrupt);
        let fault = building.await.unwrap().unwrap_err();
        assert_eq!(fault.to_string(), "failed to build the image: interrupted");
        tokio::task::block_in_place(|| until("the command is gone", || !is_running(&marker)));
    }
}

/// Whether a process of the engine sleeps for so long.
fn is_running(marker: &str) -> bool {
    let command = |entry: std::fs::DirEntry| std::fs::read(entry.path().join("cmdline")).unwrap_or_default();
    let mut processes = std::fs::read_dir("/proc").unwrap().map_while(Result::ok).map(command);
    processes.any(|command| command == format!("sleep\0{marker}\0").as_bytes())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_build_that_takes_too_long_is_ended() {
    let dockerfile = format!("FROM {BASE}\nRUN sleep 1000\n");
    let Some(site) = Site::new("a_build_that_takes_too_long_is_ended", &dockerfile) else { return };
    let mut order = site.order();
    order.timeout = Some(Duration::from_secs(1));
    let fault = build(&site.docker, &order, None).await.unwrap_err();
    assert_eq!(fault.to_string(), "failed to build the image: it takes longer than 1s");
    assert!(fault.remedy().is_some());
}

#[tokio::test(flavor = "multi_thread")]
async fn an_engine_that_goes_away_is_no_finding() {
    let marker = format!("8{:06}", std::process::id());
    for refusal in [None, Some(404)] {
        let dockerfile = format!("FROM {BASE}\nRUN echo begun && sleep {marker}\n");
        let Some(mut site) = Site::new("an_engine_that_goes_away_is_no_finding", &dockerfile) else { return };
        let proxy = site.behind(Proxy::start(&site, refusal));
        let order = site.order();
        let (docker, log) = (site.docker.clone(), order.log.clone());
        let building = tokio::spawn(async move { build(&docker, &order, None).await });
        tokio::task::block_in_place(|| {
            until("the command has begun", || {
                std::fs::read_to_string(&log).is_ok_and(|log| log.contains("    begun"))
            });
        });
        proxy.cut();
        let fault = building.await.unwrap().unwrap_err();
        assert!(fault.to_string().starts_with("failed to build the image: "), "{fault}");
        assert!(fault.remedy().is_some_and(|help| help.contains("whether the engine still runs")), "{fault}");
    }
}
