//! The power goes off under load: only what had reached the disk is there afterwards. kill -9 cannot show this, because
//! the kernel still has what the process wrote.
//!
//! `WXPAY_POWERCUT_ROUNDS` and `WXPAY_POWERCUT_SEED` as for kill -9. Needs root and loop devices.

use std::fs::{self, File};
use std::io::Write;

use tempfile::TempDir;
use tokio::time::timeout;
use wxpay_tests::disk::{LoopDisk, cannot_run, why_not};
use wxpay_tests::process::SOON;

use crate::check;
use crate::run::Run;
use crate::scene::Scene;

/// The power goes off after so many more acknowledgements at most.
const ACKS_A_ROUND: usize = 120;
/// Room for the orders of one shop.
const DISK_MB: u32 = 192;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_power_cut_under_load_loses_no_acknowledged_change() {
    if let Some(why) = why_not() {
        return cannot_run("power cut", &why);
    }
    let mut run = Run::new("POWERCUT", 3);
    for shop in run.shops() {
        let mut scene = Scene::new(shop.seed).await;
        let mut disk = LoopDisk::new(&scene.site.data(), DISK_MB).unwrap();
        for round in shop.rounds {
            let context = run.rounds.begin(round);
            let server = scene.site.serve().await;
            let customers = scene.customers();
            scene.some_acks(&server, ACKS_A_ROUND, &context).await;
            server.freeze().await;
            let survivor = disk.copy();
            // Until now nobody had gone; what was still on the wire counts as acknowledged.
            let log = server.kill().await;
            timeout(SOON, customers.join_all()).await.unwrap();
            check::log(&log, &context);
            disk.continue_on(&survivor);
            scene.check_store(&context).await;
        }
        run.acks += scene.acks.count();
        scene.end().await;
    }
    run.report("each on the disk that the cut before had left");
}

/// What the test above rests on: a copy has what was synced, and has not what was not.
#[test]
fn a_copied_disk_lacks_what_was_not_synced() {
    if let Some(why) = why_not() {
        return cannot_run("a copied disk lacks what was not synced", &why);
    }
    let place = TempDir::new().unwrap();
    let mut disk = LoopDisk::new(place.path(), 16).unwrap();
    let write = |name: &str| {
        let mut file = File::create(place.path().join(name)).unwrap();
        file.write_all(&[7; 100_000]).unwrap();
        file
    };
    write("synced").sync_all().unwrap();
    File::open(place.path()).unwrap().sync_all().unwrap();
    write("not synced");
    let copy = disk.copy();
    disk.continue_on(&copy);
    assert_eq!(fs::read(place.path().join("synced")).unwrap(), [7; 100_000]);
    let left = fs::read(place.path().join("not synced")).unwrap_or_default();
    assert!(left.is_empty(), "{} bytes arrived without a sync", left.len());
}
